"""Filed: kinds whose inputs are read from files, each of which holds one example or several.

A file of one's own is read anew for each model: the same columns mean other things to another one.
"""

from __future__ import annotations

import functools
from abc import abstractmethod
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath, PurePosixPath
from typing import Any

import numpy as np
import streamlit as st

from attribution.cards import Sample
from dashboard.controls import choices, own, quota
from dashboard.controls import session as state
from dashboard.controls.session import Session
from dashboard.kinds.kind import Array, Handed, Kind
from dashboard.request.catalogue import Model
from dashboard.request.form import Known
from dashboard.request.request import OWN, Query
from dashboard.text import markdown
from dashboard.work import several
from dashboard.work.engine import Engine
from dashboard.work.item import Item
from dashboard.work.workshop import Refused

Make = Callable[..., Item]
"""An Item of an input, but for its example: key, encode, references and shown."""


@dataclass(frozen=True)
class GivenFile(own.Own):
    """A file or a text of one's own. parts : its bytes. found : what the last model to be asked
    has read in it, beside that model."""

    found: list[Any] = field(default_factory=list)

    @property
    def size(self) -> int:
        read = self.found[1] if self.found else ()
        return len(self.parts[0]) + sum(
            getattr(array, "nbytes", 0) for each in read for array in several.arrays(each)
        )


