"""An operation once more, on other values."""

from __future__ import annotations

from collections.abc import Mapping

import tensorflow as tf


def replay(op: tf.Operation, replaced: Mapping[int, tf.Tensor]) -> list[tf.Tensor]:
    """The outputs of a copy of the operation, some of whose inputs are others."""
    inputs = [replaced.get(i, t) for i, t in enumerate(op.inputs)]
    attributes = {k: v for k, v in op.node_def.attr.items() if not k.startswith("_")}
    return list(op.graph.create_op(op.type, inputs, attrs=attributes).outputs)
