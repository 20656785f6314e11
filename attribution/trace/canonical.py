"""What operations do and take, whatever they are called: the same for two traces of one model."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from typing import Any

import tensorflow as tf

_NEW = frozenset(("seed", "seed2", "token", "shared_name", "container"))  # in every trace


def lines(
    operations: Sequence[tf.Operation],
    known: Mapping[str, Hashable],
    wanted: Collection[str] | None = None,
) -> Iterator[tuple[Hashable, int]]:
    """A line for each operation, and its number: type, attributes and where its inputs are from.

    known : operation name -> what stands for its results, such as an input or a variable.
    wanted : the names of those that count; None: all.
    """
    places = dict(known)
    for number, op in enumerate(operations):
        if op.name in known or (wanted is not None and op.name not in wanted):
            continue
        taken = tuple((places.get(t.op.name), t.value_index) for t in op.inputs)
        places[op.name] = len(places)
        yield (op.type, _attributes(op.node_def, op.graph), taken), number


def _attributes(node: Any, graph: tf.Graph) -> Hashable:
    """The attributes of an operation, with the bodies of functions in place of their names."""
    found: list[tuple[str, Hashable]] = []
    for name, value in node.attr.items():
        if name in _NEW or name.startswith("_"):
            continue
        bodies = [f.name for f in (value.func, *value.list.func) if f.name]
        said = value.SerializeToString(deterministic=True)
        found.append((name, tuple(_body(b, graph) for b in bodies) if bodies else said))
    return tuple(sorted(found, key=lambda pair: pair[0]))


def _body(name: str, graph: tf.Graph) -> Hashable:
    """What a function of the graph does, whatever it is called."""
    definition = graph._get_function(name)  # there is no public name for it
    if definition is None:
        return name
    body = definition.graph
    places: dict[str, int] = {}
    found: list[Hashable] = []
    for op in body.get_operations():
        taken = tuple(places[t.op.name] for t in op.inputs)
        places[op.name] = taken[0] if op.type == "Identity" else len(found)
        if op.type != "Identity":  # of which a trace adds some, at the ends
            found.append((op.type, _attributes(op.node_def, body), taken))
    return tuple(found)
