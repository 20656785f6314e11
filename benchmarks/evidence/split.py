"""A network cut in two at a layer by Keras alone: what reaches it, and what becomes of that."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

Array = np.ndarray[Any, Any]

_NUMBERS, _MOST_ROWS = 2**20, 256
"""That go through a half at once."""


class Split:
    """h of an input, and the logits of h; passes are compiled once. Units are channels."""

    def __init__(self, model: keras.Model, layer: str) -> None:
        hidden = model.get_layer(layer).output
        head, tail = keras.Model(model.input, hidden), keras.Model(hidden, model.output)
        self.units = units = int(hidden.shape[-1])
        rows, one = (tf.TensorSpec([n, *hidden.shape[1:]], tf.float32) for n in (None, 1))
        given = tf.TensorSpec([None, *model.input.shape[1:]], tf.float32)
        target = tf.TensorSpec([], tf.int32)
        sets = tf.TensorSpec([None, *[1] * (len(hidden.shape) - 2), units], tf.float32)

        def score(h: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
            return tf.gather(tail(h, training=False), target, axis=1)

        def slope(h: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
            return tf.gradients(score(h, target), h)[0]

        def mixed(h: tf.Tensor, other: tf.Tensor, kept: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
            return score(kept * h + (1 - kept) * other, target)

        def masked(
            h: tf.Tensor, other: tf.Tensor, mask: tf.Tensor, target: tf.Tensor
        ) -> tuple[tf.Tensor, tf.Tensor]:
            found = mixed(h, other, mask, target)
            return found, tf.gradients(found, mask)[0]

        def compiled(function: Any, *signature: tf.TensorSpec) -> Any:
            return tf.function(function, input_signature=signature, autograph=False)

        self._head = compiled(lambda x: head(x, training=False), given)
        self._tail = compiled(lambda h: tail(h, training=False), rows)
        self._score, self._slope = (compiled(f, rows, target) for f in (score, slope))
        self._mixed, self._masked = (compiled(f, one, one, sets, target) for f in (mixed, masked))
        self._sets = (-1, *sets.shape[1:])

    def hidden(self, x: Array) -> Array:
        """(rows, *layer) the activations."""
        return _parts(self._head, x.astype("float32"))

    def logits(self, h: Array) -> Array:
        """(rows, classes) of activations."""
        return _parts(self._tail, h.astype("float32"))

    def score(self, h: Array, target: int) -> Array:
        """(rows,) the target's logit for activations (rows, *layer)."""
        return _parts(lambda part: self._score(part, target), h.astype("float32")).astype(float)

    def slope(self, h: Array, target: int) -> Array:
        """The gradient of the score by h, (rows, *layer)."""
        return _parts(lambda part: self._slope(part, target), h.astype("float32"))

    def mixed(self, h: Array, other: Array, kept: Array, target: int) -> Array:
        """(sets,) the score with h where a unit is kept, (sets, units), and the other elsewhere."""
        h, other = h.astype("float32"), other.astype("float32")
        sets = kept.reshape(self._sets).astype("float32")
        found = _parts(lambda part: self._mixed(h, other, part, target), sets, h.size)
        return found.astype(float)

    def masked(self, h: Array, other: Array, mask: Array, target: int) -> tuple[float, Array]:
        """The score with units kept in part, (units,), and its gradient by these parts."""
        sets = mask.reshape(self._sets).astype("float32")
        score, slope = self._masked(h, other, sets, target)
        return float(score[0]), slope.numpy().reshape(-1).astype(float)

    def by_unit(self, scores: Array) -> Array:
        """(*layer) -> (units,), summed over positions."""
        return scores.reshape(-1, self.units).sum(0, dtype=float)


def _parts(run: Any, rows: Array, row: int = 0) -> Array:
    """All rows, a few at a time. row : numbers of one, where they are not those of `rows`."""
    step = int(np.clip(_NUMBERS // (row or rows[0].size), 4, _MOST_ROWS))
    return np.concatenate([run(rows[i : i + step]).numpy() for i in range(0, len(rows), step)])
