"""Setting: what was asked, of which input, and how it is looked at: for every page and file."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from attribution.methods import METHODS, Method
from dashboard.export.drawing import Drawing
from dashboard.export.snippet import program
from dashboard.figures.faces import faces
from dashboard.figures.map import SIDE, Map
from dashboard.figures.overlay import smooth
from dashboard.request.catalogue import Layer, Model
from dashboard.request.form import Known
from dashboard.request.outputs import Outputs
from dashboard.request.request import Query
from dashboard.words.answer import cells, contribution_map, parts
from dashboard.words.quantity import measured, quantity
from dashboard.work.answer import Answer, Ranked
from dashboard.work.engine import Engine
from dashboard.work.findings import Split
from dashboard.work.item import Item

if TYPE_CHECKING:
    from dashboard.kinds.kind import Kind


@dataclass(frozen=True)
class Setting:
    """kind : of the input. known : the values. asked : of the item that is shown. link : where it
    is seen again, or empty. drawings : the figures that the page shows.
    """

    engine: Engine
    kind: Kind
    known: Known
    asked: Query
    link: str
    item: Item
    drawings: tuple[Drawing, ...] = field(default=(), kw_only=True)

    @property
    def model(self) -> Model:
        """The network's card."""
        return self.known.model

    @property
    def method(self) -> Method:
        """The method."""
        return self.known.method

    def measure(self, answer: Answer) -> str:
        """What the scores of an answer are measured in."""
        return measured(METHODS[answer.method].unit, quantity(self.outputs, answer.target))

    @property
    def palette(self) -> str:
        """Of maps and bars."""
        return str(self.known.values["palette"])

    @property
    def smooth(self) -> bool:
        """Whether the cells of a map over a picture are run into each other."""
        return bool(self.known.values["smooth"] == "on")

    @property
    def camera(self) -> str:
        """The format in which figures are saved."""
        return str(self.known.values["camera"])

    @property
    def layer(self) -> Layer:
        """The layer that is asked about."""
        return self.model.layer(self.asked.layer)

    @property
    def outputs(self) -> Outputs:
        """Of the network."""
        return self.model.outputs

    def over(
        self, name: str, what: str, answer: Answer, shown: Map, brief: bool = False
    ) -> Drawing:
        """Scores of an answer over the input; their sentence, brief: without how it is drawn."""
        engine, item, layer = self.engine, self.item, self.model.layer(answer.layer)
        here = functools.partial(self.kind.where, engine, item, layer)
        target = self.outputs[answer.target]
        told = contribution_map(shown.values, what, target, shown.unit, here, brief)
        drawn = "" if brief else self.drawn(layer)
        return Drawing(name, f"{told}{drawn}", lambda: self.lay(layer, shown), self.kind.width)

    def lay(self, layer: Layer, shown: Map) -> go.Figure:
        """A map of a layer, as smooth as it is asked for."""
        plot = self.kind.lay(self.engine, self.item, layer, shown)
        return smooth(plot) if self.smooth else plot

    def over_input(self, split: Split, side: int = SIDE) -> go.Figure:
        """A split over the input, as smooth as it is asked for."""
        plot = self.kind.over_input(self.item, split, self.palette, side)
        return smooth(plot) if self.smooth else plot

    def over_input_words(self, split: Split, what: str, target: str) -> str:
        """The sentence of that figure."""
        told = self.kind.over_input_words(self.item, split, what, target)
        return told if self.kind.seen(self.item) is None else told + parts(self.smooth)

    def over_picture(self, layer: Layer) -> bool:
        """Whether a layer's maps lie over a picture."""
        return self.kind.lies(layer) and self.kind.seen(self.item) is not None

    def drawn(self, layer: Layer) -> str:
        """How a layer's maps of cells are drawn, to be said after what they show.

        Smooth over a picture alone: on other axes neighbours need have nothing in common.
        """
        axes = len(layer.positions)
        if axes < 2:  # bars
            return ""
        return cells(self.smooth and self.over_picture(layer), layer.grid, axes)

    def faces(self, answer: Answer, ranked: Sequence[Ranked]) -> list[str]:
        """A small map over the picture for each line of a ranking; none without a picture."""
        picture = self.kind.seen(self.item)
        if picture is None or not self.over_picture(self.model.layer(answer.layer)):
            return []
        maps = [answer.scores[..., line.place.channel] for line in ranked]
        places = [line.place.position for line in ranked]
        return faces(picture, maps, places, self.palette, self.smooth)

    def program(self, about: str, body: Sequence[str], imports: Sequence[str] = ()) -> str:
        """A program of the public library, as of snippet.program."""
        return program(about, self, body, imports)
