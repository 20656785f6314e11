"""Variables that an answer reads and every call writes: it then depends on the calls before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import keras
import tensorflow as tf

from attribution.trace.rows.chance import READS
from attribution.trace.unsupported import behind, where

_SEEDS = "seed_generator_state"  # the variable of a keras.random.SeedGenerator


class Writes(keras.StatelessScope):
    """Variables keep their values, losses are not collected; what would be written is noted.

    written : (variable, operation whose result it would be). Nothing takes that result but what
        reads the variable after that.
    """

    def __init__(self) -> None:
        super().__init__(initialize_variables=False)
        self.written: list[tuple[Any, tf.Operation]] = []

    def add_update(self, update: tuple[Any, Any]) -> None:
        variable, value = update
        own = tf.identity(value)
        if getattr(own, "graph", None) is tf.compat.v1.get_default_graph():
            self.written.append((variable, own.op))
        super().add_update((variable, own))


def notes(
    written: Sequence[tuple[Any, tf.Operation]],
    outputs: Iterable[tf.Tensor],
    spans: Sequence[tuple[str, int, int]],
) -> list[str]:
    """A sentence for each variable that the outputs read and the call writes.

    One that is only written (moving averages) does no harm, and the state of random numbers is told
    by what is drawn from it (`alone`).
    """
    operations, wanted = behind(outputs)
    numbers = {op.name: i for i, op in enumerate(operations)}
    found: dict[str, str] = {}
    for variable, write in written:
        handles = _handles(variable)
        reads = [o for o in operations if o.type in READS and o.inputs[0].name in handles]
        used = any(op.name in wanted for op in (write, *reads))
        if used and variable.name != _SEEDS and write.name in numbers:
            found[variable.path] = (
                f"{where(spans, numbers[write.name])} keeps state between calls: the answer reads "
                f"the variable {variable.name!r}, which every call writes. The numbers hold for "
                "its present value alone; write it in training only."
            )
    return list(found.values())


def _handles(variable: Any) -> set[str]:
    """The names by which operations of the graph read a variable from outside of it."""
    outside = getattr(variable.value, "handle", None)
    captures = tf.compat.v1.get_default_graph().captures
    return {inner.name for outer, inner in captures if outer is outside}
