from __future__ import annotations

import asyncio
import datetime
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image

import varve
from varve.kinds import kind_of


def through_a_file(obj: object, folder: Path) -> Any:
    """What a kind writes and reads again."""
    kind = kind_of(obj)
    kind.write(obj, folder / f"x{kind.ending}")
    return kind.read((folder / f"x{kind.ending}").read_bytes())


ARRAYS = [
    np.arange(12.0).reshape(3, 4),
    np.array(5, dtype=np.int8),
    np.zeros((0, 3), dtype=">u2"),
    np.asfortranarray(np.arange(6).reshape(2, 3)),
    np.array(["a", "bc"]),
    np.array([(1, 2.5)], dtype=[("a", "i4"), ("b", "f8")]),
    np.array(["2026-11-22"], dtype="datetime64[D]"),
    np.array([math.nan, math.inf, 1j]),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype}{array.shape}")
def test_arrays(array: Any, tmp_path: Path) -> None:
    back = through_a_file(array, tmp_path)
    assert (back.dtype, back.shape, type(back)) == (array.dtype, array.shape, np.ndarray)
    np.testing.assert_array_equal(back, array)


def test_frames_keep_types_index_and_missing_values(tmp_path: Path) -> None:
    day = pd.Timestamp("2026-11-22", tz="UTC")
    columns = {"a": [1, 2], "b": ["x", None], "c": [day, pd.NaT], "d": pd.array([1, None], "Int64"), "e": [[1], []]}
    frame = pd.DataFrame(columns, index=pd.Index([7, 9], name="key"))
    back = through_a_file(frame, tmp_path)
    pd.testing.assert_frame_equal(back.drop(columns="e"), frame.drop(columns="e"))
    assert [list(one) for one in back["e"]] == [[1], []]


def test_arrow_tables_come_back_as_tables(tmp_path: Path) -> None:
    table = pa.table({"a": [1, None], "b": [{"x": [1]}, None], "d": [datetime.date(2026, 1, 2), None]})
    assert through_a_file(table, tmp_path).equals(table)
    assert isinstance(through_a_file(pa.Table.from_pandas(pd.DataFrame({"a": [1]})), tmp_path), pa.Table)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_images(mode: str, tmp_path: Path) -> None:
    image = Image.linear_gradient("L").resize((8, 5)).convert("RGB" if mode == "P" else mode)
    image = image.convert("P") if mode == "P" else image
    back = through_a_file(image, tmp_path)
    assert (back.mode, back.size, back.tobytes()) == (mode, image.size, image.tobytes())


def test_bytes_text_and_json(tmp_path: Path) -> None:
    things: list[object] = [b"", b"PAR1\x00\xff", "", "ü\r\n\x00", {"a": [1, 2.5, None, True, "ü"]}, [], 7, None, False]
    for thing in things:
        back = through_a_file(thing, tmp_path)
        assert back == thing
        assert type(back) is type(thing)
    assert through_a_file(memoryview(b"abc"), tmp_path) == b"abc"


def test_each_kind_is_saved_and_loaded(vault: varve.Vault) -> None:
    frame = pd.DataFrame({"a": [1, 2]}, index=[3, 4])
    assert vault.save("frame", frame).path == "frame.parquet"
    pd.testing.assert_frame_equal(vault.load("frame"), frame)
    assert vault.save("image", Image.new("RGB", (3, 2), "red")).path == "image.png"
    assert vault.load("image").getpixel((2, 1)) == (255, 0, 0)
    assert vault.save("odd [1] {a,b} *?.v", b"PAR1").path == "odd [1] {a,b} *?.v.bin"
    assert vault.load("odd [1] {a,b} *?.v") == b"PAR1"


def test_earlier_versions_stay_whatever_they_were(vault: varve.Vault) -> None:
    first = vault.save("deep/er/model.v1", np.eye(2))
    assert first.uri == f"varve://{first.dataset}@{first.version}/deep/er/model.v1.npy"
    second = vault.save("deep/er/model.v1", "text now", message="simpler")
    assert second.version > first.version
    assert vault.load("deep/er/model.v1") == "text now"
    np.testing.assert_array_equal(vault.load("deep/er/model.v1", first.version), np.eye(2))
    assert vault.load("deep/er/model.v1", f"v{second.version}") == "text now"
    with pytest.raises(varve.VarveError, match=r'"deep/er/model.v1" is taken: .* has deep/er/model.v1.txt') as raised:
        vault.save("deep/er/model.v1", b"", overwrite=False)
    assert raised.value.code == "conflict"
    assert vault.save("deep/er/model", b"other", overwrite=False).path == "deep/er/model.bin"
    files = [path for (path,) in varve.dataset(vault.dataset).files("path like 'deep/%'").project("path").fetchall()]
    assert sorted(files) == ["deep/er/model.bin", "deep/er/model.v1.txt"]


def test_what_others_put_there_is_loaded(vault: varve.Vault, lake: str) -> None:
    from conftest import adder

    adder(lake)(vault.dataset, {"notes.json": b'{"a": 1}', "notes": b"", "x.npy/y": b""})
    assert vault.load("notes") == {"a": 1}
    with pytest.raises(varve.NotFoundError, match='nothing under the alias "x"'):
        vault.load("x")


def test_coroutines(vault: varve.Vault) -> None:
    async def both() -> list[object]:
        saved = await vault.save_async("async", [1])
        assert saved.alias == "async"
        return list(await asyncio.gather(vault.load_async("async"), vault.load_async("async", saved.version)))

    assert asyncio.run(both()) == [[1], [1]]


def test_what_cannot_be_kept_is_refused() -> None:
    wrong: list[object] = [
        object(),
        {1: 2},
        (1, 2),
        {"a": (1, 2)},
        math.nan,
        {"a": b""},
        np.array([object()]),
        np.ma.masked_array([1], [True]),
        pd.DataFrame({"a": [object()]}),
        pd.DataFrame({"a": [1, "x"]}),
        pd.Series([1]),
        Image.new("CMYK", (1, 1)),
        {1, 2},
    ]
    for obj in wrong:
        with pytest.raises(varve.VarveError, match="cannot hold") as raised:
            varve.vault.save("wrong", obj)
        assert raised.value.code == "unsupported", obj
    for alias in ("", "/a", "../a", "a/../b", "a//b", "a/", "."):
        for ask in (lambda: varve.vault.save(alias, b""), lambda: varve.vault.load(alias)):  # noqa: B023
            with pytest.raises(varve.VarveError, match="is no alias"):
                ask()
    assert kind_of(b"").ending == ".bin"


def test_what_is_missing_is_said(vault: varve.Vault, lake: str) -> None:
    with pytest.raises(FileNotFoundError, match='has nothing under the alias "nope"'):
        vault.load("nope")
    with pytest.raises(FileNotFoundError, match='nowhere has nothing under the alias "nope"'):
        varve.Vault("nowhere").load("nope")
    with pytest.raises(varve.VarveError, match="is no lake"):
        varve.Vault(lake="/tmp/no-lake").save("a", b"")


@pytest.fixture
def vault(lake: str) -> varve.Vault:
    return varve.Vault("kept", lake)
