"""Cells of a CSV file: a spreadsheet computes what begins as a formula does."""

from __future__ import annotations

import re

_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]")


def cell(words: str) -> str:
    """Text for a cell; a quote before it is what spreadsheets take as: this is text.

    For words only: a number keeps its sign.
    """
    return f"'{words}" if _FORMULA.match(words) else words
