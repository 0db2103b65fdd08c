"""varve in Python: raw scientific files and versioned lakes in an ordinary DuckDB.

>>> import varve
>>> con = varve.connect("s3://lab/lake")                                       # doctest: +SKIP
>>> con.sql("from 's3://genomics/reads.fastq.gz' where record < 10").df()      # doctest: +SKIP
>>> varve.dataset("reads@3").open("raw/run1.fastq.gz").read(100)               # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from varve.connection import connect
from varve.datasets import Dataset, dataset
from varve.errors import NotFoundError, ReadOnlyError, VarveError
from varve.streams import Stream, stream
from varve.vaults import Vault, vault

if TYPE_CHECKING:
    from varve.filesystem import VarveFileSystem

__all__ = [
    "Dataset",
    "NotFoundError",
    "ReadOnlyError",
    "Stream",
    "VarveError",
    "VarveFileSystem",
    "Vault",
    "__version__",
    "connect",
    "dataset",
    "stream",
    "vault",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Loads fsspec only for those who use it."""
    if name == "VarveFileSystem":
        from varve.filesystem import VarveFileSystem

        return VarveFileSystem
    raise AttributeError(f"module 'varve' has no attribute {name!r}")


def load_ipython_extension(shell: object) -> None:
    """`%load_ext varve`: the magic `%%varve`, and completion in its cells."""
    from varve.magic import load

    load(shell)
