"""Float32 instead of half precision while a model is traced, and what stays half is refused.

Float16 gradients underflow, and no error estimate would see it. A layer's policy says what it
computes in, so the traced one says float32: in the thread that traces, and in no other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import keras
import tensorflow as tf

HALVES = ("float16", "bfloat16")
_TENSOR_CORES = (8, 0)  # the first compute capability that has TF32

Patch = tuple[Any, str, Any]
"""An object, the name of an attribute, and what stands there while the model is traced."""


def patches(layers: Iterable[Any]) -> Iterator[Patch]:
    """What makes these layers and operations compute in float32, in the calling thread only."""
    thread = threading.get_ident()
    for layer in layers:
        policy = vars(layer).get("_dtype_policy")
        if policy is not None and _has_halves(policy):
            yield layer, "_dtype_policy", _in_float32(policy, thread)
        declared = [getattr(t, "dtype", None) for t in getattr(layer, "_inputs", None) or ()]
        if hasattr(layer, "_convert_inputs_to_tensors") and set(declared) & set(HALVES):
            own = layer._convert_inputs_to_tensors
            yield layer, "_convert_inputs_to_tensors", _unrounded(own, declared, thread)


def _has_halves(policy: Any) -> bool:
    policies = [policy]
    if isinstance(policy, keras.dtype_policies.DTypePolicyMap):
        policies = [policy.default_policy, *policy.values()]
    return any(p.compute_dtype in HALVES for p in policies)


def _in_float32(policy: Any, thread: int) -> Any:
    """The same policy, which computes in float32 instead of halves in one thread."""
    own: Any = type(policy)

    def compute_dtype(self: Any) -> Any:
        found = own.compute_dtype.fget(self)
        here = threading.get_ident() == thread
        return "float32" if here and found in HALVES else found

    def getitem(self: Any, key: str) -> Any:  # of a map from layers' paths to policies
        return _in_float32(own.__getitem__(self, key), thread)

    members: dict[str, Any] = {
        "compute_dtype": property(compute_dtype),
        "__class__": property(lambda self: own),  # by which Keras compares and saves policies
    }
    if hasattr(own, "__getitem__"):
        members["__getitem__"] = getitem
    same = object.__new__(type(own)(own.__name__, (own,), members))
    same.__dict__ = policy.__dict__  # shared: what another thread enters in a map stays in it
    return same


def _unrounded(own: Callable[[Any], Any], declared: list[Any], thread: int) -> Callable[[Any], Any]:
    """A model's conversion of its inputs, without the step to half precision in one thread."""

    def convert(given: Any) -> Any:
        found = own(given)
        if threading.get_ident() != thread:
            return found
        return [
            before if half in HALVES and tf.is_tensor(before) else after
            for before, half, after in zip(given, declared, found, strict=True)
        ]

    return convert


def caveat() -> str:
    """A sentence on TF32 where a GPU rounds the factors of products to it; else empty."""
    if not tf.config.experimental.tensor_float_32_execution_enabled():
        return ""
    for device in tf.config.list_physical_devices("GPU"):
        details = tf.config.experimental.get_device_details(device)
        if tuple(details.get("compute_capability") or (0, 0)) >= _TENSOR_CORES:
            return (
                "The GPU rounds the factors of products to TF32 (10 bits after the point), which "
                "no error here counts: after tf.config.experimental."
                "enable_tensor_float_32_execution(False) they are computed in float32."
            )
    return ""
