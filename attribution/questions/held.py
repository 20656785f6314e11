"""A hidden layer whose activations are fed instead of computed, so that some can be replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution import units
from attribution.arguments import Progress
from attribution.errors import InvalidRequest
from attribution.network import Network
from attribution.questions.question import Question

Array = npt.NDArray[Any]


class Held:
    """The activations of a question's layer at x, and what replaces those of them that are held.

    values : (batch, *layer shape) at x.
    held : the same for the replacements, one array for each reference.
    axis : of the layer's shape, for its channels, where that is not known.
    """

    def __init__(self, net: Network, question: Question, to: Any, axis: int | None = None) -> None:
        self.question = question
        (self.layer,) = question.layers
        self.known, self.axis = question.graph.channel_axes[self.layer], axis
        self.chunk = net.chunk([self.layer], question.graph, question.fed())
        self.values = self._activations([(e, 0) for e in range(question.batch)], 1.0)
        self.held = self._replacements(to)  # one array (batch, *layer shape) per reference

    @property
    def channel_axis(self) -> int:
        """The axis of the layer's shape that holds the channels."""
        return units.channel_axis(self.layer, self.values.shape[1:], self.known, self.axis)

    def places(self, neurons: Any) -> list[Any]:
        """A set of neurons as checked indices into the layer."""
        several = not isinstance(neurons, int | np.integer | tuple)
        shape = self.values.shape[1:]
        given = neurons if several else [neurons]
        return [units.place(self.layer, n, shape, self.known, self.axis) for n in given]

    def mask(self, places: Sequence[Any]) -> Array:
        chosen = np.zeros(self.values.shape[1:], bool)
        for index in places:
            chosen[index] = True
        return chosen

    def run(
        self,
        rows: Sequence[tuple[int, int]],
        mask: Callable[[int, int], Array],
        progress: Progress | None,
    ) -> tuple[Array, Array]:
        """Score (rows,) and predicted classes (rows, positions) for rows (example, number)."""
        scores: list[Array] = []
        classes: list[Array] = []
        for examples, score, explained in self.passes(rows, mask, progress):
            scores.append(score)
            classes += map(self._predicted, examples, explained)
        return np.concatenate(scores), np.stack(classes)

    def passes(
        self,
        rows: Sequence[tuple[int, int]],
        mask: Callable[[int, int], Array],
        progress: Progress | None,
    ) -> Iterator[tuple[list[int], Array, Array]]:
        """Chunk by chunk: the rows' examples, their scores (rows,), their output (rows, *output).

        mask : (example, number) -> which neurons are held, bool of the layer's shape. Masks are
            made chunk by chunk: thousands of sets of a large layer never stand in memory.
        """
        question, graph = self.question, self.question.graph
        hidden, feeds = graph.tensors[self.layer], question.feeds()
        kept = [i for i, tensor in enumerate(feeds) if tensor is not hidden]
        function = graph.function(
            ("held", self.layer),
            [hidden, *(feeds[i] for i in kept)],
            lambda: [graph.score, graph.explained],
        )
        for first in range(0, len(rows), self.chunk):
            part = rows[first : first + self.chunk]
            examples = [e for e, _ in part]
            masks = np.stack([mask(e, k) for e, k in part])
            points = question.points(examples, [0] * len(part), np.ones(len(part)))
            others = [points[i] for i in kept]
            layout = graph.layouts[self.layer]
            mixed = [np.where(masks, held[examples], self.values[examples]) for held in self.held]
            found = [function(layout.unfold(v) if layout else v, *others) for v in mixed]
            score = np.mean([f.numpy() for f, _ in found], axis=0, dtype=float)
            yield examples, score, np.mean([values.numpy() for _, values in found], axis=0)
            if progress:
                progress(first + len(part), len(rows))

    def _predicted(self, example: int, explained: Array) -> Array:
        """The predicted class at each position that the target speaks of; NaN without classes."""
        weights = self.question.weights[example]
        if explained.size == 1 or explained.shape[-1] == 1:
            if not self.question.graph.squashed:
                return np.full(1, np.nan)
            explained, weights = explained.reshape(-1, 1), weights.reshape(-1, 1)
            return (explained > 0)[weights.any(-1), 0].astype(float)
        return explained.argmax(-1)[weights.any(-1)].astype(float).reshape(-1)

    def _activations(self, places: Sequence[tuple[int, int]], a: float) -> Array:
        graph = self.question.graph
        run = graph.function(
            ("hidden", self.layer), self.question.feeds(), lambda: [graph.values(self.layer)]
        )
        parts = []
        for first in range(0, len(places), self.chunk):
            examples, references = zip(*places[first : first + self.chunk], strict=True)
            along = np.full(len(examples), a)
            parts.append(np.asarray(run(*self.question.points(examples, references, along))[0]))
        return np.concatenate(parts)

    def _replacements(self, to: Any) -> list[Array]:
        shape = self.values.shape
        if to is None:
            batch, count = range(shape[0]), len(self.question.references)
            return [self._activations([(e, r) for e in batch], 0.0) for r in range(count)]
        if isinstance(to, str):
            if to != "mean":
                raise InvalidRequest(f"to is None, a number, 'mean' or an array, not {to!r}.")
            if len(shape) < 3:
                raise InvalidRequest(
                    f"to='mean' averages over positions, and layer {self.layer!r} of shape "
                    f"{shape[1:]} has none: give None, a number or an array."
                )
            positions = tuple(i for i in range(1, len(shape)) if i != self.channel_axis + 1)
            mean = self.values.mean(positions, keepdims=True)
            return [np.broadcast_to(mean, shape)]
        try:
            return [np.broadcast_to(np.asarray(to, self.values.dtype), shape)]
        except ValueError as error:
            raise InvalidRequest(
                f"to has shape {np.shape(to)}; a number, {shape[1:]} or {shape} is expected."
            ) from error
