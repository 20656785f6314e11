"""Record: a sample's default result, computed beforehand, so that the first page needs no model."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from dashboard.answer import Answer
from dashboard.catalogue import RESULTS

Pixels = npt.NDArray[np.uint8]
THUMBNAIL = 64
_NUMBERS = ("f_input", "f_baseline", "gap", "error", "converged", "evaluations", "seconds")
_WORDS = ("target", "layer", "method", "is_cut", "estimated", "tolerance", "notes")
_NEW = ("resolution", "channel_axis", "shape")  # records of the first version lack these


@dataclass(frozen=True)
class Reference:
    """A baseline as a picture to look at, and the target's score there."""

    thumbnail: Pixels
    score: float


@dataclass(frozen=True)
class Record:
    """Everything that the page shows of one sample with nothing chosen.

    query : the request that the answer belongs to, as text.
    picture : uint8 (height, width, 3), what the model sees, slightly compressed.
    probabilities : (classes,).
    references : by the baseline's name, for the answer's target.
    """

    query: str
    picture: Pixels
    probabilities: npt.NDArray[np.float32]
    answer: Answer
    references: dict[str, Reference]

    def save(self, path: Path) -> None:
        """Write an .npz file (arrays and one JSON text; no pickle)."""
        fields = asdict(self.answer)
        about: dict[str, Any] = {name: fields[name] for name in (*_NUMBERS, *_WORDS, *_NEW)}
        about["query"] = self.query
        about["references"] = {name: r.score for name, r in self.references.items()}
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            np.savez_compressed(
                file,
                about=np.array(json.dumps(about)),
                picture=np.frombuffer(_webp(self.picture, 90), np.uint8),
                thumbnails=np.frombuffer(
                    _webp(np.concatenate([r.thumbnail for r in self.references.values()]), 80),
                    np.uint8,
                ),
                probabilities=self.probabilities.astype(np.float32),
                scores=self.answer.scores,
                activations=self.answer.activations.astype(np.float16),
            )

    @staticmethod
    def load(path: Path) -> Record:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(str(file["about"]))
            arrays = {name: file[name] for name in file.files if name != "about"}
        query, scores = about.pop("query"), about.pop("references")
        about |= {name: tuple(about[name]) for name in ("notes", "shape") if name in about}
        thumbnails = np.split(_pixels(arrays["thumbnails"]), len(scores))
        return Record(
            query=query,
            picture=_pixels(arrays["picture"]),
            probabilities=arrays["probabilities"],
            answer=Answer(
                scores=arrays["scores"],
                activations=arrays["activations"].astype(np.float32),
                **about,
            ),
            references={
                name: Reference(thumbnail, score)
                for thumbnail, (name, score) in zip(thumbnails, scores.items(), strict=True)
            },
        )


def record_path(model: str, sample: str) -> Path:
    """Where the record of a sample is, whether or not it exists."""
    return RESULTS / model / f"{sample}.npz"


def shrink(pixels: Pixels) -> Pixels:
    """A square thumbnail of pixels that fill the model's frame."""
    image = Image.fromarray(pixels).resize((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    return np.asarray(image, dtype=np.uint8)


def _webp(pixels: Pixels, quality: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", quality=quality, method=6)
    return buffer.getvalue()


def _pixels(data: npt.NDArray[np.uint8]) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(data.tobytes())).convert("RGB"), dtype=np.uint8)
