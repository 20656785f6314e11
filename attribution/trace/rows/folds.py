"""The tensors of a traced model with the examples first, wherever the model keeps them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import tensorflow as tf

from attribution.trace.rows import channels
from attribution.trace.rows.examples import Examples
from attribution.trace.rows.layout import Layout

if TYPE_CHECKING:
    from attribution.trace.chunks import Sizes

Made = TypeVar("Made")


class Folds:
    """Which axis of each layer counts the examples, and the layers folded by it.

    examples : what is known of which example each entry of a tensor belongs to.
    layouts : by layer name, which axis of its tensor counts the examples; None where none does.
    shapes : of a layer's values for one example, by name; None where a length varies.
    channel_axes : which axis of that shape holds the channels; None where that is not known.
    sizes : of all tensors, by the shapes that were fed; forgotten when a layer is laid otherwise.
    tried : of layers that only a trial can tell, why each is refused; "" for those that are not.
    """

    inputs: dict[str, tf.Tensor]
    tensors: dict[str, tf.Tensor]
    gradients: dict[str, tf.Tensor]
    sizes: dict[tuple[tuple[int, ...], ...], Sizes]

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What `make` added to the graph when it was first called for `key`."""
        raise NotImplementedError

    def follow(
        self,
        inputs: Sequence[tf.Tensor],
        marks: Mapping[str, int],
        operations: Sequence[tf.Operation],
    ) -> None:
        """Learn where the examples of the results of these operations are."""
        self.examples, self.marks = Examples(marks), marks
        self.examples.feed(inputs)
        self.examples.sweep(operations)

    def lay_all(self, operations: Sequence[tf.Operation]) -> None:
        """Note where the examples and the channels of every layer are, as far as is known."""
        self.layouts: dict[str, Layout | None] = {}
        self.shapes: dict[str, tuple[int | None, ...]] = {}
        self.channel_axes: dict[str, int | None] = {}
        self.tried: dict[str, str] = {}
        places = channels.axes(self.examples, operations)
        for name, tensor in self.tensors.items():
            self.lay(name, self.layout(tensor, places.get(tensor.name)))

    def lay(self, layer: str, layout: Layout | None) -> None:
        """Take the examples of a layer to be where the layout says; None: it holds none."""
        self.layouts[layer] = layout
        self.shapes[layer] = layout.shape if layout else tuple(self.tensors[layer].shape)
        self.channel_axes[layer] = layout.channel_axis if layout else None
        self.sizes = {}

    def values(self, layer: str) -> tf.Tensor:
        """A layer's values, (examples, *shape)."""
        return self.folded(layer, self.tensors[layer])

    def slopes(self, layer: str) -> tf.Tensor:
        """The gradient of the score by a layer's values, (examples, *shape)."""
        return self.folded(layer, self.gradients[layer])

    def folded(self, layer: str, tensor: tf.Tensor) -> tf.Tensor:
        """A tensor of the shape of a layer's own, with the examples first."""
        return self._fold(tensor, self.layouts[layer])

    def first(self, tensor: tf.Tensor) -> tf.Tensor:
        """Any tensor with the examples first."""
        return self._fold(tensor, self.layout(tensor))

    def halved(self, tensor: tf.Tensor) -> bool:
        """Whether the first half of the examples is the first half of the tensor's first axis."""
        layout = self.examples.layout(tensor)
        return layout is not None and layout.axis == 0 and layout.outer == 1

    def layout(self, tensor: tf.Tensor, channel: int | None = None) -> Layout | None:
        """Where the examples of a tensor are; where that is not known, its rows are taken for them.

        `alone` tries whether that is true, before a number of such a layer is told.
        """
        known, found, shape = self.examples.of(tensor), self.examples.layout(tensor), tensor.shape
        if known.axes is None and shape.rank and shape[0] is None:
            found = Layout(0, 1, 1, tuple(shape[1:]))
            channel = channels.marked(tensor, self.marks) if channel is None else channel
        return replace(found, channel=channel) if found and channel is not None else found

    def _fold(self, tensor: tf.Tensor, layout: Layout | None) -> tf.Tensor:
        if layout is None or layout.plain:
            return tensor

        def make() -> tf.Tensor:
            count = tf.shape(next(iter(self.inputs.values())))[0] if layout.counted else -1
            return layout.fold(tensor, count)

        return self.once(("folded", tensor.name, layout), make)