class Filed(Kind):
    """example : the name of the control that chooses one of several, the first of which is `first`.
    one, many : what a file holds.
    """

    example = "example"
    first_number = 0
    one, many = "example", "examples"

    @abstractmethod
    def read(self, engine: Engine, known: Known, data: bytes, name: str) -> Sequence[Any]:
        """The examples in a file. Raises Refused."""

    @abstractmethod
    def make(self, engine: Engine, known: Known, make: Make, read: Sequence[Any], at: int) -> Item:
        """One of the examples of a file as an input."""

    def parts(
        self, engine: Engine, known: Known, data: bytes, name: str, owner: str
    ) -> Sequence[Array]:
        read = self.read(engine, known, data, name)
        make = self._maker(known, "", "", owner, None)
        made = (self.make(engine, known, make, read, at) for at in range(len(read)))
        return [np.asarray(item.encode()[0], np.float32) for item in made]

    def controls(self, engine: Engine, known: Known, example: Any) -> None:
        """What else says how an example is read."""
        return

    def choose(self, engine: Engine, known: Known, session: Session) -> tuple[Item, str]:
        held, chosen = own.of(session, self.name).held, known.values["input"]
        read: Sequence[Any] = ()
        problem = ""
        if given := held.get(chosen):
            try:
                read = self._examples(engine, known, given)
            except Refused as refused:
                problem = f"{given.title}: {refused}"
        titles = {name: self._title(known, each) for name, each in held.items()}
        name, missing = choices.inputs(known, self.noun, titles)
        if state.takes_files():
            self.uploader(engine, known)
        if sample := known.model.card.sample(name):
            st.caption(markdown(sample.look_for))
            read = self.read_sample(engine, known, sample)
            make = self._sampled(known, sample)
        else:
            given = held[name]
            make = self._maker(known, name, given.title, session.id, None, given.file)
        if problem:
            return make(key="", encode=tuple, references=_none, shown=None, problem=problem), ""
        at = self._number(known, len(read))
        self.controls(engine, known, read[at])
        return self.make(engine, known, make, read, at), missing

    def sample(self, engine: Engine, known: Known, sample: Sample) -> Item:
        values, _ = known.form.read({"model": known.model.name}, known.catalogue)
        usual = Known(known.form, known.catalogue, values)
        make = self._sampled(usual, sample)
        return self.make(engine, usual, make, self.read_sample(engine, known, sample), 0)

    def kept(self, session: Session) -> tuple[Collection[str], dict[str, int]]:
        file = st.session_state.get(f"{self.name}_file")
        return ({file.file_id} if file else ()), own.of(session, self.name).sizes

    def notices(self, session: Session) -> None:
        for refused in own.of(session, self.name).refused.values():
            st.error(markdown(refused))

    def uploader(self, engine: Engine, known: Known) -> None:
        """Where a file of one's own is given."""
        together = bool(known.model.shapes)
        with st.container(key="all_inputs" if together else None):
            st.file_uploader(
                "All inputs in one file" if together else f"Your own {self.noun}",
                type=["npz"] if together else [*self.endings],
                key=f"{self.name}_file",
                on_change=self._take,
                args=(engine, known),
                help=f"{self.takes(known)}, up to {quota.FILE_MEGABYTES} MB. It stays in this "
                "server's memory for this session alone; About says how long.",
            )

    def _take(self, engine: Engine, known: Known) -> None:
        """Read the file that was just uploaded, and turn to it if it is good, as a callback."""
        mine = own.of(state.session(), self.name)
        mine.take_file(
            f"{self.name}_file", functools.partial(self.checked, engine, known), GivenFile
        )

    def receive(
        self, engine: Engine, known: Known, session: Session, given: Handed
    ) -> dict[str, str]:
        mine = own.of(session, self.name)
        alone = f"{given.title}.npz", several.written(given.x), 0  # where its file is not read here
        for file, data, record in ((given.file, given.data, given.record), alone):
            if PurePosixPath(file).suffix.lower().lstrip(".") not in self.endings:
                continue
            read = functools.partial(self.checked, engine, known, data, file)
            if name := mine.take("file", given.title, data, read, GivenFile, file):
                mine.refused.pop("file", None)
                return {"input": name, self.example: str(record + self.first_number)}
        raise Refused(mine.refused.pop("file"))

    def checked(self, engine: Engine, known: Known, data: bytes, name: str) -> Sequence[bytes]:
        """The bytes of a file that the model can be asked about. Raises Refused."""
        self.read(engine, known, data, name)
        return [data]

    def _examples(self, engine: Engine, known: Known, given: GivenFile) -> Sequence[Any]:
        if not given.found or given.found[0] is not known.model:
            given.found[:] = known.model, self.read(engine, known, given.parts[0], given.file)
        return given.found[1]

    def read_sample(self, engine: Engine, known: Known, sample: Sample) -> Sequence[Any]:
        """The examples in the file of a sample. Raises Refused."""
        return self.read(engine, known, sample.file.read_bytes(), sample.file.name)

    def _title(self, known: Known, given: GivenFile) -> str:
        if not given.found or given.found[0] is not known.model:
            return given.title
        count = len(given.found[1])
        return f"{given.title} · {count:,} {self.one if count == 1 else self.many}"

    def _sampled(self, known: Known, sample: Sample) -> Make:
        file = sample.file.name
        return self._maker(known, sample.name, sample.title, "", sample.target, file)

    def _maker(
        self, known: Known, name: str, title: str, owner: str, about: int | None, file: str = ""
    ) -> Make:
        return functools.partial(
            Item,
            model=known.model.name,
            name=name,
            title=title,
            owner=owner,
            about=about,
            file=file,
        )

    def _number(self, known: Known, count: int) -> int:
        """Which of the examples, from 0."""
        last = self.first_number + count - 1
        chosen = min(int(known.values[self.example]), last)
        if count > 1 and not state.hides(self.example):
            st.session_state[self.example] = chosen  # a link may ask for one that is not there
            label = known.form.by_name[self.example].label
            st.number_input(label, self.first_number, last, step=1, key=self.example)
        return chosen - self.first_number


def _none(*_: Any) -> Sequence[Any]:
    """What is compared with an input that could not be read."""
    return ()


def path_of(item: Item, asked: Query) -> tuple[str, list[str]]:
    """An expression for the path of an input's file, and what a program imports for it."""
    if OWN.fullmatch(asked.input):
        return f"Path({item.file!r})", ["from pathlib import Path"]
    return f"next(s for s in card.samples if s.name == {asked.input!r}).file", []


def is_array(file: str) -> bool:
    """Whether a file of this name is NumPy's."""
    return PurePath(file).suffix.lower() in (".npy", ".npz")


def entry_of(model: Model) -> str:
    """The layer whose scores are those of the input: the input itself, where all passes there."""
    first = model.layers[0]
    return first.name if first.kind == "InputLayer" and first.is_cut else ""
