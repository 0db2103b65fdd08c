"""The rows of a result as pages: HTML for notebooks, text for terminals."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from html import escape
from typing import Any

# Characters of a value in a cell of HTML, and of text.
_LONGEST = 500
_LONGEST_TEXT = 40

_INTEGERS = frozenset(f"{unsigned}{size}INT" for unsigned in ("", "U") for size in ("TINY", "SMALL", "BIG", "HUGE")) | {
    "INTEGER",
    "UINTEGER",
}

_SCRIPT = """
(function () {
  const box = document.getElementById("%s"), pages = box.querySelectorAll("tbody"), shown = box.querySelector("span")
  let at = 0
  box.querySelectorAll("button").forEach((button) => button.addEventListener("click", () => {
    at = Math.min(Math.max(at + Number(button.value), 0), pages.length - 1)
    pages.forEach((page, i) => { page.hidden = i !== at })
    shown.textContent = pages[at].dataset.rows
  }))
})()
"""


class ResultTable:
    """Rows of a result: the first page at once, the others by its buttons, all of them in the notebook's file."""

    def __init__(
        self, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]], is_all: bool, page: int = 20
    ) -> None:
        self.columns = columns
        self.rows = rows
        self.is_all = is_all
        """Whether the result has no more rows than these."""
        self.page = page

    @classmethod
    def of_frame(cls, columns: Sequence[tuple[str, str]], frame: Any, rows: int, page: int) -> ResultTable:
        """The first rows of a pandas data frame."""
        shown = frame.head(rows)
        values = [[_of_frame(value, kind) for value in shown.iloc[:, i]] for i, (_, kind) in enumerate(columns)]
        table = cls(columns, list(zip(*values, strict=True)), len(frame) <= rows, page)
        table._total = len(frame)
        return table

    _total: int | None = None

    @property
    def is_mere_success(self) -> bool:
        """Whether the statement gave no rows but its success: SET, BEGIN, DROP."""
        return not self.rows and [name for name, _ in self.columns] == ["Success"]

    @property
    def counted(self) -> str:
        """How many rows there are, as far as that is known."""
        if self.is_all:
            return f"{len(self.rows)} row{'' if len(self.rows) == 1 else 's'}"
        total = "more" if self._total is None else str(self._total)
        return f"the first {len(self.rows)} of {total} rows"

    def _repr_html_(self) -> str:
        heads = "".join(f'<th title="{escape(kind)}">{escape(name)}</th>' for name, kind in self.columns)
        starts = range(0, len(self.rows), self.page) or [0]
        pages = "".join(self._page(start) for start in starts)
        body = f"<table><thead><tr>{heads}</tr></thead>{pages}</table>"
        if len(starts) < 2:
            return f"<div>{body}<small>{self.counted}</small></div>"
        name = "varve-" + hashlib.sha256(body.encode()).hexdigest()[:12]
        buttons = "".join(f'<button value="{step}">{text}</button> ' for step, text in ((-1, "‹"), (1, "›")))
        foot = f"<small>{buttons}rows <span>{self._range(0)}</span>: {self.counted}</small>"
        return f'<div id="{name}">{body}{foot}<script>{_SCRIPT % name}</script></div>'

    def _page(self, start: int) -> str:
        rows = "".join(
            "<tr>" + "".join(f"<td>{_html(value)}</td>" for value in row) + "</tr>"
            for row in self.rows[start : start + self.page]
        )
        hidden = " hidden" if start > 0 else ""
        return f'<tbody data-rows="{self._range(start)}"{hidden}>{rows}</tbody>'

    def _range(self, start: int) -> str:
        return f"{start + 1}–{min(start + self.page, len(self.rows))}"

    def __repr__(self) -> str:
        names = [name for name, _ in self.columns]
        cells = [names, *([_text(value) for value in row] for row in self.rows[: self.page])]
        widths = [max(len(row[i]) for row in cells) for i in range(len(names))]
        padded = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in cells]
        head, *lines = ["  ".join(row).rstrip() for row in padded]
        rule = "  ".join("─" * width for width in widths)
        shown = f", {self._range(0)} shown" if len(self.rows) > self.page else ""
        return "\n".join([head, rule, *lines, f"({self.counted}{shown})"])


def _of_frame(value: Any, kind: str) -> Any:
    """A value as DuckDB had it: pandas says NaN for NULL, and has whole numbers beside it as fractions."""
    try:
        if value is None or bool(value != value):
            return None
    except (TypeError, ValueError):
        # NA itself is neither; lists and arrays cannot be missing.
        return None if type(value).__name__ == "NAType" else value
    return int(value) if kind in _INTEGERS else value


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _html(value: Any) -> str:
    return "<i>NULL</i>" if value is None else escape(_cut(str(value), _LONGEST))


def _text(value: Any) -> str:
    # One line each, whatever control characters are in it.
    shown = "NULL" if value is None else str(value)
    return _cut("".join(one if one.isprintable() else " " for one in shown), _LONGEST_TEXT)
