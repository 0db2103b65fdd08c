"""`varve.vault`: objects of Python under names, in a lake, with all their earlier versions."""

from __future__ import annotations

import asyncio
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from varve.client import Standing, client_of
from varve.errors import NotFoundError, error_of
from varve.kinds import KINDS, kind_of
from varve.place import lake_url
from varve.program import run


@dataclass(frozen=True)
class Saved:
    """Where an object was saved."""

    alias: str
    dataset: str
    version: int
    path: str

    @property
    def uri(self) -> str:
        """For fsspec, and with `lake://` for SQL: it means the same bytes for ever."""
        return f"varve://{self.dataset}@{self.version}/{self.path}"


class Vault:
    """Saves and loads arrays, data frames, Arrow tables, images, bytes, text, and what JSON can say.

    An object is one file of a dataset, by default of `vault`, in a format that others read: `.npy`, `.parquet`,
    `.png`, `.bin`, `.txt`, `.json`; nothing is pickled. Saving under the same alias again makes a new version, and
    the older ones stay.

    >>> varve.vault.save("models/weights", numpy.eye(3)).uri            # doctest: +SKIP
    'varve://vault@1/models/weights.npy'
    >>> varve.vault.load("models/weights")                              # doctest: +SKIP
    """

    def __init__(self, dataset: str = "vault", lake: str | os.PathLike[str] | None = None) -> None:
        self.dataset = dataset
        self._lake = lake

    def save(self, alias: str, obj: object, *, overwrite: bool = True, message: str | None = None) -> Saved:
        """Saves an object; `conflict` when the alias is taken and `overwrite` is false."""
        folder, name = _parted(alias)
        kind = kind_of(obj)
        before = self._found(alias, None)
        if before is not None and not overwrite:
            raise error_of("conflict", f'the alias "{alias}" is taken: {self.dataset} has {before[1]}')
        with tempfile.TemporaryDirectory(prefix="varve-vault-") as scratch:
            kind.write(obj, Path(scratch, name + kind.ending))
            prefix = ["--prefix", folder] if folder else []
            # The folder, as an alias may look like a pattern. Whoever else saves it meanwhile is noticed by the commit.
            conflict = [] if overwrite else ["--on-conflict", "fail"]
            words = [*prefix, *conflict, "--message", message or f"save {alias}"]
            version = self._run("add", scratch, "--dataset", self.dataset, *words)["version"]
        path = alias + kind.ending
        if before is not None and before[1] != path:
            # It was of another kind, and would be found beside the new one.
            words = ["--message", f"save {alias} as {kind.ending}"]
            version = self._run("rm", self.dataset, before[1], *words)["version"]
        return Saved(alias, self.dataset, version, path)

    def load(self, alias: str, version: int | str | None = None) -> Any:
        """The object; of an earlier version by its number, label, tag or date."""
        _parted(alias)
        found = self._found(alias, version)
        if found is None:
            raise error_of("not-found", f'{self._reference(version)} has nothing under the alias "{alias}"')
        number, path = found
        from varve.filesystem import VarveFileSystem

        kind = next(kind for kind in KINDS if path == alias + kind.ending)
        return kind.read(VarveFileSystem(lake=self._url).cat_file(f"{self.dataset}@{number}/{path}"))

    async def save_async(self, alias: str, obj: object, *, overwrite: bool = True, message: str | None = None) -> Saved:
        """`save` for coroutines.

        >>> await varve.vault.save_async("frame", image)            # doctest: +SKIP
        """
        return await asyncio.to_thread(self.save, alias, obj, overwrite=overwrite, message=message)

    async def load_async(self, alias: str, version: int | str | None = None) -> Any:
        """`load` for coroutines."""
        return await asyncio.to_thread(self.load, alias, version)

    @property
    def _url(self) -> str:
        return lake_url(self._lake)

    def _reference(self, version: int | str | None) -> str:
        return self.dataset if version is None else f"{self.dataset}@{version}"

    def _found(self, alias: str, version: int | str | None) -> tuple[int, str] | None:
        """Version and path of an alias; of two kinds, which a crash can leave, the later one."""
        folder, name = _parted(alias)
        place = "/".join(part for part in (self._reference(version), folder) if part)
        endings = {name + kind.ending for kind in KINDS}
        try:
            number, standing = client_of(self._url).entries(f"lake://{place}")
        except NotFoundError:
            return None
        mine: list[Standing] = [one for one in standing if one.name in endings and not one.is_folder]
        if not mine:
            return None
        latest = max(mine, key=lambda one: one.modified)
        return number, "/".join(part for part in (folder, latest.name) if part)

    def _run(self, *words: str) -> dict[str, Any]:
        report: dict[str, Any] = run(*words, lake=self._url)
        return report


def _parted(alias: str) -> tuple[str, str]:
    """Folder and name; `invalid-input` for what is no relative path."""
    path = PurePosixPath(alias)
    if not path.name or str(path) != alias or path.is_absolute() or ".." in path.parts:
        message = f"{alias!r} is no alias, expected a name or a relative path such as models/weights"
        raise error_of("invalid-input", message)
    folder = str(path.parent)
    return ("" if folder == "." else folder), path.name


vault = Vault()
"""The vault of the lake that `VARVE_LAKE` names, else of `./lake`."""
