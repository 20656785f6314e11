"""Screen: what every page gets: the engine, the session, and the request with its picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from attribution.methods import METHODS, Method
from attribution.zoo import Sample
from dashboard.controls.session import Session
from dashboard.request.catalogue import Layer, Model
from dashboard.request.form import Known
from dashboard.request.request import Request, View
from dashboard.work.engine import Engine, Source
from dashboard.work.picture import Facts


@dataclass(frozen=True)
class Screen:
    """asked : of the picture that is really shown, which `known` may not name: see `source`.
    problems : sentences on what a link or a control asked for and could not have.
    status : writes the line at the foot of the request."""

    engine: Engine
    session: Session
    known: Known
    asked: Request
    view: View
    source: Source
    facts: Facts
    problems: tuple[str, ...]
    status: Callable[[str], object]

    @property
    def model(self) -> Model:
        """The chosen model."""
        return self.known.model

    @property
    def method(self) -> Method:
        """The chosen method."""
        return self.known.method

    def unit(self, method: str) -> str:
        """What the scores of a method are measured in."""
        return METHODS[method].unit

    @property
    def layer(self) -> Layer:
        """The chosen layer."""
        return self.model.layer(self.asked.layer)

    @property
    def sample(self) -> Sample | None:
        """The chosen sample; None for an upload."""
        return None if self.source.owner else self.model.sample(self.source.name)


def source(known: Known, session: Session) -> tuple[Source, str]:
    """The chosen picture; the first sample, with a sentence, for an upload that is not here."""
    name = known.values["input"]
    sample = known.model.sample(name)
    if sample:
        return Source(sample.name, sample.title, "", sample.path.read_bytes), ""
    for upload in session.uploads.values():
        if upload.name == name:
            return Source(upload.name, upload.title, session.id, upload.read, upload.file), ""
    first = known.model.samples[0]
    sentence = (
        f"This link is about an uploaded picture ({name}), which a link cannot carry: upload that "
        f"file to see it. Until then, {first.title} is shown."
    )
    return Source(first.name, first.title, "", first.path.read_bytes), sentence
