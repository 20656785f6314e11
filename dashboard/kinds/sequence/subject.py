"""Subject: one sequence's answer with all that the page and its files need to say."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from attribution.motifs import Match
from attribution.sequences import Sequence
from dashboard.figures.logo import Mark
from dashboard.kinds.sequence import request, words
from dashboard.kinds.sequence.findings import Array, Prediction, Reading
from dashboard.kinds.sequence.lab import Lab
from dashboard.kinds.sequence.request import WINDOW, Piece, Question, View
from dashboard.locus import Locus, region
from dashboard.request.form import Known
from dashboard.words.answer import assurance
from dashboard.work.answer import Answer


@dataclass(frozen=True)
class Chosen:
    """The sequence that the page is about.

    given : the letters before edits, of the model's length. problem : why there are none.
    missing : what a link asked for that is not here. about : the output a sample is about.
    owner : empty for a sample, else the session that alone may see it. reverse : whether the
    record was turned round. start : the window's first letter then, or how many N come first.
    """

    title: str
    record: Sequence
    given: str
    problem: str = ""
    missing: str = ""
    about: int | None = None
    owner: str = ""
    reverse: bool = False
    start: int = 0

    @functools.cached_property
    def locus(self) -> Locus:
        """Where the letters lie in the record, or on its chromosome."""
        here = region(self.record.name, len(self.record.letters))
        return Locus.of(here, len(self.given), self.reverse, self.start)


@dataclass(frozen=True)
class Subject:
    """asked : the question, its target resolved. before : the reading without edits."""

    lab: Lab
    known: Known
    chosen: Chosen
    asked: Question
    reading: Reading
    before: Reading | None

    @property
    def answer(self) -> Answer:
        """About the neurons of the layer."""
        return self.reading.answer

    @property
    def view(self) -> View:
        """How to look."""
        return request.view(self.known.values)

    @property
    def piece(self) -> Piece:
        """Which letters."""
        return request.piece(self.known.values)

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the outputs."""
        return self.known.model.labels

    @property
    def target(self) -> str:
        """The target's name."""
        return self.labels[self.answer.target]

    @functools.cached_property
    def prediction(self) -> Prediction:
        """What the network says of the letters."""
        return self.lab.prediction(self.chosen.owner, self.reading.letters, self.asked.model)

    @property
    def headline(self) -> str:
        """The answer in a sentence."""
        chance = float(self.prediction.outputs[self.answer.target])
        return words.headline(self.reading, self.target, chance)

    @functools.cached_property
    def marks(self) -> list[Mark]:
        """Known motifs in the sequence."""
        return [Mark(m.motif, m.start, m.end, m.strand) for m in self.matches]

    @property
    def locus(self) -> Locus:
        """Where the letters lie."""
        return self.chosen.locus

    @property
    def window(self) -> tuple[int, int]:
        """The bases that the logo shows: first, and one beyond the last."""
        length = len(self.reading.letters)
        begin = min(self.view.begin, max(0, length - WINDOW))
        return begin, min(length, begin + WINDOW)

    @property
    def is_input(self) -> bool:
        """Whether the layer is the sequence itself."""
        return self.answer.layer == self.known.model.layers[0].name

    @property
    def filter(self) -> int:
        """The chosen filter, or else the largest."""
        chosen, count = self.view.filter, self.answer.scores.shape[-1]
        return chosen if chosen is not None and chosen < count else self.answer.order(1)[0]

    @property
    def centres(self) -> Array:
        """Where each position of the layer looks."""
        if not self.answer.has_positions:
            return np.zeros(1)
        model, length = self.known.model.name, len(self.reading.letters)
        field = self.lab.reach(model, self.answer.layer, length)
        return np.asarray(field.centre(np.arange(field.positions)))

    def shown(self, count: int) -> list[int]:
        """So many filters, the largest first; the chosen one is among them."""
        order = self.answer.order(count)
        return order if self.filter in order else [*order[:-1], self.filter]

    @functools.cached_property
    def hypothetical(self) -> Array | None:
        """(length, 4): what every base would contribute, where that is asked for and known."""
        if self.view.heights == "actual":
            return None
        return self.lab.known_hypothetical(self.chosen.owner, self.reading.letters, self.asked)

    @property
    def heights(self) -> Array:
        """(length, 4): how high the letters stand."""
        return self.reading.heights() if self.hypothetical is None else self.hypothetical

    @property
    def sentence(self) -> str:
        """What the letters show."""
        if self.hypothetical is not None:
            return words.hypothetical(self.hypothetical, self.reading.letters, self.target)
        return words.logo(self.reading, self.target, self.matches, self.locus)

    @property
    def trust(self) -> tuple[str, ...]:
        """How far the numbers can be trusted, and what else a reader must know."""
        return (assurance(self.answer, self.known.method), *self.answer.result.notes)

    @property
    def matches(self) -> tuple[Match, ...]:
        """Known motifs in the sequence, with their scores."""
        return self.lab.matches(self.chosen.owner, self.reading.letters, self.view.chance)
