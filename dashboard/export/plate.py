"""Plate: a figure on paper, as SVG or PNG, without a browser and without a font to install."""

from __future__ import annotations

import base64
import html
import io
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

INK, GREY, RULE = "#1f2628", "#566163", "#c3cbcb"
FONT = "Helvetica, Arial, sans-serif"
PNG_SCALE = 3  # 288 dots per inch
_PLAIN = str.maketrans({"−": "-", "▸": ">", "◂": "<", "×": "x"})  # Pillow's font lacks these


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
    """Words at a point on their base line."""

    x: float
    y: float
    words: str
    size: float = 12
    colour: str = GREY
    anchor: Literal["start", "middle", "end"] = "start"


@dataclass(frozen=True)
class Picture:
    """Pixels in a frame, uint8 (rows, columns, 3 or 4), each of them a sharp square."""

    x: float
    y: float
    width: float
    height: float
    pixels: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Plate:
    """A page of items, in pixels, y downwards. title : a sentence, also for screen readers."""

    width: float
    height: float
    title: str
    items: tuple[Box | Text | Picture, ...]


def svg(plate: Plate) -> str:
    """A complete SVG file, its pictures inside."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{plate.width:g}" '
        f'height="{plate.height:g}" viewBox="0 0 {plate.width:g} {plate.height:g}" role="img" '
        f'font-family="{FONT}">',
        f"<title>{html.escape(plate.title)}</title>",
        '<rect width="100%" height="100%" fill="#fff"/>',
        *map(_element, plate.items),
    ]
    return "\n".join([*parts, "</svg>", ""])


def png(plate: Plate) -> bytes:
    """A PNG file on white."""
    image = Image.new("RGB", (_at(plate.width), _at(plate.height)), "white")
    pen = ImageDraw.Draw(image, "RGBA")
    anchors = {"start": "ls", "middle": "ms", "end": "rs"}
    for item in plate.items:
        if isinstance(item, Box):
            x, y = _at(item.x), _at(item.y)
            right, below = _at(item.x + item.width), _at(item.y + item.height)
            if right > x and below > y:
                colour = (*_rgb(item.colour), round(255 * item.opacity))
                pen.rectangle((x, y, right - 1, below - 1), fill=colour)
        elif isinstance(item, Text):
            font: Any = ImageFont.load_default(item.size * PNG_SCALE)
            where, words = (_at(item.x), _at(item.y)), item.words.translate(_PLAIN)
            pen.text(where, words, fill=item.colour, font=font, anchor=anchors[item.anchor])
        else:
            size = (_at(item.width), _at(item.height))
            large = Image.fromarray(item.pixels).resize(size, Image.Resampling.NEAREST)
            mask = large.getchannel("A") if large.mode == "RGBA" else None
            image.paste(large.convert("RGB"), (_at(item.x), _at(item.y)), mask)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True, dpi=(96 * PNG_SCALE, 96 * PNG_SCALE))
    return buffer.getvalue()


def _element(item: Box | Text | Picture) -> str:
    if isinstance(item, Text):
        return (
            f'<text x="{item.x:.2f}" y="{item.y:.2f}" font-size="{item.size:g}" '
            f'fill="{item.colour}" text-anchor="{item.anchor}">{html.escape(item.words)}</text>'
        )
    frame = f'x="{item.x:.2f}" y="{item.y:.2f}" width="{item.width:.2f}" height="{item.height:.2f}"'
    if isinstance(item, Box):
        opacity = f' fill-opacity="{item.opacity:.3f}"' if item.opacity < 1 else ""
        return f'<rect {frame} fill="{item.colour}"{opacity}/>'
    buffer = io.BytesIO()
    Image.fromarray(item.pixels).save(buffer, "PNG", optimize=True)
    data = base64.b64encode(buffer.getvalue()).decode()
    return (
        f'<image {frame} preserveAspectRatio="none" style="image-rendering:pixelated" '
        f'href="data:image/png;base64,{data}"/>'
    )


def _at(length: float) -> int:
    return round(length * PNG_SCALE)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
