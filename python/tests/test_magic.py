from __future__ import annotations

import html.parser
import threading
import time
from collections.abc import Iterator
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

import varve
from varve.magic import progress
from varve.magic.completion import complete
from varve.magic.table import ResultTable


@pytest.fixture(scope="module")
def shell(lake: str) -> Iterator[Any]:
    one: Any = InteractiveShell.instance()
    # History is kept in a thread's own database, which outlives the tests.
    one.history_manager.enabled = False
    one.run_line_magic("load_ext", "varve")
    yield one
    one.magics_manager.registry["VarveMagics"].connection.close()
    one.history_manager.end_session()
    InteractiveShell.clear_instance()


def run(shell: Any, cell: str, line: str = "") -> None:
    shell.run_cell_magic("varve", line, cell)


class TestCells:
    def test_sql_is_shown_as_a_table(self, shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
        run(shell, "select path, bytes from files('d@1') order by path limit 2;")
        assert capsys.readouterr().out.splitlines() == [
            "path           bytes",
            "─────────────  ───────",
            "a/b/large.bin  3000000",
            "a/x.txt        5",
            "(2 rows)",
        ]

    def test_frames_of_the_notebook_are_tables(self, shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
        shell.user_ns["ages"] = pd.DataFrame({"id": [1, 2], "age": [20, 30]})
        shell.user_ns["towns"] = pa.table({"id": [2], "town": ["Ulm"]})
        run(
            shell, "select name, age, town from dataset_table('d', 'people') join ages using (id) join towns using (id)"
        )
        assert "Bob   30   Ulm" in capsys.readouterr().out

    def test_rows_are_kept_in_a_frame(self, shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
        run(shell, "select i, if(i = 1, null, i) as n, [i] as l from range(30) t(i)", "-o kept -n 3 -p 2")
        frame = shell.user_ns["kept"]
        assert isinstance(frame, pd.DataFrame)
        assert len(frame) == 30
        assert capsys.readouterr().out.splitlines()[2:] == [
            "0  0     [0]",
            "1  NULL  [1]",
            "(the first 3 of 30 rows, 1–2 shown)",
        ]
        run(shell, "select max(i) as most from kept", "-o most -q")
        assert shell.user_ns["most"]["most"].tolist() == [29]
        assert capsys.readouterr().out == ""

    def test_more_rows_than_are_shown_keep_nothing_busy(self, shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
        run(shell, "from range(1000000)", "-n 2")
        assert "(the first 2 of more rows)" in capsys.readouterr().out
        connection = shell.run_line_magic("varve", "")
        assert connection.sql("select 1").fetchall() == [(1,)]
        run(shell, "select current_setting('enable_progress_bar_print')")
        assert "false" in capsys.readouterr().out.lower()

    def test_several_statements_give_the_last_result(self, shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
        run(shell, "create table many as select 1 as a; insert into many values (2); from many order by a")
        assert capsys.readouterr().out.splitlines()[-1] == "(2 rows)"
        run(shell, "begin; drop table many; commit")
        run(shell, "set threads = 2")
        assert capsys.readouterr().out == ""

    def test_an_error_is_what_duckdb_says_and_the_next_cell_works(
        self, shell: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(duckdb.Error, match="selec"):
            run(shell, "selec 1")
        shell.run_cell("%%varve\nselec 1")
        out = capsys.readouterr().out
        assert out.startswith("ParserException: Parser Error: syntax error")
        assert "magics.py" not in out
        with pytest.raises(duckdb.Error, match="has no dataset nope"):
            run(shell, "from files('nope')")
        run(shell, "begin")
        with pytest.raises(duckdb.Error):
            run(shell, "from no_such_table")
        run(shell, "rollback")
        run(shell, "select 42 as answer")
        assert "42" in capsys.readouterr().out

    def test_the_connection_is_chosen(self, shell: Any, lake: str, capsys: pytest.CaptureFixture[str]) -> None:
        with varve.connect(lake) as own:
            own.execute("create table mine as select 7 as seven")
            shell.user_ns["own"] = own
            run(shell, "from mine", "-c own")
            assert "7" in capsys.readouterr().out
            assert shell.run_line_magic("varve", "-c own") is own
            made = shell.run_line_magic("varve", f"'{lake}'")
            assert shell.run_line_magic("varve", "") is made is not own
            shell.user_ns["con"] = made
            assert made.sql("select count(*) > 1 from datasets()").fetchall() == [(True,)]

    def test_wrong_options_are_said(self, shell: Any) -> None:
        for line, message in [
            ("-c ages", "ages is no DuckDB connection"),
            ("-c nope", "nope is no DuckDB connection"),
            ("-n 0", "--rows and --page are 1 or more"),
            ("-o 1x", "1x is no name for a variable"),
            ("select 1", "unrecognized|is no option"),
            ("select", "SQL begins on the next line"),
        ]:
            with pytest.raises(UsageError, match=message):
                run(shell, "select 1", line)

    def test_loading_it_again_changes_nothing(self, shell: Any) -> None:
        before = shell.magics_manager.registry["VarveMagics"]
        varve.load_ipython_extension(shell)
        assert shell.magics_manager.registry["VarveMagics"] is before


LONG = "select sum(a.range * b.range) from range(200000) a, range(200000) b"


class TestProgress:
    def test_it_is_shown_and_an_interrupt_ends_the_statement(
        self, shell: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seconds: list[float] = []

        def join(thread: threading.Thread, timeout: float | None = None) -> None:
            # Ctrl-C while the statement is waited for.
            plain(thread, timeout)
            if thread.name == "varve" and timeout is not None and "%" in capsys.readouterr().err:
                seconds.append(time.monotonic())
                raise KeyboardInterrupt

        plain = threading.Thread.join
        monkeypatch.setattr(threading.Thread, "join", join)
        with pytest.raises(KeyboardInterrupt):
            run(shell, LONG)
        assert time.monotonic() - seconds[0] < 2
        monkeypatch.undo()
        run(shell, "select 5 as five")
        assert "5" in capsys.readouterr().out

    def test_in_a_notebook_one_bar_moves_and_goes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        shown: list[str] = []

        class Handle:
            def update(self, bar: Any) -> None:
                shown.append(bar.data)

        def displayed(bar: Any, display_id: bool) -> Handle:
            assert display_id
            shown.append(bar.data)
            return Handle()

        monkeypatch.setattr(progress, "display", displayed)
        bar = progress._NotebookBar()
        bar.done()
        assert shown == []
        bar.show(12.34)
        bar.show(50)
        bar.done()
        first = '<progress max="100" value="12.3"></progress> 12 %'
        assert shown == [first, '<progress max="100" value="50.0"></progress> 50 %', ""]


class TestTable:
    def test_pages_are_in_the_html(self) -> None:
        table = ResultTable([("a<b", "INTEGER"), ("c", "VARCHAR")], [(i, None) for i in range(45)], True, 20)
        shown = table._repr_html_()
        assert shown.count("<tbody") == 3
        assert shown.count(" hidden>") == 2
        assert '<th title="INTEGER">a&lt;b</th>' in shown
        assert "rows <span>1–20</span>: 45 rows" in shown
        assert 'data-rows="41–45" hidden><tr><td>40</td><td><i>NULL</i></td></tr>' in shown
        assert table._repr_html_() == shown

    def test_one_page_needs_no_buttons(self) -> None:
        shown = ResultTable([("a", "INTEGER")], [(1,)], True)._repr_html_()
        assert "<button" not in shown
        assert "<script" not in shown
        assert "1 row<" in shown
        assert "0 rows<" in ResultTable([("a", "INTEGER")], [], True)._repr_html_()
        assert repr(ResultTable([("a", "INTEGER")], [], True)) == "a\n─\n(0 rows)"

    def test_values_cannot_become_markup_or_control_a_terminal(self) -> None:
        table = ResultTable([("a", "VARCHAR")], [("<script>alert(1)</script>\x1b[2J\n" + "x" * 600,)], True)
        tags: list[str] = []
        parser = html.parser.HTMLParser()
        parser.handle_starttag = lambda tag, attrs: tags.append(tag)  # type: ignore[method-assign]
        parser.feed(table._repr_html_())
        assert "script" not in tags
        assert "…" in table._repr_html_()
        assert "\x1b" not in repr(table)
        assert len(repr(table).splitlines()) == 4

    def test_frames_show_what_duckdb_had(self) -> None:
        con = duckdb.connect()
        some, none = "1::tinyint, 9007199254740993, 1.5, true, 'x', [1], date '2026-01-02'", ", ".join(["null"] * 7)
        sql = f"select * from (values ({some}), ({none}))"
        columns = [(name, str(kind)) for name, kind, *_ in con.execute(sql).description or []]
        table = ResultTable.of_frame(columns, con.execute(sql).df(), 10, 10)
        assert table.rows[0][0] == 1
        assert isinstance(table.rows[0][0], int)
        assert [str(value) for value in table.rows[0][2:6]] == ["1.5", "True", "x", "[1]"]
        assert table.rows[1] == (None,) * 7
        con.close()


class TestCompletion:
    @pytest.mark.parametrize(
        ("line", "fragment", "some"),
        [
            ("select * from read_fa", "read_fa", ["read_fasta", "read_fastq"]),
            ("from data", "data", ["datasets", "dataset_table"]),
            ("SEL", "SEL", ["select"]),
            ("from ag", "ag", ["ages"]),
            ("from 'lake://", "lake://", ["lake://d/", "lake://other/"]),
            ("from 'lake://d@1/", "lake://d@1/", ["lake://d@1/a/", "lake://d@1/empty.txt"]),
            ("select 'x', * from 'lake://d@1/a/x", "lake://d@1/a/x", ["lake://d@1/a/x.txt"]),
            ("from files('d", "d", ["d"]),
            ("from dataset_table('d', '", "", ["files", "people"]),
            ("from diff('d@1', '", "", ["d", "other"]),
        ],
    )
    def test_names_are_offered(self, shell: Any, line: str, fragment: str, some: list[str]) -> None:
        shell.user_ns["ages"] = pd.DataFrame({"id": [1]})
        connection = shell.magics_manager.registry["VarveMagics"].connection
        found, names = complete(line, connection, shell.user_ns)
        assert found == fragment
        assert set(some) <= {name for name, _ in names}
        assert all(name.lower().startswith(fragment.lower()) for name, _ in names)

    @pytest.mark.parametrize(
        "line", ["", "select ", "select 'x", "from 'lake://nope/", "from files('d/", "select 'it''s"]
    )
    def test_nothing_is_offered_where_nothing_fits(self, shell: Any, line: str) -> None:
        connection = shell.magics_manager.registry["VarveMagics"].connection
        assert complete(line, connection, shell.user_ns)[1] == []

    def test_cells_use_it_and_python_cells_do_not(self, shell: Any) -> None:
        def offered(text: str) -> list[str]:
            with provisionalcompleter():
                return [one.text for one in shell.Completer.completions(text, len(text))]

        assert offered("%%varve -o x\nfrom read_fa") == ["read_fasta", "read_fastq"]
        assert "read_fasta" not in offered("read_fa")
        assert "lake://d/" in offered("%%varve\nfrom 'lake://")
