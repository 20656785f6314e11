"""Plate: a figure on paper, as SVG or PNG, without a browser and without a font to install."""

from __future__ import annotations

import base64
import io
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from dashboard.text import html, plain

INK, GREY, RULE = "#1f2628", "#566163", "#c3cbcb"
FONT = "Helvetica, Arial, sans-serif"
PNG_SCALE = 3  # 288 dots per inch
_FINER = 2  # slanted lines are drawn so much larger, and shrunk: Pillow draws them with steps
Points = tuple[tuple[float, float], ...]
_PLAIN = str.maketrans({"−": "-", "▸": ">", "◂": "<", "×": "x", "—": "-", "…": "...", "\xa0": " "})
"""What Pillow's font lacks."""


@dataclass(frozen=True)
class Box:
    """A filled rectangle. opacity : 0 to 1."""

    x: float
    y: float
    width: float
    height: float
    colour: str
    opacity: float = 1.0


@dataclass(frozen=True)
class Text:
    """Words at a point on their base line, turned about it anticlockwise by `turn` degrees."""

    x: float
    y: float
    words: str
    size: float = 12
    colour: str = GREY
    anchor: Literal["start", "middle", "end"] = "start"
    turn: float = 0


@dataclass(frozen=True)
class Line:
    """Joined points (x, y). dash : lengths of strokes and gaps in turn; empty for a solid line."""

    points: Points
    colour: str
    width: float = 1
    dash: tuple[float, ...] = ()
    opacity: float = 1.0


@dataclass(frozen=True)
class Shape:
    """A filled outline through points (x, y)."""

    points: Points
    colour: str
    opacity: float = 1.0


@dataclass(frozen=True)
class Picture:
    """Pixels in a frame, uint8 (rows, columns, 3 or 4).

    smooth : of a photograph; else each pixel is a sharp square.
    """

    x: float
    y: float
    width: float
    height: float
    pixels: npt.NDArray[np.uint8]
    smooth: bool = False


Item = Box | Text | Line | Shape | Picture


@dataclass(frozen=True)
class Plate:
    """A page of items, in pixels, y downwards. title : a sentence, also for screen readers."""

    width: float
    height: float
    title: str
    items: tuple[Item, ...]


