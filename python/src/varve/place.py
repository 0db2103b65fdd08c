"""Where things are: the lake, the `varve` program, and the extension that a DuckDB can load."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

from varve.errors import error_of

_PACKAGE = Path(__file__).resolve().parent

HOW_TO_INSTALL = (
    "install it (npm install -g varve), put it on the PATH, or tell where it is: VARVE_PROGRAM=/path/to/varve"
)


def lake_url(lake: str | os.PathLike[str] | None = None) -> str:
    """The URL of a lake, which need not exist: the one given, else `VARVE_LAKE`, else `./lake`.

    >>> lake_url("s3://lab/lake")
    's3://lab/lake'
    """
    name = os.fspath(lake) if lake is not None else os.environ.get("VARVE_LAKE") or "./lake"
    # The engine has another working folder.
    return name if "://" in name else str(Path(name).expanduser().absolute())


def program(env: Mapping[str, str] = os.environ) -> list[str]:
    """The words to run the `varve` program by: of `VARVE_PROGRAM`, the PATH, else the repository around this file."""
    given = env.get("VARVE_PROGRAM")
    if given:
        # A path may have blanks; what is no file is a command with arguments.
        return [given] if os.access(given, os.X_OK) else shlex.split(given)
    found = shutil.which("varve", path=env.get("PATH"))
    if found is not None:
        return [found]
    repository = _repository()
    if repository is not None and (built := repository / "dist/main.js").exists():
        return [str(built)]
    raise error_of("not-found", f'there is no program "varve" on the PATH: {HOW_TO_INSTALL}')


def extension(folder: str) -> Path | None:
    """The extension's binary for `v2.0.0` or `v1.2.0`: the one installed with this package, else the repository's."""
    repository = _repository()
    places = [_PACKAGE / "extension", *([repository / ".tools/extension"] if repository is not None else [])]
    files = (place / folder / "varve.duckdb_extension" for place in places)
    return next((file for file in files if file.exists()), None)


def _repository() -> Path | None:
    """The repository, when this package is used in it: <repository>/python/src/varve."""
    root = _PACKAGE.parent.parent.parent
    return root if (root / "extension/varve.h").exists() and (root / "python/src/varve") == _PACKAGE else None
