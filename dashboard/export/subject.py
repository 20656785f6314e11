"""Subject: one answer with all that Explore and its files need to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from attribution.methods import Method
from dashboard.request.catalogue import Layer, Model
from dashboard.request.form import Known
from dashboard.request.outputs import Outputs
from dashboard.request.request import OWN, Query
from dashboard.text import stem
from dashboard.work.answer import Answer, By, Place
from dashboard.work.engine import Engine
from dashboard.work.findings import Prediction
from dashboard.work.item import Item

if TYPE_CHECKING:
    from dashboard.kinds.kind import Kind

CSV_ROWS = 100_000


@dataclass(frozen=True)
class Subject:
    """known : the values, of the item that is shown. asked : the request, its target resolved.

    link : where it is seen again, or empty. place : the picked channel or neuron; by : what is
    ranked.
    """

    engine: Engine
    kind: Kind
    known: Known
    asked: Query
    link: str
    item: Item
    prediction: Prediction
    answer: Answer
    place: Place
    by: By

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
        """The layer of the answer."""
        return self.model.layer(self.answer.layer)

    @property
    def outputs(self) -> Outputs:
        """Of the network."""
        return self.model.outputs

    @property
    def target(self) -> str:
        """The name of the output that is explained."""
        return self.outputs[self.answer.target]

    @property
    def is_own(self) -> bool:
        """Whether the input is the user's own."""
        return bool(OWN.fullmatch(self.asked.input))

    @property
    def unit(self) -> str:
        """What one line of the ranking by channel is."""
        return "channel" if self.layer.has_channels else "neuron"

    @property
    def stem(self) -> str:
        """A file name for this answer, without its ending."""
        return stem(self.asked.input, self.answer.layer, self.asked.method)

    def table(self, count: int = CSV_ROWS) -> pd.DataFrame:
        """The ranking as numbers, the largest |score| first."""
        ranked = self.answer.ranking(self.by, count)
        frame = pd.DataFrame({self.unit: [line.place.channel for line in ranked]})
        if self.by == "neuron":
            for i, name in enumerate(self.kind.axes(self.layer)):
                axis = [line.place.position[i] for line in ranked if line.place.position]
                frame[name.lower()] = axis
        frame["score"] = [line.score for line in ranked]
        frame["share"] = [line.share for line in ranked]
        return frame
