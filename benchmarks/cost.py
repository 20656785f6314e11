"""What an explanation costs: evaluations, time over bare gradients, all layers over one, memory.

The two sides of each ratio are timed in turn, and the median of the paired ratios is quoted. Each
peak of memory is that of a fresh process, interpreter and TensorFlow included.

    python -m benchmarks.cost
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import attribution
from benchmarks import common
from benchmarks.common import LAYER, TARGET

REQUESTS: dict[str, dict[str, Any]] = {
    "one layer, tolerance=0, steps=3000": {"layer": LAYER, "tolerance": 0.0, "steps": 3000},
    "all layers, tolerance=0.05": {"layer": "all", "tolerance": 0.05},
}
LIMITS = (1.5, 2.0)


def explain(net: attribution.Network, x: np.ndarray, **request: Any) -> Any:
    """The request of the benchmarks, from a zero baseline."""
    return attribution.neuron_integrated_gradients(net, x, target=TARGET, **request)


def bare(network: keras.Model, x: np.ndarray, rows: int, batch: int) -> Callable[[], None]:
    """Forward to the logit and back to the layer for so many rows of the path, and nothing else."""
    lower = keras.Model(network.inputs, network.get_layer(LAYER).output)
    upper = keras.Model(lower.outputs, network.outputs)

    @tf.function(input_signature=[tf.TensorSpec((None, *x.shape[1:]))])
    def run(points: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        h = lower(points, training=False)
        with tf.GradientTape() as tape:
            tape.watch(h)
            score = upper(h, training=False)[:, TARGET]
        return score, h, tape.gradient(score, h)

    a = np.linspace(0, 1, rows, dtype=np.float32)[:, None, None, None]
    parts = [tf.constant(a[i : i + batch] * x) for i in range(0, rows, batch)]

    def loop() -> None:
        for points in parts:
            for tensor in run(points):
                tensor.numpy()

    return loop


def in_turn(
    one: Callable[[], Any], other: Callable[[], Any], repeats: int
) -> tuple[float, float, float]:
    """Median seconds of both, warm, and the median of the ratios other / one."""
    one(), other()
    pairs = [(common.seconds(one), common.seconds(other)) for _ in range(repeats)]
    first, second = zip(*pairs, strict=True)
    return median(first), median(second), median(b / a for a, b in pairs)


def one_layer(net: attribution.Network, x: np.ndarray, truth: int, repeats: int) -> None:
    """Error, evaluations and time of the request that a user makes first."""
    network = common.model()
    exact = common.truth(network, [LAYER], x, truth)[LAYER]

    def ours() -> attribution.Attribution:
        return explain(net, x, layer=LAYER, tolerance=0.045)

    result = ours()
    rows = int(result.evaluations[0])
    print(f"{LAYER}, tolerance=0.045")
    print(f"  evaluations      {rows:8}   (at most 105)")
    print(f"  true error       {common.error(result.scores[0], exact):8.2%}   (at most 3 %)")
    print(f"  estimated error  {result.error[0]:8.2%}")
    loops = {batch: bare(network, x, rows, batch) for batch in (4, 8, 16, 32)}
    for loop in loops.values():
        loop()
    batch = min(loops, key=lambda b: min(common.seconds(loops[b]) for _ in range(3)))
    theirs, mine, ratio = in_turn(loops[batch], ours, repeats)
    print(
        f"  bare gradients   {theirs:7.2f}s   ({rows} in batches of {batch}, the fastest of four)"
    )
    print(f"  warm time        {mine:7.2f}s")
    print(f"  ratio            {ratio:7.2f}x   (at most 1.6)", flush=True)


def all_over_one(net: attribution.Network, x: np.ndarray, repeats: int) -> None:
    """All layers at as many nodes as one layer; both choose the nodes by themselves."""
    for steps in (65, 95):
        one, everything, ratio = in_turn(
            lambda n=steps: explain(net, x, layer=LAYER, tolerance=0.0, steps=n),
            lambda n=steps: explain(net, x, layer="all", tolerance=0.0, steps=n),
            repeats,
        )
        print(f"all layers over {LAYER}, {steps} nodes each")
        print(
            f"  one {one:.2f}s, all {everything:.2f}s, ratio {ratio:.1f}x (at most 7)", flush=True
        )


def memory() -> None:
    """The peak of each request in a process of its own."""
    for (name, _), limit in zip(REQUESTS.items(), LIMITS, strict=True):
        command = [sys.executable, "-m", "benchmarks.cost", "--peak", name]
        found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        print(f"peak memory, {name:36} {float(found.stdout):.2f} GB (at most {limit})", flush=True)


def peak(name: str) -> float:
    """Run one request and say how much memory this process needed at most, in GB (10^9 bytes)."""
    explain(attribution.load(common.MODEL), common.picture(), **REQUESTS[name])
    status = Path("/proc/self/status")
    if status.exists():  # here ru_maxrss is no less than what the parent held when it forked
        (line,) = (n for n in status.read_text().splitlines() if n.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024 / 1e9
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def main() -> None:
    """All tables in one run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--truth", type=int, default=4096, help="steps of the reference")
    parser.add_argument("--repeats", type=int, default=7, help="timed pairs")
    parser.add_argument("--part", choices=("one", "all", "memory"), help="only this")
    parser.add_argument("--peak", choices=REQUESTS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.peak:
        print(peak(given.peak))
        return
    print(common.machine())
    net, x = attribution.load(common.MODEL), common.picture()
    if given.part in (None, "one"):
        one_layer(net, x, given.truth, given.repeats)
    if given.part in (None, "all"):
        all_over_one(net, x, given.repeats)
    if given.part in (None, "memory"):
        memory()


if __name__ == "__main__":
    main()
