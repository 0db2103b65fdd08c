"""Rows as Arrow streams, and a DuckDB that no binary is built for."""

from __future__ import annotations

import os
import signal
import warnings
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

import varve
from varve import connection as connecting


def test_a_statement_is_a_stream_that_is_read_any_number_of_times(lake: str, fastq: str) -> None:
    rows = varve.stream(f"select record, id from '{fastq}' where record < 1500", lake)
    assert rows.schema.names == ["record", "id"]
    assert pa.RecordBatchReader.from_stream(rows).read_all().num_rows == 1500
    with duckdb.connect() as plain:
        [joined] = plain.sql("select count(*) from rows a join rows b using (record) where a.record >= 1400").fetchall()
    assert joined == (100,)


def test_functions_of_the_lake_are_streams_too(lake: str) -> None:
    table = varve.stream("from dataset_table('d@baseline', 'people')", lake).reader().read_all()
    assert table.to_pylist() == [{"id": 1, "name": "Ann"}, {"id": 2, "name": "Bob"}]


def test_who_stops_reading_ends_the_program(fastq: str) -> None:
    reader = varve.stream(f"from '{fastq}', range(100000)").reader()
    reader.read_next_batch()
    assert len(_children()) == 1
    reader.close()
    del reader
    assert _children() == []


class TestWhatGoesWrong:
    def test_the_program_is_quoted(self) -> None:
        with pytest.raises(varve.NotFoundError, match="nowhere.fastq"):
            varve.stream("from '/nowhere.fastq'").schema  # noqa: B018
        with pytest.raises(varve.VarveError, match="syntax error"):
            varve.stream("selec 1").reader()

    def test_a_failure_in_the_middle_is_no_end(self) -> None:
        rows = varve.stream(
            "select case when i = 900000 then error('spilled') else i end as i from range(1000000) t(i)"
        )
        with pytest.raises(Exception, match="spilled"):
            rows.reader().read_all()

    def test_a_program_that_is_killed_is_no_end_either(self, fastq: str) -> None:
        reader = varve.stream(f"from '{fastq}', range(100000)").reader()
        reader.read_next_batch()
        [child] = _children()
        os.kill(child, signal.SIGKILL)
        with pytest.raises(Exception, match="-9|end of stream|truncated|Expected to be able to read"):
            reader.read_all()


class TestWithoutABinary:
    @pytest.fixture(autouse=True)
    def _elsewhere(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connecting, "_has_binaries", lambda: False)

    def test_what_is_missing_is_said(self, lake: str) -> None:
        with pytest.warns(UserWarning, match="not built for DuckDB.*varve.stream and varve.dataset give Arrow streams"):
            varve.connect(lake).close()

    def test_datasets_are_relations_all_the_same(self, lake: str) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            plain = varve.connect(lake)
        with plain:
            d = varve.dataset("d@baseline", lake, plain)
            assert d.table("people").filter("id = 2").fetchall() == [(2, "Bob")]
            assert d.files("path like 'a/%'").aggregate("count(*)").fetchall() == [(2,)]


def _children() -> list[int]:
    """Processes that this one has started and that run; the engine is none of them."""
    return [int(pid) for file in Path("/proc/self/task").glob("*/children") for pid in file.read_text().split()]
