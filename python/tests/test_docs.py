from __future__ import annotations

import doctest
import inspect
from types import ModuleType

import pytest

import varve
from varve import connection, errors, place


@pytest.mark.parametrize("module", [connection, errors, place], ids=lambda module: str(module.__name__))
def test_examples_that_need_no_lake_are_true(module: ModuleType) -> None:
    failed, tried = doctest.testmod(module)
    assert failed == 0
    assert tried > 0


def test_everything_that_is_exported_says_what_it_is() -> None:
    for name in varve.__all__:
        thing = getattr(varve, name)
        if name == "__version__":
            continue
        described = thing if callable(thing) else type(thing)
        assert inspect.getdoc(described), name
        for method, function in inspect.getmembers(described, inspect.isfunction):
            if not method.startswith("_") and function.__module__.startswith("varve"):
                assert inspect.getdoc(function), f"{name}.{method}"
