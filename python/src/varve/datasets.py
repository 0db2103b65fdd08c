"""One version of a dataset: its files, tables, and what differs from other versions."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from varve.client import client_of
from varve.connection import connect, is_loaded, quoted
from varve.errors import error_of
from varve.place import lake_url
from varve.program import run
from varve.streams import Stream

if TYPE_CHECKING:
    import duckdb

    from varve.filesystem import VarveFileSystem


class Dataset:
    r"""One version of a dataset, which never changes: `latest` is what was latest when this was made.

    `files`, `tables`, `table` and `diff` are DuckDB relations: lazy, to be filtered and joined, and made into what is
    wanted with `.df()`, `.to_arrow_table()`, `.fetchall()`.

    >>> reads = varve.dataset("reads@3", lake="s3://lab/lake")        # doctest: +SKIP
    >>> reads.files("bytes > 1e9").order("path").df()                 # doctest: +SKIP
    >>> reads.open("raw/run1.fastq.gz").read(2)                       # doctest: +SKIP
    b'\x1f\x8b'
    """

    def __init__(
        self,
        reference: str,
        lake: str | os.PathLike[str] | None = None,
        connection: duckdb.DuckDBPyConnection | None = None,
    ) -> None:
        self.lake = lake_url(lake)
        self._connection = connection
        number, _ = client_of(self.lake).look(f"lake://{reference}")
        if number == 0 or "/" in reference:
            raise error_of("invalid-input", f"{reference!r} is no dataset, expected DATASET or DATASET@VERSION")
        self.name = reference.partition("@")[0]
        self.version = number

    @property
    def reference(self) -> str:
        """`reads@3`, to be given to SQL and to others."""
        return f"{self.name}@{self.version}"

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The DuckDB connection that the relations are of; made when it is first needed."""
        if self._connection is None:
            self._connection = connect(self.lake)
        return self._connection

    @property
    def fs(self) -> VarveFileSystem:
        """The file system of the lake; names in it begin with `reference`."""
        from varve.filesystem import VarveFileSystem

        return VarveFileSystem(lake=self.lake)

    def files(self, where: str | None = None) -> duckdb.DuckDBPyRelation:
        """One row for each file: path, bytes, sha256, media_type, format, …; those that fulfil a condition in SQL.

        >>> varve.dataset("reads").files("format = 'fastq'").aggregate("sum(bytes)").fetchall()     # doctest: +SKIP
        """
        rows = self._rows(f"files({quoted(self.reference)})")
        return rows if where is None else rows.filter(where)

    def tables(self) -> duckdb.DuckDBPyRelation:
        """One row for each table: its name, rows, key and columns."""
        return self._rows(f"tables({quoted(self.reference)})")

    def table(self, name: str) -> duckdb.DuckDBPyRelation:
        """The rows of a table.

        >>> varve.dataset("trial@baseline").table("patients").df()         # doctest: +SKIP
        """
        return self._rows(f"dataset_table({quoted(self.reference)}, {quoted(name)})")

    def diff(self, other: Dataset | str | int, table: str | None = None) -> duckdb.DuckDBPyRelation:
        """What changed from `other` to this: `added`, `removed` and `changed` files, or rows of a table.

        `other` is a version of this dataset (`2`, `"baseline"`), or one of another one (`"fork@1"`, a `Dataset`).

        >>> varve.dataset("reads@3").diff(2).aggregate("change, count(*)")       # doctest: +SKIP
        """
        named = "" if table is None else f", table_name := {quoted(table)}"
        return self._rows(f"diff({quoted(self._other(other))}, {quoted(self.reference)}{named})")

    def _other(self, other: Dataset | str | int) -> str:
        if isinstance(other, Dataset):
            return other.reference
        return other if isinstance(other, str) and "@" in other else f"{self.name}@{other}"

    def open(self, path: str, mode: str = "rb", **options: Any) -> IO[Any]:
        """A file-like object: seekable, of which only the ranges that are read are fetched; `mode` `"r"` gives text.

        >>> pyarrow.parquet.read_table(varve.dataset("trial").open("visits.parquet"), columns=["age"])  # doctest: +SKIP
        """
        file: IO[Any] = self.fs.open(f"{self.reference}/{path}", mode, **options)
        return file

    def path(self, name: str = "", mount: str | os.PathLike[str] | None = None) -> Path:
        """Where this version's files, or the file `name`, are in a mount of the lake, for tools that want paths.

        `mount`: the folder to mount the lake on, in the background, where it is not mounted; `varve umount` ends it.
        Raises `not-found` when the lake is mounted nowhere, and when there is no such file.

        >>> subprocess.run(["samtools", "view", "-c", varve.dataset("reads@3").path("a.bam")])     # doctest: +SKIP
        """
        place = self._mounted() if mount is None else self._mount(Path(mount))
        if place is None:
            command = f"varve mount FOLDER --daemon --lake {self.lake}"
            raise error_of("not-found", f"{self.lake} is not mounted: give mount=FOLDER, or run {command}")
        if name:
            client_of(self.lake).look(f"lake://{self.reference}/{name}")
        return place / self.name / str(self.version) / "files" / name

    def _mounts(self) -> dict[Path, str]:
        rows = run("mounts", lake=self.lake)
        return {Path(row["point"]): row["lake"] for row in rows if row["state"] == "mounted"}

    def _mounted(self) -> Path | None:
        here = _url(self.lake)
        return next((point for point, lake in self._mounts().items() if _url(lake) == here), None)

    def _mount(self, folder: Path) -> Path:
        folder = folder.expanduser().absolute()
        mounted = self._mounts().get(folder.resolve())
        if mounted is None:
            return Path(run("mount", str(folder), "--daemon", lake=self.lake)["point"])
        if _url(mounted) != _url(self.lake):
            raise error_of("conflict", f"{mounted} is mounted on {folder}, expected {self.lake}")
        return folder

    def _rows(self, function: str) -> duckdb.DuckDBPyRelation:
        query = f"from {function}"
        if is_loaded(self.connection):
            return self.connection.sql(query)
        return self.connection.from_arrow(Stream(query, self.lake))

    def __repr__(self) -> str:
        return f"varve.dataset({self.reference!r}, lake={self.lake!r})"


def dataset(
    reference: str,
    lake: str | os.PathLike[str] | None = None,
    connection: duckdb.DuckDBPyConnection | None = None,
) -> Dataset:
    """A version of a dataset: `reads`, `reads@3`, `reads@baseline`, `reads@2026-11-01`.

    `lake` defaults to `VARVE_LAKE`, else `./lake`; `connection` is one of `varve.connect` to the same lake, so that
    its tables can be joined with the relations.

    >>> varve.dataset("reads@baseline", lake="s3://lab/lake").reference           # doctest: +SKIP
    'reads@3'
    """
    return Dataset(reference, lake, connection)


def _url(lake: str) -> str:
    """A lake's URL as the program prints it, to be compared."""
    url = lake if "://" in lake else Path(lake).as_uri()
    return url.rstrip("/")
