"""`%load_ext varve`: SQL in cells, with progress, pages, and completion."""

from __future__ import annotations

from typing import Any


def load(shell: Any) -> None:
    """Registers `%varve` and `%%varve`, and completes in their cells; again is as good as once."""
    from varve.magic.completion import complete_cells
    from varve.magic.magics import VarveMagics

    if isinstance(shell.magics_manager.registry.get("VarveMagics"), VarveMagics):
        return
    magics = VarveMagics(shell)
    shell.register_magics(magics)
    complete_cells(shell, magics)
