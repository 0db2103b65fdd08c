"""Completion in `%%varve` cells: functions, tables, data frames, key words; in quotes datasets and their files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import duckdb
from IPython.core.completer import CompletionContext, SimpleCompletion, context_matcher

from varve.client import client_of
from varve.connection import quoted as literal
from varve.errors import VarveError
from varve.place import lake_url

if TYPE_CHECKING:
    from varve.magic.magics import VarveMagics

# An open quote at the end of a line, and what stands before it.
_QUOTED = re.compile(r"^(?P<before>(?:[^']|'[^']*')*)'(?P<text>[^']*)$")
_WORD = re.compile(r"\w*$")
# Functions whose first arguments name datasets.
_OF_DATASETS = re.compile(r"\b(?:versions|tables|files|dataset_table|diff|history)\s*\(\s*(?:'[^']*'\s*,\s*)?$", re.I)
_OF_TABLES = re.compile(r"\bdataset_table\s*\(\s*'(?P<dataset>[^']*)'\s*,\s*$", re.I)
_MOST = 200


def complete_cells(shell: Any, magics: VarveMagics) -> None:
    """Adds a matcher to the shell's completer."""

    @context_matcher(identifier="varve")
    def varve_matcher(context: CompletionContext) -> dict[str, Any]:
        if not context.full_text.startswith("%%varve") or context.cursor_line == 0:
            return {"completions": []}
        fragment, found = complete(context.text_until_cursor, magics.connection, shell.user_ns)
        completions = [SimpleCompletion(text=text, type=kind) for text, kind in found]
        return {"completions": completions, "matched_fragment": fragment, "suppress": True}

    shell.Completer.custom_matchers.append(varve_matcher)


def complete(
    line: str, connection: duckdb.DuckDBPyConnection, names: dict[str, Any]
) -> tuple[str, list[tuple[str, str]]]:
    """What is being written at the end of a line, and what it can become, with what kind of thing that is."""
    quoted = _QUOTED.match(line)
    if quoted is not None:
        text, before = quoted["text"], quoted["before"]
        try:
            if (call := _OF_TABLES.search(before)) is not None:
                return text, [(name, "table") for name in _tables(text, call["dataset"], connection)]
            in_function = _OF_DATASETS.search(before) is not None
            return text, [(name, "path") for name in _paths(text, in_function, lake_of(connection))]
        except (VarveError, duckdb.Error):
            # A lake that is not there (yet) has nothing to offer.
            return text, []
    match = _WORD.search(line)
    word = match.group() if match is not None else ""
    return word, _distinct(_words(word, connection, names)) if word else []


def lake_of(connection: duckdb.DuckDBPyConnection) -> str:
    """The lake that a connection is set to."""
    try:
        row = connection.cursor().execute("select current_setting('varve_lake')").fetchone()
    except duckdb.Error:
        # By the stable C API there are no settings, and the environment says it.
        row = None
    return lake_url(row[0] if row and row[0] else None)


def _paths(text: str, in_function: bool, lake: str) -> Iterator[str]:
    scheme = "lake://" if text.startswith("lake://") else ""
    rest = text[len(scheme) :]
    if not scheme and not in_function:
        return
    folder, slash, begin = rest.rpartition("/")
    if slash and not scheme:
        return
    _, standing = client_of(lake).entries(f"lake://{folder}")
    for one in standing[:10_000]:
        if one.name.startswith(begin):
            name = f"{scheme}{folder}{slash}{one.name}" + ("/" if scheme and one.is_folder else "")
            yield name.replace("'", "''")


def _tables(text: str, dataset: str, connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.cursor().execute(f"from tables({literal(dataset)})").fetchall()
    return [name for name, *_ in rows if name.startswith(text)]


_KNOWN = """
select distinct function_name, 'function' from duckdb_functions() where starts_with(function_name, lower($1))
union all
select distinct table_name, 'table' from duckdb_tables() where starts_with(lower(table_name), lower($1))
union all
select distinct view_name, 'view' from duckdb_views() where not internal and starts_with(lower(view_name), lower($1))
union all
select keyword_name, 'keyword' from duckdb_keywords() where starts_with(keyword_name, lower($1))
order by 1
"""


def _words(word: str, connection: duckdb.DuckDBPyConnection, names: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in names.items():
        is_table = type(value).__module__.split(".")[0] in ("pandas", "polars", "pyarrow") and hasattr(value, "columns")
        if name.startswith(word) and is_table:
            yield name, "table"
    yield from connection.cursor().execute(_KNOWN, [word]).fetchall()


def _distinct(found: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return list(dict(reversed(list(found))).items())[::-1][:_MOST]
