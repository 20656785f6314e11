"""How much of the evidence falls on the motifs? Input contributions against a known truth.

Of 200 simulated sequences that hold both motifs (assets/simulate.py), the share of the positive
contribution to the answer "both" that lies on bases of embedded motifs, by method and by baseline.
Then the time of one 200-base sequence, every layer, at an error of 2 %.

    python -m benchmarks.motif_share
"""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import time
from collections.abc import Callable
from typing import Any

import numpy as np

import attribution
from assets.simulate import BACKGROUND, Simulation, simulate
from attribution import baselines, deeplift

SEED, COUNT, TOLERANCE, SHUFFLES = 20_261, 200, 0.02, 10
TARGET = 0  # "both"
INPUT = "sequence"
BATCH = 50
REPEATS = 5

Array = np.ndarray[Any, Any]


def both(count: int, seed: int) -> tuple[Array, Array]:
    """Sequences that hold both motifs (count, 200, 4), and which of their bases (count, 200) do."""
    drawn: Simulation = simulate(4 * count, seed)
    chosen = np.flatnonzero(drawn.labels[:, 0])[:count]
    inside = np.zeros((count, drawn.codes.shape[1]), bool)
    for row, example in zip(inside, chosen, strict=True):
        for site in drawn.sites[example]:
            row[site.start : site.end] = True
    return drawn.one_hot()[chosen], inside


def share(scores: Array, inside: Array) -> Array:
    """(batch,): how much of each sequence's positive contribution lies inside."""
    positive = np.maximum(scores.sum(axis=-1, dtype=np.float64), 0)
    return (positive * inside).sum(axis=1) / positive.sum(axis=1)


def methods(net: attribution.Network) -> dict[str, Callable[[Array, Any], Array]]:
    """Name -> scores of the input (batch, length, 4), from x and a baseline."""

    def of(function: Callable[..., Any], **more: Any) -> Callable[[Array, Any], Array]:
        return lambda x, b: function(net, x, INPUT, target=TARGET, baseline=b, **more).scores

    return {
        "gradient x input": of(attribution.gradient_times_difference),
        "Neuron Integrated Gradients": of(
            attribution.neuron_integrated_gradients, tolerance=TOLERANCE
        ),
        "DeepLIFT, rescale": of(deeplift.deeplift, rule="rescale"),
        "DeepLIFT, genomics": of(deeplift.deeplift, rule="genomics"),
    }


REFERENCES: dict[str, Callable[[Array], Any]] = {
    "zeros": baselines.zeros,
    "uniform": lambda x: baselines.constant(x, 0.25),
    "background": lambda x: baselines.base_frequencies(x, BACKGROUND),
    f"{SHUFFLES} shuffles": lambda x: baselines.dinucleotide_shuffle(x, 0, SHUFFLES),
}


def warm_time(net: attribution.Network, x: Array) -> tuple[float, float, int]:
    """Median seconds, worst error and evaluations of all layers of one sequence."""
    seconds = []
    for _ in range(REPEATS + 1):
        started = time.perf_counter()
        found = attribution.neuron_integrated_gradients(
            net, x, "all", target=TARGET, tolerance=TOLERANCE
        )
        seconds.append(time.perf_counter() - started)
    worst = max(float(r.error[0]) for r in found.values())
    spent = max(int(r.evaluations[0]) for r in found.values())
    return float(np.median(seconds[1:])), worst, spent


def main() -> None:
    """Print the two tables."""
    net = attribution.load("tal1-gata1")
    x, inside = both(COUNT, SEED)
    print(
        f"{COUNT} sequences with both motifs; {inside.mean():.1%} of their bases lie in motifs.\n"
    )
    print("| method | baseline | mean share | median | worst tenth |")
    print("|---|---|---|---|---|")
    for name, scores in methods(net).items():
        for reference, baseline in REFERENCES.items():
            if name == "gradient x input" and reference != "zeros":
                continue  # it has no baseline
            parts = [slice(i, i + BATCH) for i in range(0, COUNT, BATCH)]
            found = np.concatenate([share(scores(x[p], baseline(x[p])), inside[p]) for p in parts])
            row = (
                f"{found.mean():.3f}",
                f"{np.median(found):.3f}",
                f"{np.quantile(found, 0.1):.3f}",
            )
            print(f"| {name} | {reference} | {' | '.join(row)} |", flush=True)
    seconds, error, spent = warm_time(net, x[:1])
    print(
        f"\nOne sequence, all {len(net.layers)} layers, tolerance {TOLERANCE:.0%}: "
        f"{seconds:.2f} s warm, {spent} evaluations, largest error {error:.1%}."
    )


if __name__ == "__main__":
    main()
