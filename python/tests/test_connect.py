from __future__ import annotations

import contextlib
import datetime
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import fsspec
import pandas as pd
import pytest
from conftest import REPOSITORY, SCRATCH, engine_pid, stop_engine

import varve
from varve import connection as connecting
from varve import engine, place


def test_it_is_an_ordinary_connection(connection: duckdb.DuckDBPyConnection, fastq: str) -> None:
    assert type(connection) is duckdb.DuckDBPyConnection
    assert connection.execute(f"select count(*) from '{fastq}'").fetchall() == [(2000,)]
    frame = connection.sql("select name, latest, created_at from datasets() order by name").df()
    assert frame["name"].tolist() == ["d", "other"]
    assert frame["latest"].tolist() == [3, 1]
    assert isinstance(frame["created_at"][0], datetime.datetime)
    assert connection.sql("from 'lake://d@1/a/x.txt'").fetchall() == [("first", 0)]


def test_local_frames_join_tables_of_the_lake(connection: duckdb.DuckDBPyConnection) -> None:
    ages = pd.DataFrame({"id": [2, 3], "age": [30, 40]})
    joined = connection.sql("select name, age from dataset_table('d@baseline', 'people') join ages using (id)")
    assert joined.fetchall() == [("Bob", 30)]
    connection.register("registered", ages)
    assert connection.execute("select max(age) from registered").fetchall() == [(40,)]
    people = connection.sql("from dataset_table('d@baseline', 'people')")
    assert people.filter("id = 1").to_arrow_table().to_pylist() == [{"id": 1, "name": "Ann"}]
    assert len(ages) == 2


def test_options_are_those_of_duckdb(lake: str, tmp_path: Path) -> None:
    file = tmp_path / "own.duckdb"
    with varve.connect(lake, database=file, threads=1, default_null_order="nulls_first") as con:
        con.execute("create table kept as from dataset_table('d', 'people')")
        shown = con.execute("select current_setting('threads'), current_setting('default_null_order')")
        assert shown.fetchall() == [(1, "NULLS_FIRST")]
    with varve.connect(lake, database=file, read_only=True) as con:
        assert con.execute("select count(*) from kept join datasets() on latest = id + 2").fetchall() == [(1,)]
        with pytest.raises(duckdb.Error, match="read-only"):
            con.execute("drop table kept")
    with pytest.raises(duckdb.Error, match="no_such_option"):
        varve.connect(lake, no_such_option=1)


def test_each_connection_has_its_own_lake(lake: str, tmp_path: Path) -> None:
    with varve.connect(lake) as one, varve.connect(tmp_path / "no lake'") as other:
        with pytest.raises(duckdb.Error, match="no%20lake' is no lake|no lake'/ is no lake"):
            other.execute("from datasets()").fetchall()
        assert one.execute("select count(*) from datasets()").fetchall() == [(2,)]
        assert one.cursor().execute("select count(*) from datasets()").fetchall() == [(2,)]


