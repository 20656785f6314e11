"""Setting: what was asked, of which input, and how it is looked at: for every page and file."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from attribution.methods import Method
from dashboard.export.drawing import Drawing
from dashboard.export.snippet import program
from dashboard.figures.map import Map
from dashboard.request.catalogue import Layer, Model
from dashboard.request.form import Known
from dashboard.request.outputs import Outputs
from dashboard.request.request import Query
from dashboard.words.answer import contribution_map
from dashboard.work.answer import Answer
from dashboard.work.engine import Engine
from dashboard.work.item import Item

if TYPE_CHECKING:
    from dashboard.kinds.kind import Kind


@dataclass(frozen=True)
class Setting:
    """kind : of the input. known : the values. asked : of the item that is shown. link : where it
    is seen again, or empty.
    """

    engine: Engine
    kind: Kind
    known: Known
    asked: Query
    link: str
    item: Item

    @property
    def model(self) -> Model:
        """The network's card."""
        return self.known.model

    @property
    def method(self) -> Method:
        """The method."""
        return self.known.method

    @property
    def palette(self) -> str:
        """Of maps and bars."""
        return str(self.known.values["palette"])

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

    def over(self, name: str, what: str, answer: Answer, shown: Map) -> Drawing:
        """Scores of an answer over the input, with their sentence."""
        engine, item, layer = self.engine, self.item, self.model.layer(answer.layer)
        here = functools.partial(self.kind.where, engine, item, layer)
        target = self.outputs[answer.target]
        return Drawing(
            name,
            contribution_map(shown.values, what, target, shown.unit, here),
            lambda: self.kind.lay(engine, item, layer, shown),
            self.kind.width,
        )

    def program(self, about: str, body: Sequence[str], imports: Sequence[str] = ()) -> str:
        """A program of the public library, as of snippet.program."""
        return program(about, self, body, imports)
