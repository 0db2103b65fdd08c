"""Windows of a raster in S3 through GDAL's /vsis3: one open, a read and a sum for each window."""
import json
import sys
import time
import warnings

import rasterio
from rasterio.windows import Window

warnings.simplefilter("ignore")


def main() -> None:
    path, windows = sys.argv[1], json.loads(sys.argv[2])
    began = time.perf_counter()
    total = 0
    with rasterio.open(path) as source:
        for col, row, width, height in windows:
            total += int(source.read(window=Window(col, row, width, height)).sum(dtype="uint64"))
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "rows": len(windows), "check": total}))


main()
