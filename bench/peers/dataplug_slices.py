"""cloud-dataplug: a FASTQ.gz in S3 read as n slices (its gztool index is made once, untimed).

Arguments: URI, n, processes. With one process the slices are read one after the other, each by a gztool of its
own beside Python; with more, a pool of forked processes shares them.
"""
import json
import multiprocessing
import os
import sys
import time

from dataplug import CloudObject
from dataplug.formats.genomics.fastq import FASTQGZip, partition_reads_batches
from dataplug.storage.picklableS3 import PickleableS3ClientProxy

parts = []


def connect(source: CloudObject, config: dict) -> None:
    # Slices do not pickle, so forked children inherit them; a connection shared by two processes mixes bodies.
    source._s3 = PickleableS3ClientProxy(**config)


def read(number: int) -> tuple[int, int]:
    lines = bases = 0
    for i, line in enumerate(parts[number].iter_lines()):
        lines += 1
        if i % 4 == 1:
            bases += len(line)
    return lines, bases


def main() -> None:
    uri, n, processes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    config = {
        "endpoint_url": os.environ["AWS_ENDPOINT_URL"],
        "region_name": os.environ["AWS_REGION"],
        "credentials": {
            "AccessKeyId": os.environ["AWS_ACCESS_KEY_ID"],
            "SecretAccessKey": os.environ["AWS_SECRET_ACCESS_KEY"],
        },
    }
    source = CloudObject.from_s3(FASTQGZip, uri, s3_config=config)
    source.preprocess()
    began = time.perf_counter()
    parts.extend(source.partition(partition_reads_batches, n))
    if processes == 1:
        results = [read(number) for number in range(n)]
    else:
        with multiprocessing.get_context("fork").Pool(processes, connect, (source, config)) as pool:
            results = pool.map(read, range(n), chunksize=1)
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "rows": sum(r[0] for r in results), "check": sum(r[1] for r in results)}))


main()
