"""Neuron Integrated Gradients here against Captum's LayerConductance, at equal true error.

The same EfficientNet-Lite0 weights, picture, target and baseline; logits must agree first. Captum
runs in a second process with an environment of its own and answers in turn with this one, so that
both meet the same machine. The truth is a uniform grid by `tf.GradientTape` alone.

    python3 -m venv benchmarks/.venv-captum
    benchmarks/.venv-captum/bin/pip install -r benchmarks/requirements-captum.txt
    python -m benchmarks.captum_conductance --python benchmarks/.venv-captum/bin/python
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, Self

import keras
import numpy as np

import attribution
from benchmarks import common
from benchmarks.common import LAYER, TARGET

METHODS = ("gausslegendre", "riemann_trapezoid", "riemann_right")
TOLERANCES = (0.15, 0.12, 0.1, 0.09, 0.08, 0.07, 0.06, 0.05, 0.045, 0.04, 0.035, 0.03, 0.02)
MOST_STEPS = 4096


class Captum:
    """The second process: exports what it needs, asks it for scores and their seconds."""

    def __init__(self, python: str, network: keras.Model, image: np.ndarray, folder: Path) -> None:
        producers = {id(layer.output): layer.name for layer in network.layers}
        arrays, layers = {}, []
        for layer in network.layers[1:]:
            weights = layer.get_weights()
            arrays |= {f"{layer.name}/{i}": w for i, w in enumerate(weights)}
            given = layer.input if isinstance(layer.input, list) else [layer.input]
            layers.append(
                {
                    "name": layer.name,
                    "kind": type(layer).__name__,
                    "inputs": [producers[id(t)] for t in given],
                    "weights": len(weights),
                    "stride": getattr(layer, "strides", None),
                    "epsilon": getattr(layer, "epsilon", None),
                }
            )
        (folder / "layers.json").write_text(json.dumps(layers))
        np.savez(folder / "weights.npz", **arrays)
        np.save(folder / "image.npy", image)
        self.folder = folder
        self.process = subprocess.Popen(
            [python, str(Path(__file__).with_name("captum_side.py")), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "OMP_WAIT_POLICY": "PASSIVE",
            },  # spinning threads lose on shared cores
        )
        self.versions = self._answer()["versions"]
        far = float(np.abs(np.load(folder / "logits.npy") - network.predict_on_batch(image)).max())
        if far > 1e-3:
            raise SystemExit(f"The two networks differ: logits are {far:.2g} apart.")
        print(f"logits of the two networks differ by at most {far:.1e}")
        self.best: dict[str, dict[str, Any]] = {}
        self.peak = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(timeout=30)
        print(f"Captum's process: peak memory {self.peak / 1e9:.1f} GB")

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("Captum's process ended; see its message above.")
        return json.loads(line)

    def __call__(self, layer: str, steps: int, **more: Any) -> tuple[float, np.ndarray]:
        """Seconds and scores of one call, at the layer's best settings unless told otherwise."""
        given = {"method": METHODS[0], "target": TARGET, **self.best.get(layer, {}), **more}
        assert self.process.stdin
        print(json.dumps({"layer": layer, "steps": steps, **given}), file=self.process.stdin)
        self.process.stdin.flush()
        answer = self._answer()
        self.peak = answer["peak"]
        return answer["seconds"], np.load(self.folder / "scores.npy")

    def tune(self, layer: str, steps: int, formats: tuple[str, ...] = ("last", "first")) -> None:
        """Find the internal batch size and the memory format that are fastest for the layer."""
        trials = [{"batch": b, "channels": c} for b in (8, 16, 32) for c in formats]
        self(layer, steps, **trials[0])
        seconds = [self(layer, steps, **t)[0] for t in trials]
        self.best[layer] = trials[int(np.argmin(seconds))]


def fewest_steps(error_at: Callable[[int], float], goal: float, start: int) -> tuple[int, float]:
    """The fewest steps, to about a tenth, whose error is within the goal, and that error."""
    low, high, found = 1, MOST_STEPS, (MOST_STEPS, np.nan)
    steps = start
    for _ in range(6):
        error = error_at(steps)
        if error <= goal:
            high, found = steps, (steps, error)
        else:
            low = steps
        if high <= 1.1 * low or (0.93 * goal < error <= goal):
            break
        wanted = round(steps * (error / goal) ** 1.1 * 1.02)  # the error falls a little slower
        steps = int(np.clip(wanted, round(low * 1.05) + 1, max(high - 1, low + 1)))
    return found


