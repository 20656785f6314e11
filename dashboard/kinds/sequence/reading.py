"""Reading: what a network makes of the bases of a sequence, for the page and its files."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution.motifs import Match
from dashboard.export.subject import Subject
from dashboard.figures.logo import Mark
from dashboard.kinds.sequence import words
from dashboard.kinds.sequence.form import BASES, WINDOW
from dashboard.kinds.sequence.stretch import Stretch
from dashboard.locus import Locus
from dashboard.words.answer import assurance
from dashboard.words.outputs import doubt, start
from dashboard.words.quantity import quantity
from dashboard.work import sequences
from dashboard.work.answer import Answer

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Reading:
    """of : the answer that the page is about."""

    of: Subject

    @property
    def answer(self) -> Answer:
        """About the neurons of the layer."""
        return self.of.answer

    @property
    def shown(self) -> Stretch:
        """The letters and where they are from."""
        found: Stretch = self.of.item.shown
        return found

    @property
    def letters(self) -> str:
        """As the network sees them."""
        return self.shown.letters

    @property
    def locus(self) -> Locus:
        """Where they lie."""
        return self.shown.locus

    def look(self, name: str) -> Any:
        """How they are looked at: a value of the form."""
        return self.of.known.values[name]

    @property
    def target(self) -> str:
        """The target's name."""
        return self.of.target

    @property
    def inputs(self) -> Array:
        """(length, 4): the input's scores."""
        assert self.answer.inputs is not None
        return self.answer.inputs

    @functools.cached_property
    def contributions(self) -> Array:
        """(length,) of the letters, the base sums of the input's scores."""
        return contributions(self.answer)

    @property
    def base_errors(self) -> Array | None:
        """(length,) standard errors over several references."""
        return self.answer.input_errors

    @functools.cached_property
    def marks(self) -> list[Mark]:
        """Known motifs in the sequence."""
        return [Mark(m.motif, m.start, m.end, m.strand) for m in self.matches]

    @property
    def matches(self) -> tuple[Match, ...]:
        """Known motifs in the sequence, with their scores."""
        return sequences.matches(self.of.engine, self.of.item, self.look("chance"))

    @property
    def window(self) -> tuple[int, int]:
        """The bases that the logo shows: first, and one beyond the last."""
        length = len(self.letters)
        begin = min(self.look("begin"), max(0, length - WINDOW))
        return begin, min(length, begin + WINDOW)

    @property
    def is_input(self) -> bool:
        """Whether the layer is the sequence itself."""
        return self.answer.layer == self.of.model.layers[0].name

    @property
    def filter(self) -> int:
        """The chosen filter."""
        return self.of.place.channel

    @property
    def centres(self) -> Array:
        """Where each position of the layer looks."""
        if not self.answer.has_positions:
            return np.zeros(1)
        length = len(self.letters)
        field = sequences.reach(self.of.engine, self.of.model.name, self.answer.layer, length)
        return np.asarray(field.centre(np.arange(field.positions)))

    def largest(self, count: int) -> list[int]:
        """So many filters, the largest first; the chosen one is among them."""
        order = self.answer.order(count)
        return order if self.filter in order else [*order[:-1], self.filter]

    @functools.cached_property
    def hypothetical(self) -> Array | None:
        """(length, 4): what every base would contribute, where that is asked for and known."""
        if self.look("heights") == "actual" or not sequences.multiplies(self.of.asked):
            return None
        found: Array | None = self.of.engine.recall(
            sequences.hypothetical_key(self.of.asked), self.of.item
        )
        return found

    @property
    def heights(self) -> Array:
        """(length, 4): how high the letters stand."""
        if self.hypothetical is not None:
            return self.hypothetical
        return heights(self.letters, self.contributions)

    @property
    def evidence(self) -> str:
        """How few bases it takes."""
        said = self.of.outputs, self.of.prediction.outputs, self.answer.target
        of = quantity(self.of.outputs, self.answer.target)
        return words.bases(self, start(*said), doubt(*said), of)

    @property
    def sentence(self) -> str:
        """What the letters show."""
        if self.hypothetical is not None:
            return words.hypothetical(self.hypothetical, self.letters, self.target)
        return words.logo(self, self.matches)

    @property
    def trust(self) -> tuple[str, ...]:
        """How far the numbers can be trusted, and what else a reader must know."""
        return (assurance(self.answer, self.of.method), *self.answer.result.notes)


def contributions(answer: Answer) -> Array:
    """(length,): the scores of the input, summed over the bases."""
    assert answer.inputs is not None
    return np.asarray(answer.inputs.sum(axis=1, dtype=np.float64))


def heights(letters: str, contributions: Array) -> Array:
    """(length, 4): each position's contribution at its letter, by frequency where ambiguous."""
    rows = np.array([[letter == base for base in BASES] for letter in letters], float)
    rows[~rows.any(axis=1)] = 0.25
    return np.asarray(rows * contributions[:, None])
