"""`pip install ./python`: what it brings, and what it says where the binaries were not built."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import REPOSITORY

from varve.errors import NotFoundError
from varve.place import extension, program


def pip_install(repository: Path, target: Path) -> subprocess.CompletedProcess[str]:
    """Installs a copy of the package as pip does, but for the network."""
    shutil.copytree(REPOSITORY / "python", repository / "python", ignore=shutil.ignore_patterns("*.egg-info", "build"))
    offline = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *offline, "--target", str(target), str(repository / "python")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_package_brings_the_extension(lake: str, fastq: str, tmp_path: Path) -> None:
    (tmp_path / "repository/.tools").mkdir(parents=True)
    (tmp_path / "repository/.tools/extension").symlink_to(REPOSITORY / ".tools/extension")
    done = pip_install(tmp_path / "repository", tmp_path / "installed")
    assert done.returncode == 0, done.stdout + done.stderr
    shutil.rmtree(tmp_path / "repository")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/varve").symlink_to(REPOSITORY / "dist/main.js")
    script = (
        "import sys, varve, importlib.metadata, pathlib\n"
        "home = pathlib.Path(varve.__file__).parent\n"
        "assert home.is_relative_to(sys.argv[1]), home\n"
        "assert (home / 'py.typed').exists()\n"
        "[entry] = [one for one in importlib.metadata.distribution('varve').entry_points if one.name == 'varve']\n"
        "assert entry.load() is varve.VarveFileSystem\n"
        "con = varve.connect(sys.argv[2])\n"
        "print(con.execute(sys.argv[3]).fetchall())\n"
        "print({line.split()[-1] for line in open('/proc/self/maps') if 'duckdb_extension' in line})\n"
    )
    env = {name: value for name, value in os.environ.items() if name != "VARVE_PROGRAM"}
    env |= {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(tmp_path / "installed")}
    words = [sys.executable, "-c", script, str(tmp_path / "installed"), lake, f"select count(*) from '{fastq}'"]
    used = subprocess.run(words, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert used.stderr == ""
    binary = tmp_path / "installed/varve/extension/v2.0.0/varve.duckdb_extension"
    assert used.stdout.splitlines() == ["[(2000,)]", str({str(binary)})]
    [wheel] = (tmp_path / "installed").glob("varve-*.dist-info/WHEEL")
    assert "Tag: py3-none-linux_" in wheel.read_text()


def test_without_binaries_what_to_run_is_said(tmp_path: Path) -> None:
    done = pip_install(tmp_path / "repository", tmp_path / "installed")
    assert done.returncode != 0
    assert "not built: run scripts/extension.sh in the repository, then pip again" in done.stdout + done.stderr


def test_the_program_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spaced = tmp_path / "my varve"
    spaced.write_text("#!/bin/sh\n")
    spaced.chmod(0o755)
    assert program({"VARVE_PROGRAM": str(spaced)}) == [str(spaced)]
    assert program({"VARVE_PROGRAM": "npx 'my varve'"}) == ["npx", "my varve"]
    (tmp_path / "varve").symlink_to(spaced)
    assert program({"PATH": str(tmp_path)}) == [str(tmp_path / "varve")]
    assert program({"PATH": "/nowhere"}) == [str(REPOSITORY / "dist/main.js")]
    assert extension("v2.0.0") == REPOSITORY / ".tools/extension/v2.0.0/varve.duckdb_extension"
    assert extension("v0.0.1") is None
    monkeypatch.setattr("varve.place._repository", lambda: None)
    assert extension("v2.0.0") is None
    with pytest.raises(NotFoundError, match="npm install -g varve"):
        program({"PATH": "/nowhere"})