def one_layer(captum: Captum, net: attribution.Network, x: np.ndarray, exact: np.ndarray,
              repeats: int) -> None:  # fmt: skip
    """Both at a true error of 3 % on block6d_add."""
    captum.tune(LAYER, 255)
    print(f"\nCaptum is fastest with {captum.best[LAYER]}")
    needs = {}
    for method in METHODS:
        tried = lambda n, m=method: common.error(captum(LAYER, n, method=m)[1][0], exact)  # noqa: E731
        needs[method] = fewest_steps(tried, 0.03, 600)
        print(f"  {method:18} n_steps {needs[method][0]:5}  true error {needs[method][1]:.2%}")
    method, (steps, off) = min(needs.items(), key=lambda item: item[1][0])

    def ours(tolerance: float) -> attribution.Attribution:
        return attribution.neuron_integrated_gradients(
            net, x, LAYER, target=TARGET, tolerance=tolerance
        )

    widest = next(t for t in TOLERANCES if common.error(ours(t).scores[0], exact) <= 0.03)
    print(f"\n{'block6d_add, true error 3 %':34} {'evals':>6} {'true':>7} {'s':>7} {'ratio':>7}")
    for tolerance in dict.fromkeys((widest, 0.03)):
        result = ours(tolerance)
        pairs = [
            (common.seconds(lambda t=tolerance: ours(t)), captum(LAYER, steps, method=method)[0])
            for _ in range(repeats)
        ]
        mine, theirs = (median(column) for column in zip(*pairs, strict=True))
        ratio = median(b / a for a, b in pairs)
        print(
            f"{f'ours, tolerance={tolerance:g}':34} {result.evaluations[0]:6} "
            f"{common.error(result.scores[0], exact):7.2%} {mine:7.2f} {ratio:6.1f}x\n"
            f"{f'Captum, {method}':34} {steps + 1:6} {off:7.2%} {theirs:7.2f} {1:6.1f}x"
        )


def all_layers(captum: Captum, net: attribution.Network, x: np.ndarray,
               exact: dict[str, np.ndarray]) -> None:  # fmt: skip
    """Every layer in one call, against a Captum call for each, at a true error of 5 %."""

    requests = {"tolerance=0.05": (0.05, None), "steps=97": (0.0, 97)}
    found: dict[str, dict[str, attribution.Attribution]] = {name: {} for name in requests}
    mine: dict[str, list[float]] = {name: [] for name in requests}

    def ours() -> None:
        for name, (tolerance, steps) in requests.items():
            start = time.perf_counter()
            found[name] = attribution.neuron_integrated_gradients(
                net, x, "all", target=TARGET, tolerance=tolerance, steps=steps
            )
            mine[name].append(time.perf_counter() - start)

    attribution.neuron_integrated_gradients(net, x, "all", target=TARGET, tolerance=0.0, steps=9)
    ours()
    total, start = 0.0, 350
    print(
        f"\n{'layer':26} {'n_steps':>8} {'Captum true':>12} {'s':>7}  ours true: {list(requests)}"
    )
    for number, name in enumerate(reversed(exact)):
        captum.tune(name, 31, ("last",))
        took: dict[int, float] = {}

        def error_at(steps: int, name: str = name, took: dict[int, float] = took) -> float:
            took[steps], scores = captum(name, steps)
            return common.error(scores[0], exact[name])

        start, off = fewest_steps(error_at, 0.05, start)
        total += took[start]
        if number % 3 == 2:
            ours()
        true = [f"{common.error(r[name].scores[0], exact[name]):7.2%}" for r in found.values()]
        print(f"{name:26} {start:8} {off:12.2%} {took[start]:7.1f}  {' '.join(true)}", flush=True)
    theirs = 142 * total / len(exact)
    print(f"Captum, all 142, extrapolated from the mean of these {len(exact)}: {theirs:.0f} s")
    for name, results in found.items():
        worst = max(results.values(), key=lambda r: r.error[0])
        over = sum(r.error[0] > 0.05 for r in results.values())
        print(
            f"ours, {name}: {median(mine[name]):.1f} s, {theirs / median(mine[name]):.0f}x; "
            f"{worst.evaluations[0]} evaluations; estimated error over 5 % in {over} layers, "
            f"at most {worst.error[0]:.1%} in {worst.layer}"
        )


def main() -> None:
    """Both tables in one run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", required=True, help="the interpreter that has Captum")
    parser.add_argument("--truth", type=int, default=4096, help="steps of the reference")
    parser.add_argument("--repeats", type=int, default=5, help="timed pairs on one layer")
    parser.add_argument("--layers", type=int, default=12, help="Captum's share of the 142 layers")
    parser.add_argument("--part", choices=("one", "all"), help="only this")
    given = parser.parse_args()
    network, x = common.model(), common.picture()
    net = attribution.load(common.MODEL)
    names = [layer.name for layer in network.layers[1:]]
    assert len(names) == 142
    spread = [names[round(i)] for i in np.linspace(0, len(names) - 1, given.layers)]
    with (
        tempfile.TemporaryDirectory() as folder,
        Captum(given.python, network, x, Path(folder)) as captum,
    ):
        print(f"{common.machine()}\nCaptum's side: {captum.versions}")
        if given.part != "all":
            exact = common.truth(network, [LAYER], x, given.truth)[LAYER]
            one_layer(captum, net, x, exact, given.repeats)
        if given.part != "one":
            all_layers(captum, net, x, common.truth(network, spread, x, given.truth))


if __name__ == "__main__":
    main()
