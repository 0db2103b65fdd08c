"""`varve://`: the files of a lake's versions as an fsspec file system, read-only."""

from __future__ import annotations

import datetime
import itertools
import os
from collections.abc import Mapping, Sequence
from typing import Any

from fsspec import AbstractFileSystem
from fsspec.spec import AbstractBufferedFile
from fsspec.utils import tokenize

from varve.client import LONGEST_READ, STEP, LakeClient, Standing, client_of
from varve.errors import error_of
from varve.place import lake_url

Info = dict[str, Any]


class VarveFileSystem(AbstractFileSystem):
    """Files of a lake by `varve://DATASET@VERSION/PATH`; without a version, of the latest.

    Ranges are fetched, never whole files, by the engine, which is started when it is not running. `lake` is a URL or
    folder; default `VARVE_LAKE`, else `./lake`.

    >>> fs = fsspec.filesystem("varve", lake="s3://lab/lake")           # doctest: +SKIP
    >>> fs.ls("reads@3/raw", detail=False)                             # doctest: +SKIP
    ['reads@3/raw/run1.fastq.gz', 'reads@3/raw/run2.fastq.gz']
    >>> pandas.read_csv("varve://reads@3/samples.csv")                 # doctest: +SKIP
    """

    protocol = "varve"
    root_marker = ""
    async_impl = False

    def __init__(self, lake: str | os.PathLike[str] | None = None, **options: Any) -> None:
        super().__init__(lake=lake, **options)
        self._lake = lake

    @property
    def client(self) -> LakeClient:
        """Asked for anew each time, as fsspec keeps instances while the environment may change."""
        return client_of(lake_url(self._lake))

    def info(self, path: str, **_: Any) -> Info:
        """Name, size, type, time and version of a file or folder."""
        path = self._strip_protocol(path)
        version, standing = self.client.look(_uri(path))
        return _info(path, version, standing)

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        """What is in a folder; of a file, the file."""
        path = self._strip_protocol(path)
        version, found = self.client.entries(_uri(path))
        names = ["/".join(part for part in (path, standing.name) if part) for standing in found]
        if not detail:
            return names
        return [_info(name, version, standing) for name, standing in zip(names, found, strict=True)]

    def modified(self, path: str) -> datetime.datetime:
        """When the file was last changed, before it was added."""
        moment: datetime.datetime | None = self.info(path)["mtime"]
        if moment is None:
            raise error_of("invalid-input", f"nobody knows when {path} was modified")
        return moment

    def ukey(self, path: str) -> str:
        """The same as long as it is the same file: a version never changes."""
        path = self._strip_protocol(path)
        version, _ = self.client.look(_uri(path))
        return str(tokenize(lake_url(self._lake), _pinned(path, version)))

    checksum = ukey

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: Any) -> bytes:
        """The bytes from `start` to before `end`; negative ones count from the file's end."""
        path = self._strip_protocol(path)
        version, standing = self.client.look(_uri(path))
        if standing.is_folder:
            raise IsADirectoryError(path)
        first, last, _step = slice(start, end).indices(standing.size)
        return self.read_range(_uri(_pinned(path, version)), first, last)

    def read_range(self, uri: str, start: int, end: int) -> bytes:
        """The bytes of a `lake://` name from `start` to before `end`, in as many requests as that takes."""
        cuts = [*range(start, end, STEP), max(start, end)]
        return b"".join(self.client.read(uri, [one])[0] for one in itertools.pairwise(cuts))

    def cat_ranges(
        self,
        paths: list[str],
        starts: int | Sequence[int | None] | None,
        ends: int | Sequence[int | None] | None,
        max_gap: int | None = None,
        on_error: str = "return",
        **options: Any,
    ) -> list[Any]:
        """The bytes of each range; those of one file together, in as few requests as that takes."""
        count = len(paths)
        firsts = list(starts) if isinstance(starts, Sequence) else [starts] * count
        lasts = list(ends) if isinstance(ends, Sequence) else [ends] * count
        if len(firsts) != count or len(lasts) != count:
            raise ValueError(f"{count} paths, {len(firsts)} starts and {len(lasts)} ends, expected as many of each")
        results: list[Any] = [None] * count
        for path in dict.fromkeys(paths):
            mine = [i for i, one in enumerate(paths) if one == path]
            try:
                parts = self._ranges_of(path, [(firsts[i], lasts[i]) for i in mine])
            except Exception as error:
                if on_error == "raise":
                    raise
                parts = [error] * len(mine)
            for i, part in zip(mine, parts, strict=True):
                results[i] = part
        return results

    def _ranges_of(self, path: str, wanted: list[tuple[int | None, int | None]]) -> list[Any]:
        path = self._strip_protocol(path)
        version, standing = self.client.look(_uri(path))
        if standing.is_folder:
            raise IsADirectoryError(path)
        uri = _uri(_pinned(path, version))
        ranges = [slice(*one).indices(standing.size)[:2] for one in wanted]
        parts: list[bytes] = []
        batch: list[tuple[int, int]] = []
        for start, end in ranges:
            size = max(0, end - start)
            if batch and size + sum(b - a for a, b in batch) > LONGEST_READ:
                parts += self.client.read(uri, batch)
                batch = []
            if size > LONGEST_READ:
                parts.append(self.read_range(uri, start, end))
            else:
                batch.append((start, start + size))
        return parts + (self.client.read(uri, batch) if batch else [])

    def _open(
        self,
        path: str,
        mode: str = "rb",
        block_size: int | str | None = None,
        autocommit: bool = True,
        cache_options: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> VarveFile:
        if mode != "rb":
            raise error_of("read-only", f"{path}: a version never changes; varve.vault and `varve add` make new ones")
        version, standing = self.client.look(_uri(path))
        if standing.is_folder:
            raise IsADirectoryError(path)
        # The version that stands now, whatever is committed while the file is open.
        pinned = _pinned(path, version)
        return VarveFile(
            self, pinned, mode, block_size or "default", cache_options=cache_options, size=standing.size, **options
        )

    def _read_only(self, *args: Any, **_: Any) -> None:
        """Refuses it: a version never changes."""
        what = f"{args[0]}: " if args else ""
        raise error_of("read-only", f"{what}a version never changes; varve.vault and `varve add` make new ones")

    mkdir = makedirs = rmdir = rm_file = _rm = rm = cp_file = mv = touch = pipe_file = put_file = _read_only


class VarveFile(AbstractBufferedFile):
    """A file of one version, for reading; seekable, buffered, read ahead by the engine."""

    def _fetch_range(self, start: int, end: int) -> bytes:
        fs: VarveFileSystem = self.fs
        return fs.read_range(_uri(self.path), start, end)


def _uri(path: str) -> str:
    return f"lake://{path}"


def _pinned(path: str, version: int) -> str:
    """The same path with the version's number, so that it means the same for ever."""
    top, slash, rest = path.partition("/")
    return f"{top.partition('@')[0]}@{version}{slash}{rest}"


def _info(name: str, version: int, standing: Standing) -> Info:
    moment = datetime.datetime.fromtimestamp(standing.modified, datetime.timezone.utc) if standing.modified else None
    kind = "directory" if standing.is_folder else "file"
    return {"name": name, "size": standing.size, "type": kind, "mtime": moment, "version": version or None}
