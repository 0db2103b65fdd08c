from __future__ import annotations

import io
import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import fsspec
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import S3, SCRATCH, adder, large, stop_engine

import varve
from varve.client import LONGEST_READ, client_of
from varve.filesystem import VarveFileSystem
from varve.program import run


@pytest.fixture
def fs(lake: str) -> VarveFileSystem:
    found: VarveFileSystem = fsspec.filesystem("varve", lake=lake)
    return found


def test_names_and_folders(fs: VarveFileSystem) -> None:
    assert type(fs) is VarveFileSystem is varve.VarveFileSystem
    assert {"d", "other"} <= set(fs.ls("", detail=False)) == set(fs.ls("varve://", detail=False))
    assert fs.ls("d@1", detail=False) == ["d@1/a", "d@1/empty.txt", "d@1/odd %20 ü#?.txt"]
    assert fs.ls("varve://d@1/a/", detail=False) == ["d@1/a/b", "d@1/a/x.txt"]
    assert fs.ls("d@1/a/x.txt", detail=False) == ["d@1/a/x.txt"]
    [folder, file] = fs.ls("d@1/a")
    assert (folder["type"], folder["size"]) == ("directory", 0)
    assert (file["type"], file["size"], file["version"]) == ("file", 5, 1)
    assert file == fs.info("varve://d@1/a/x.txt")
    assert fs.modified("d@1/a/x.txt") == file["mtime"]
    assert fs.info("")["type"] == "directory"
    assert fs.info("d/a/x.txt")["size"] == fs.info("d@v3/a/x.txt")["size"] == fs.size("d@baseline/a/x.txt") == 7
    assert (fs.exists("d/a"), fs.isdir("d/a"), fs.isfile("d/a"), fs.exists("d/nope")) == (True, True, False, False)


def test_find_glob_walk_and_du(fs: VarveFileSystem) -> None:
    files = ["d@1/a/b/large.bin", "d@1/a/x.txt", "d@1/empty.txt", "d@1/odd %20 ü#?.txt"]
    assert fs.find("d@1") == files
    assert fs.find("d@1/a/x.txt") == ["d@1/a/x.txt"]
    assert fs.find("d@1", maxdepth=1) == files[2:]
    assert sorted(fs.find("d@1", withdirs=True)) == sorted([*files, "d@1", "d@1/a", "d@1/a/b"])
    assert fs.glob("d@1/**/*.txt") == files[1:]
    assert fs.glob("varve://d@1/a/?.txt") == ["d@1/a/x.txt"]
    assert fs.glob("oth*/y.txt") == ["other/y.txt"]
    assert [(top, sorted(names)) for top, _, names in fs.walk("d@1/a")] == [
        ("d@1/a", ["x.txt"]),
        ("d@1/a/b", ["large.bin"]),
    ]
    assert fs.du("d@1") == 3_000_008


def test_bytes_by_ranges(fs: VarveFileSystem) -> None:
    data, path = large(), "d@1/a/b/large.bin"
    assert fs.cat(path) == data
    for start, end in [(0, 4), (5, None), (None, 9), (-10, None), (10, -10), (-20, -10), (100, 50), (2_999_999, 10**7)]:
        assert fs.cat_file(path, start, end) == data[start:end], (start, end)
    assert fs.head(path, 7) == data[:7]
    assert fs.tail(path, 7) == data[-7:]
    assert fs.read_block(path, 5, 7) == data[5:12]
    assert fs.cat(["d@1/a/x.txt", "d@1/empty.txt"]) == {"d@1/a/x.txt": b"first", "d@1/empty.txt": b""}
    assert fs.cat_file("varve://d@1/odd %20 ü#?.txt") == b"odd"


