"""Unrolled layers, which are traced step by step: how many steps there would be.

A file says it nowhere: the length of a sequence may come from any layer before. So the model is
built once with loops in their place, and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras

from attribution.errors import UnsupportedModel
from attribution.files import model_contents

MAX_STEPS = 5_000
"""Of all unrolled layers together; a thousand steps of an LSTM are traced in some seconds."""

_KINDS = {"Functional": keras.Model, "Model": keras.Model, "Sequential": keras.Sequential}


def check(config: dict[str, Any], name: str) -> None:
    """Raise UnsupportedModel for a parsed config whose unrolled layers have too many steps."""
    layers = model_contents.calls(config, _is_unrolled)
    if not layers:
        return
    kind = _KINDS.get(config.get("class_name", ""))
    if kind is None:
        return  # Keras refuses what is neither these nor a class of the user's own
    rolled = json.loads(json.dumps(config["config"]), object_hook=_rolled)
    with keras.StatelessScope(initialize_variables=False):
        model = kind.from_config(rolled)
    steps = layers * max(_lengths(model), default=0)
    if steps > MAX_STEPS:
        raise UnsupportedModel(
            f"{name} unrolls layers over up to {steps:,} steps; at most {MAX_STEPS:,} can be "
            "traced: build it with unroll=False."
        )


def _rolled(part: dict[str, Any]) -> dict[str, Any]:
    return {**part, "unroll": False} if _is_unrolled(part) else part


def _is_unrolled(part: Mapping[str, Any]) -> bool:
    return part.get("unroll") is True


def _lengths(model: keras.Model) -> Iterator[int]:
    """The lengths of all sequences in a model, those inside of wrappers too."""
    for layer in model._flatten_layers():
        built = layer.get_build_config() or {}
        fed = [tensor.shape for node in layer._inbound_nodes for tensor in node.input_tensors]
        for shape in _shapes([fed, built.get("input_shape"), built.get("shapes_dict")]):
            if len(shape) > 2:
                yield shape[1] or 0


def _shapes(nested: Any) -> Iterator[Sequence[int | None]]:
    """The shapes in lists, tuples and mappings of shapes."""
    parts = list(nested.values() if isinstance(nested, Mapping) else nested or ())
    if parts and all(n is None or isinstance(n, int) for n in parts):
        yield parts
    else:
        for part in parts:
            yield from _shapes(part)
