"""polars-bio: number of reads and bases of a FASTQ.gz, two threads."""
import json
import sys
import time

import polars as pl
import polars_bio as pb


def main() -> None:
    path = sys.argv[1]
    pb.set_option("datafusion.execution.target_partitions", "2")
    began = time.perf_counter()
    frame = pb.scan_fastq(path).select(pl.len().alias("reads"), pl.col("sequence").str.len_bytes().sum().alias("bases"))
    row = frame.collect().row(0, named=True)
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "rows": row["reads"], "check": row["bases"]}))


main()
