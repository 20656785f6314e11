"""Formulas as MathML, made while the site is built: browsers draw it, and no script is fetched."""

from typing import Any

from latex2mathml.converter import convert


def fence(source: str, language: str, css_class: str, options: Any, md: Any, **more: Any) -> str:
    """One fenced block of LaTeX, as the fences of Python-Markdown call it."""
    return f'<div class="{css_class}">{convert(" ".join(source.split()), display="block")}</div>'
