"""The other side of captum_*.py: Captum's LayerConductance and LayerDeepLift on the same weights.

Runs in an environment of its own (requirements-captum.txt) and knows nothing of this project:
reads a folder with the network and the picture, then answers one request per line of standard
input, so that the two sides can be timed in turn.
"""

from __future__ import annotations

import json
import platform
import resource
import sys
import time
from pathlib import Path
from typing import Any

import captum
import numpy as np
import torch
from captum.attr import LayerConductance, LayerDeepLift
from captum.attr._core.layer import layer_conductance
from torch import nn

FOLDER = Path(sys.argv[1])


class SameConv(nn.Conv2d):
    """A convolution with TensorFlow's "same" padding, which is lopsided where it strides."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        sides = []
        for n, k, s in zip(x.shape[:1:-1], self.kernel_size[::-1], self.stride[::-1], strict=True):
            total = max((-(-n // s) - 1) * s + k - n, 0)
            sides += [total // 2, total - total // 2]
        if sides[::2] == sides[1::2]:  # no copy of the input where both sides get the same
            padding = (sides[2], sides[0])
            return nn.functional.conv2d(
                x, self.weight, self.bias, self.stride, padding, groups=self.groups
            )
        return super().forward(nn.functional.pad(x, sides))


class Add(nn.Module):
    """The end of a skip connection."""

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return a + b


class Pool(nn.Module):
    """Mean over positions."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean((2, 3))


class Replica(nn.Module):
    """The Keras graph, one module for each layer and of the same name."""

    def __init__(self, layers: list[dict[str, Any]], weights: Any) -> None:
        super().__init__()
        self.inputs = {spec["name"]: spec["inputs"] for spec in layers}
        self.layers = nn.ModuleDict()
        for spec in layers:
            arrays = [weights[f"{spec['name']}/{i}"] for i in range(spec["weights"])]
            self.layers[spec["name"]] = _module(spec, arrays)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        values = {"image": image}
        for name, module in self.layers.items():
            values[name] = module(*(values[i] for i in self.inputs[name]))
        return values[name]


def _module(spec: dict[str, Any], arrays: list[np.ndarray]) -> nn.Module:
    kind = spec["kind"]
    if kind in ("Conv2D", "DepthwiseConv2D"):
        kernel = arrays[0].transpose((3, 2, 0, 1) if kind == "Conv2D" else (2, 3, 0, 1))
        width, groups = kernel.shape[0], 1 if kind == "Conv2D" else kernel.shape[0]
        module: nn.Module = SameConv(
            kernel.shape[1] * groups, width, kernel.shape[2:], spec["stride"], groups=groups,
            bias=False,
        )  # fmt: skip
        given = {"weight": kernel}
    elif kind == "BatchNormalization":
        module = nn.BatchNorm2d(len(arrays[0]), eps=spec["epsilon"])
        names = ("weight", "bias", "running_mean", "running_var")
        given = dict(zip(names, arrays, strict=True))
    elif kind == "Dense":
        module, given = nn.Linear(*arrays[0].shape), {"weight": arrays[0].T, "bias": arrays[1]}
    else:
        return {"ReLU": nn.ReLU6, "Add": Add, "GlobalAveragePooling2D": Pool}[kind]()
    state = {name: torch.from_numpy(np.array(a, order="C")) for name, a in given.items()}
    module.load_state_dict(state, strict=False)
    return module


def _forgetful(compute: Any) -> Any:
    """Captum keeps the graph of every batch until the end: 8 MB and more a step, 10 GB in all.

    Detached, the numbers are the same and the memory is that of one batch.
    """

    def detached(*args: Any, **more: Any) -> Any:
        return tuple(tuple(t.detach() for t in part) for part in compute(*args, **more))

    return detached


def main() -> None:
    """Load, report what this is, then answer requests until the input ends."""
    name = "compute_layer_gradients_and_eval"
    setattr(layer_conductance, name, _forgetful(getattr(layer_conductance, name)))
    network = Replica(
        json.loads((FOLDER / "layers.json").read_text()), np.load(FOLDER / "weights.npz")
    )
    network = network.eval().requires_grad_(False)
    image = torch.from_numpy(np.load(FOLDER / "image.npy").transpose(0, 3, 1, 2).copy())
    formats = {"first": torch.contiguous_format, "last": torch.channels_last}
    with torch.no_grad():
        np.save(FOLDER / "logits.npy", network(image).numpy())
    versions = f"torch {torch.__version__}, Captum {captum.__version__}"
    print(json.dumps({"versions": f"Python {platform.python_version()}, {versions}"}), flush=True)
    for line in sys.stdin:
        ask = json.loads(line)
        memory = formats[ask["channels"]]
        network, image = network.to(memory_format=memory), image.to(memory_format=memory)
        module = network.layers[ask["layer"]]
        lift = ask["method"] == "deeplift"
        method = (LayerDeepLift if lift else LayerConductance)(network, module)
        steps = {"n_steps": ask["steps"], "method": ask["method"]}
        more = {} if lift else {**steps, "internal_batch_size": ask["batch"]}
        start = time.perf_counter()
        scores = method.attribute(
            image, baselines=torch.zeros_like(image), target=ask["target"], **more
        )
        took = time.perf_counter() - start
        array = scores.detach().numpy()
        np.save(FOLDER / "scores.npy", array.transpose(0, 2, 3, 1) if array.ndim == 4 else array)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        peak *= 1 if sys.platform == "darwin" else 1024
        print(json.dumps({"seconds": took, "peak": peak}), flush=True)


if __name__ == "__main__":
    main()
