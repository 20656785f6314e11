"""Keras alone, example by example, beside what the library says of the same model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from attribution.checks.findings import Finding
from attribution.errors import InvalidRequest
from attribution.network import Network
from attribution.trace import capture

Array = npt.NDArray[Any]
MOST_EXAMPLES = 4
"""Examples that are compared with Keras, one by one."""
_LENGTHS = (32, 64, 128, 224)  # tried where an input may have any
_ROUNDING = 1e-4
"""Differences of float32 sums in another order, as a part of the output's largest value."""
_HALF_ROUNDING = 5e-2  # the same where Keras itself computes in half precision


def compared(net: Network, arrays: Sequence[Array]) -> list[Finding]:
    """Outputs of the library against Keras, and Keras against itself."""
    few = [a[:MOST_EXAMPLES] for a in arrays]
    if len(few[0]) == 1:  # among others: beside itself, read backwards
        few = [np.concatenate([a, np.flip(a, tuple(range(1, a.ndim)))]) for a in few]
    count = len(few[0])
    kept = [(v, np.asarray(v)) for v in net.model.non_trainable_variables]
    try:
        alone = [_keras(net, [a[i : i + 1] for a in few]) for i in range(count)]
        again = [_keras(net, [a[i : i + 1] for a in few]) for i in range(count)]
    finally:
        for variable, value in kept:  # a model may write them at every call
            if not np.array_equal(np.asarray(variable), value, equal_nan=value.dtype.kind == "f"):
                variable.assign(value)
    drawn = max(_apart(a, b) for a, b in zip(alone, again, strict=True))
    together = _library(net, few)
    one = _library(net, [a[:1] for a in few])
    several = max(_apart(a, [t[i : i + 1] for t in together]) for i, a in enumerate(alone))
    single = _apart(alone[0], one)
    halves = _computes_in_halves(net)
    allowed = _HALF_ROUNDING if halves else _ROUNDING
    worst = max(several, single)
    same = (
        f"One example alone ({single:.1e}) and {count} together ({several:.1e}) answer as Keras "
        "does, relative to the largest output"
    )
    if drawn > _ROUNDING:
        answer = Finding(
            "Answer", True, "Keras's own answers differ, so that none can be compared."
        )
    elif worst <= allowed:
        answer = Finding("Answer", True, same + ("; Keras rounds to half." if halves else "."))
    else:
        answer = Finding(
            "Answer",
            False,
            f"The answers differ from Keras's own by {worst:.1e} of the largest output.",
            "Do not rely on scores of this network; the call of the model may branch on what it "
            "is given (its batch, its type, Python values).",
        )
    if drawn <= _ROUNDING:
        chance = Finding("Chance", True, "Asked twice, Keras gives the same answer.")
    else:
        chance = Finding(
            "Chance",
            False,
            f"Asked twice, Keras's answers differ by {drawn:.1e} of the largest output.",
            "A layer draws random numbers or writes what it reads, at inference: call it with "
            "training=False.",
        )
    return [answer, chance]


def _keras(net: Network, arrays: Sequence[Array]) -> list[Array]:
    """The model's outputs as Keras alone computes them, eagerly; floats only."""
    arguments, named = capture.pack(net.model, [tf.convert_to_tensor(a) for a in arrays])
    found = tf.nest.flatten(net.model(*arguments, **named, training=False))
    return [np.asarray(t, np.float64) for t in found if t.dtype.is_floating]


def _library(net: Network, arrays: Sequence[Array]) -> list[Array]:
    found = net.predict(given(net, arrays))
    outputs = list(found.values()) if isinstance(found, dict) else [found]
    return [o.astype(np.float64) for o in outputs if o.dtype.kind == "f"]


def given(net: Network, arrays: Sequence[Array]) -> Any:
    named = dict(zip(net.input_shapes, arrays, strict=True))
    return named if len(named) > 1 else arrays[0]


def _apart(one: Sequence[Array], other: Sequence[Array]) -> float:
    """The largest difference of two answers, relative to the largest value; NaN is no agreement."""
    worst = 0.0
    for a, b in zip(one, other, strict=True):
        if a.shape != b.shape:
            return np.inf
        size = float(np.abs(a).max(initial=0))
        apart = float(np.abs(a - b).max(initial=0))
        if apart and not np.array_equal(a, b, equal_nan=True):
            worst = max(worst, apart / size if size and np.isfinite(apart) else np.inf)
    return worst


def _computes_in_halves(net: Network) -> bool:
    policies = (getattr(layer, "compute_dtype", None) for layer in net.model._flatten_layers())
    return bool({"float16", "bfloat16"} & set(policies))


def neutral(net: Network) -> list[Array]:
    """Two examples of every input: noise between 0 and 1, or zeros and ones."""
    why = ""
    for length in _LENGTHS:
        generator = np.random.default_rng(0)
        made = {}
        for name, tensor in net.graph().inputs.items():
            shape = [length if n is None else n for n in tensor.shape[1:]]
            dtype = tensor.dtype.as_numpy_dtype
            made[name] = (
                generator.uniform(size=(2, *shape)).astype(dtype)
                if tensor.dtype.is_floating
                else np.stack([np.zeros(shape, dtype), np.ones(shape, dtype)])
            )
        arrays = list(made.values())
        try:
            net.predict(given(net, arrays))
        except (tf.errors.OpError, ValueError) as error:
            why = str(error).splitlines()[0]
            continue
        return arrays
    raise InvalidRequest(f"No made-up input fits the model: give some examples as x. {why}")
