"""Setting: what the sheets of all pages share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard.export.snippet import program
from dashboard.request.catalogue import Layer, Model
from dashboard.request.outputs import Outputs
from dashboard.request.request import Query
from dashboard.text import stem
from dashboard.work.engine import Engine
from dashboard.work.item import Item

if TYPE_CHECKING:
    from dashboard.kinds.kind import Kind


@dataclass(frozen=True)
class Setting:
    """What was asked, of which input, and how it is looked at.

    asked : the request. link : of the page, or empty. camera : the format in which figures are
    saved.
    """

    engine: Engine
    kind: Kind
    model: Model
    item: Item
    asked: Query
    link: str
    palette: str
    camera: str

    @property
    def outputs(self) -> Outputs:
        """Of the network."""
        return self.model.outputs

    def layer(self, name: str) -> Layer:
        """A layer of the network."""
        return self.model.layer(name)

    def stem(self, page: str) -> str:
        """A file name without its ending."""
        layer = () if page == "overview" else (self.asked.layer,)
        return stem(page, self.asked.input, *layer, self.asked.method)

    def request(self, target: int, **more: Any) -> dict[str, Any]:
        """The request, what else the page was asked, and the class that is explained."""
        return {**self.asked.flat(), **more, "explained": f"{self.outputs[target]} ({target})"}

    def program(self, about: str, body: Sequence[str], imports: Sequence[str] = ()) -> str:
        """A program of the public library, as of snippet.program."""
        return program(about, self.kind, self.item, self.asked, body, imports)
