"""laspy with one thread of lazrs: all fields of a LAZ file, or a box of a COPC file.

usage: laspy_scan.py FILE [MINX MINY MAXX MAXY]; prints seconds, rows and the sums of the raw coordinates as JSON.
"""

import json
import sys
import time

import laspy
import numpy as np

path, *box = sys.argv[1:]
start = time.perf_counter()
if box:
    low, high = np.array(box[:2], dtype=float), np.array(box[2:], dtype=float)
    with laspy.CopcReader.open(path) as reader:
        points = reader.query(laspy.copc.Bounds(low, high))
else:
    points = laspy.open(path, laz_backend=laspy.LazBackend.Lazrs).read().points
sums = [int(np.sum(points[name], dtype=np.int64)) for name in ("X", "Y", "Z")]
print(json.dumps({"seconds": time.perf_counter() - start, "rows": len(points), "check": sums}))
