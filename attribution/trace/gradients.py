"""Gradients that functions bring along (tf.custom_gradient): overridden, kept with their graph."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import ops  # the registry of gradients forgets by no public name


def uncover(operations: Sequence[tf.Operation], override: Mapping[str, str]) -> None:
    """Give `override` to the ends of functions that have a gradient of their own, such as silu.

    tf.custom_gradient marks an IdentityN after the operations of the function; the mark wins over
    gradient_override_map, and would hide these operations from the rules.
    """
    if "IdentityN" in override:
        mark = tf.compat.v1.AttrValue(s=override["IdentityN"].encode())
        for op in operations:
            if op.type == "IdentityN":
                op._set_attr("_gradient_op_type", mark)  # has no public name


def own_gradients(owner: Any, operations: list[tf.Operation]) -> None:
    """Keep the functions of tf.custom_gradient (silu has one) only as long as their graph.

    TensorFlow registers one for each call, for good, and with it every tensor that it closes over,
    so a graph that was forgotten would stay.
    """
    registry = ops.gradient_registry._registry
    kept: dict[str, Any] = {}
    for op in operations:
        name = op.node_def.attr["_gradient_op_type"].s.decode() if op.type == "IdentityN" else ""
        if name.startswith("CustomGradient-") and name in registry:
            kept[name] = registry[name]["type"]
    if kept:
        weak = weakref.ref(owner)
        owner.custom_gradients = kept
        for name in kept:
            registry[name] = {**registry[name], "type": _Borrowed(weak, name)}
        weakref.finalize(owner, _unregister, list(kept))


class _Borrowed:
    """A gradient that belongs to a graph, which must still be there when it is taken."""

    def __init__(self, owner: Any, name: str) -> None:
        self._owner = owner
        self._name = name

    def __call__(self, op: tf.Operation, *given: tf.Tensor) -> Any:
        return self._owner().custom_gradients[self._name](op, *given)


def _unregister(names: list[str]) -> None:
    for name in names:
        ops.gradient_registry._registry.pop(name, None)
