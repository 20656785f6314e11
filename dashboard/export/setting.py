"""Setting: what the sheets of all pages share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dashboard.request.request import Request
from dashboard.text import stem


@dataclass(frozen=True)
class Setting:
    """What was asked, of which picture, and how it is looked at.

    asked : the request. link : of the page, or empty. picture : the input's title. pixels : uint8
    (height, width, 3), what the network sees. labels : of the classes. camera : the
    format in which figures are saved. file : an upload's raw name.
    """

    asked: Request
    link: str
    picture: str
    pixels: npt.NDArray[np.uint8]
    labels: Sequence[str]
    palette: str
    camera: str
    file: str = ""

    def stem(self, page: str) -> str:
        """A file name without its ending."""
        layer = () if page == "overview" else (self.asked.layer,)
        return stem(page, self.asked.input, *layer, self.asked.method)

    def request(self, target: int, **more: Any) -> dict[str, Any]:
        """The request, what else the page was asked, and the class that is explained."""
        return {**asdict(self.asked), **more, "explained": f"{self.labels[target]} ({target})"}
