"""Chart: a line or bar figure of the page on paper, as shapes, without a browser.

It reads the Plotly figures of dashboard/figures: bars, lines, markers, straight lines across, small
pictures and notes. Anything else is refused, so that no figure leaves with a part missing.
"""

from __future__ import annotations

import base64
import html
import io
import itertools
import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from dashboard.export.axis import Axis, axis, width
from dashboard.export.marks import SYMBOLS, corners, mark
from dashboard.export.plate import GREY, INK, RULE, Box, Item, Line, Picture, Plate, Shape, Text
from dashboard.export.plates import caption

WIDTH = 720
MARGIN = 16
_SIZE = 11  # of tick labels
_LINE = 18  # from one row of words to the next
_DASHES: dict[str, tuple[float, ...]] = {
    "solid": (),
    "dot": (1.5, 3.0),
    "dash": (6.0, 4.0),
    "longdash": (10.0, 5.0),
    "dashdot": (6.0, 3.0, 1.5, 3.0),
    "longdashdot": (10.0, 3.0, 1.5, 3.0),
}


def chart(figure: go.Figure, title: str, across: float = WIDTH) -> Plate:
    """A figure with its sentence below. title : the sentence.

    Raises ValueError for a kind of trace or of mark that it cannot draw.
    """
    drawing = _Drawing(figure, across)
    items = [*drawing.items()]
    lines = list(caption(title, drawing.foot + 24, across))
    return Plate(across, lines[-1].y + MARGIN, title, (*items, *lines))


