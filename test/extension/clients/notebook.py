"""SQLAlchemy's duckdb_engine and jupysql with the extension: notebook.py BINARY FASTQ prints a JSON object of rows."""

import contextlib
import json
import sys

import duckdb
from IPython.core.interactiveshell import InteractiveShell
from sqlalchemy import create_engine, select, table, text

binary, fastq = sys.argv[1:]
CONFIG = {"allow_unsigned_extensions": "true"}


def sqlalchemy():
    engine = create_engine("duckdb:///:memory:", connect_args={"config": CONFIG})
    with engine.connect() as connection:
        connection.execute(text(f"load '{binary}'"))
        sql = text("select record, length(sequence) from read_fastq(:path) where record < :most order by record")
        bound = [list(row) for row in connection.execute(sql, {"path": fastq, "most": 3})]
        connection.execute(text(f"create view reads as select record, id from read_fastq('{fastq}')"))
        columns = list(connection.execute(text("from reads limit 0")).keys())
        count = connection.execute(select(text("count(*)")).select_from(table("reads"))).scalar()
    return {"bound": bound, "columns": columns, "count": count}


def jupysql():
    shell = InteractiveShell.instance()
    connection = duckdb.connect(config=CONFIG)
    connection.execute(f"load '{binary}'")
    shell.push({"con": connection})
    shell.run_line_magic("load_ext", "sql")
    shell.run_line_magic("sql", "con --alias varve")
    shell.run_line_magic("config", "SqlMagic.autopandas = True")
    query = f"select record, length(sequence) as bases from '{fastq}' where record < 3 order by record"
    frame = shell.run_line_magic("sql", query)
    counted = shell.run_cell_magic("sql", "", f"select count(*) as n from read_fastq('{fastq}')")
    return {"rows": [[int(value) for value in row] for row in frame.itertuples(index=False)], "n": int(counted.n[0])}


with contextlib.redirect_stdout(sys.stderr):
    found = {"sqlalchemy": sqlalchemy(), "jupysql": jupysql()}
print(json.dumps(found))
