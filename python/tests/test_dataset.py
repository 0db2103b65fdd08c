from __future__ import annotations

import os
import subprocess
from pathlib import Path

import duckdb
import pytest
from conftest import adder

import varve
from varve.datasets import _url
from varve.program import run


def test_a_reference_becomes_a_number_for_good(lake: str) -> None:
    add = adder(lake)
    add("growing", {"n": b"1"})
    first = varve.dataset("growing")
    add("growing", {"n": b"22"})
    assert (first.reference, varve.dataset("growing", lake).reference) == ("growing@1", "growing@2")
    assert first.files().project("path, bytes").fetchall() == [("n", 1)]
    assert varve.dataset("d@baseline").version == varve.dataset("d@v3").version == 3
    assert repr(first) == f"varve.dataset('growing@1', lake={lake!r})"


def test_files_and_tables_are_relations(lake: str, connection: duckdb.DuckDBPyConnection) -> None:
    d = varve.dataset("d@2", connection=connection)
    assert isinstance(d.files(), duckdb.DuckDBPyRelation)
    assert d.files("bytes > 100").project("path").fetchall() == [("a/b/large.bin",)]
    assert d.files().order("path").df()["path"].tolist()[:2] == ["a/b/large.bin", "a/x.txt"]
    assert varve.dataset("d", connection=connection).table("people").filter("name = 'Bob'").fetchall() == [(2, "Bob")]
    names = [name for name, *_ in varve.dataset("d", connection=connection).tables().fetchall()]
    assert names == ["files", "people"]
    with pytest.raises(duckdb.Error, match='d@2 has no table "people"'):
        d.table("people").fetchall()
    joined = connection.sql("select count(*) from dataset_table('d@3', 'people') join files('d@3') on true")
    assert joined.fetchall() == [(10,)]


def test_diff_of_files_and_rows(lake: str, connection: duckdb.DuckDBPyConnection) -> None:
    d = varve.dataset("d@2", connection=connection)
    wanted = [("a/x.txt", "changed"), ("people.csv", "added")]
    for other in (1, "1", "d@1", varve.dataset("d@1")):
        assert d.diff(other).project("path, change").order("path").fetchall() == wanted
    assert varve.dataset("d@1", connection=connection).diff("baseline").project("change").order(
        "change"
    ).fetchall() == [
        ("changed",),
        ("removed",),
    ]
    rows = varve.dataset("d@3", connection=connection).diff(2, "people").project("id, change").order("id").fetchall()
    assert rows == [(1, "added"), (2, "added")]


def test_its_connection_is_made_when_it_is_needed(lake: str) -> None:
    d = varve.dataset("d@1")
    assert d.open("a/x.txt").read() == b"first"
    assert d._connection is None
    assert d.files().aggregate("count(*)").fetchall() == [(4,)]
    assert d.connection is d.connection
    d.connection.close()


def test_files_are_opened(lake: str) -> None:
    d = varve.dataset("d@2")
    with d.open("people.csv", "r") as text:
        assert text.read().splitlines()[2] == "2,Bob"
    with d.open("a/b/large.bin") as file:
        file.seek(4_000)
        assert file.read(4) == (1000).to_bytes(4, "big")
    with pytest.raises(varve.ReadOnlyError):
        d.open("a/x.txt", "wb")
    with pytest.raises(FileNotFoundError, match="d@2 has neither a file nor a folder nope"):
        d.open("nope")


def test_what_is_no_dataset_is_said(lake: str) -> None:
    with pytest.raises(FileNotFoundError, match="nope"):
        varve.dataset("nope")
    with pytest.raises(FileNotFoundError, match="99"):
        varve.dataset("d@99")
    for wrong in ("", "d@1/a", "../d", "d@0"):
        with pytest.raises(varve.VarveError) as raised:
            varve.dataset(wrong)
        assert raised.value.code == "invalid-input", wrong
    with pytest.raises(varve.NotFoundError, match="is no lake"):
        varve.dataset("d", "/nowhere")


class TestPath:
    def test_without_a_mount_how_to_make_one_is_said(self, lake: str) -> None:
        with pytest.raises(varve.NotFoundError, match=f"is not mounted: .*varve mount FOLDER --daemon --lake {lake}"):
            varve.dataset("d@1").path()

    def test_in_a_mount_it_is_a_folder_of_this_machine(self, lake: str, tmp_path: Path) -> None:
        folder = tmp_path / "mount"
        d = varve.dataset("d@1")
        try:
            assert (d.path("a/x.txt", mount=folder)).read_text() == "first"
            assert d.path() == folder / "d/1/files"
            assert sorted(one.name for one in d.path().iterdir()) == ["a", "empty.txt", "odd %20 ü#?.txt"]
            assert subprocess.run(["wc", "-c", d.path("a/x.txt")], capture_output=True, check=True).stdout[:1] == b"5"
            with pytest.raises(varve.NotFoundError, match="neither a file nor a folder nope"):
                d.path("nope")
            other = varve.dataset("d@1")
            other.lake = str(tmp_path / "another")
            with pytest.raises(varve.VarveError, match=r"is mounted on .*, expected .*/another") as raised:
                other.path(mount=folder)
            assert raised.value.code == "conflict"
        finally:
            run("umount", str(folder), lake=lake)


@pytest.mark.parametrize(
    ("one", "other"), [("/a/lake", "file:///a/lake/"), ("s3://b/lake/", "s3://b/lake"), ("/a b", "file:///a%20b/")]
)
def test_urls_of_one_lake_are_equal(one: str, other: str) -> None:
    assert _url(one) == _url(other)


def test_errors_of_the_program_keep_their_code(lake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(varve.NotFoundError, match="nope") as raised:
        run("files", "nope", lake=lake)
    assert raised.value.details["dataset"] == "nope"
    monkeypatch.setitem(os.environ, "VARVE_PROGRAM", "sh -c 'echo no shoes >&2; exit 7' sh")
    with pytest.raises(varve.VarveError, match="varve files ended with 7: no shoes"):
        run("files", "d", lake=lake)
