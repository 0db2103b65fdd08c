"""DuckDB's own read_csv over a local CSV, two threads: the aggregates given as the second argument."""
import json
import sys
import time

import duckdb


def main() -> None:
    path, aggregates = sys.argv[1:3]
    connection = duckdb.connect(config={"threads": 2})
    began = time.perf_counter()
    row = connection.execute(f"select {aggregates} from read_csv($path)", {"path": path}).fetchone()
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "rows": row[0], "check": [str(value) for value in row]}))


main()
