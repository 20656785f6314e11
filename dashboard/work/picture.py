"""Picture: what is known of a picture before anything is attributed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]
THUMBNAIL = 64


@dataclass(frozen=True)
class Facts:
    """pixels : uint8 (height, width, 3), what the model sees. probabilities : (classes,)."""

    pixels: Pixels
    probabilities: npt.NDArray[np.float32]

    @property
    def predicted(self) -> int:
        """The class with the largest probability."""
        return int(self.probabilities.argmax())

    def best(self, count: int) -> list[int]:
        """Classes by falling probability."""
        return [int(i) for i in np.argsort(-self.probabilities, kind="stable")[:count]]


@dataclass(frozen=True)
class Reference:
    """A baseline as a picture to look at, and the target's score there."""

    thumbnail: Pixels
    score: float


def shrink(pixels: Pixels) -> Pixels:
    """A square thumbnail of pixels that fill the model's frame."""
    image = Image.fromarray(pixels).resize((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    return np.asarray(image, dtype=np.uint8)
