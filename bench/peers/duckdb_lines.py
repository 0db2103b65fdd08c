"""DuckDB's own read_csv over a FASTQ.gz as one column of lines: lines, and bytes without newlines."""
import json
import sys
import time

import duckdb


def main() -> None:
    path = sys.argv[1]
    connection = duckdb.connect(config={"threads": 2})
    sql = """
        select count(*), sum(strlen(line))
        from read_csv($path, columns = {'line': 'varchar'}, header = false, auto_detect = false,
                      delim = '\x01', quote = '', escape = '', compression = 'gzip')
    """
    began = time.perf_counter()
    lines, size = connection.execute(sql, {"path": path}).fetchone()
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "rows": lines, "check": int(size)}))


main()
