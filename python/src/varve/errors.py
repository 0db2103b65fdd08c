"""What goes wrong, with the codes that all of varve has."""

from __future__ import annotations

from collections.abc import Mapping


class VarveError(Exception):
    """An error with a code that tells what can be done about it.

    `code` is one of `not-found`, `invalid-input`, `invalid-data`, `unsupported`, `conflict`, `stale`, `denied`,
    `read-only`, `unavailable`, `aborted`, `internal`; `details` names the place, as far as it is known.
    """

    def __init__(self, code: str, message: str, details: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details: Mapping[str, object] = details or {}

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[object, ...]:
        # Workers of dask and of process pools send errors back.
        return (error_of, (self.code, self.message, dict(self.details)))


class NotFoundError(VarveError, FileNotFoundError):
    """There is no such lake, dataset, version, table or file."""


class DeniedError(VarveError, PermissionError):
    """The store, or this machine, does not allow it."""


class ReadOnlyError(VarveError, PermissionError):
    """A version never changes."""


_CLASSES: Mapping[str, type[VarveError]] = {
    "not-found": NotFoundError,
    "denied": DeniedError,
    "read-only": ReadOnlyError,
}


def error_of(code: str, message: str, details: Mapping[str, object] | None = None) -> VarveError:
    """The error of a code.

    >>> raise error_of("not-found", "there is no dataset reads")
    Traceback (most recent call last):
    varve.errors.NotFoundError: there is no dataset reads
    """
    return _CLASSES.get(code, VarveError)(code, message, details)
