"""Which of a model's outputs is explained: the first that has a derivative, or the one named."""

from __future__ import annotations

from collections.abc import Mapping

import tensorflow as tf

from attribution.errors import InvalidRequest, UnsupportedModel
from attribution.trace import starts as _starts


def choose(
    outputs: Mapping[str, tf.Tensor],
    inputs: Mapping[str, tf.Tensor],
    embeddings: Mapping[str, tf.Tensor],
    wanted: str | None,
) -> tuple[str, tuple[str, ...]]:
    """The output to explain, and the outputs before it that cannot be.

    wanted : its name; None: the first that has a derivative.

    Raises
    ------
    InvalidRequest : there is no such output, or it has no derivative.
    UnsupportedModel : none has one.
    """
    operations = tf.compat.v1.get_default_graph().get_operations()

    def differentiable(name: str) -> bool:
        tensor = outputs[name]
        starts = _starts.find(inputs, embeddings, tensor, operations)
        return tensor.dtype.is_floating and bool(starts.tensors)

    if wanted is not None and wanted not in outputs:
        raise InvalidRequest(
            f"The network has no output {wanted!r}; its outputs are {list(outputs)}."
        )
    if wanted is not None and not differentiable(wanted):
        others = [n for n in outputs if differentiable(n)]
        raise InvalidRequest(
            f"Output {wanted!r} ({outputs[wanted].dtype.name}) has no derivative by the "
            f"inputs {list(inputs)}: explain one of {others}."
        )
    names = [wanted] if wanted is not None else list(outputs)
    for i, name in enumerate(names):
        if differentiable(name):
            return name, tuple(names[:i])
    ends = (_starts.held(inputs, (), outputs[n], operations) for n in names)
    ways = [f"{name!r} through {op}" for name, op in next(filter(None, ends), {}).items()]
    raise UnsupportedModel(
        f"No differentiable path leads from the inputs {list(inputs)} to the output"
        + (f", which takes {' and '.join(ways)}" if ways else "")
        + ": integers need an Embedding, a layer that encodes them or a cast to floats, and "
        "nothing on the way may round."
    )
