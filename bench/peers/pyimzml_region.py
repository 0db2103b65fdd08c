"""An image opened by pyimzML, and the spectra of a box of its pixels read."""
import json
import sys
import time
import warnings

from pyimzml.ImzMLParser import ImzMLParser

warnings.simplefilter("ignore")


def main() -> None:
    path, low, high = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    began = time.perf_counter()
    spectra, values, largest = 0, 0, 0.0
    with ImzMLParser(path) as image:
        for i, (x, y, _) in enumerate(image.coordinates):
            if low <= x <= high and low <= y <= high:
                mz, intensity = image.getspectrum(i)
                spectra += 1
                values += len(mz)
                largest = max(largest, float(intensity.max()))
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "spectra": spectra, "values": values, "largest": largest}))


main()