def test_many_ranges_of_many_files(fs: VarveFileSystem) -> None:
    data, path = large(), "d@1/a/b/large.bin"
    paths = [path, "d/a/x.txt", path, "d/nope", path, "d/a"]
    starts, ends = [10, None, -4, 0, 2_000_000, 0], [20, 3, None, 9, 10**9, 1]
    parts = fs.cat_ranges(paths, starts, ends)
    assert [parts[i] for i in (0, 1, 2, 4)] == [data[10:20], b"sec", data[-4:], data[2_000_000:]]
    assert isinstance(parts[3], FileNotFoundError)
    assert isinstance(parts[5], IsADirectoryError)
    with pytest.raises(FileNotFoundError):
        fs.cat_ranges(paths, starts, ends, on_error="raise")
    assert fs.cat_ranges([path, path], 0, 2) == [data[:2], data[:2]]
    with pytest.raises(ValueError, match="2 paths, 1 starts"):
        fs.cat_ranges([path, path], [0], 2)


def test_more_than_one_answer_holds(lake: str) -> None:
    data = os.urandom(1000) * (LONGEST_READ * 2 // 1000 + 5)
    adder(lake)("huge", {"file": data})
    fs = VarveFileSystem(lake)
    assert fs.cat_file("huge/file") == data
    ranges = [(0, LONGEST_READ), (5, 10), (3, LONGEST_READ + 9), (0, len(data)), (7, 8), (LONGEST_READ - 1, len(data))]
    starts, ends = [start for start, _ in ranges], [end for _, end in ranges]
    assert fs.cat_ranges(["huge/file"] * len(ranges), starts, ends) == [data[start:end] for start, end in ranges]


def test_only_what_is_read_is_asked_for(fs: VarveFileSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of(fs.client.lake)
    asked: list[tuple[int, int]] = []
    read = client.read

    def counted(uri: str, ranges: list[tuple[int, int]]) -> list[bytes]:
        asked.extend(ranges)
        return read(uri, ranges)

    monkeypatch.setattr(client, "read", counted)
    with fs.open("d@1/a/b/large.bin", block_size=1000, cache_type="none") as file:
        file.seek(2_000_000)
        assert file.read(5) == large()[2_000_000:2_000_005]
        assert file.seek(-3, io.SEEK_END) == 2_999_997
        assert file.read() == large()[-3:]
    assert asked == [(2_000_000, 2_000_005), (2_999_997, 3_000_000)]


def test_open_files_keep_their_version(lake: str, fs: VarveFileSystem) -> None:
    add = adder(lake)
    add("moving", {"n": b"1" * 100})
    with fs.open("moving/n", cache_type="none") as file:
        assert file.read(3) == b"111"
        before = fs.ukey("moving/n")
        add("moving", {"n": b"2" * 100})
        assert file.read(3) == b"111"
        assert fs.cat_file("moving/n", 0, 3) == b"222"
        assert fs.ukey("moving/n") != before == fs.ukey("moving@1/n") == fs.checksum("moving@1/n")
    with fs.open("d/people.csv", "rt") as text:
        assert text.readlines()[1] == "1,Ann\n"


def test_other_libraries_read_it(lake: str, fs: VarveFileSystem, tmp_path: Path) -> None:
    assert pd.read_csv("varve://d@2/people.csv", storage_options={"lake": lake})["name"].tolist() == ["Ann", "Bob"]
    assert pd.read_csv("varve://d@2/people.csv")["id"].tolist() == [1, 2]
    table = pa.table({"a": range(100_000), "b": [str(i) for i in range(100_000)]})
    pq.write_table(table, tmp_path / "t.parquet")
    adder(lake)("parquet", {"t.parquet": (tmp_path / "t.parquet").read_bytes(), "more/u.parquet": b""})
    assert pq.read_table("parquet/t.parquet", columns=["a"], filesystem=fs).column("a").to_pylist()[-1] == 99_999
    assert pd.read_parquet("varve://parquet@1/t.parquet", filters=[("a", "<", 3)])["b"].tolist() == ["0", "1", "2"]
    with fsspec.open("varve://d@1/a/x.txt", "rt", lake=lake) as file:
        assert file.read() == "first"
    fs.get("d@1/a", str(tmp_path / "got"), recursive=True)
    assert (tmp_path / "got/b/large.bin").read_bytes() == large()
    mapper = fs.get_mapper("d@1/a")
    assert mapper["x.txt"] == b"first"
    assert sorted(mapper) == ["b/large.bin", "x.txt"]


def test_it_is_read_only(fs: VarveFileSystem) -> None:
    changes: list[Callable[[], object]] = [
        lambda: fs.open("d/new", "wb"),
        lambda: fs.open("d/a/x.txt", "ab"),
        lambda: fs.pipe("d/new", b"x"),
        lambda: fs.rm("d/a/x.txt"),
        lambda: fs.rm_file("d/a/x.txt"),
        lambda: fs.mkdir("d/new"),
        lambda: fs.makedirs("d/new/er"),
        lambda: fs.touch("d/new"),
        lambda: fs.mv("d/a", "d/c"),
        lambda: fs.cp("d/a/x.txt", "d/c"),
        lambda: fs.put(__file__, "d/c"),
        lambda: fs.rmdir("d/a"),
    ]
    for change in changes:
        with pytest.raises(varve.ReadOnlyError, match="a version never changes"):
            change()
    assert fs.cat_file("d@3/a/x.txt") == b"second!"
    assert len(fs.find("d@3")) == 5


def test_what_is_missing_is_said(fs: VarveFileSystem, tmp_path: Path) -> None:
    for name in ["d/nope", "d@99/a", "nope", "d/a/x.txt/y", "d/../other/y.txt"]:
        with pytest.raises(FileNotFoundError):
            fs.info(name)
        with pytest.raises(FileNotFoundError):
            fs.open(name)
    with pytest.raises(varve.NotFoundError, match="d@3 has neither a file nor a folder nope"):
        fs.ls("d/nope")
    with pytest.raises(IsADirectoryError):
        fs.cat_file("d/a")
    with pytest.raises(IsADirectoryError):
        fs.open("d/a")
    with pytest.raises(varve.NotFoundError, match="is no lake"):
        VarveFileSystem(tmp_path / "none").ls("")


def _read_in_a_process(fs: VarveFileSystem, answers: multiprocessing.Queue[bytes]) -> None:
    answers.put(fs.cat_file("d@1/a/x.txt"))


def test_threads_processes_and_an_engine_that_is_killed(fs: VarveFileSystem) -> None:
    parts: list[bytes] = []
    threads = [threading.Thread(target=lambda: parts.append(fs.cat_file("d@1/a/b/large.bin"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert parts == [large()] * 8
    again: VarveFileSystem = pickle.loads(pickle.dumps(fs))
    assert again == fs
    # Fork is Python 3.11's own way; the connections that the child takes over are not its own.
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    child = context.Process(target=_read_in_a_process, args=(again, answers))
    child.start()
    assert answers.get(timeout=20) == b"first"
    child.join()
    with fs.open("d@1/a/b/large.bin", cache_type="none") as file:
        assert file.read(3) == large()[:3]
        stop_engine(signal.SIGKILL)
        assert file.read(3) == large()[3:6]


@pytest.mark.skipif(not S3, reason="SKIPPED: no S3 server; vitest run test/python starts one")
def test_a_lake_in_a_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    for setting, value in S3.items():
        monkeypatch.setenv(setting, value)
    # An engine keeps the environment in which it was started.
    monkeypatch.setenv("VARVE_ENGINE", str(SCRATCH / "engine-s3/e.sock"))
    lake = "s3://genomics/lake"
    try:
        run("init", lake, lake=lake)
        adder(lake)("d", {"a/large.bin": large(), "x.csv": b"a\n1\n"})
        fs = VarveFileSystem(lake)
        assert fs.find("d") == ["d/a/large.bin", "d/x.csv"]
        assert fs.cat_ranges(["d/a/large.bin"] * 2, [5, -9], [10**6, None]) == [large()[5 : 10**6], large()[-9:]]
        assert varve.Vault(lake=lake).save("thing", [1]).version == 1
        assert varve.Vault(lake=lake).load("thing") == [1]
        with varve.connect(lake) as con:
            assert con.execute("select a from read_auto('lake://d@1/x.csv')").fetchall() == [(1,)]
    finally:
        stop_engine(signal.SIGTERM)
