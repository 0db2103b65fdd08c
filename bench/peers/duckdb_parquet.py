"""DuckDB's own read_parquet over a local file, two threads: the aggregates given as the second argument."""

import json
import sys
import time

import duckdb


def main() -> None:
    path, aggregates = sys.argv[1:]
    connection = duckdb.connect(config={"threads": 2})
    start = time.perf_counter()
    row = connection.execute(f"select {aggregates} from read_parquet(?)", [path]).fetchone()
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "rows": row[0], "check": [str(value) for value in row]}))


main()
