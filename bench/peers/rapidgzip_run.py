"""rapidgzip's own command line inside a running Python, so that only its work is timed."""
import json
import os
import sys
import time

import rapidgzip


def main() -> None:
    sys.argv = ["rapidgzip", *sys.argv[1:]]
    # Its C++ side writes the count to file descriptor 1: send it to a pipe-sized file and read it back.
    out = os.memfd_create("out")
    real = os.dup(1)
    os.dup2(out, 1)
    began = time.perf_counter()
    status = rapidgzip.cli()
    seconds = time.perf_counter() - began
    sys.stdout.flush()
    os.dup2(real, 1)
    os.lseek(out, 0, os.SEEK_SET)
    text = os.read(out, 1 << 16).decode()
    digits = [line for line in text.split() if line.isdigit()]
    print(json.dumps({"seconds": seconds, "status": status or 0, "rows": int(digits[-1]) if digits else None}))


main()
