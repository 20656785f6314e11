"""Report: one answer as a web page of its own, the same for every page and kind of input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dashboard.export import web
from dashboard.export.drawing import Drawing
from dashboard.request.form import write
from dashboard.text import html
from dashboard.words import answer as words
from dashboard.words.numbers import change, fixed, signed
from dashboard.work.answer import Answer

ROWS = 40  # of a table; the rest are in its file
_LAST_WORD = "Attribution is not causation: it divides one number among neurons by a rule."


@dataclass(frozen=True)
class Listing:
    """name : in file names; title : above it."""

    name: str
    title: str
    frame: pd.DataFrame


@dataclass(frozen=True)
class Document:
    """stem : of file names. title : the answer in a sentence. picture : the input's title.

    sentences : what is said of the numbers. request : what was asked, by name. link : where the
    answer is seen again, or empty. program : Python that computes it again. camera : the format in
    which figures are saved. shown : numbers, each with its name.
    """

    stem: str
    title: str
    picture: str
    sentences: tuple[str, ...]
    request: Mapping[str, Any]
    link: str
    tables: tuple[Listing, ...]
    drawings: tuple[Drawing, ...]
    program: str
    camera: str
    shown: tuple[tuple[str, str], ...] = ()


def page(report: Document) -> str:
    """The page: what it says, its numbers, figures and tables, the request, the program."""
    figures = [web.figure(part, report.stem, report.camera) for part in report.drawings]
    opacity = web.opacity(figures)
    numbers = [f"<div><dt>{html(k)}</dt><dd>{html(v)}</dd></div>" for k, v in report.shown]
    asked = [(name, write(value)) for name, value in report.request.items()]
    link, drawn = html(report.link), {drawing.sentence for drawing in report.drawings}
    parts = [
        f"<h1>{html(report.title)}</h1>",
        f"<p>{html(report.picture)}</p>",
        f"<dl>{''.join(numbers)}</dl>" if numbers else "",
        *(f"<p>{html(said)}</p>" for said in report.sentences if said not in drawn),
        opacity,
        f'<div class="figures">{"".join(figures)}</div>',
        *(part for table in report.tables for part in _table(table)),
        "<h2>The request</h2>",
        web.table(["name", "value"], asked),
        f'<p><a href="{link}">{link}</a></p>' if link else "",
        "<h2>The same numbers from Python</h2>",
        f'<pre tabindex="0">{html(report.program)}</pre>',
        f"<p>{_LAST_WORD}</p>",
    ]
    return web.document(report.title, parts, [opacity, *figures])


def numbers(answer: Answer, *more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """The numbers of an answer, the error and the finest features seen among them."""
    finest = words.resolution(answer)
    return (
        ("F(x)", fixed(answer.f_input, 3)),
        ("F(baseline)", fixed(answer.f_baseline, 3)),
        ("Difference", change(answer.delta)),
        ("Gap", signed(answer.gap)),
        ("Estimated error", "; ".join(words.error(answer))),
        *([("Finest features seen", finest)] if finest else []),
        *more,
        ("Evaluations", f"{answer.evaluations:,}"),
    )


def _table(part: Listing) -> list[str]:
    frame, more = part.frame.head(ROWS), len(part.frame) - ROWS
    rows = ([_cell(value) for value in row] for row in frame.itertuples(index=False))
    found = [f"<h2>{html(part.title)}</h2>", web.table(map(str, frame.columns), rows)]
    return [*found, f"<p>And {more:,} more lines.</p>"] if more > 0 else found


def _cell(value: Any) -> str:
    """Six digits of a number that is not whole; nothing for NaN."""
    if not isinstance(value, float | np.floating):
        return str(value)
    return f"{value:.6g}" if np.isfinite(value) else ""
