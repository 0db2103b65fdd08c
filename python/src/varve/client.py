"""What the engine says about the files of a lake; its protocol stands in src/bridge/README.md."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from varve.engine import connected
from varve.errors import VarveError, error_of

_T = TypeVar("_T")

_PROTOCOL = 1
_HELLO, _LOOK, _LIST, _READ = 1, 8, 9, 10
_WELCOME, _ERROR, _FOUND, _LISTED, _BYTES = 128, 132, 133, 134, 135

# When the engine has gone away: times to ask, and seconds between them.
_TRIES = 5
_PAUSE = 0.1

LONGEST_READ = 16 * 1024 * 1024
"""Bytes that one request may ask for."""

STEP = 4 * 1024 * 1024
"""Bytes to ask for at a time where one reads on: the engine fetches the next ones meanwhile."""


@dataclass(frozen=True)
class Standing:
    """What stands under a name of the lake."""

    name: str
    is_folder: bool
    size: int
    modified: float
    """Seconds since 1970; 0 where nobody knows."""


class _Body:
    """Reads numbers and texts one after the other."""

    def __init__(self, data: bytearray) -> None:
        self._data = memoryview(data)
        self._at = 0

    def _number(self, form: str, size: int) -> int:
        (value,) = struct.unpack_from(form, self._data, self._at)
        self._at += size
        return int(value)

    def u8(self) -> int:
        return self._number("<B", 1)

    def u32(self) -> int:
        return self._number("<I", 4)

    def u64(self) -> int:
        return self._number("<Q", 8)

    def f64(self) -> float:
        (value,) = struct.unpack_from("<d", self._data, self._at)
        self._at += 8
        return float(value)

    def blob(self) -> bytes:
        size = self.u32()
        self._at += size
        return bytes(self._data[self._at - size : self._at])

    def text(self) -> str:
        return self.blob().decode()

    def standing(self) -> Standing:
        name, kind, size, modified = self.text(), self.u8(), self.u64(), self.f64()
        return Standing(name, kind == 2, size, modified / 1000)


class _Link:
    """One connection, for one request at a time."""

    def __init__(self, lake: str) -> None:
        self._socket = connected()
        self.pid = os.getpid()
        self._send(_HELLO, {"protocol": _PROTOCOL, "client": "varve for Python 0.1.0", "lake": lake})
        try:
            self._answer(_WELCOME)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._socket.close()

    def ask(self, kind: int, body: dict[str, object], answer: int) -> _Body:
        self._send(kind, {"id": 1, **body})
        return self._answer(answer)

    def _send(self, kind: int, body: dict[str, object]) -> None:
        data = json.dumps(body).encode()
        self._socket.sendall(struct.pack("<IB", len(data) + 1, kind) + data)

    def _answer(self, expected: int) -> _Body:
        length, kind = struct.unpack("<IB", self._receive(5))
        body = _Body(self._receive(length - 1))
        if kind == _WELCOME:
            return body
        body.u32()
        if kind == _ERROR:
            raise error_of(body.text(), body.text())
        if kind != expected:
            raise error_of("internal", f"the engine answered with {kind}, expected {expected}")
        return body

    def _receive(self, size: int) -> bytearray:
        data = bytearray(size)
        view, at = memoryview(data), 0
        while at < size:
            got = self._socket.recv_into(view[at:])
            if got == 0:
                raise ConnectionResetError("the engine has gone away")
            at += got
        return data


class LakeClient:
    """Asks the engine about files of one lake; safe for any number of threads, and after a fork."""

    # Connections that are not in use: more than that are closed.
    _MOST = 4

    def __init__(self, lake: str) -> None:
        self.lake = lake
        self._idle: list[_Link] = []
        self._lock = threading.Lock()

    def look(self, uri: str) -> tuple[int, Standing]:
        """What stands under a `lake://` name, and the number of the version that it means now."""
        return self._ask(_LOOK, {"uri": uri}, _FOUND, lambda body: (body.u32(), body.standing()))

    def entries(self, uri: str) -> tuple[int, list[Standing]]:
        """What is in a folder; of a file, itself without its name."""

        def read(body: _Body) -> tuple[int, list[Standing]]:
            version, count = body.u32(), body.u32()
            return version, [body.standing() for _ in range(count)]

        return self._ask(_LIST, {"uri": uri}, _LISTED, read)

    def read(self, uri: str, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """The bytes of each [start, end), as far as the file goes; `LONGEST_READ` in all at most."""

        def read(body: _Body) -> list[bytes]:
            return [body.blob() for _ in range(body.u32())]

        return self._ask(_READ, {"uri": uri, "ranges": ranges}, _BYTES, read)

    def _ask(self, kind: int, body: dict[str, object], answer: int, read: Callable[[_Body], _T]) -> _T:
        for tries_left in range(_TRIES - 1, -1, -1):
            try:
                with self._link() as link:
                    return read(link.ask(kind, body, answer))
            except (BrokenPipeError, ConnectionResetError) as error:
                # An engine that was idle, or killed; its socket may answer a little longer than it lives.
                self.close()
                if tries_left == 0:
                    raise error_of("unavailable", f"the engine has gone away: {error}") from error
                time.sleep(_PAUSE)
        raise AssertionError("unreachable")

    @contextlib.contextmanager
    def _link(self) -> Iterator[_Link]:
        with self._lock:
            # What a fork took over is the parent's.
            self._idle = [link for link in self._idle if link.pid == os.getpid()]
            link = self._idle.pop() if self._idle else None
        link = link or _Link(self.lake)
        try:
            yield link
        except VarveError:
            self._give_back(link)
            raise
        except BaseException:
            # An answer may be on its way: Ctrl-C, or the engine has gone.
            link.close()
            raise
        self._give_back(link)

    def _give_back(self, link: _Link) -> None:
        with self._lock:
            if len(self._idle) < self._MOST:
                self._idle.append(link)
                return
        link.close()

    def close(self) -> None:
        """Closes the connections that are not in use; the next request makes one."""
        with self._lock:
            idle, self._idle = self._idle, []
        for link in idle:
            link.close()


_clients: dict[str, LakeClient] = {}


def client_of(lake: str) -> LakeClient:
    """The process's client of a lake."""
    return _clients.setdefault(lake, LakeClient(lake))


@atexit.register
def _close_all() -> None:
    for client in _clients.values():
        client.close()