class _Drawing:
    """One figure on paper. foot : where it ends."""

    def __init__(self, figure: go.Figure, across: float) -> None:
        for trace in figure.data:
            if trace.type not in ("bar", "scatter"):
                raise ValueError(f"A trace of kind {trace.type} cannot be drawn on paper.")
            symbol = trace.type == "scatter" and trace.marker.symbol
            if symbol and symbol not in SYMBOLS:
                raise ValueError(f"A mark {symbol!r} cannot be drawn on paper.")
        self.figure, self.layout = figure, figure.layout
        self.right = across - MARGIN
        self.legend = [*self._legend()] if self.layout.showlegend else []
        above = max((y for _, y, *_ in self.legend), default=MARGIN - 8)
        margin = self.layout.margin
        self.height = self.layout.height - (margin.t or 0) - (margin.b or 0)
        self.ys = sorted({trace.yaxis or "y" for trace in figure.data})
        self.top = above + (28 if any(self._axis_layout(y).title.text for y in self.ys) else 14)
        self.bottom = self.top + self.height
        y_axes = {y: self._scale(y, self.bottom, self.top) for y in self.ys}
        labels = [width(text, _SIZE) for a in y_axes.values() for _, text in a.ticks]
        self.left = MARGIN + max(labels, default=0.0) + 8
        self.axes: dict[str, Axis] = {**y_axes, "x": self._scale("x", self.left, self.right)}
        self.foot = self.bottom

    def items(self) -> Iterator[Item]:
        """Everything, what is behind first."""
        for y in self.ys:
            yield from self._grid(y)
        yield from self._across_ticks()
        for i, trace in enumerate(self.figure.data):
            yield from self._bars(i, trace) if trace.type == "bar" else self._scatter(trace)
        for shape in self.layout.shapes:
            yield self._straight(shape)
        for image in self.layout.images:
            yield self._picture(image)
        for note in self.layout.annotations:
            yield from self._note(note)
        for x, y, name, colour, dash, opacity in self.legend:
            yield Line(((x, y - 4), (x + 16, y - 4)), colour, 4, dash, opacity)
            yield Text(x + 22, y, name, 12, INK)

    def _axis_layout(self, name: str) -> Any:
        return self.layout[f"{name[0]}axis{name[1:]}"]

    def _scale(self, name: str, start: float, end: float) -> Axis:
        layout = self._axis_layout(name)
        low, high = layout.domain or (0, 1)
        of = [t for t in self.figure.data if name == "x" or (t.yaxis or "y") == name]
        values = [v for t in of for v in _held(t, name[0]) if v is not None]
        return axis(layout, values, start + low * (end - start), start + high * (end - start))

    def _grid(self, name: str) -> Iterator[Item]:
        layout, found = self._axis_layout(name), self.axes[name]
        for value, text in found.ticks:
            y = found.at(value)
            if not found.names:
                yield Line(((self.left, y), (self.right, y)), RULE, 0.5)
            yield Text(self.left - 8, y + 4, _words(text), _SIZE, GREY, "end")
        if not found.names and found.low <= 0 <= found.high and not found.log:
            yield Line(((self.left, found.at(0)), (self.right, found.at(0))), GREY, 0.8)
        if layout.title.text:
            yield Text(MARGIN, min(found.start, found.end) - 8, _words(layout.title.text), 12)

    def _across_ticks(self) -> Iterator[Item]:
        layout, found = self.layout.xaxis, self.axes["x"]
        top = min(min(self.axes[y].start, self.axes[y].end) for y in self.ys)
        turn = -(layout.tickangle or 0)
        longest = max((width(text, _SIZE) for _, text in found.ticks), default=0.0)
        for value, text in found.ticks:
            x = found.at(value)
            if layout.showgrid is not False and not found.names:
                yield Line(((x, top), (x, self.bottom)), RULE, 0.5)
            told = _words(text)
            yield Text(x, self.bottom + 16, told, _SIZE, GREY, "end" if turn else "middle", turn)
        if layout.zeroline and found.low < 0 < found.high:
            yield Line(((found.at(0), top), (found.at(0), self.bottom)), GREY, 0.8)
        self.foot += 16 + abs(math.sin(math.radians(turn))) * longest
        if layout.title.text:
            self.foot += _LINE
            middle = (self.left + self.right) / 2
            yield Text(middle, self.foot, _words(layout.title.text), 12, GREY, "middle")

    def _bars(self, index: int, trace: Any) -> Iterator[Item]:
        flat = trace.orientation == "h"
        places, lengths = (trace.y, trace.x) if flat else (trace.x, trace.y)
        along = self.axes["x" if flat else trace.yaxis or "y"]
        beside = self.axes[(trace.yaxis or "y") if flat else "x"]
        aside, wide = self._slot(index, trace)
        base = _each(trace.base if trace.base is not None else 0.0, len(places))
        marker, text = trace.marker, _each(trace.text, len(places))
        fill = _each(marker.color, len(places))
        faint = _each(1.0 if marker.opacity is None else marker.opacity, len(places))
        edge, thick = _each(marker.line.color, len(places)), marker.line.width or 0
        for i, (place, length) in enumerate(zip(places, lengths, strict=True)):
            a, b = sorted((along.at(base[i]), along.at(base[i] + length)))
            c, d = sorted((beside.at(place, aside - wide / 2), beside.at(place, aside + wide / 2)))
            x, y, right, below = (a, c, b, d) if flat else (c, a, d, b)
            colour, alpha = _paint(fill[i])
            if alpha:
                yield Box(x, y, right - x, below - y, colour, alpha * faint[i])
            if thick and edge[i]:
                corners = ((x, y), (right, y), (right, below), (x, below), (x, y))
                yield Line(corners, _paint(edge[i])[0], thick)
            if text[i] and trace.textposition == "outside" and flat:
                away = (b + 4, "start") if length >= 0 else (a - 4, "end")
                yield Text(away[0], (c + d) / 2 + 4, text[i], _SIZE, INK, away[1])  # type: ignore[arg-type]

    def _slot(self, index: int, trace: Any) -> tuple[float, float]:
        """A bar's distance from the middle of its place, and its width, both in places."""
        whole = 1 - (0.2 if self.layout.bargap is None else self.layout.bargap)
        if self.layout.barmode != "group":
            return 0.0, float(trace.width or whole)
        bars = [i for i, t in enumerate(self.figure.data) if t.type == "bar"]
        part = whole / len(bars)
        aside = (bars.index(index) + 0.5) * part - whole / 2
        return aside, part * (1 - (self.layout.bargroupgap or 0))

    def _scatter(self, trace: Any) -> Iterator[Item]:
        across, up = self.axes["x"], self.axes[trace.yaxis or "y"]
        pairs = zip(trace.x, trace.y, strict=True)
        points = [
            (across.at(x), up.at(y)) if across.holds(x) and up.holds(y) else None for x, y in pairs
        ]
        if "lines" in trace.mode:
            colour, alpha = _paint(trace.line.color)
            opacity = alpha * (1 if trace.opacity is None else trace.opacity)
            for known, part in itertools.groupby(points, lambda point: point is not None):
                run = tuple(point for point in part if point)
                if known and trace.fill == "tozeroy":
                    ground = up.at(min(max(0.0, min(up.low, up.high)), max(up.low, up.high)))
                    area = ((run[0][0], ground), *run, (run[-1][0], ground))
                    yield Shape(area, *_paint(trace.fillcolor))
                if known and len(run) > 1:
                    dash = _DASHES[trace.line.dash or "solid"]
                    yield Line(run, colour, trace.line.width or 2, dash, opacity)
        if "markers" in trace.mode:
            yield from self._markers(trace, points)

    def _markers(self, trace: Any, points: list[tuple[float, float] | None]) -> Iterator[Item]:
        count, marker = len(points), trace.marker
        fill = _each(marker.color if marker.color is not None else trace.line.color, count)
        sizes, faint = _each(marker.size or 6, count), _each(marker.opacity or 1.0, count)
        edge = _each(marker.line.color, count) if marker.line.width else [None] * count
        text = _each(trace.text if "text" in trace.mode else None, count)
        sides = _each(trace.textposition, count)
        for i, point in enumerate(points):
            if point is None:
                continue
            (x, y), (colour, alpha) = point, _paint(fill[i])
            yield from mark(x, y, sizes[i] / 2, marker.symbol or "circle", colour, alpha * faint[i])
            if outline := edge[i]:
                ring = corners(x, y, sizes[i] / 2, "circle")
                yield Line((*ring, ring[0]), _paint(outline)[0], marker.line.width)
            if text[i]:
                above = str(sides[i]).startswith("top")
                yield Text(x, y - 8 if above else y + 17, text[i], _SIZE, INK, "middle")

    def _straight(self, shape: Any) -> Line:
        ends = tuple(
            (self._place("x", shape.xref, x), self._place("y", shape.yref, y))
            for x, y in ((shape.x0, shape.y0), (shape.x1, shape.y1))
        )
        colour, alpha = _paint(shape.line.color)
        return Line(ends, colour, shape.line.width, _DASHES[shape.line.dash or "solid"], alpha)

    def _place(self, letter: str, where: str | None, value: Any) -> float:
        """A place on paper, given on an axis, in its domain ("y domain"), or in the whole."""
        if where == "paper":
            start, end = (self.left, self.right) if letter == "x" else (self.bottom, self.top)
            return start + float(value) * (end - start)
        name, _, domain = (where or letter).partition(" ")
        found = self.axes[name]
        return found.start + value * (found.end - found.start) if domain else found.at(value)

    def _picture(self, image: Any) -> Picture:
        data = base64.b64decode(image.source.partition(",")[2])
        pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        room = image.sizex * (self.right - self.left), image.sizey * self.height
        scale = min(room[0] / pixels.shape[1], room[1] / pixels.shape[0])
        size = pixels.shape[1] * scale, pixels.shape[0] * scale
        top = self.bottom - image.y * self.height
        return Picture(self.left + image.x * (self.right - self.left), top, *size, pixels, True)

    def _note(self, note: Any) -> Iterator[Text]:
        x = self.left + note.x * (self.right - self.left)
        size = note.font.size or 12
        rows = [" ".join(_words(row).split()) for row in note.text.split("<br>")]
        top = self.bottom - note.y * self.height
        first = top + size if note.yanchor == "top" else top - (len(rows) - 1) * 1.4 * size - 3
        for i, row in enumerate(rows):
            yield Text(x, first + i * 1.4 * size, row, size, INK)

    def _legend(self) -> Iterator[tuple[float, float, str, str, tuple[float, ...], float]]:
        """x, y, name, colour, dash, opacity of each entry, row by row."""
        x, y = float(MARGIN), float(MARGIN + 8)
        named = [t for t in self.figure.data if t.name and t.showlegend is not False]
        for trace in sorted(named, key=lambda t: t.legendrank or 1000):
            lined = trace.type == "scatter" and "lines" in trace.mode
            colour = trace.line.color if lined else trace.marker.color
            if isinstance(colour, tuple | list | np.ndarray):
                colour = trace.marker.line.color or colour[0]
            needs = 22 + width(trace.name, 12) + 18
            if x + needs > self.right and x > MARGIN:
                x, y = float(MARGIN), y + _LINE
            dash = _DASHES[trace.line.dash or "solid"] if lined else ()
            yield x, y, _words(trace.name), *_paint(colour)[:1], dash, _paint(colour)[1]
            x += needs


def _held(trace: Any, letter: str) -> list[Any]:
    """The values of a trace on one axis; those of bars with their ground."""
    values = list(trace[letter])
    if trace.type == "bar" and letter == ("x" if trace.orientation == "h" else "y"):
        base = _each(0.0 if trace.base is None else trace.base, len(values))
        return [*base, *(b + v for b, v in zip(base, values, strict=True))]
    if trace.type == "scatter" and trace.fill == "tozeroy" and letter == "y":
        values.append(0.0)
    return values


def _words(text: str) -> str:
    """What Plotly shows of a text."""
    return html.unescape(re.sub("<[^>]+>", "", text))


def _each(value: Any, count: int) -> list[Any]:
    """One value for each point."""
    if isinstance(value, tuple | list | np.ndarray):
        return list(value)
    return [value] * count


def _paint(colour: str) -> tuple[str, float]:
    """'#rrggbb' and an opacity, of that or of 'rgba(r, g, b, a)'."""
    if colour.startswith("#"):
        return colour, 1.0
    *shades, alpha = (float(n) for n in re.findall(r"[\d.]+", colour))
    return "#" + "".join(f"{round(s):02x}" for s in shades), alpha
