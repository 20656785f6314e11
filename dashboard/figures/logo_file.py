"""Logo as a file: the same letters, rows and marks as on the screen, as SVG or PNG."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from dashboard.figures import ruler
from dashboard.figures.glyphs import BASES, path, polygon, stack
from dashboard.figures.logo import UNIT, Mark, Rows
from dashboard.locus import Locus
from dashboard.text import html, plain

COLUMN, ROW, UNDER = 18.0, 90.0, 52.0  # pixels: a letter's column, a row, and what is under it
LEFT, TOP, RIGHT = 56.0, 44.0, 14.0
INK, GREY = "#333333", "#888888"
SIZE = 11.0
_PNG_SCALE = 2  # pixels of a PNG for each unit of an SVG
_SHARPER = 3  # drawn so many times larger, then made smaller
_PLAIN = str.maketrans("−▸◂", "-><")  # Pillow's own font lacks these


@dataclass(frozen=True)
class Shape:
    """A letter: its left edge and its foot, how wide, and how high (negative: upside down)."""

    base: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Text:
    """Words at a point on their base line."""

    x: float
    y: float
    words: str
    colour: str = GREY
    anchor: Literal["start", "middle", "end"] = "middle"


@dataclass(frozen=True)
class Box:
    """A filled rectangle: lines and marks."""

    x: float
    y: float
    width: float
    height: float
    colour: str = GREY


@dataclass(frozen=True)
class Drawing:
    """A logo on paper, in pixels, y downwards."""

    width: float
    height: float
    title: str
    shapes: tuple[Shape, ...]
    texts: tuple[Text, ...]
    boxes: tuple[Box, ...]


def draw(
    heights: npt.ArrayLike,
    letters: str,
    *,
    title: str,
    first: int = 0,
    width: int = 50,
    marks: Sequence[Mark] = (),
    unit: str = UNIT,
    locus: Locus | None = None,
) -> Drawing:
    """Put a logo on paper; arguments as of `logo`. title : a sentence, also for screen readers."""
    values = np.asarray(heights, dtype=np.float64)
    rows = Rows.of(values, width)
    placed = stack(values)
    shapes = []
    for position, base, low, high in zip(
        placed.position, placed.base, placed.low, placed.high, strict=True
    ):
        foot = _y(rows, int(position), low)
        x = _x(rows, int(position)) + 0.03 * COLUMN
        shapes.append(
            Shape(int(base), x, foot, 0.94 * COLUMN, foot - _y(rows, int(position), high))
        )
    lines = [*_rulers(rows), *_marks(rows, marks, first)]
    texts = [Text(LEFT, 18, title, INK, "start"), Text(LEFT, 33, unit, GREY, "start")]
    numbers = ruler.numbers(locus, first, rows.length, rows.width)
    texts += [*_labels(rows, letters, numbers), *(m for m in lines if isinstance(m, Text))]
    return Drawing(
        LEFT + COLUMN * rows.width + RIGHT,
        TOP + rows.count * (ROW + UNDER),
        title,
        tuple(shapes),
        tuple(texts),
        tuple(b for b in lines if isinstance(b, Box)),
    )


def svg(drawing: Drawing, colours: Sequence[str]) -> str:
    """A complete SVG file: letters as paths, so that no font is needed for them."""
    size = f"{drawing.width:g} {drawing.height:g}"
    title = html(drawing.title)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{drawing.width:g}" '
        f'height="{drawing.height:g}" viewBox="0 0 {size}" role="img">',
        f'<title>{title}</title>\n<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    parts += [
        f'<rect x="{b.x:.2f}" y="{b.y:.2f}" width="{b.width:.2f}" height="{b.height:.2f}" '
        f'fill="{b.colour}"/>'
        for b in drawing.boxes
    ]
    for base, colour in enumerate(colours):
        paths = [
            f'<path d="{path(BASES[base])}" transform="translate({s.x:.2f} {s.y:.3f}) '
            f'scale({s.width:.2f} {-s.height:.4f})"/>'
            for s in drawing.shapes
            if s.base == base
        ]
        parts.append(f'<g id="{BASES[base]}" fill="{colour}">{"".join(paths)}</g>')
    parts.append(f'<g font-family="Helvetica, Arial, sans-serif" font-size="{SIZE:g}">')
    parts += [
        f'<text x="{t.x:.2f}" y="{t.y:.2f}" fill="{t.colour}" text-anchor="{t.anchor}">'
        f"{html(t.words)}</text>"
        for t in drawing.texts
    ]
    return "\n".join([*parts, "</g>", "</svg>", ""])


def png(drawing: Drawing, colours: Sequence[str]) -> bytes:
    """A PNG file on white."""
    zoom = _PNG_SCALE * _SHARPER
    large = Image.new("RGB", _pixels(drawing, zoom), "white")
    pen = ImageDraw.Draw(large)
    for b in drawing.boxes:
        corners = np.array([b.x, b.y, b.x + b.width, b.y + b.height]) * zoom
        pen.rectangle(corners.tolist(), fill=b.colour)
    for s in drawing.shapes:
        outline = polygon(BASES[s.base]) * [s.width, -s.height] + [s.x, s.y]
        pen.polygon((outline * zoom).ravel().tolist(), fill=colours[s.base])
    image = large.resize(_pixels(drawing, _PNG_SCALE), Image.Resampling.BOX)
    pen = ImageDraw.Draw(image)
    font: Any = ImageFont.load_default(SIZE * _PNG_SCALE)
    anchors = {"start": "ls", "middle": "ms", "end": "rs"}
    for t in drawing.texts:
        at, told = (t.x * _PNG_SCALE, t.y * _PNG_SCALE), plain(t.words).translate(_PLAIN)
        pen.text(at, told, fill=t.colour, font=font, anchor=anchors[t.anchor])
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True, dpi=(96 * _PNG_SCALE, 96 * _PNG_SCALE))
    return buffer.getvalue()


def _x(rows: Rows, position: int) -> float:
    return LEFT + COLUMN * (position % rows.width)


def _y(rows: Rows, position: int, value: float) -> float:
    share = (value - rows.low) / (rows.high - rows.low)
    return _foot(rows, position // rows.width) - ROW * float(share)


def _foot(rows: Rows, row: int) -> float:
    return TOP + row * (ROW + UNDER) + ROW


def _rulers(rows: Rows) -> Iterator[Box]:
    for start in range(0, rows.length, rows.width):
        size = min(rows.width, rows.length - start)
        yield Box(LEFT, _y(rows, start, 0.0) - 0.25, COLUMN * size, 0.5)


def _labels(rows: Rows, letters: str, numbers: dict[int, str]) -> Iterator[Text]:
    for position, letter in enumerate(letters):
        middle, foot = _x(rows, position) + COLUMN / 2, _foot(rows, position // rows.width)
        yield Text(middle, foot + 13, letter)
        if position in numbers:
            yield Text(middle, foot + 26, numbers[position])
    for row in range(rows.count):
        start = row * rows.width
        for value in (rows.low, 0.0, rows.top):
            if value == 0.0 or abs(value) > 0.12 * (rows.high - rows.low):
                label = f"{value:+.2g}".replace("-", "−") if value else "0"
                yield Text(LEFT - 6, _y(rows, start, value) + 4, label, anchor="end")


def _marks(rows: Rows, marks: Sequence[Mark], first: int) -> Iterator[Box | Text]:
    for mark in marks:
        named = False
        for start, end in rows.pieces(mark.start - first, mark.end - first):
            x, y = _x(rows, start), _foot(rows, start // rows.width) + 31
            yield Box(x + 2, y, COLUMN * (end - start) - 4, 2.5)
            if not named:
                yield Text(x + 2, y + 15, mark.label, INK, "start")
                named = True


def _pixels(drawing: Drawing, zoom: int) -> tuple[int, int]:
    return round(drawing.width * zoom), round(drawing.height * zoom)
