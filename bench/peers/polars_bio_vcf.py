"""polars-bio: number of records of a VCF.gz, and with `sum` the sum of INFO/DP, two threads."""
import json
import sys
import time

import polars as pl
import polars_bio as pb


def main() -> None:
    path, question = sys.argv[1:]
    wanted = ["DP"] if question == "sum" else []
    pb.set_option("datafusion.execution.target_partitions", "2")
    began = time.perf_counter()
    frame = pb.scan_vcf(path, info_fields=wanted)
    columns = [pl.len().alias("records")] + [pl.col(name).sum() for name in wanted]
    row = frame.select(columns).collect().row(0, named=True)
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "rows": row["records"], "check": row.get("DP")}))


main()
