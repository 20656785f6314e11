"""Formulas as MathML, made while the site is built: browsers draw it, and no script is fetched."""

from typing import Any

from latex2mathml.converter import convert


def fence(source: str, language: str, css_class: str, options: Any, md: Any, **more: Any) -> str:
    """One fenced block of LaTeX, as the fences of Python-Markdown call it."""
    line = " ".join(source.split()).replace(
        "'", "′"
    )  # as a sign of its own it stands at x, not over it
    formula = convert(line, display="block")
    return f'<div class="{css_class}" style="overflow-x: auto">{formula}</div>'  # wide on a phone
