"""Clues: what a model's first layers say of an input, as an entry of a card and its reasons."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution.images import MIN_SIDE

if TYPE_CHECKING:
    from attribution.network import Network

Found = tuple[dict[str, Any], dict[str, str]]
"""The fields of an entry, and the reasons by field; those without a field stand beside it."""

_COLOURS = {1: "grey", 3: "rgb", 4: "rgba"}
_SCALING = ("Rescaling", "Normalization")
_PASSED = re.compile(
    r"InputLayer|Identity|Dropout|Gaussian\w+|Masking|ZeroPadding\dD|Resizing|CenterCrop|Cropping\dD"
    r"|Random\w+|Permute|CategoryEncoding|BatchNormalization|" + "|".join(_SCALING)
)
"""Kinds of layers that are passed on the way to the first that computes."""
_SERIES = re.compile(
    r"Conv1D|SeparableConv1D|DepthwiseConv1D|LSTM|GRU|SimpleRNN|RNN|ConvLSTM1D|Bidirectional"
    r"|MultiHeadAttention|TimeDistributed|LayerNormalization|\w*Pooling1D|Dense|EinsumDense"
)
_LITE = {"mean": 127.0, "std": 128.0}
_CENTRED = {"range": (-1.0, 1.0)}
_CAFFE = {"colours": "bgr", "mean": (103.939, 116.779, 123.68), "std": 1.0}
_TORCH = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
_FAMILIES: tuple[tuple[str, Mapping[str, Any]], ...] = (
    (r"efficientnet[-_]?lite", _LITE),
    (r"resnet(50|101|152)v2|mobilenet(?!v3)|xception|inception|nasnet", _CENTRED),
    (r"vgg1[69]|resnet(50|101|152)", _CAFFE),
    (r"densenet", _TORCH),
)
"""Known networks by name, and how keras.applications, or their authors, feed them."""
_OPEN = (
    "a guess: no layer says it; [-1, 1], [0, 255] and the mean and std of ImageNet are usual too, "
    "and a few pictures of known class tell which (check --data, or the form of this card)"
)


@dataclass(frozen=True)
class Given:
    """An input: its name, its shape without the batch axis, what it holds, and the layers that it
    meets, in their order. model : the model's name.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: str
    layers: Sequence[Any]
    model: str

    @property
    def first(self) -> str:
        """The kind of the first layer that does more than prepare the input."""
        kinds = (type(layer).__name__ for layer in self.layers)
        return next((kind for kind in kinds if not _PASSED.fullmatch(kind)), "")

    def of_kind(self, *kinds: str) -> Any | None:
        """The first layer of these kinds among those that prepare the input and the next one."""
        for layer in self.layers:
            if type(layer).__name__ in kinds:
                return layer
            if not _PASSED.fullmatch(type(layer).__name__):
                return None
        return None


def inputs(model: Any, network: Network | None) -> Iterator[Given]:
    """The inputs of a model, with what each meets."""
    if network is None:
        shapes = {t.name: (tuple(t.shape[1:]), str(t.dtype)) for t in model.inputs}
    else:
        fed = network.graph().inputs
        shapes = {n: (s, fed[n].dtype.name) for n, s in network.input_shapes.items()}
    several = len(shapes) > 1
    for place, (name, (shape, dtype)) in enumerate(shapes.items()):
        layers = _reached(model, place) if several else [*_flat(model)]
        yield Given(name, shape, dtype, layers, model.name)


def entry(given: Given) -> Found:
    """What an input is."""
    if given.of_kind("TextVectorization", "Embedding") and len(given.shape) == 1:
        return _tokens(given)
    if given.dtype == "string" or given.of_kind("StringLookup", "IntegerLookup"):
        return _category(given)
    rank = len(given.shape)
    if rank == 3 and (found := _image(given)):
        return found
    letters = given.shape[1:] == (4,) and given.first == "Flatten"
    if rank == 2 and (letters or _SERIES.fullmatch(given.first)):
        return _places(given)
    if rank == 1:
        return _table(given)
    shape = "x".join(str(n or "any") for n in given.shape)
    return {"kind": "array", "shape": given.shape}, {
        "kind": f"no more is known of {shape} numbers; image, series or sequence, if they are one",
        "shape": "the model's shape",
    }


def _image(given: Given) -> Found | None:
    """A picture where an axis holds colours; None where none can, or a side is too short."""
    ends = [n in _COLOURS for n in (given.shape[0], given.shape[2])]
    if not any(ends):
        return None
    first = _channels_first(given) if all(ends) else ends[0]
    channels, *size = given.shape if first else (given.shape[2], *given.shape[:2])
    if any(n is not None and n < MIN_SIDE for n in size):
        return None
    found: dict[str, Any] = {"kind": "image", "colours": _COLOURS[channels or 0]}
    why = {"kind": "three axes, one of them of colours", "colours": f"{channels} channels"}
    if None not in size:
        found["size"], why["size"] = tuple(size), "the model's shape"
    if first:
        found["order"], why["order"] = "channels_first", "the model's shape"
    scale, reason = _scale(given, channels or 0)
    why[next(field for field in ("range", "mean") if field in scale)] = reason
    return {**found, **scale}, why


def _channels_first(given: Given) -> bool:
    formats = (getattr(layer, "data_format", None) for layer in given.layers)
    permuted = given.of_kind("Permute")
    if permuted is not None and tuple(permuted.dims) == (2, 3, 1):
        return True
    return next(filter(None, formats), "channels_last") == "channels_first"


