"""Brief: a unit of a class in a few lines, the same on its card as in the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from dashboard.export import web
from dashboard.figures import frame
from dashboard.figures import profile as draw
from dashboard.figures.strip import Pane, strip
from dashboard.text import html
from dashboard.words import profile as words
from dashboard.words import proof
from dashboard.work.profiled import GALLERY, STRIP, Example

if TYPE_CHECKING:
    from dashboard.export.dataset import Evidence
    from dashboard.work.findings import Glimpse

Inputs = Mapping[tuple[int, int], "Glimpse"]
"""(place, unit) -> an input, and where in it the unit has scores."""
MOST_BYTES = 3 * 2**20
"""Of the pictures in a report."""


@dataclass(frozen=True)
class Brief:
    """A unit of a class.

    called : "#12 · stripes". share : of the evidence, in words. bar : its mean, and what becomes of
    inputs without it, as SVG. told : sentences. examples : from the least to the most. strip :
    these as one picture, uint8 (height, width, 4), or None; alt, levels : in words.
    """

    unit: int
    called: str
    share: str
    bar: str
    told: tuple[str, ...]
    examples: Sequence[Example]
    strip: npt.NDArray[Any] | None
    alt: str
    levels: str


def units(evidence: Evidence, name: str) -> list[int]:
    """Those of a class that are told of."""
    return evidence.found.ranked(name)[: words.CARDS]


def pairs(evidence: Evidence, name: str) -> list[tuple[int, int]]:
    """(place, unit) of what their examples show."""
    found = evidence.found
    return [(e.place, unit) for unit in units(evidence, name) for e in found.examples(name, unit)]


def briefs(evidence: Evidence, name: str, inputs: Inputs | None) -> list[Brief]:
    """The first units of a class on one axis. inputs : None where they are not known."""
    found, order = evidence.found, units(evidence, name)
    alone = evidence.proven.alone(name)
    falls = [alone[unit] for unit in order if unit in alone]
    ends = draw.bounds(found.of_class(name).loc[order], falls)
    told = []
    for unit in order:
        row, fall = found.row(name, unit), alone.get(unit)
        examples = found.examples(name, unit, STRIP)
        tiles = panes(unit, examples, inputs)
        mapped = any(tile.scores is not None for tile in tiles)
        told.append(
            Brief(
                unit,
                found.called(unit),
                words.share(row),
                draw.interval(row, ends, evidence.palette, fall),
                (words.card(row), *([] if fall is None else [proof.alone(fall)])),
                examples,
                strip(tiles, evidence.palette) if tiles else None,
                words.strip(examples, found.called(unit), mapped),
                words.levels(examples),
            )
        )
    return told


def panes(unit: int, examples: Sequence[Example], inputs: Inputs | None) -> list[Pane]:
    """The examples of a unit; none where any of them is not known."""
    if inputs is None or not all((each.place, unit) in inputs for each in examples):
        return []
    found = (inputs[each.place, unit] for each in examples)
    return [
        Pane(s.picture, None if s.scores is None else s.scores.astype("float32")) for s in found
    ]


def sections(evidence: Evidence) -> list[str]:
    """The cards of every class whose examples are known, as HTML, the one that is shown first; of
    a unit that is looked at, its gallery ahead of all."""
    found, shown = evidence.found, evidence.name
    others = [name for name in found.present if name != shown]
    parts = _gallery(evidence)
    size, left = sum(map(len, parts)), 0
    for name in (shown, *others):
        inputs = evidence.known(pairs(evidence, name))
        made = briefs(evidence, name, inputs)
        seen = any(brief.strip is not None for brief in made)
        if name != shown and (not seen or size > MOST_BYTES):
            left += 1
            continue
        cards = "".join(map(_card, made))
        size += len(cards)
        parts += [f"<h2>Class {html(name)}</h2>", f'<div class="figures">{cards}</div>']
    return [*parts, f"<p>{html(words.without_examples(left))}</p>"] if left else parts


def _gallery(evidence: Evidence) -> list[str]:
    unit, found = evidence.unit, evidence.found
    if unit is None:
        return []
    examples = found.examples(evidence.name, unit, GALLERY)
    tiles = panes(unit, examples, evidence.known([(e.place, unit) for e in examples]))
    picture = strip(tiles, evidence.palette) if tiles else None
    if picture is None:
        return []
    told = words.strip(examples, found.called(unit), any(t.scores is not None for t in tiles))
    return [f"<figure>{_image(picture, told)}<figcaption>{html(told)}</figcaption></figure>"]


def _card(brief: Brief) -> str:
    parts = [f"<p><b>{html(brief.called)}</b> · {html(brief.share)}</p>", brief.bar]
    parts += [f"<p>{html(sentence)}</p>" for sentence in brief.told]
    if brief.strip is not None:
        parts += [_image(brief.strip, brief.alt), f"<p>{html(brief.levels)}</p>"]
    return f'<article style="width:{web.CARD}px">{"".join(parts)}</article>'


def _image(picture: npt.NDArray[Any], alt: str) -> str:
    """On white, as the report is."""
    image = Image.fromarray(np.ascontiguousarray(picture), "RGBA")
    white = Image.new("RGBA", image.size, "white")
    source = frame.jpeg(Image.alpha_composite(white, image).convert("RGB"))
    return f'<img src="{source}" width="{image.width}" alt="{html(alt)}">'
