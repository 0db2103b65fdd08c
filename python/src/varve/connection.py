"""`varve.connect`: an ordinary DuckDB connection that reads what varve reads."""

from __future__ import annotations

import contextlib
import os
import shlex
import warnings
from typing import Any

import duckdb

from varve import engine
from varve.errors import error_of
from varve.place import extension, lake_url, program

# The binary of the stable C API, for DuckDB 1.4 and later, and the one for DuckDB 2.0.0 alone.
_STABLE, _OWN = "v1.2.0", f"v{duckdb.__version__}"


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

    Raises `VarveError`: `not-found` when there is no program to start an engine with, `unsupported` when this DuckDB
    cannot load the extension.
    """
    if server is not None:
        raise error_of("unsupported", f"this version of varve knows no servers, so it cannot ask {server}: give lake=")
    folder, file = _binary()
    config = {"allow_unsigned_extensions": "true", **duckdb_config}
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


def quoted(text: str) -> str:
    """A text as SQL writes it.

    >>> quoted("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def _binary() -> tuple[str, str]:
    """The binary for this DuckDB; with a warning where there is a better DuckDB to have."""
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
