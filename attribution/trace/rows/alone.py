"""Is the score of an example its own, whatever stands beside it in a batch, and at every call?

Nodes of a path share a batch with other examples, so a model that lets them act on each other would
be integrated through a function that Keras never computes for one example. What `examples` proves
is right. What it finds to mix or to draw is refused. What it cannot tell is tried, on the numbers
of the first request: rows alone, among others, and once more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from attribution.errors import UnsupportedModel
from attribution.trace.rows.chance import READS
from attribution.trace.rows.examples import Cause
from attribution.trace.rows.layout import Layout

if TYPE_CHECKING:
    from attribution.trace.graph import Graph

Array = npt.NDArray[Any]
_ROUNDING = 1e-4
"""Differences between batches of other sizes, as a part of the tensor's largest value."""
_SCORE = ""  # in place of a layer's name
_TRAINING = "call it with training=False"
_CHANCE = f"{_TRAINING}, or give its draws a fixed seed and a shape without the batch"
_OWN = "let it act within each example, along other axes than that of the batch"


def refuse(graph: Graph) -> None:
    """Raise UnsupportedModel where the score of an example is found not to be its own."""
    if graph.cause is not None and graph.cause.kind != "unknown":
        raise UnsupportedModel(sentence(graph, graph.cause))


def sentence(graph: Graph, cause: Cause) -> str:
    """What is wrong, whose fault it is, and the mend."""
    who = _who(graph, cause.op)
    if cause.op.type in READS:
        return (
            f"{who} keeps state between calls: its answer reads a variable that every call writes "
            f"({cause.op.type}), which makes it another one each time: write it in training only."
        )
    if cause.kind == "chance":
        return f"{who} draws random numbers at inference ({cause.op.type}): {_CHANCE}."
    if cause.kind == "unknown":
        return (
            f"{who} makes the answer for an example another one beside other examples "
            f"({cause.op.type}): {_OWN}."
        )
    if "BatchNormalization" in who:
        return f"{who} normalises by its batch: {_TRAINING}."
    return (
        f"{who} lets the examples of a batch act on each other ({cause.op.type}), so none has a "
        f"score of its own: {_OWN}."
    )


def unproven(graph: Graph) -> str:
    """What can only be tried of the score, as a sentence; "" where the graph proves it."""
    if graph.cause is None:
        return ""
    return (
        "Whether the examples of a batch act on each other cannot be read from the graph, behind "
        f"{graph.cause.op.type} of {_who(graph, graph.cause.op)}: on rows of this request they did "
        "not, on others they may."
    )


def _who(graph: Graph, op: tf.Operation) -> str:
    name = graph.caller(op)
    if name == op.name:
        return "The model's own call"
    return f"{graph.kinds.get(name, 'Layer')} {name!r}"


def probes(arrays: Sequence[Array], turned: Sequence[bool]) -> list[Array]:
    """A few rows of a request, and its first one turned around where that may be.

    Rows that are all alike would hide what they do to each other.
    """
    few = [array[:4] for array in arrays]
    return [
        np.concatenate([a, np.flip(a[:1], tuple(range(1, a.ndim))) if turn else a[:1]])
        for a, turn in zip(few, turned, strict=True)
    ]


def settle(
    graph: Graph, feeds: Sequence[tf.Tensor], rows: Sequence[Array], layers: Sequence[str]
) -> Mapping[str, str]:
    """Try what is not proven: of these layers once, of the score with the rows of every request.

    Rows that pass say nothing of others, such as a baseline. They are fed to `feeds`.

    Returns layer name -> why it is refused. Where a trial shows on which axis the examples of a
    layer are, the graph's layout of it follows.

    Raises
    ------
    UnsupportedModel : the score of an example depends on other examples, or on chance.
    """
    tried = graph.tried
    doubted = [n for n in layers if graph.examples.cause(graph.tensors[n]) and n not in tried]
    asked = any(tensor is graph.weights for tensor in feeds)
    scored = asked and graph.cause is not None and not tried.get(_SCORE)
    if doubted or scored:
        tried |= _tried(graph, feeds, rows, doubted, scored)
    if asked and tried.get(_SCORE):
        raise UnsupportedModel(tried[_SCORE])
    return {n: tried[n] for n in layers if tried.get(n)}


