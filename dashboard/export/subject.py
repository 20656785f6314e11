"""Subject: one answer with all that Explore and its files need to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from dashboard.export.setting import Setting
from dashboard.text import stem
from dashboard.words.outputs import doubt
from dashboard.words.quantity import contributes
from dashboard.work import scale
from dashboard.work.answer import Answer, By, Place
from dashboard.work.findings import Prediction

CSV_ROWS = 100_000


@dataclass(frozen=True)
class Subject(Setting):
    """place : the picked channel or neuron; by : what is ranked. called : the names of channels, of
    those that have one."""

    prediction: Prediction
    answer: Answer
    place: Place
    by: By
    called: Mapping[int, str] = field(default_factory=dict)

    @property
    def target(self) -> str:
        """The name of the output that is explained."""
        return self.outputs[self.answer.target]

    @property
    def unit(self) -> str:
        """What one line of the ranking by channel is."""
        return "channel" if self.layer.has_channels else "neuron"

    @property
    def least(self) -> float:
        """The least scale of bars and letters, which keeps noise small."""
        said = self.outputs, self.prediction.outputs, self.answer.target
        if not contributes(self.method.unit):
            return 0.0
        return scale.least(self.answer, bool(doubt(*said)))

    @property
    def stem(self) -> str:
        """A file name for this answer, without its ending."""
        return stem(self.asked.input, self.answer.layer, self.asked.method)

    def table(self, count: int = CSV_ROWS) -> pd.DataFrame:
        """The ranking as numbers, the largest |score| first."""
        ranked = self.answer.ranking(self.by, count)
        frame = pd.DataFrame({self.unit: [line.place.channel for line in ranked]})
        if self.called:
            frame["name"] = [self.called.get(line.place.channel, "") for line in ranked]
        if self.by == "neuron":
            for i, name in enumerate(self.kind.axes(self.layer)):
                axis = [line.place.position[i] for line in ranked if line.place.position]
                frame[name.lower()] = axis
        frame["score"] = [line.score for line in ranked]
        frame["share"] = [line.share for line in ranked]
        return frame
