"""The notebooks of docs/notebooks: run from the top, they say what stands in them.

Run with VARVE_KEEP_NOTEBOOKS=1 to keep what they say now; the pictures are looked at by people.
"""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest
from conftest import REPOSITORY, S3, SCRATCH, stop_engine

FOLDER = REPOSITORY / "docs/notebooks"


def told(notebook: Any) -> list[list[Any]]:
    """What each cell says, without the pictures and the places in memory."""
    cells = []
    for cell in notebook.cells:
        shown = []
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                shown.append(output.text)
            else:
                data = {kind: text for kind, text in output.get("data", {}).items() if kind != "image/png"}
                shown.append({kind: re.sub(r"0x[0-9a-f]+", "0x", str(text)) for kind, text in data.items()})
        cells.append(shown)
    return cells


def tidied(notebook: Any) -> None:
    """Takes out what is of one run alone."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        # A bar that was shown for a while.
        cell["outputs"] = [one for one in cell.get("outputs", []) if one.get("data", {}).get("text/html") != ""]
        if cell.cell_type != "code":
            del cell["outputs"]
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}


@pytest.mark.parametrize("name", ["first-steps", "genomics", "versions"])
def test_a_notebook_says_what_it_says(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if name == "genomics" and not S3:
        if os.environ.get("CI") == "true":
            pytest.fail("the bucket of the genomics notebook is missing: run test/python by vitest")
        pytest.skip("SKIPPED: no S3 server; vitest run test/python starts one")
    kept = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    wanted = told(kept)
    # A person has the program on the PATH, a lake in the working folder, and an engine of his own.
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/varve").symlink_to(REPOSITORY / "dist/main.js")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.delenv("VARVE_LAKE")
    monkeypatch.chdir(tmp_path)
    for setting, value in S3.items():
        monkeypatch.setenv(setting, value)
    # An engine keeps the environment in which it was started.
    monkeypatch.setenv("VARVE_ENGINE", str(SCRATCH / f"engine-{name}/e.sock"))
    resources = {"metadata": {"path": str(tmp_path)}}
    try:
        nbclient.NotebookClient(kept, timeout=60, kernel_name="python3", resources=resources).execute()
    finally:
        stop_engine(signal.SIGTERM)
    tidied(kept)
    if os.environ.get("VARVE_KEEP_NOTEBOOKS") == "1":
        nbformat.write(kept, FOLDER / f"{name}.ipynb")
    else:
        assert told(kept) == wanted
