"""What a command line says, as arrays: inputs from files, baselines and targets from words."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution import baselines, images, sequences, zoo
from attribution.errors import InvalidRequest, one_line
from attribution.files import npy
from attribution.network import Network

Array = npt.NDArray[Any]

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
SEQUENCES = (".fa", ".fasta", ".fna", ".txt", ".gz")
BASELINES = "zeros, mean, NUMBER, blur:SIGMA, noise:COUNT, shuffle:COUNT, frequencies, FILE.npy"
MAX_REFERENCES = 1_000
"""Of a random baseline; each is a path of its own."""


def read_input(
    net: Network,
    source: str,
    *,
    model: str,
    fit: str | None = None,
    subtract: Sequence[float] | None = None,
    divide: Sequence[float] | None = None,
) -> Array:
    """x (batch, *shape) from a picture, a sequence file, an .npy file or a bundled sample's name.

    fit : how to bring it to the model's size: "crop" (default) or "letterbox" a picture, "window"
        or "pad" a sequence.
    subtract, divide : a picture's encoding, (pixel - subtract) / divide; None is the bundled
        model's own, else that of `images.ImageInput`.

    Raises
    ------
    AttributionError : no such file, or one that does not fit the model.
    """
    card = zoo.cards().get(model)
    samples = {s.name: s.path for s in card.samples} if card else {}
    path = samples.get(source, Path(source))
    if len(net.input_shapes) > 1:
        raise InvalidRequest(
            f"The model has {len(net.input_shapes)} inputs; the command line takes models with one."
        )
    _check_file(path, samples)
    (shape,) = net.input_shapes.values()
    name, suffix = one_line(path.name), path.suffix.lower()
    if suffix in PICTURES:
        settings = {"subtract": subtract, "divide": divide}
        given = {k: v[0] if len(v) == 1 else tuple(v) for k, v in settings.items() if v}
        return _picture(path, shape, {**(card.input if card else {}), **given}, fit or "crop")
    if subtract or divide:
        raise InvalidRequest(f"--subtract and --divide are for pictures, and {name} is none.")
    if suffix in SEQUENCES:
        return _letters(path, shape, fit)
    if suffix != ".npy":
        raise InvalidRequest(
            f"{name} is not an input that is understood: give a picture "
            f"({', '.join(PICTURES)}), a sequence ({', '.join(SEQUENCES)}) or an array (.npy)."
        )
    if fit:
        raise InvalidRequest(f"--fit is for pictures and sequences; {name} is taken as it is.")
    return _array(path, shape)


def read_baseline(words: str, x: Array, seed: int) -> Any:
    """A baseline, or a list of them, from one of the words of `BASELINES`."""
    name, _, number = words.partition(":")
    if words.lower().endswith(".npy"):
        _check_file(Path(words))
        return _array(Path(words), x.shape[1:])
    try:
        match name:
            case "zeros" | "mean" | "frequencies" if words == name:
                make = "base_frequencies" if name == "frequencies" else name
                return getattr(baselines, make)(x)
            case "blur":
                return baselines.blur(x, float(number or 10))
            case "noise":
                return baselines.noise(x, seed, _count(number or "5"))
            case "shuffle":
                return baselines.dinucleotide_shuffle(x, seed, _count(number or "20"))
        return baselines.constant(x, float(words))
    except ValueError as error:
        if isinstance(error, InvalidRequest):
            raise
        raise InvalidRequest(
            f"--baseline is {one_line(words)!r}; give one of {BASELINES}."
        ) from error


def read_target(words: str | None, labels: Sequence[str] = ()) -> Any:
    """A target: a class's index or name, "position,class", or a contrast "index:weight,..."."""
    if words is None:
        return None
    matches = [i for i, label in enumerate(labels) if label.lower() == words.lower()]
    if matches:
        return matches[0]
    try:
        if ":" in words:
            pairs = [pair.split(":") for pair in words.split(",")]
            contrast = {_whole(index): float(weight) for index, weight in pairs}
            if len(contrast) == len(pairs) and np.isfinite(list(contrast.values())).all():
                return contrast
            raise ValueError("an index twice, or a weight that is no number")
        numbers = tuple(_whole(n) for n in words.split(","))
    except ValueError as error:
        raise InvalidRequest(
            f"--target is {one_line(words)!r}; give a class's index"
            + (" or name" if labels else "")
            + ", position,class or a contrast such as 281:1,282:-1."
        ) from error
    return numbers if len(numbers) > 1 else numbers[0]


def _whole(text: str) -> int:
    if not re.fullmatch(r"\s*-?[0-9]{1,18}\s*", text):
        raise ValueError(text)
    return int(text)


def _count(text: str) -> int:
    """How many references."""
    number = _whole(text)
    if number > MAX_REFERENCES:
        raise InvalidRequest(
            f"--baseline asks for {number:,}; at most {MAX_REFERENCES:,} are made."
        )
    return number


def _check_file(path: Path, samples: Mapping[str, Path] | None = None) -> None:
    """Refuse what is no file: a folder, a device, a pipe, nothing at all."""
    name = one_line(str(path))
    if not os.path.exists(path):
        raise InvalidRequest(
            f"There is no file {name!r}"
            + (f", nor a sample of that name ({', '.join(samples)})." if samples else ".")
        )
    if not os.path.isfile(path):
        what = "a folder" if os.path.isdir(path) else "a device or a pipe"
        raise InvalidRequest(f"{name!r} is {what}; a file is expected.")


def _array(path: Path, shape: Sequence[int | None]) -> Array:
    """The file's array, with a batch axis; its values are checked where it is used."""
    array = npy.read(path)
    return array[None] if array.ndim == len(shape) else array


def _picture(path: Path, shape: Sequence[int | None], how: Mapping[str, Any], fit: str) -> Array:
    if len(shape) != 3 or shape[2] not in (1, 3):
        raise InvalidRequest(
            f"{one_line(path.name)} is a picture, but the model takes {_form(shape)}."
        )
    if fit not in ("crop", "letterbox"):
        raise InvalidRequest(f"A picture is fitted by crop or letterbox, not {fit}.")
    picture = images.decode(path.read_bytes())
    height, width = (n or m for n, m in zip(shape[:2], picture.size, strict=True))
    frame = images.ImageInput(
        **{**how, "size": (height, width), "channels": shape[2]}  # the model's word on its shape
    )
    fitted = images.fit(picture, frame.size, "crop" if fit == "crop" else "letterbox")
    return frame.encode(fitted)[None]


def _letters(path: Path, shape: Sequence[int | None], fit: str | None) -> Array:
    if len(shape) != 2 or shape[1] != 4:
        raise InvalidRequest(
            f"{one_line(path.name)} is a sequence, but the model takes {_form(shape)}."
        )
    if fit not in (None, "window", "pad"):
        raise InvalidRequest(f"A sequence is fitted by window or pad, not {fit}.")
    how: Any = fit
    letters = [record.letters for record in sequences.read(path.read_bytes())]
    if shape[0] is not None:
        letters = [sequences.fit(s, shape[0], how) for s in letters]
    if len({len(s) for s in letters}) > 1:
        raise InvalidRequest(
            f"{one_line(path.name)} holds sequences of different lengths: give one file for each."
        )
    return np.stack([sequences.encode(s) for s in letters])


def _form(shape: Sequence[int | None]) -> str:
    return f"arrays of shape ({', '.join('any' if n is None else str(n) for n in shape)})"
