"""A lake, and an engine of these tests alone: neither the user's engine nor his settings are touched."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import struct
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

import varve
from varve import engine
from varve.program import run

REPOSITORY = Path(__file__).resolve().parents[2]
# A socket's path is short.
SCRATCH = Path(tempfile.mkdtemp(prefix="varve-py-"))

# Settings of an S3 server with the bucket `genomics`; test/python/python.test.ts starts it.
S3: dict[str, str] = json.loads(os.environ.get("VARVE_TEST_S3", "{}"))

for name in [
    name for name in os.environ if name.startswith(("VARVE_", "XDG_", "AWS_", "S3_")) if name != "VARVE_KEEP_NOTEBOOKS"
]:
    del os.environ[name]
os.environ.update(
    VARVE_ENGINE=str(SCRATCH / "engine/engine.sock"),
    VARVE_CACHE=str(SCRATCH / "cache"),
    VARVE_LAKE=str(SCRATCH / "lake"),
    VARVE_PROGRAM=str(REPOSITORY / "dist/main.js"),
    VARVE_AUTHOR="Ada",
    IPYTHONDIR=str(SCRATCH / "ipython"),
    MPLCONFIGDIR=str(SCRATCH / "matplotlib"),
)


def engine_pid() -> int | None:
    """The number of the engine that serves, as the kernel knows it."""
    connection = engine.reach()
    if connection is None:
        return None
    with connection:
        peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", peer)[0])


def stop_engine(how: int = signal.SIGKILL) -> None:
    """Ends the engine that serves, and waits until it has."""
    pid = engine_pid()
    if pid is None:
        return
    os.kill(pid, how)
    # Its socket may answer a little longer than it lives.
    while (connection := engine.reach()) is not None:
        connection.close()
        time.sleep(0.01)


def pytest_sessionfinish() -> None:
    stop_engine(signal.SIGTERM)
    shutil.rmtree(SCRATCH, ignore_errors=True)


@pytest.fixture(scope="session")
def lake() -> str:
    """A lake with the dataset `d` of three versions, and `other`."""
    url = os.environ["VARVE_LAKE"]
    run("init", url, lake=url)
    add = adder(url)
    add("d", {"a/x.txt": b"first", "a/b/large.bin": large(), "empty.txt": b"", "odd %20 ü#?.txt": b"odd"})
    add("d", {"a/x.txt": b"second!", "people.csv": b"id,name\n1,Ann\n2,Bob\n"})
    people = SCRATCH / "people.csv"
    people.write_text("id,name\n1,Ann\n2,Bob\n")
    run("table", "write", "d", "people", str(people), "--key", "id", "--label", "baseline", lake=url)
    add("other", {"y.txt": b"y"})
    return url


def large() -> bytes:
    """Some million bytes of which no two places are alike."""
    return b"".join(i.to_bytes(4, "big") for i in range(750_000))


def adder(url: str) -> Callable[[str, dict[str, bytes]], int]:
    """A function that adds files to a dataset, and gives the new version's number."""

    def add(dataset: str, files: dict[str, bytes]) -> int:
        folder = Path(tempfile.mkdtemp(dir=SCRATCH))
        for path, data in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        report = run("add", str(folder), "--dataset", dataset, lake=url)
        return int(report["version"])

    return add


@pytest.fixture(scope="session")
def connection(lake: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """One connection for those who only ask."""
    with varve.connect(lake) as one:
        yield one


@pytest.fixture(scope="session")
def fastq() -> str:
    """A file of 2,000 reads."""
    path = SCRATCH / "reads.fastq"
    path.write_text("".join(f"@r{i}\nACGT\n+\nIIII\n" for i in range(2000)))
    return str(path)
