"""oxbow: number of reads and bases of a FASTQ.gz."""
import json
import sys
import time

import oxbow
import pyarrow as pa
import pyarrow.compute as pc


def main() -> None:
    path = sys.argv[1]
    began = time.perf_counter()
    reads = bases = 0
    for batch in oxbow.from_fastq(path, compression="gzip", fields=["sequence"]).batches():
        reads += batch.num_rows
        bases += pc.sum(pc.binary_length(pa.array(batch.column(0)))).as_py() or 0
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "rows": reads, "check": bases}))


main()
