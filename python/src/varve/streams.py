"""Rows of varve's SQL as Arrow streams, for a DuckDB that cannot load the extension, and for others that read Arrow."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from varve.errors import VarveError, error_of
from varve.place import lake_url, program
from varve.program import failure

if TYPE_CHECKING:
    import pyarrow


class Stream:
    """The rows of one statement: anything that takes Arrow streams reads them, any number of times.

    Each reading runs the statement anew, in a process of the `varve` program, whose DuckDB prunes by the statement's
    own conditions; conditions of whoever reads the stream come too late for that. Needs `pyarrow`.
    """

    def __init__(self, sql: str, lake: str | os.PathLike[str] | None = None) -> None:
        self.sql = sql
        self.lake = lake_url(lake)
        self._schema: pyarrow.Schema | None = None

    @property
    def schema(self) -> pyarrow.Schema:
        """Names and types of the columns; the first time, the statement is begun to learn them."""
        if self._schema is None:
            with self._run() as started:
                self._schema = started.schema
        return self._schema

    def reader(self) -> pyarrow.RecordBatchReader:
        """The rows, batch by batch. Raises `VarveError` with the program's own words where it fails, at the end too."""
        import pyarrow as pa

        return pa.RecordBatchReader.from_batches(self.schema, self._batches())

    def __arrow_c_schema__(self) -> object:
        return self.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.reader().__arrow_c_stream__(requested_schema)

    def _batches(self) -> Iterator[pyarrow.RecordBatch]:
        with self._run() as started:
            yield from started.batches()

    def _run(self) -> _Running:
        return _Running([*program(), "--lake", self.lake, "--json", "sql", "--format", "arrow", "-c", self.sql])

    def __repr__(self) -> str:
        return f"varve.stream({self.sql!r}, lake={self.lake!r})"


class _Running:
    """The program while it gives rows; ended with its reader."""

    def __init__(self, command: list[str]) -> None:
        # What it says may be more than a pipe holds while nobody reads it.
        self._said = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._said)
        self._reader: Any = None

    def __enter__(self) -> _Running:
        import pyarrow as pa

        try:
            self._reader = pa.ipc.open_stream(self._process.stdout)
        except (pa.ArrowInvalid, OSError) as error:
            try:
                raise self._failure(error) from error
            finally:
                self.__exit__()
        return self

    @property
    def schema(self) -> pyarrow.Schema:
        schema: pyarrow.Schema = self._reader.schema
        return schema

    def batches(self) -> Iterator[pyarrow.RecordBatch]:
        import pyarrow as pa

        try:
            yield from self._reader
        except (pa.ArrowInvalid, OSError) as error:
            raise self._failure(error) from error
        if self._process.wait() != 0:
            raise self._failure(None)

    def _failure(self, error: BaseException | None) -> VarveError:
        # A program that still writes ends now.
        self._close()
        code = self._process.wait()
        self._said.seek(0)
        said = self._said.read().decode(errors="replace")
        return failure("sql", code, said) if code != 0 else error_of("internal", f"varve sql gave no rows: {error}")

    def _close(self) -> None:
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._close()
        self._said.close()


def stream(sql: str, lake: str | os.PathLike[str] | None = None) -> Stream:
    """The rows of a statement, or of a table function, as an Arrow stream that can be read again.

    For a DuckDB without varve's extension, polars, pyarrow, pandas. `lake` defaults to `VARVE_LAKE`, else `./lake`.

    >>> reads = varve.stream("from 's3://genomics/reads.fastq.gz' where record < 1000")      # doctest: +SKIP
    >>> duckdb.sql("select avg(length(sequence)) from reads")                                # doctest: +SKIP
    >>> polars.from_arrow(varve.stream("from files('reads@3')"))                             # doctest: +SKIP
    """
    return Stream(sql, lake)
