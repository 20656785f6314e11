"""DeepLIFT here against Captum's LayerDeepLift: what the scores of a layer sum to, layer by layer.

The same EfficientNet-Lite0 weights, picture, target and zero baseline; logits must agree first. The
right sum is F(x) - F(x'), of every layer. Captum runs in an environment of its own:

    python3 -m venv benchmarks/.venv-captum
    benchmarks/.venv-captum/bin/pip install -r benchmarks/requirements-captum.txt
    python -m benchmarks.captum_deeplift --python benchmarks/.venv-captum/bin/python
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import median

import numpy as np

import attribution
from benchmarks import common
from benchmarks.captum_conductance import Captum
from benchmarks.common import TARGET

LAYERS = (
    "stem_relu",
    "block2b_add",
    "block3b_add",
    "block4c_add",
    "block5c_add",
    "block6a_project_bn",
    "block6d_add",
    "head_relu",
    "avg_pool",
)


def main() -> None:
    """Print sums, gaps and seconds of both sides."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default="benchmarks/.venv-captum/bin/python")
    parser.add_argument("--repeats", type=int, default=7)
    given = parser.parse_args()
    network, x = common.model(), common.picture()
    net = attribution.load(common.MODEL)
    with (
        tempfile.TemporaryDirectory() as name,
        Captum(given.python, network, x, Path(name)) as captum,
    ):
        print(f"{common.machine()}\n{captum.versions}")
        print(f"\n{'layer':20} {'right':>8} {'ours':>8} {'Captum':>8} {'off by':>7} {'ratio':>6}")
        for layer in LAYERS:
            compare(net, x, captum, layer, given.repeats)
    print("off by: L1 distance of Captum's scores to ours, of ours; ratio: its time over ours")


def compare(
    net: attribution.Network, x: np.ndarray, captum: Captum, layer: str, repeats: int
) -> None:
    """Print the line of one layer."""

    def ours() -> attribution.Attribution:
        return attribution.deeplift(net, x, layer, target=TARGET)

    def theirs() -> tuple[float, np.ndarray]:
        return captum(layer, 0, method="deeplift", channels="last", batch=0)

    result, (_, scores) = ours(), theirs()
    pairs = [(common.seconds(ours), theirs()[0]) for _ in range(repeats)]
    print(
        f"{layer:20} {result.delta[0]:8.4f} {result.total[0]:8.4f} "
        f"{float(np.sum(scores, dtype=float)):8.4f} {common.error(scores, result.scores):7.0%} "
        f"{median(b / a for a, b in pairs):5.1f}x"
    )


if __name__ == "__main__":
    main()