def _scale(given: Given, channels: int) -> tuple[Mapping[str, Any], str]:
    """How pixels become numbers, and why."""
    scaling = given.of_kind(*_SCALING)
    if scaling is not None:
        high, does = _expected(scaling)
        return {"range": (0.0, high)}, f"layer {scaling.name!r} {does} itself"
    normal = given.of_kind("BatchNormalization")
    if normal is not None and np.max(np.abs(normal.moving_mean)) > 2:
        mean = float(np.mean(normal.moving_mean))
        return {"range": (0.0, 255.0)}, f"layer {normal.name!r} has seen pixels of {mean:.3g}"
    if channels == 3:
        for pattern, scale in _FAMILIES:
            if re.search(pattern, given.model.lower()):
                return scale, f"a guess by the name {given.model!r}: such networks are fed so"
    return {"range": (0.0, 1.0)}, _OPEN


def expects(net: Network) -> dict[str, tuple[str, float, float]]:
    """Of each input that a layer scales first: that layer's name, and the lowest and the highest
    number that it is made for."""
    found = {}
    for given in inputs(net.model, net):
        layer = given.of_kind(*_SCALING, "BatchNormalization")
        if layer is None:
            continue
        kind = type(layer).__name__
        if kind == "Rescaling":
            ends = 0.0, _expected(layer)[0]
        elif kind == "Normalization":
            ends = _ends(layer.mean, layer.variance)
        else:
            ends = _ends(layer.moving_mean, layer.moving_variance)
        found[given.name] = (layer.name, *ends)
    return found


def _ends(mean: Any, variance: Any) -> tuple[float, float]:
    """Three standard deviations to either side."""
    mean, width = np.asarray(mean, float), 3 * np.sqrt(np.asarray(variance, float))
    return float(np.min(mean - width)), float(np.max(mean + width))


def _expected(layer: Any) -> tuple[float, str]:
    """The upper end of what a scaling layer is made for, and what it does."""
    if type(layer).__name__ == "Rescaling":
        factor = float(np.max(np.abs(np.asarray(layer.scale, float))))
        return 255.0 if factor < 0.1 else 1.0, f"multiplies pixels by {factor:.4g}"
    mean, variance = (np.asarray(v, float) for v in (layer.mean, layer.variance))
    high = float(np.max(np.abs(mean) + 2 * np.sqrt(variance)))
    return (255.0 if high > 3 else 1.0), f"subtracts means of {float(np.mean(mean)):.3g}"


def _places(given: Given) -> Found:
    """Letters or measurements, one after the other."""
    length, channels = given.shape
    size = {} if length is None else {"length": length}
    why = {} if length is None else {"length": "the model's shape"}
    if channels == 4 and not given.of_kind(*_SCALING):
        told = "four numbers at each place look like one-hot DNA; series, if they are measured"
        letters = "a guess: the usual order of the bases"
        return {"kind": "sequence", **size, "alphabet": "ACGT"}, {
            "kind": told, **why, "alphabet": letters,
        }  # fmt: skip
    told = f"{channels} numbers at each place, and the first layer is {given.first}"
    names = f"the names of the {channels}, in the order in which the model was trained"
    return {"kind": "series", **size}, {
        "kind": told, **why, "channels": names, "rate": "samples for each second",
    }  # fmt: skip


def _table(given: Given) -> Found:
    (width,) = given.shape
    why = {"kind": f"a row of {width or 'any'} numbers"}
    if scaling := given.of_kind(*_SCALING):
        why["kind"] += f", which layer {scaling.name!r} scales itself"
    if width == 1:
        return {"kind": "table", "features": [given.name]}, {**why, "features": "the input's name"}
    why["features"] = "the names of the columns, in the order in which the model was trained"
    return {"kind": "table"}, why


def _category(given: Given) -> Found:
    """One value out of a list that the model holds."""
    layer = given.of_kind("StringLookup", "IntegerLookup")
    words = [str(word) for word in layer.get_vocabulary()] if layer else []
    found: dict[str, Any] = {"kind": "table", "features": [given.name]}
    why = {"kind": "one value out of several", "features": "the input's name"}
    if words and all(words):
        found["categories"] = {given.name: words}
        why["categories"] = "the words of its lookup layer"
    return found, why


def _tokens(given: Given) -> Found:
    why = {}
    length, layer = given.shape[0], given.of_kind("TextVectorization")
    if layer is not None:
        length = layer.get_config().get("output_sequence_length")
        why = {
            "kind": f"layer {layer.name!r} turns text into the numbers of its words",
            "padding": "what that layer fills up with",
        }
    elif layer := given.of_kind("Embedding"):
        why = {
            "kind": f"layer {layer.name!r} takes ids below {layer.input_dim}",
            "padding": "masked by that layer" if layer.mask_zero else "a guess: 0 is usual",
            "vocabulary": "a file with the word of id 0, 1, 2, one a line, beside this card",
        }
    found: dict[str, Any] = {"kind": "tokens", "padding": 0}
    if length:
        found["length"], why["length"] = int(length), "the model's shape"
    return found, why


def _flat(model: Any) -> Iterator[Any]:
    """The layers of a model, those of nested models among them."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from _flat(layer)
        else:
            yield layer


def _reached(model: Any, place: int) -> list[Any]:
    """The layers that lead on from one of several inputs."""
    reached, found = {id(model.inputs[place])}, []
    for layer in model.layers:
        try:
            given, made = layer.input, layer.output
        except (AttributeError, ValueError):  # called several times, or never by itself
            continue
        tensors = given if isinstance(given, list | tuple) else [given]
        if any(id(tensor) in reached for tensor in tensors):
            found.append(layer)
            reached |= {id(t) for t in (made if isinstance(made, list | tuple) else [made])}
    return found
