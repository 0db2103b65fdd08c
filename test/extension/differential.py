"""The law of pushdown in DuckDB itself: prints every query of a JSON job whose rows change when DuckDB may filter early.

The job on stdin: {"binary": …, "views": [sql, …], "queries": [sql, …]}. The first answer counts what was compared.
"""

import json
import sys

import duckdb


def rows(connection, sql):
    try:
        return sorted(repr(row) for row in connection.execute(sql).fetchall())
    except Exception as error:
        return f"{type(error).__name__}: {error}"


job = json.load(sys.stdin)
early = duckdb.connect(config={"allow_unsigned_extensions": "true"})
late = duckdb.connect(config={"allow_unsigned_extensions": "true"})
for connection in early, late:
    connection.execute(f"load '{job['binary']}'")
    for view in job["views"]:
        connection.execute(view)
late.execute("set disabled_optimizers = 'filter_pushdown'")

compared, differences = 0, []
for sql in job["queries"]:
    expected = rows(late, sql)
    # A statement that fails late may succeed early, when the row that it fails at need not be read.
    if isinstance(expected, str):
        continue
    compared += 1
    found = rows(early, sql)
    if found != expected and not (isinstance(found, str) and "Conversion Error" in found):
        differences.append({"sql": sql, "expected": expected, "found": found})
print(json.dumps({"compared": compared, "differences": differences}))
