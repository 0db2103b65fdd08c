"""varve_connect.py SQL prints, as JSON, the seconds from varve.connect() to the first row of SQL, and the row."""
import json
import sys
import time

import varve

began = time.perf_counter()
row = varve.connect(threads=2).execute(sys.argv[1]).fetchone()
print(json.dumps({"seconds": time.perf_counter() - began, "row": row}))
