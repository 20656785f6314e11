"""Kind: what depends on the kind of input, and nothing else.

A kind of its own says how an input is chosen and read, what it may be compared with, and how
scores lie over it; what it does not say is as here, for any array. Pages reach kinds through the
registry, `kinds.of`, and never name one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from attribution.cards import Sample
from dashboard.controls import choices, obtain
from dashboard.export import explore
from dashboard.export.drawing import Drawing
from dashboard.export.file import File
from dashboard.export.setting import Setting
from dashboard.export.subject import Subject
from dashboard.figures import array as figures
from dashboard.figures import exercise
from dashboard.figures.map import SIDE, Map
from dashboard.request.catalogue import Layer
from dashboard.request.form import Form, Known
from dashboard.request.request import Query
from dashboard.words import answer as words
from dashboard.words import studies as sentences
from dashboard.words.outputs import doubt, start
from dashboard.work.answer import Answer
from dashboard.work.engine import Engine
from dashboard.work.findings import Prediction, Split
from dashboard.work.item import Item

if TYPE_CHECKING:
    from dashboard.controls.session import Session

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Handed:
    """One example of a data set. title : on the page. file : the name of its file, data : the bytes
    of that, record : its number there, from 0. x : as the model takes it, without the batch axis,
    or that by name for a model with several inputs."""

    title: str
    file: str
    data: bytes
    record: int
    x: Any


class Kind(ABC):
    """name : as models' cards have it. noun : of an input, in sentences. form : its controls.

    endings : of the names of its files; none: any. baselines : what an input may be compared with,
    by name their titles. width : of a figure of
    scores on paper, in pixels. question : what scores of the input itself answer.
    tile : what the small picture of a unit shows.
    """

    name: str
    noun: str
    form: Form
    endings: Sequence[str] = ()
    baselines: Mapping[str, str]
    width = 480
    question = "What in the input decides"
    tile = "Where each unit is active, the brighter the more."

    # The input

    def receive(
        self, engine: Engine, known: Known, session: Session, given: Handed
    ) -> dict[str, str]:
        """Make an example of a data set an input of one's own; what a link to it holds.

        Raises Refused where the session has no room for it.
        """
        raise NotImplementedError

    @abstractmethod
    def choose(self, engine: Engine, known: Known, session: Session) -> tuple[Item, str]:
        """Step 1 of the sidebar: the chosen input; and what a link named that is not here."""

    @abstractmethod
    def sample(self, engine: Engine, known: Known, sample: Sample) -> Item:
        """A bundled sample, read as it is by default."""

    def take(self, engine: Engine, session: Session) -> None:
        """Before anything is drawn: read what was uploaded since the last run."""
        return

    def notices(self, session: Session) -> None:
        """On every page: inputs of one's own that had to go, or could not be read."""
        return

    def kept(self, session: Session) -> tuple[Collection[str], dict[str, int]]:
        """Ids of the files that are still listed, and the bytes of each input that is kept."""
        return (), {}

    def baseline(
        self, engine: Engine, known: Known, item: Item, asked: Query, prediction: Prediction
    ) -> None:
        """Step 5 of the sidebar: what the input is compared with."""
        choices.baseline(known, self.baselines.__getitem__)

    # One of several inputs

    @abstractmethod
    def takes(self, known: Known) -> str:
        """What files hold, in words."""

    @abstractmethod
    def parts(
        self, engine: Engine, known: Known, data: bytes, name: str, owner: str
    ) -> Sequence[Array]:
        """The examples (*shape) in a file. Raises Refused."""

    def typed(
        self, engine: Engine, known: Known, now: Array, key: str, give: Callable[..., None]
    ) -> None:
        """Controls that show an example (*shape), and by which it is typed or chosen, where that
        is possible. give : a callback of a title, the bytes of a file and its name."""
        return

    # How scores lie over it

    def lies(self, layer: Layer) -> bool:
        """Whether a layer's positions are shown over the input; else on axes of their own."""
        return False

    def axes(self, layer: Layer) -> tuple[str, ...]:
        """The names of a layer's axes of positions."""
        count = len(layer.positions)
        return ("Position",) if count == 1 else tuple(f"Axis {i + 1}" for i in range(count))

    def where(self, engine: Engine, item: Item, layer: Layer, place: Sequence[int]) -> str:
        """A position in words."""
        return f"position {', '.join(map(str, place))} (from 0) of {layer.grid}"

    def lay(self, engine: Engine, item: Item, layer: Layer, shown: Map) -> go.Figure:
        """A map of a layer that has positions."""
        if self.lies(layer):
            return self.over(engine, item, layer, shown)
        return figures.laid(replace(shown, axes=self.axes(layer)))

    def over(self, engine: Engine, item: Item, layer: Layer, shown: Map) -> go.Figure:
        """A map of a layer that lies over the input."""
        raise NotImplementedError

    def over_input(self, item: Item, split: Split, palette: str, side: int = SIDE) -> go.Figure:
        """Scores of the input itself."""
        scores = split.result.scores[0]
        axes = tuple(f"Axis {i + 1}" for i in range(scores.ndim))
        return figures.laid(Map(scores, palette, side, axes=axes))

    def over_input_words(self, item: Item, split: Split, what: str, target: str) -> str:
        """The sentence of that figure."""
        return sentences.split(split, split.result.scores[0], what, target, "numbers of the input")

    def pictures(self, item: Item, baseline: Array) -> tuple[Array, Array] | None:
        """The baseline and the input as pictures, uint8 (height, width, 3), where they are such."""
        return None

    def seen(self, item: Item) -> Array | None:
        """The input as a person sees it, uint8 (height, width, 3), where it is a picture."""
        return None

    # What lessons show

    def alone(self, of: Setting) -> Drawing | None:
        """The input without scores."""
        picture, title = self.seen(of.item), of.item.title
        if picture is None:
            return None
        return Drawing("input", f"{title}.", lambda: exercise.photo(picture, SIDE), SIDE)

    def tiles(self, subject: Subject, units: Sequence[int]) -> list[str]:
        """A small picture of each unit that tells nothing of its score; none where there is none.
        `tile` says what they are."""
        picture = self.seen(subject.item)
        if picture is None or not subject.over_picture(subject.layer):
            return []
        return [exercise.glow(picture, subject.answer.activations[..., unit]) for unit in units]

    # What Explore shows beside

    def headline(self, subject: Subject) -> str:
        """The answer in a sentence."""
        said = subject.outputs, subject.prediction.outputs, subject.answer.target
        unit = subject.measure(subject.answer)
        return words.headline(subject.answer, subject.layer, start(*said), unit, doubt(*said))

    def first(self, subject: Subject) -> None:
        """Above the layer: the scores of the input itself, where they belong to the answer."""
        if drawing := self.inputs(subject):
            st.markdown(f"**{self.question}**")
            obtain.figure(drawing, "inputs")

    def inputs(self, subject: Subject) -> Drawing | None:
        """The scores of the input itself as a figure."""
        return None

    def input_table(self, subject: Subject) -> pd.DataFrame | None:
        """The same as numbers."""
        return None

    def first_paint(self, engine: Engine, known: Known, item: Item, answer: Answer) -> None:
        """Have all that a sample's first page needs, beside its answer, found and kept."""
        return

    def units(self, subject: Subject) -> bool:
        """The layer's map and ranking; False for those of every kind."""
        return False

    def unit(self, subject: Subject) -> bool:
        """The maps of the picked channel or neuron; False for those of every kind."""
        return False

    def last(self, subject: Subject) -> None:
        """Below the table."""
        return

    # What leaves the page

    def files(self, subject: Subject) -> tuple[File, ...]:
        """Everything that Explore's export menu offers."""
        return explore.files(subject)

    @abstractmethod
    def given(self, item: Item, asked: Query) -> tuple[list[str], list[str]]:
        """Lines of a program that make `card` into `x`, and what they import beside attribution."""

    @abstractmethod
    def compared(self, asked: Query) -> str:
        """An expression for the baseline of `x`, or the list of them; it may use numpy as np."""

    def several(self, asked: Query) -> bool:
        """Whether a request has several references."""
        return False


def blocks(scores: Array, most: int = 28) -> tuple[Array, int]:
    """(rows, columns) added up in square blocks, so that some `most` fit; and the blocks' side."""
    rows, columns = scores.shape
    side = max(1, round(max(rows, columns) / most))
    side = side if rows % side == 0 == columns % side else 1
    apart = scores.reshape(rows // side, side, columns // side, side)
    return np.asarray(apart.sum(axis=(1, 3))), side
