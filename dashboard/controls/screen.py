"""Screen: what every page gets: the engine, the session, and the request with its input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from attribution.methods import METHODS, Method
from dashboard.controls.session import Session
from dashboard.request.catalogue import Layer, Model
from dashboard.request.form import Known
from dashboard.request.request import Query, View
from dashboard.work.engine import Engine
from dashboard.work.findings import Prediction
from dashboard.work.item import Item

if TYPE_CHECKING:
    from dashboard.kinds.kind import Kind


@dataclass(frozen=True)
class Screen:
    """kind : of the input. known : as chosen. asked : of the item that is really shown, which
    `known` may not name: one's own that is not here, or that cannot be read.
    problems : sentences on what a link or a control asked for and could not have.
    status : writes the line at the foot of the request."""

    engine: Engine
    session: Session
    kind: Kind
    known: Known
    asked: Query
    view: View
    item: Item
    prediction: Prediction
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
    def shown(self) -> Known:
        """The values with the input that is really shown: files must not name a missing one."""
        really = {"input": self.asked.input, **dict(self.asked.reading)}
        return replace(self.known, values={**self.known.values, **really})
