"""Logo: letters whose heights are numbers, in rows, as a figure that stays sharp at any zoom.

All letters of one kind are one filled outline, so a thousand letters are four traces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from dashboard.figures import ruler
from dashboard.figures.frame import PLAIN, clickable, framed, written
from dashboard.figures.glyphs import BASES, Letters, extent, polygon, stack
from dashboard.locus import Locus
from dashboard.text import plotly
from dashboard.words.quantity import CONTRIBUTION
from dashboard.work.scale import spread

ROW_PIXELS = 112
_INK = "rgba(128,128,128,1)"
_FAINT = "rgba(128,128,128,0.35)"
_FURNITURE = 0.62  # height of letters, numbers and marks under a row, where the row itself is 1
_HEADROOM = 0.04  # above the highest pile, of the height of a row
_GAP = 0.07  # between neighbouring letters, of a letter's width

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Mark:
    """A stretch of the sequence with a name: start to end - 1, counted from 0."""

    name: str
    start: int
    end: int
    strand: str = "+"

    @property
    def label(self) -> str:
        """The name and the direction in which it reads."""
        return f"{self.name} ▸" if self.strand == "+" else f"◂ {self.name}"


@dataclass(frozen=True)
class Spread:
    """Where a position is, if `length` positions are broken into rows of `width`.

    low, high : values at the foot and the head of each row. A row is 1 high, and its foot is at
    -row * (1 + _FURNITURE).
    """

    length: int
    width: int
    low: float
    high: float

    @staticmethod
    def of(heights: Array, width: int, least: float = 0.0) -> Spread:
        """Rows that hold these heights, with a little room above. least : as of scale.spread."""
        low, high = spread(*extent(heights), least)
        span = (high - low) or 1.0
        length = len(heights)
        return Spread(length, max(1, min(width, length)), low, low + (1 + _HEADROOM) * span)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return max(1, -(-self.length // self.width))

    def x(self, position: Array) -> Array:
        """The left edge of a position's column."""
        return position % self.width

    def y(self, position: Array, value: Array | float) -> Array:
        """The height of a value at a position."""
        row = position // self.width
        return (value - self.low) / (self.high - self.low) - row * (1 + _FURNITURE)

    @property
    def top(self) -> float:
        """The highest pile."""
        return self.high - (self.high - self.low) * _HEADROOM / (1 + _HEADROOM)

    def pieces(self, start: int, end: int) -> list[tuple[int, int]]:
        """The stretch from start to end - 1 (what there is of it), broken where a row ends."""
        start, end = max(0, start), min(self.length, end)
        found = []
        while start < end:
            stop = min(end, (start // self.width + 1) * self.width)
            found.append((start, stop))
            start = stop
        return found

    @property
    def bottom(self) -> float:
        """The lower end of the furniture of the last row."""
        return -(self.count - 1) * (1 + _FURNITURE) - _FURNITURE


def logo(
    heights: npt.ArrayLike,
    letters: str,
    colours: Sequence[str],
    *,
    first: int = 0,
    width: int = 50,
    marks: Sequence[Mark] = (),
    unit: str = CONTRIBUTION,
    hover: Sequence[str] = (),
    locus: Locus | None = None,
    least: float = 0.0,
) -> go.Figure:
    """Heights (length, 4) as stacked letters, in rows of `width`; negative letters hang down.

    letters : the sequence, written small under each row, so that a base of no height can be read.
    first : the number of the first letter. locus : the positions of letters that are numbered so;
    without one, they are their numbers. hover : a text for each position, else its numbers.
    marks : in the same counting as `first`. least : as of scale.spread, of the heights.

    A click on a column selects a point of the last trace, whose customdata is the letter's number.
    """
    values = np.asarray(heights, dtype=np.float64)
    if len(letters) != len(values):
        raise ValueError(f"{len(letters)} letters for {len(values)} positions.")
    rows = Spread.of(values, width, least)
    numbers = ruler.numbers(locus, first, rows.length, rows.width)
    ticks = [
        (float(rows.y(np.array(row * rows.width), value)), value)
        for row in range(rows.count)
        for value in (rows.low, 0.0, rows.top)
        if value == 0.0 or abs(value) > 0.12 * (rows.high - rows.low)
    ]
    return framed(
        round(ROW_PIXELS * (rows.count * (1 + _FURNITURE)) / (1 + _FURNITURE * 0.4)) + 12,
        *_outlines(stack(values), rows, colours),
        *_furniture(rows, letters, numbers),
        *_marks(rows, marks, first),
        _columns(values, letters, rows, first, hover, unit),
        template="plotly_white",
        barmode="overlay",
        hovermode="closest",
        margin={"l": 8, "b": 4},
        xaxis={"range": [0, rows.width], "visible": False},
        yaxis={
            "range": [rows.bottom, 1.0],
            "tickvals": [place for place, _ in ticks],
            "ticktext": [f"{v:+.2g}".replace("-", "−") if v else "0" for _, v in ticks],
            **PLAIN,
            "title": {"text": unit, "font": {"size": 12}},
        },
    )


def _outlines(letters: Letters, rows: Spread, colours: Sequence[str]) -> Iterator[go.Scatter]:
    """All letters of one base, with gaps between them."""
    for base, colour in enumerate(colours):
        of = letters.base == base
        if not of.any():
            continue
        shape = np.append(polygon(BASES[base]), [[np.nan, np.nan]], axis=0)
        at, low, high = letters.position[of, None], letters.low[of, None], letters.high[of, None]
        x = rows.x(at) + _GAP / 2 + (1 - _GAP) * shape[:, 0]
        y = rows.y(at, low + (high - low) * shape[:, 1])
        yield go.Scatter(
            x=x.ravel()[:-1].astype(np.float32),
            y=y.ravel()[:-1].astype(np.float32),
            name=BASES[base],
            mode="none",
            fill="toself",
            fillcolor=colour,
            hoverinfo="skip",
        )


def _furniture(rows: Spread, letters: str, numbers: dict[int, str]) -> list[go.Scatter]:
    """The zero lines, the sequence, and the numbers of some of its letters."""
    position = np.arange(rows.length)
    foot = rows.y(position, rows.low)
    zero_x: list[float | None] = []
    zero_y: list[float | None] = []
    for row in range(rows.count):
        start = row * rows.width
        end = min(rows.length, start + rows.width)
        y = float(rows.y(np.array(start), 0.0))
        zero_x += [0, end - start, None]
        zero_y += [y, y, None]
    numbered = list(numbers)
    return [
        go.Scatter(
            x=zero_x,
            y=zero_y,
            mode="lines",
            line={"color": _FAINT, "width": 1},
            hoverinfo="skip",
        ),
        written(
            rows.x(position) + 0.5,
            foot - 0.1,
            list(letters) if rows.width <= 100 else [""] * rows.length,
            11 if rows.width <= 60 else 8,
            _INK,
            textfont={"family": "monospace"},
        ),
        written(
            rows.x(position)[numbered] + 0.5,
            foot[numbered] - 0.25,
            list(numbers.values()),
            10,
            _INK,
        ),
    ]


def _marks(rows: Spread, marks: Sequence[Mark], first: int) -> list[go.Scatter]:
    """Lines under the rows, with names; a mark that runs over a row's end is broken."""
    x: list[float | None] = []
    y: list[float | None] = []
    names: list[tuple[float, float, str]] = []
    for mark in marks:
        pieces = []
        for start, end in rows.pieces(mark.start - first, mark.end - first):
            left, level = float(start % rows.width), float(rows.y(np.array(start), rows.low)) - 0.36
            pieces.append((end - start, left, level))
            x += [left + 0.1, left + end - start - 0.1, None]
            y += [level, level, None]
        if pieces:
            size, left, level = max(pieces)
            edge = 0.05 * rows.width  # half a name, roughly
            middle = min(max(left + size / 2, edge), rows.width - edge)
            names.append((middle, level - 0.09, plotly(mark.label)))
    if not names:
        return []
    middles, levels, words = (list(part) for part in zip(*names, strict=True))
    return [
        go.Scatter(x=x, y=y, mode="lines", line={"color": _INK, "width": 3}, hoverinfo="skip"),
        written(middles, levels, words, 11, _INK),
    ]


def _columns(
    values: Array, letters: str, rows: Spread, first: int, hover: Sequence[str], unit: str
) -> go.Bar:
    """Invisible bars over the columns: what is hovered over and clicked."""
    position = np.arange(rows.length)
    texts = hover or [
        f"{letter} at {first + i:,}<br>{total:+.3g} {unit}"
        for i, (letter, total) in enumerate(zip(letters, values.sum(axis=1), strict=True))
    ]
    return clickable(
        opacity=0,
        x=rows.x(position) + 0.5,
        y=np.full(rows.length, 1.2),
        base=rows.y(position, rows.low) - 0.2,
        width=1.0,
        customdata=(first + position).tolist(),
        hovertext=list(texts),
        hovertemplate="%{hovertext}<extra></extra>",
    )
