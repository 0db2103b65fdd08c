"""What a vault can hold, and how it stands in a file. The packages are loaded by those who use them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from varve.errors import VarveError, error_of

# Modes of pillow that a PNG keeps as they are.
_PNG_MODES = frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "I;16"})


@dataclass(frozen=True)
class Kind:
    """A kind of object: its file's ending, whose objects it has, and how they are written and read."""

    ending: str
    holds: Callable[[object], bool]
    write: Callable[[Any, Path], None]
    read: Callable[[bytes], Any]


def kind_of(obj: object) -> Kind:
    """The kind that an object is of; `unsupported` when there is none."""
    for kind in KINDS:
        if kind.holds(obj):
            return kind
    expected = "a numpy array, a pandas data frame, an Arrow table, a pillow image, bytes, text, or what JSON can say"
    raise _unsupported(obj, expected)


def _unsupported(obj: object, expected: str) -> VarveError:
    what = f"{type(obj).__module__}.{type(obj).__qualname__}"
    return error_of("unsupported", f"the vault cannot hold a {what}, expected {expected}")


def _is(package: str, *names: str, inherits: bool = False) -> Callable[[object], bool]:
    """Whether an object's class is of a package, without loading it; heirs may have what a file would lose."""

    def holds(obj: object) -> bool:
        classes = type(obj).__mro__ if inherits else (type(obj),)
        return any(one.__module__.split(".")[0] == package and one.__name__ in names for one in classes)

    return holds


def _write_array(array: Any, file: Path) -> None:
    import numpy as np

    if array.dtype.hasobject:
        raise error_of("unsupported", f"the vault cannot hold an array of {array.dtype}: objects would be pickled")
    np.save(file, np.asarray(array), allow_pickle=False)


def _read_array(data: bytes) -> Any:
    import numpy as np

    return np.load(io.BytesIO(data), allow_pickle=False)


def _write_frame(frame: Any, file: Path) -> None:
    try:
        frame.to_parquet(file, engine="pyarrow")
    except (TypeError, ValueError) as error:
        # What pyarrow raises for columns that no type of Arrow fits.
        raise error_of("unsupported", f"the vault cannot hold this data frame: {error}") from error


def _write_table(table: Any, file: Path) -> None:
    import pyarrow.parquet

    # Whoever makes a table from a frame keeps a note of it, by which it would come back as a frame.
    metadata = {key: value for key, value in (table.schema.metadata or {}).items() if key != b"pandas"}
    pyarrow.parquet.write_table(table.replace_schema_metadata(metadata), file)


def _read_parquet(data: bytes) -> Any:
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(pyarrow.BufferReader(data))
    return table.to_pandas() if b"pandas" in (table.schema.metadata or {}) else table


def _write_image(image: Any, file: Path) -> None:
    if image.mode not in _PNG_MODES:
        raise error_of("unsupported", f"a PNG cannot hold an image of mode {image.mode}: convert it, or save an array")
    image.save(file)


def _read_image(data: bytes) -> Any:
    from PIL import Image

    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def _write_json(value: object, file: Path) -> None:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise error_of("unsupported", f"the vault cannot hold this: {error}") from error
    if json.loads(text) != value:
        raise _unsupported(value, "text as keys, and lists instead of tuples, so that JSON gives it back as it was")
    file.write_text(text, encoding="utf-8")


def _write_text(text: str, file: Path) -> None:
    file.write_bytes(text.encode())


def _write_bytes(data: bytes, file: Path) -> None:
    file.write_bytes(data)


KINDS: tuple[Kind, ...] = (
    Kind(".npy", _is("numpy", "ndarray", "memmap"), _write_array, _read_array),
    Kind(".parquet", _is("pandas", "DataFrame"), _write_frame, _read_parquet),
    Kind(".parquet", _is("pyarrow", "Table"), _write_table, _read_parquet),
    Kind(".png", _is("PIL", "Image", inherits=True), _write_image, _read_image),
    Kind(".bin", lambda obj: isinstance(obj, bytes | bytearray | memoryview), _write_bytes, bytes),
    Kind(".txt", lambda obj: isinstance(obj, str), _write_text, bytes.decode),
    Kind(
        ".json",
        lambda obj: obj is None or isinstance(obj, bool | int | float | list | dict),
        _write_json,
        json.loads,
    ),
)
"""In the order in which they are asked."""
