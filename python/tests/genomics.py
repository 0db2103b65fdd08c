"""Makes the bucket of docs/notebooks/genomics.ipynb: variants of chromosome 20 in twelve people, and who is ill.

Around 30.5 Mb the ill carry the other allele far more often. `python genomics.py FOLDER`; the same files every time.
"""

from __future__ import annotations

import gzip
import random
import sys
from pathlib import Path

PEOPLE = [f"P{i:02}" for i in range(1, 13)]
CASES = frozenset(PEOPLE[::2])
FIRST, LAST, PEAK = 25_000_000, 35_000_000, 30_500_000

HEAD = """##fileformat=VCFv4.3
##contig=<ID=20,length=64444167>
##INFO=<ID=DP,Number=1,Type=Integer,Description="Reads that cover it">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
"""


def variants(count: int = 6000) -> str:
    """A VCF file's text."""
    chance = random.Random(20)
    lines = [HEAD + "\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *PEOPLE])]
    for i, position in enumerate(sorted(chance.sample(range(FIRST, LAST), count))):
        reference, other = chance.sample("ACGT", 2)
        common = chance.uniform(0.1, 0.4)
        near = max(0.0, 1 - abs(position - PEAK) / 600_000)
        calls = []
        for person in PEOPLE:
            share = common + (0.45 * near if person in CASES else 0)
            calls.append(f"{int(chance.random() < share)}|{int(chance.random() < share)}")
        depth = chance.randint(20, 60)
        lines.append(
            "\t".join(["20", str(position), f"rs{i}", reference, other, "50", "PASS", f"DP={depth}", "GT", *calls])
        )
    return "\n".join(lines) + "\n"


def main(folder: Path) -> None:
    """Writes both files."""
    with gzip.GzipFile(folder / "chr20.vcf.gz", "wb", mtime=0) as file:
        file.write(variants().encode())
    rows = [f"{person},{'case' if person in CASES else 'control'}" for person in PEOPLE]
    (folder / "people.csv").write_text("\n".join(["person,status", *rows]) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
