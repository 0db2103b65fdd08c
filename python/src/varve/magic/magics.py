"""`%varve LAKE` and `%%varve`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import duckdb
from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring
from IPython.display import display

from varve.connection import connect
from varve.magic.progress import run_with_progress
from varve.magic.table import ResultTable


@magics_class
class VarveMagics(Magics):
    """The magics, and the connection that they share."""

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self._names: dict[str, Any] = shell.user_ns
        self._connection: duckdb.DuckDBPyConnection | None = None

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection of the last `%varve LAKE`; without one, to the lake of `VARVE_LAKE`, else `./lake`."""
        if self._connection is None:
            self._connection = connect()
        return self._connection

    @magic_arguments()
    @argument("lake", nargs="?", help="as a line: the lake to connect to")
    @argument("-c", "--connection", help="a variable that holds the connection to use")
    @argument("-o", "--output", help="keep the rows as a pandas data frame of this name")
    @argument("-n", "--rows", type=int, default=1000, help="rows to show at most (default: 1000)")
    @argument("-p", "--page", type=int, default=20, help="rows on a page (default: 20)")
    @argument("-q", "--quiet", action="store_true", help="show no rows")
    @line_cell_magic
    def varve(self, line: str, cell: str | None = None) -> duckdb.DuckDBPyConnection | None:
        """Connect to a lake (`%varve s3://lab/lake`), or run SQL on the connection (`%%varve` and the SQL below).

        SQL sees the notebook's data frames and Arrow tables by their names. `%varve` gives the connection.
        """
        options = parse_argstring(self.varve, line)
        if options.rows < 1 or options.page < 1:
            raise UsageError("%%varve: --rows and --page are 1 or more")
        if options.output is not None and not options.output.isidentifier():
            raise UsageError(f"%%varve: {options.output} is no name for a variable")
        connection = self._chosen(options.connection)
        if cell is None:
            if options.lake is not None:
                connection = self._connection = connect(_unquoted(options.lake))
            return connection or self.connection
        if options.lake is not None:
            raise UsageError(f"%%varve: {options.lake!r} is no option; SQL begins on the next line")
        try:
            self._run(connection or self.connection, cell, options)
        except duckdb.Error as error:
            # What DuckDB says is of the statement; where this package was then helps nobody.
            shown = f"{type(error).__name__}: {error}"
            vars(error)["_render_traceback_"] = lambda: [shown]
            raise
        return None

    def _chosen(self, name: str | None) -> duckdb.DuckDBPyConnection | None:
        if name is None:
            return None
        chosen = self._names.get(name)
        if isinstance(chosen, duckdb.DuckDBPyConnection):
            return chosen
        raise UsageError(f"%%varve: {name} is no DuckDB connection")

    def _run(self, connection: duckdb.DuckDBPyConnection, sql: str, options: Any) -> None:
        with _progress_kept(connection), run_with_progress(self.shell, connection) as run:
            # DuckDB looks for data frames in the frame that calls it.
            run(lambda: eval("connection.execute(sql)", self._names, {"connection": connection, "sql": sql}))  # noqa: S307
            if connection.description is None:
                return
            columns = [(name, str(kind)) for name, kind, *_ in connection.description]
            if options.output is None:
                rows = run(lambda: connection.fetchmany(options.rows + 1))
                table = ResultTable(columns, rows[: options.rows], len(rows) <= options.rows, options.page)
            else:
                frame = run(connection.df)
                self._names[options.output] = frame
                table = ResultTable.of_frame(columns, frame, options.rows, options.page)
        if not options.quiet and not table.is_mere_success:
            display(table)


@contextlib.contextmanager
def _progress_kept(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """DuckDB counts how far it is, and leaves showing it to us."""
    names = ("enable_progress_bar", "enable_progress_bar_print")
    try:
        before = [connection.execute(f"select current_setting('{name}')").fetchall() for name in names]
        connection.execute("set enable_progress_bar = true; set enable_progress_bar_print = false")
    except (duckdb.TransactionException, duckdb.InvalidInputException):
        # In a transaction that has failed nothing can be asked or set; its ROLLBACK must work. In a notebook without
        # ipywidgets DuckDB does not count.
        before = []
    try:
        yield
    finally:
        # Rows that nobody fetched keep DuckDB 2.0 from doing anything else.
        if hasattr(connection, "abort"):
            connection.abort()
        with contextlib.suppress(duckdb.TransactionException):
            for name, [(value,)] in zip(names, before, strict=False):
                connection.execute(f"set {name} = {value}")


def _unquoted(word: str) -> str:
    return word[1:-1] if len(word) > 1 and word[0] == word[-1] and word[0] in "'\"" else word