def svg(plate: Plate) -> str:
    """A complete SVG file, its pictures inside."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{plate.width:g}" '
        f'height="{plate.height:g}" viewBox="0 0 {plate.width:g} {plate.height:g}" role="img" '
        f'font-family="{FONT}">',
        f"<title>{html(plate.title)}</title>",
        '<rect width="100%" height="100%" fill="#fff"/>',
        *map(_element, plate.items),
    ]
    return "\n".join([*parts, "</svg>", ""])


def png(plate: Plate) -> bytes:
    """A PNG file on white."""
    slanted = any(isinstance(item, Line | Shape) for item in plate.items)
    paper = _Paper(plate, PNG_SCALE * (_FINER if slanted else 1))
    for item in plate.items:
        paper.draw(item)
    image = paper.image.reduce(_FINER) if slanted else paper.image
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True, dpi=(96 * PNG_SCALE, 96 * PNG_SCALE))
    return buffer.getvalue()


class _Paper:
    """Pixels, `scale` of them for each unit of length."""

    def __init__(self, plate: Plate, scale: int) -> None:
        self.scale = scale
        self.image = Image.new("RGB", (self._at(plate.width), self._at(plate.height)), "white")
        self._pen = ImageDraw.Draw(self.image, "RGBA")

    def draw(self, item: Item) -> None:
        """Put one item on top of those before."""
        if isinstance(item, Box):
            self._box(item)
        elif isinstance(item, Text):
            self._text(item)
        elif isinstance(item, Picture):
            self._picture(item)
        elif isinstance(item, Shape):
            self._pen.polygon(self._points(item.points), fill=_ink(item.colour, item.opacity))
        else:
            ink, wide = _ink(item.colour, item.opacity), max(1, self._at(item.width))
            for stroke in _strokes(item.points, item.dash):
                self._pen.line(self._points(stroke), fill=ink, width=wide, joint="curve")

    def _box(self, item: Box) -> None:
        x, y = self._at(item.x), self._at(item.y)
        right, below = self._at(item.x + item.width), self._at(item.y + item.height)
        if right > x and below > y:
            fill = _ink(item.colour, item.opacity)
            self._pen.rectangle((x, y, right - 1, below - 1), fill=fill)

    def _text(self, item: Text) -> None:
        font: Any = ImageFont.load_default(item.size * self.scale)
        anchor = {"start": "ls", "middle": "ms", "end": "rs"}[item.anchor]
        where, words = (self._at(item.x), self._at(item.y)), plain(item.words).translate(_PLAIN)
        if not item.turn:
            self._pen.text(where, words, fill=item.colour, font=font, anchor=anchor)
            return
        reach = round(font.getlength(words)) + 2 * round(font.size)
        mask = Image.new("L", (2 * reach, 2 * reach))
        ImageDraw.Draw(mask).text((reach, reach), words, fill=255, font=font, anchor=anchor)
        turned = mask.rotate(item.turn, Image.Resampling.BICUBIC)
        self.image.paste(item.colour, (where[0] - reach, where[1] - reach), turned)

    def _picture(self, item: Picture) -> None:
        size = (self._at(item.width), self._at(item.height))
        how = Image.Resampling.BICUBIC if item.smooth else Image.Resampling.NEAREST
        large = Image.fromarray(item.pixels).resize(size, how)
        mask = large.getchannel("A") if large.mode == "RGBA" else None
        self.image.paste(large.convert("RGB"), (self._at(item.x), self._at(item.y)), mask)

    def _points(self, points: Points) -> list[tuple[float, float]]:
        return [(x * self.scale, y * self.scale) for x, y in points]

    def _at(self, length: float) -> int:
        return round(length * self.scale)


def _element(item: Item) -> str:
    if isinstance(item, Text):
        turn = f' transform="rotate({-item.turn:g} {item.x:.2f} {item.y:.2f})"' if item.turn else ""
        return (
            f'<text x="{item.x:.2f}" y="{item.y:.2f}" font-size="{item.size:g}" '
            f'fill="{item.colour}" text-anchor="{item.anchor}"{turn}>{html(item.words)}'
            "</text>"
        )
    if isinstance(item, Line):
        dash = f' stroke-dasharray="{" ".join(f"{d:g}" for d in item.dash)}"' if item.dash else ""
        return (
            f'<polyline points="{_listed(item.points)}" fill="none" stroke="{item.colour}" '
            f'stroke-width="{item.width:g}" stroke-linejoin="round"{dash}'
            f"{_opacity('stroke', item.opacity)}/>"
        )
    if isinstance(item, Shape):
        fill = f'fill="{item.colour}"{_opacity("fill", item.opacity)}'
        return f'<polygon points="{_listed(item.points)}" {fill}/>'
    frame = f'x="{item.x:.2f}" y="{item.y:.2f}" width="{item.width:.2f}" height="{item.height:.2f}"'
    if isinstance(item, Box):
        return f'<rect {frame} fill="{item.colour}"{_opacity("fill", item.opacity)}/>'
    buffer = io.BytesIO()
    Image.fromarray(item.pixels).save(buffer, "PNG", optimize=True)
    data = base64.b64encode(buffer.getvalue()).decode()
    sharp = "" if item.smooth else ' style="image-rendering:pixelated"'
    return f'<image {frame} preserveAspectRatio="none"{sharp} href="data:image/png;base64,{data}"/>'


def _opacity(what: str, value: float) -> str:
    return f' {what}-opacity="{value:.3f}"' if value < 1 else ""


def _listed(points: Points) -> str:
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in points)


def _strokes(points: Points, dash: tuple[float, ...]) -> Iterator[Points]:
    """The parts of a line that are drawn; Pillow draws no dashes."""
    if not dash:
        yield points
        return
    i, left = 0, dash[0]
    stroke = [points[0]]
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        length, done = math.hypot(x1 - x0, y1 - y0), 0.0
        while done + left < length:
            done += left
            at = (x0 + (x1 - x0) * done / length, y0 + (y1 - y0) * done / length)
            if i % 2 == 0:
                yield (*stroke, at)
            i, stroke = i + 1, [at]
            left = dash[i % len(dash)]
        left -= length - done
        stroke.append((x1, y1))
    if i % 2 == 0:
        yield tuple(stroke)


def _ink(colour: str, opacity: float) -> tuple[int, int, int, int]:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return red, green, blue, round(255 * opacity)
