"""oxbow: number of records of a VCF.gz, and with `sum` the sum of INFO/DP."""
import json
import sys
import time

import oxbow
import pyarrow as pa
import pyarrow.compute as pc


def main() -> None:
    path, question = sys.argv[1:]
    wanted = ["DP"] if question == "sum" else []
    began = time.perf_counter()
    records = depth = 0
    # Without samples it need not look behind the fixed columns.
    for batch in oxbow.from_vcf(path, compression="bgzf", fields=["pos"], info_fields=wanted, samples=[]).batches():
        batch = pa.record_batch(batch)
        records += batch.num_rows
        if wanted:
            depth += pc.sum(pc.struct_field(batch.column("info"), "DP")).as_py() or 0
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "rows": records, "check": depth if wanted else None}))


main()
