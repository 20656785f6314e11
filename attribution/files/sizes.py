"""Sizes that a model's description asks for: no layer may make arrays that no memory holds.

Weights are held against those of the file. These are not: what a layer puts out, which a number of
ten digits in its description makes as large, and tables that some layers make for themselves.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import keras

from attribution.errors import UnsupportedModel, one_line
from attribution.files import model_contents

MAX_OUTPUT = 2**28
"""Numbers that a layer puts out for one example: a gigabyte of float32."""
MAX_TABLE = 2**24
"""Numbers in a table that a layer makes for itself."""


def check_tables(config: dict[str, Any], name: str) -> None:
    """Raise UnsupportedModel for a parsed config with a layer that makes itself a huge table."""
    for _, value in model_contents.values(config):
        for numbers in _tables(value) if isinstance(value, dict) else ():
            if math.prod(numbers) > MAX_TABLE:
                raise UnsupportedModel(
                    f"{name} describes a layer with a table of {_product(numbers)} entries; at "
                    f"most {MAX_TABLE:,} are made: save a model with a smaller one."
                )


def check_outputs(model: keras.Model, name: str) -> None:
    """Raise UnsupportedModel for a model with a layer of which one example fills the memory."""
    for layer in model._flatten_layers():
        for node in getattr(layer, "_inbound_nodes", ()):
            for tensor in node.output_tensors:
                known = [size for size in tensor.shape[1:] if size is not None]
                if math.prod(known) > MAX_OUTPUT:
                    raise UnsupportedModel(
                        f"{name} describes a layer {one_line(layer.name)!r} that makes "
                        f"{_product(known)} numbers of one example; at most {MAX_OUTPUT:,} are "
                        "made: build a smaller model."
                    )


def _tables(part: dict[str, Any]) -> Iterator[list[int]]:
    """The sides of each table that the config of a layer asks for.

    What is left out of it is what Keras takes then; a length of a transform alone may be that of
    either kind of spectrogram.
    """
    if "num_oov_indices" in part:
        yield [_whole(part["num_oov_indices"], 1)]
    mel, frames, length = (k in part for k in ("num_mel_bins", "frame_length", "fft_length"))
    if mel or (length and not frames):
        bins = _whole(part.get("num_mel_bins"), 128)
        yield [bins, _whole(part.get("fft_length"), 2048) // 2 + 1]
    if frames or (length and not mel):
        frame = _whole(part.get("frame_length"), 256)
        power = 1 << max(frame - 1, 0).bit_length()  # the next one of two
        yield [_whole(part.get("fft_length"), power) or power, frame]  # real and imaginary


def _whole(value: Any, usual: int) -> int:
    """A number in a description, or the usual one where there is none."""
    return abs(int(value)) if isinstance(value, int | float) and math.isfinite(value) else usual


def _product(sides: list[int]) -> str:
    return one_line(" x ".join(f"{side:,}" for side in sides))
