"""The engine's socket, as src/bridge/place.ts has it; and starting an engine where none serves."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from varve.errors import error_of
from varve.place import program

# Seconds without a client after which an engine that we started ends.
_IDLE = "600"
# Seconds until an engine that was started must answer.
_PATIENCE = 20.0
_STEP = 0.01
_LONGEST = 100

# By way of a shell, so that the engine is no child of this process, and stays when this process ends.
_SCRIPT = 'log=$1; shift; "$@" </dev/null >"$log" 2>&1 &'


def socket_path() -> Path:
    """`VARVE_ENGINE`, else `engine.sock` in `$XDG_RUNTIME_DIR/varve`, else in `varve-<uid>` of the temporary folder."""
    given, runtime = os.environ.get("VARVE_ENGINE"), os.environ.get("XDG_RUNTIME_DIR")
    if given:
        path = Path(given)
    elif runtime:
        path = Path(runtime, "varve/engine.sock")
    else:
        path = Path(tempfile.gettempdir(), f"varve-{os.getuid()}", "engine.sock")
    if len(os.fsencode(path)) > _LONGEST:
        length = len(os.fsencode(path))
        message = f"the engine's socket is at {path}, a path of {length} bytes, expected at most {_LONGEST}"
        raise error_of("invalid-input", f"{message}; set VARVE_ENGINE")
    return path


def reach() -> socket.socket | None:
    """A connection to this user's engine; None where none serves."""
    path = socket_path()
    if not _is_safe(path.parent):
        return None
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(str(path))
    except (FileNotFoundError, ConnectionRefusedError):
        connection.close()
        return None
    except OSError as error:
        connection.close()
        raise error_of("denied", f"the engine's socket {path} cannot be reached: {error.strerror}") from error
    return connection


class Starting:
    """An engine that was started, and need not answer yet."""

    def __init__(self) -> None:
        path = socket_path()
        self._words = program()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _is_safe(path.parent)
        self._log = path.parent / "engine.log"
        command = [*self._words, "engine", "--socket", str(path), "--idle", _IDLE]
        # The engine has the other end open: this one ends when it does.
        self._alive, alive = os.pipe()
        try:
            shell = ["/bin/sh", "-c", _SCRIPT, "varve", str(self._log), *command]
            subprocess.run(shell, start_new_session=True, pass_fds=(alive,), check=True)
        except BaseException:
            self.forget()
            raise
        finally:
            os.close(alive)

    def forget(self) -> None:
        """Leaves it to itself."""
        os.close(self._alive)

    def wait(self) -> socket.socket:
        """A connection to it, or to another one that was first."""
        end, has_ended = time.monotonic() + _PATIENCE, False
        while time.monotonic() < end:
            # Whoever ends because another engine serves already ends after that one does.
            connection = reach()
            if connection is not None:
                return connection
            if has_ended:
                break
            readable, _, _ = select.select([self._alive], [], [], _STEP)
            has_ended = bool(readable)
        what = "has ended" if has_ended else f"did not answer at {socket_path()} within {_PATIENCE:.0f} s"
        said = [line for line in self._log.read_text(errors="replace").splitlines() if line]
        told = f": {said[-1]}" if said else ""
        shown = " ".join(self._words)
        message = f'the engine, started as "{shown}", {what}{told} (all it said is in {self._log})'
        raise error_of("unavailable", message)


def connected() -> socket.socket:
    """A connection to this user's engine, which is started where none serves."""
    connection = reach()
    if connection is not None:
        return connection
    starting = Starting()
    try:
        return starting.wait()
    finally:
        starting.forget()


@contextlib.contextmanager
def meanwhile() -> Iterator[Callable[[], None]]:
    """Starts an engine where none serves, and gives a function that waits for it, for when something else is done."""
    connection = reach()
    if connection is not None:
        connection.close()
        yield lambda: None
        return
    starting = Starting()
    try:
        yield lambda: starting.wait().close()
    finally:
        starting.forget()


def _is_safe(folder: Path) -> bool:
    """Whether the folder is there; `denied` where another user could answer in the engine's place."""
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return False
    problem = None
    if not stat.S_ISDIR(found.st_mode):
        problem = "which is no folder"
    elif found.st_uid != os.getuid():
        problem = f"which belongs to user {found.st_uid}, expected {os.getuid()}"
    elif found.st_mode & 0o077:
        problem = f"which others can enter (mode {found.st_mode & 0o777:o}), expected 700"
    if problem is not None:
        raise error_of("denied", f"the engine's socket is in {folder}, {problem}", {"path": str(folder)})
    return True
