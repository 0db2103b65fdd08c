"""`varve.connect`: an ordinary DuckDB connection that reads what varve reads."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import sys
import warnings
from typing import Any

import duckdb

from varve import engine
from varve.errors import error_of
from varve.place import extension, lake_url, program

# The binary of the stable C API, for DuckDB 1.4 and later, and the one for DuckDB 2.0.0 alone.
_STABLE, _OWN = "v1.2.0", f"v{duckdb.__version__}"

_WITHOUT = (
    f"varve's extension is not built for DuckDB {duckdb.__version__} on {sys.platform}: its functions and paths are "
    "not in this connection's SQL; varve.stream and varve.dataset give Arrow streams, each read by a process "
    "of its own, which gives all the rows of its own SQL"
)


def connect(
    lake: str | os.PathLike[str] | None = None,
    server: str | None = None,
    *,
    database: str | os.PathLike[str] = ":memory:",
    read_only: bool = False,
    **duckdb_config: Any,
) -> duckdb.DuckDBPyConnection:
    """An ordinary `duckdb.DuckDBPyConnection` in which varve's table functions and paths work.

    `lake` is the URL or folder of a lake (default `VARVE_LAKE`, else `./lake`); it need not exist before something of
    it is asked for. `database` and `read_only` are DuckDB's own, and all else is its configuration. The engine, a
    process of this user that fetches and decodes, is started when it is not running.

    >>> con = varve.connect("s3://lab/lake", threads=2)                                        # doctest: +SKIP
    >>> con.sql("select count(*) from read_vcf('s3://1000g/chr20.vcf.gz') where pos < 1e6")     # doctest: +SKIP
    >>> frame = con.sql("from dataset_table('trial@3', 'patients')").df()                      # doctest: +SKIP

    A DuckDB that no binary is built for gives a connection without them, with a warning: `varve.stream` and
    `varve.dataset` work there as Arrow streams. Raises `VarveError`: `not-found` when there is no program to start an
    engine with, `unsupported` when this DuckDB may not load the extension.
    """
    if server is not None:
        raise error_of("unsupported", f"this version of varve knows no servers, so it cannot ask {server}: give lake=")
    binary = _binary()
    config = {"allow_unsigned_extensions": "true", **duckdb_config}
    if binary is None:
        return duckdb.connect(os.fspath(database), read_only=read_only, config=duckdb_config)
    folder, file = binary
    with engine.meanwhile() as engine_answers:
        connection = duckdb.connect(os.fspath(database), read_only=read_only, config=config)
        try:
            _load(connection, file)
            _set_lake(connection, lake_url(lake), is_stable=folder == _STABLE)
            engine_answers()
        except BaseException:
            connection.close()
            raise
    return connection


def _has_binaries() -> bool:
    """Binaries are built for Linux, and DuckDB has had the API that they need since 1.4."""
    version = tuple(int(part) for part in re.findall(r"\d+", duckdb.__version__)[:2])
    return sys.platform == "linux" and version >= (1, 4)


def quoted(text: str) -> str:
    """A text as SQL writes it.

    >>> quoted("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def is_loaded(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether varve's functions are in the connection."""
    query = "select count(*) from duckdb_functions() where function_name = 'read_slice'"
    return connection.execute(query).fetchall() != [(0,)]


def _binary() -> tuple[str, str] | None:
    """The binary for this DuckDB; with a warning where there is a better DuckDB to have, None where there is none."""
    if not _has_binaries():
        warnings.warn(f"{_WITHOUT}; DuckDB 2.0.0 on Linux has all of it", UserWarning, stacklevel=3)
        return None
    for folder in (_OWN, _STABLE):
        file = extension(folder)
        if file is None:
            continue
        if folder == _STABLE:
            _warn()
        return folder, str(file)
    message = "the DuckDB extension is not there: run scripts/extension.sh in varve's repository"
    raise error_of("not-found", f"{message}, or install a package that brings it (pip install ./python)")


def _warn() -> None:
    slower = "a WHERE does not prune, scans have one thread, and varve.connect knows one lake in a process"
    message = f"DuckDB {duckdb.__version__} loads varve by DuckDB's stable C API: {slower}; DuckDB 2.0.0 has all of it"
    warnings.warn(message, UserWarning, stacklevel=4)


def _load(connection: duckdb.DuckDBPyConnection, file: str) -> None:
    try:
        connection.execute(f"load {quoted(file)}")
    except duckdb.Error as error:
        message = f"DuckDB {duckdb.__version__} does not load varve's extension {file}: {error}"
        raise error_of("unsupported", message) from error


def _set_lake(connection: duckdb.DuckDBPyConnection, lake: str, *, is_stable: bool) -> None:
    """The lake, and the program to start another engine by when this one is gone."""
    if is_stable:
        # The stable API has no settings: the extension looks into the environment at each query.
        os.environ["VARVE_LAKE"] = lake
    else:
        connection.execute(f"set global varve_lake = {quoted(lake)}")
    # An engine that runs may be all there is.
    with contextlib.suppress(FileNotFoundError):
        words = program()
        command = words[0] if len(words) == 1 else shlex.join(words)
        if is_stable:
            os.environ.setdefault("VARVE_PROGRAM", command)
        else:
            connection.execute(f"set global varve_engine = {quoted(command)}")
