"""Subject: one answer with all that its files need to say."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from attribution.methods import Method
from dashboard.request.catalogue import Layer, Model
from dashboard.request.request import UPLOAD, Request
from dashboard.text import stem
from dashboard.work.answer import Answer, By, Place
from dashboard.work.picture import Facts

CSV_ROWS = 100_000


@dataclass(frozen=True)
class Subject:
    """asked : the request; link : where it is seen again, or empty; title : the input's.

    place : the picked channel or neuron; by, palette : how the answer is looked at.
    camera : the format in which figures are saved.
    file : an upload's raw name, for the program.
    """

    asked: Request
    link: str
    title: str
    model: Model
    method: Method
    facts: Facts
    answer: Answer
    place: Place
    by: By
    palette: str
    camera: str
    file: str = ""

    @property
    def layer(self) -> Layer:
        """The layer of the answer."""
        return self.model.layer(self.answer.layer)

    @property
    def target(self) -> str:
        """The name of the class that is explained."""
        return self.model.labels[self.answer.target]

    @property
    def is_upload(self) -> bool:
        """Whether the input is the user's own file."""
        return bool(UPLOAD.fullmatch(self.asked.input))

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
            frame["row"] = [line.place.row for line in ranked]
            frame["column"] = [line.place.column for line in ranked]
        frame["score"] = [line.score for line in ranked]
        frame["share"] = [line.share for line in ranked]
        return frame