def _tried(
    graph: Graph,
    feeds: Sequence[tf.Tensor],
    rows: Sequence[Array],
    layers: Sequence[str],
    scored: bool,
) -> dict[str, str]:
    """Layer name -> why it is refused, "" if it is not; the score has a name of its own."""
    wanted = [graph.score, graph.explained] if scored else []
    run = graph.function(
        ("alone", scored, tuple(layers)),
        feeds,
        lambda: [*wanted, *(graph.tensors[n] for n in layers)],
    )
    count = len(rows[0])
    alone = [_run(run, [a[i : i + 1] for a in rows]) for i in range(count)]
    try:
        together, again = (_run(run, rows) for _ in range(2))
    except tf.errors.OpError as error:
        raise UnsupportedModel(
            f"The model answers for one example and fails on {count} together, which all methods "
            f"need: {str(error).splitlines()[0]}"
        ) from error
    found: dict[str, str] = {}
    if scored:
        size = float(np.abs(together[1]).max(initial=0)) * float(np.abs(rows[-1]).max(initial=0))
        found[_SCORE] = _problem(graph, together[0], again[0], [a[0] for a in alone], size)
    for i, name in enumerate(layers, len(wanted)):
        found[name] = _laid(graph, name, together[i], again[i], [a[i] for a in alone])
    return found


def _run(run: Any, rows: Sequence[Array]) -> list[Array]:
    return [np.asarray(t) for t in run(*rows)]


def _problem(
    graph: Graph, together: Array, again: Array, alone: Sequence[Array], size: float
) -> str:
    assert graph.cause is not None
    if not _agree(together, again, size):
        return sentence(graph, Cause("chance", graph.cause.op))
    one = np.concatenate(alone) if together.shape == (len(alone),) else again[:0]
    return "" if _agree(together, one, size) else sentence(graph, graph.cause)


def _laid(graph: Graph, name: str, together: Array, again: Array, alone: Sequence[Array]) -> str:
    """Find the examples of a layer; why that cannot be, or ""."""
    cause = graph.examples.cause(graph.tensors[name])
    assert cause is not None
    size = float(np.abs(together).max(initial=0))
    found = []
    for layout in _layouts(graph.tensors[name], together.shape, alone):
        values = np.concatenate([layout.fold(a) for a in alone])
        if _agree(layout.fold(together), values, size) and _agree(together, again, size):
            found.append(layout)
    if len(found) == 1:
        known = graph.layouts[name]
        same = known is not None and known.plain and found[0].plain
        graph.lay(name, known if same else found[0])
        return ""
    why = "several ways" if found else "no way"
    return (
        f"The values of layer {name!r} can be told apart by example in {why}, behind "
        f"{cause.op.type} of {graph.caller(cause.op)!r}: choose another layer, or let its first "
        "axis be that of the batch."
    )


def _layouts(
    tensor: tf.Tensor, together: tuple[int, ...], alone: Sequence[Array]
) -> Iterator[Layout]:
    """The layouts that the shapes allow: the axis that grows with the number of rows."""
    one, count = alone[0].shape, len(alone)
    if len(one) != len(together):
        return
    grown = [i for i, (n, m) in enumerate(zip(one, together, strict=True)) if n != m]
    if len(grown) != 1 or one[grown[0]] * count != together[grown[0]]:
        return
    (axis,) = grown
    rest = tuple(n for i, n in enumerate(tensor.shape) if i != axis)
    entries = one[axis]
    for outer in (n for n in range(1, entries + 1) if entries % n == 0):
        yield Layout(axis, outer, entries // outer, rest)


def _agree(a: Array, b: Array, size: float) -> bool:
    return a.shape == b.shape and np.allclose(a, b, rtol=0, atol=_ROUNDING * size, equal_nan=True)
