"""Which tensors of a graph depend on which, and by how many differentiable paths.

Nothing here needs TensorFlow: an operation is whatever has a type, inputs and outputs, and a tensor
whatever has a name and a dtype. Operations come in an order in which they can be run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import tensorflow as tf

WITHOUT_VALUES = frozenset({"Shape", "ShapeN", "Size", "Rank", "ZerosLike", "OnesLike"})
"""Operations whose results say nothing of the values that they read."""


def carries(tensor: tf.Tensor) -> bool:
    """Whether a derivative can flow through the tensor (variants hold the lists of loops)."""
    return tensor.dtype.is_floating or tensor.dtype.is_complex or tensor.dtype.name == "variant"


def before(ends: Iterable[tf.Tensor], operations: Sequence[tf.Operation]) -> dict[str, int]:
    """Tensor name -> number of differentiable paths from it to `ends`, exact (Python integers)."""
    paths = {t.name: 1 for t in ends}
    for op in reversed(operations):
        total = sum(paths.get(t.name, 0) for t in op.outputs)
        for t in op.inputs if total else ():
            if carries(t):
                paths[t.name] = paths.get(t.name, 0) + total
    return paths


def after(starts: Iterable[tf.Tensor], operations: Sequence[tf.Operation]) -> dict[str, int]:
    """Tensor name -> number of differentiable paths from `starts` to it."""
    paths = {t.name: 1 for t in starts}
    for op in operations:
        total = sum(paths.get(t.name, 0) for t in op.inputs if carries(t))
        for t in op.outputs if total else ():
            paths.setdefault(t.name, total)
    return paths


def depending(
    sources: Iterable[tf.Tensor], operations: Sequence[tf.Operation], fed: Collection[str] = ()
) -> set[str]:
    """Names of the tensors, of any type, whose values follow from those of `sources`.

    fed : names of tensors whose values are given, so that nothing reaches further through them.
    """
    found = {t.name for t in sources}
    for op in operations:
        if op.type not in WITHOUT_VALUES and any(t.name in found for t in op.inputs):
            found.update(t.name for t in op.outputs if t.name not in fed)
    return found


def needed(
    ends: Iterable[tf.Tensor], operations: Sequence[tf.Operation], fed: Collection[str] = ()
) -> set[str]:
    """Names of the tensors, of any type, from whose values those of `ends` follow.

    fed : names of tensors whose values are given, so that nothing before them is needed.
    """
    found = {t.name for t in ends}
    for op in reversed(operations):
        computed = any(t.name in found and t.name not in fed for t in op.outputs)
        if computed and op.type not in WITHOUT_VALUES:
            found.update(t.name for t in op.inputs)
    return found


@dataclass(frozen=True)
class Connectivity:
    """What lies on the differentiable paths from the starts to the score, and what merely depends.

    Paths through shapes, indices and comparisons carry no derivative and do not count.

    from_start, to_score : tensor name -> the number of such paths from the starts, to the score.
    moving : the names of the tensors that depend on the starts in any way.
    paths : how many there are in all.
    """

    from_start: Mapping[str, int]
    to_score: Mapping[str, int]
    moving: Collection[str]
    paths: int

    @classmethod
    def between(
        cls, starts: Sequence[tf.Tensor], score: tf.Tensor, operations: Sequence[tf.Operation]
    ) -> Self:
        """Count the paths from the starts to the score through every tensor."""
        to_score = before([score], operations)
        return cls(
            from_start=after(starts, operations),
            to_score=to_score,
            moving=depending(starts, operations),
            paths=sum(to_score.get(t.name, 0) for t in starts),
        )

    def varies(self, tensor: tf.Tensor) -> bool:
        """Whether differentiable paths lead from the starts to the tensor."""
        holds = tensor.dtype.is_floating or tensor.dtype.is_complex
        return holds and self.from_start.get(tensor.name, 0) > 0

    def reaches(self, tensor: tf.Tensor) -> bool:
        """Whether differentiable paths lead from the tensor to the score."""
        return self.to_score.get(tensor.name, 0) > 0

    def on_the_way(self, op: tf.Operation) -> bool:
        """Whether the score depends on a result of the operation through differentiable paths."""
        return any(self.reaches(t) for t in op.outputs)

    def moves(self, tensor: tf.Tensor) -> bool:
        """Whether the tensor depends on the starts in any way, by shapes and comparisons too."""
        return tensor.name in self.moving

    def is_cut(self, tensor: tf.Tensor) -> bool:
        """Whether as many paths lead through the tensor as there are in all."""
        through = self.from_start.get(tensor.name, 0) * self.to_score.get(tensor.name, 0)
        return self.paths > 0 and through == self.paths