def test_the_lake_is_that_of_the_environment_else_of_the_working_folder(
    lake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with varve.connect() as con:
        assert con.execute("select count(*) from datasets()").fetchall() == [(2,)]
    monkeypatch.delenv("VARVE_LAKE")
    monkeypatch.chdir(Path(lake).parent)
    with varve.connect() as con:
        monkeypatch.chdir(tmp_path)
        assert con.execute("select count(*) from datasets()").fetchall() == [(2,)]
    assert place.lake_url("s3://bucket/lake") == "s3://bucket/lake"
    assert place.lake_url("~/lake") == str(Path.home() / "lake")


def test_a_new_engine_is_started_where_the_last_one_was_killed(lake: str, fastq: str) -> None:
    with varve.connect(lake) as con:
        assert con.execute("select count(*) from datasets()").fetchall() == [(2,)]
        before = engine_pid()
        stop_engine(signal.SIGKILL)
        count = f"select count(*) from '{fastq}'"
        # Whether it is noticed before the query is sent is a matter of moments.
        with contextlib.suppress(duckdb.IOException):
            con.execute(count).fetchall()
        assert con.execute(count).fetchall() == [(2000,)]
        after = engine_pid()
    assert None is not after != before
    stop_engine(signal.SIGKILL)
    assert engine.reach() is None
    with varve.connect(lake) as con:
        assert con.execute("select count(*) from datasets()").fetchall() == [(2,)]


def test_three_threads_ask_at_once(connection: duckdb.DuckDBPyConnection, fastq: str) -> None:
    answers: list[object] = []

    def ask() -> None:
        answers.append(connection.cursor().execute(f"select sum(record) from '{fastq}'").fetchall())

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [[(1_999_000,)]] * 3


class TestWhatGoesWrong:
    def test_without_a_program_what_to_install_is_said(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(place, "_repository", lambda: None)
        monkeypatch.setattr(connecting, "_binary", lambda: ("v2.0.0", "unused"))
        monkeypatch.setenv("VARVE_ENGINE", str(tmp_path / "none/e.sock"))
        monkeypatch.delenv("VARVE_PROGRAM")
        monkeypatch.setenv("PATH", "/nowhere")
        with pytest.raises(varve.NotFoundError, match="npm install -g varve.*VARVE_PROGRAM") as raised:
            varve.connect()
        assert raised.value.code == "not-found"
        assert not (tmp_path / "none").exists()

    def test_a_program_that_is_no_engine_is_named_with_what_it_said(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        program = tmp_path / "no engine"
        program.write_text("#!/bin/sh\necho cannot find my shoes >&2\nexit 3\n")
        program.chmod(0o755)
        monkeypatch.setenv("VARVE_ENGINE", str(tmp_path / "own/e.sock"))
        monkeypatch.setenv("VARVE_PROGRAM", str(program))
        with pytest.raises(varve.VarveError, match=r'"[^"]*no engine", has ended: cannot find my shoes') as raised:
            varve.connect()
        assert raised.value.code == "unavailable"

    def test_a_socket_that_others_could_reach_is_refused(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "open").mkdir(mode=0o755)
        monkeypatch.setenv("VARVE_ENGINE", str(tmp_path / "open/e.sock"))
        with pytest.raises(PermissionError, match="which others can enter \\(mode 755\\), expected 700"):
            varve.connect()
        monkeypatch.setenv("VARVE_ENGINE", "/" + "x" * 100)
        with pytest.raises(varve.VarveError, match="101 bytes, expected at most 100"):
            varve.connect()

    def test_a_stale_socket_is_taken_over(self, monkeypatch: pytest.MonkeyPatch) -> None:
        place = SCRATCH / "stale"
        place.mkdir(mode=0o700)
        monkeypatch.setenv("VARVE_ENGINE", str(place / "e.sock"))
        script = "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])"
        subprocess.run([sys.executable, "-c", script, str(place / "e.sock")], check=True)
        assert stat.S_ISSOCK((place / "e.sock").stat().st_mode)
        try:
            varve.connect().close()
            assert engine_pid() is not None
        finally:
            stop_engine(signal.SIGTERM)

    def test_where_external_access_is_off_the_reason_is_said(self) -> None:
        with pytest.raises(varve.VarveError, match="does not load varve's extension .*disabled") as raised:
            varve.connect(enable_external_access=False)
        assert raised.value.code == "unsupported"

    def test_binaries_that_were_not_built_are_asked_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connecting, "extension", lambda _: None)
        with pytest.raises(varve.NotFoundError, match="scripts/extension.sh"):
            varve.connect()

    def test_there_are_no_servers_yet(self) -> None:
        with pytest.raises(varve.VarveError, match="knows no servers.*http://x"):
            varve.connect(server="http://x")


def test_another_duckdb_loads_it_by_the_stable_api_and_is_told_what_is_slower(lake: str, fastq: str) -> None:
    script = (
        "import sys, warnings; sys.path[:0] = [sys.argv[1]]; warnings.simplefilter('error')\n"
        "import varve\n"
        "try:\n    varve.connect(sys.argv[2])\n    raise SystemExit('no warning')\n"
        "except UserWarning as told:\n    print(told)\n"
        "warnings.simplefilter('ignore')\n"
        "con = varve.connect(sys.argv[2])\n"
        "print(con.execute('select count(*) from datasets()').fetchall(), con.execute(sys.argv[3]).fetchall())\n"
    )
    python = REPOSITORY / ".tools/extension/python-1.5.6/bin/python"
    fsspec_home = Path(fsspec.__file__).parent
    bare = SCRATCH / "bare"
    shutil.copytree(REPOSITORY / "python/src/varve", bare / "varve")
    shutil.copytree(fsspec_home, bare / "fsspec")
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    # As it is installed: with its binaries beside it, and no repository around it.
    for folder in ("v1.2.0", "v2.0.0"):
        shutil.copytree(REPOSITORY / ".tools/extension" / folder, bare / "varve/extension" / folder)
    words = [str(python), "-c", script, str(bare), lake, f"select count(*) from '{fastq}' where record < 5"]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    told, rows = done.stdout.splitlines()
    assert "DuckDB 1.5.6 loads varve by DuckDB's stable C API: a WHERE does not prune" in told
    assert rows == "[(2,)] [(5,)]"
