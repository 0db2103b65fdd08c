"""Running DuckDB while the notebook shows how far it is, and can be interrupted."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import duckdb
from IPython.display import HTML, display

_T = TypeVar("_T")

# Seconds before anything is shown: most statements are done by then.
_QUIET = 0.5
_STEP = 0.2


@contextlib.contextmanager
def run_with_progress(shell: Any, connection: duckdb.DuckDBPyConnection) -> Iterator[Callable[[Callable[[], _T]], _T]]:
    """Gives a function that runs work of the connection in a thread, while this one shows a bar."""
    bar = _NotebookBar() if hasattr(shell, "kernel") else _TerminalBar()
    try:
        yield lambda work: _run(work, connection, bar)
    finally:
        bar.done()


def _run(work: Callable[[], _T], connection: duckdb.DuckDBPyConnection, bar: Bar) -> _T:
    results: list[_T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        # It is raised again in the thread that waits.
        except BaseException as error:  # noqa: BLE001
            errors.append(error)

    thread = threading.Thread(target=run, name="varve")
    thread.start()
    try:
        thread.join(_QUIET)
        while thread.is_alive():
            percentage = connection.query_progress()
            if percentage >= 0:
                bar.show(percentage)
            thread.join(_STEP)
    except KeyboardInterrupt:
        connection.interrupt()
        thread.join()
        raise
    if errors:
        raise errors[0]
    return results[0]


class _NotebookBar:
    def __init__(self) -> None:
        self._handle: Any = None

    def show(self, percentage: float) -> None:
        bar = HTML(f'<progress max="100" value="{percentage:.1f}"></progress> {percentage:.0f} %')
        if self._handle is None:
            self._handle = display(bar, display_id=True)
        else:
            self._handle.update(bar)

    def done(self) -> None:
        if self._handle is not None:
            self._handle.update(HTML(""))


class _TerminalBar:
    _WIDTH = 40

    def __init__(self) -> None:
        self._shown = False

    def show(self, percentage: float) -> None:
        filled = round(percentage / 100 * self._WIDTH)
        self._shown = True
        bar = "█" * filled + "░" * (self._WIDTH - filled)
        print(f"\r{bar} {percentage:3.0f} %", end="", file=sys.stderr, flush=True)

    def done(self) -> None:
        if self._shown:
            print("\r" + " " * (self._WIDTH + 6) + "\r", end="", file=sys.stderr, flush=True)


Bar = _NotebookBar | _TerminalBar
