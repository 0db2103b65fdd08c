"""Puts the extension's binaries, as scripts/extension.sh built them, into the package."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

BUILT = Path(__file__).resolve().parent.parent / ".tools/extension"
NAME = "varve.duckdb_extension"
FOLDERS = ("v2.0.0", "v1.2.0")


class WithBinaries(build_py):
    """Copies them; a package that is used from the repository finds them there."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        missing = [str(BUILT / folder / NAME) for folder in FOLDERS if not (BUILT / folder / NAME).exists()]
        if missing:
            raise SystemExit(
                f"varve: {' and '.join(missing)} not built: run scripts/extension.sh in the repository, then pip again"
            )
        for folder in FOLDERS:
            place = Path(self.build_lib, "varve/extension", folder)
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy2(BUILT / folder / NAME, place / NAME)


class ForThisMachine(bdist_wheel):
    """The binaries are one platform's, and of any Python."""

    def finalize_options(self) -> None:
        super().finalize_options()
        self.root_is_pure = False

    def get_tag(self) -> tuple[str, str, str]:
        return ("py3", "none", super().get_tag()[2])


setup(cmdclass={"build_py": WithBinaries, "bdist_wheel": ForThisMachine})
