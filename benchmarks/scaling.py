"""How the cost grows: one layer, all layers and DeepLIFT against bare gradients.

    python -m benchmarks.scaling [--cases "ResNet50, 96 px" ...] [--out scaling.csv] [--plot FILE]

Networks of keras.applications with random weights; one network of bases over the length of a
sequence, the batch and the number of references. A bare gradient is a tf.function that runs the
network forward to the score and back to the input, for as many rows in as large chunks, and nothing
else. Seconds are of processor, all cores together, warm, the least of some runs; the peak is that
of the process, interpreter and TensorFlow included. Each case has a process of its own, and what
the file holds is not measured again.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import common  # first: it quiets TensorFlow

import keras  # isort: skip
import numpy as np
import pandas as pd
import tensorflow as tf

import attribution
from benchmarks.memory import any_length

NODES, REPEATS, SEED = 33, 2, 0
PIXELS = {
    "MobileNetV2": (96, 160, 224),
    "EfficientNetB0": (96, 224),
    "ResNet50": (96, 224),
    "DenseNet121": (96,),
    "VGG16": (96,),
}
LENGTHS, BATCHES, REFERENCES = (200, 1_000, 5_000, 20_000), (1, 2, 4), (1, 2, 4)
OWN = 0.25
"""Share of the library itself above which it must be said where it goes."""


@dataclass(frozen=True)
class Case:
    """One network and what it is asked. series : what grows, and how large it is here."""

    series: str
    size: int
    build: Callable[[], keras.Model]
    shape: tuple[int, ...]
    batch: int = 1
    references: int = 1


def cases() -> Iterator[tuple[str, Case]]:
    """All, by name."""
    for name, sizes in PIXELS.items():
        for n in sizes:
            yield f"{name}, {n} px", Case(name, n, _application(name, n), (n, n, 3))
    for n in LENGTHS:
        yield f"{n:,} bases", Case("length", n, any_length, (n, 4))
    for n in BATCHES[1:]:
        yield f"1,000 bases, batch of {n}", Case("batch", n, any_length, (1_000, 4), batch=n)
    for n in REFERENCES[1:]:
        made = Case("references", n, any_length, (1_000, 4), references=n)
        yield f"1,000 bases, {n} references", made


def _application(name: str, pixels: int) -> Callable[[], keras.Model]:
    make = getattr(keras.applications, name)
    return lambda: make(weights=None, input_shape=(pixels, pixels, 3), classifier_activation=None)


def measured(case: Case) -> dict[str, float]:
    """Seconds, ratios to bare gradients and peaks of one case."""
    keras.utils.set_random_seed(SEED)
    net = attribution.Network(case.build())
    rng = np.random.default_rng(SEED)
    x = rng.normal(size=(case.batch, *case.shape)).astype("float32")
    origins = [rng.normal(size=x.shape).astype("float32") / 10 for _ in range(case.references)]
    cuts = [i.name for i in net.layers if i.is_cut and len(i.shape) == x.ndim - 1]
    middle = cuts[len(cuts) // 2]
    paths = case.batch * case.references
    found: dict[str, float] = {"layers": len(net.layers)}
    given: dict[str, Any] = {"target": 0, "baseline": origins}
    many: dict[str, Any] = {**given, "tolerance": 0.0, "steps": NODES}
    whole = net.chunk((), net.graph(), [x])
    questions: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
        "one": (
            lambda: attribution.neuron_integrated_gradients(net, x, middle, **many),
            bare(net.model, middle, x, NODES * paths, net.chunk([middle], net.graph(), [x])),
        ),
        "deeplift": (
            lambda: attribution.deeplift(net, x, "all", **given),
            bare(net.model, None, x, 2 * paths, whole),
        ),
        "all": (
            lambda: attribution.neuron_integrated_gradients(net, x, "all", **many),
            bare(net.model, None, x, NODES * paths, whole),
        ),
    }
    for name, (ours, theirs) in questions.items():
        start = time.process_time()
        ours()
        found[f"{name} first"] = time.process_time() - start
        theirs()
        _forget_peak()
        pairs = [(_seconds(ours), _seconds(theirs)) for _ in range(REPEATS)]
        found[f"{name} peak"] = _peak()
        found[f"{name} seconds"], found[f"{name} bare"] = (min(p) for p in zip(*pairs, strict=True))
    return found


def bare(
    model: keras.Model, layer: str | None, x: np.ndarray, rows: int, chunk: int
) -> Callable[[], None]:
    """Forward to the score and back to the layer, None: the input, for so many rows."""
    ends = [model.output] if layer is None else [model.get_layer(layer).output, model.output]
    read = keras.Model(model.input, ends)

    @tf.function(input_signature=[tf.TensorSpec((None, *x.shape[1:]))], autograph=False)
    def run(points: tf.Tensor) -> tf.Tensor:
        *held, out = read(points, training=False) if layer else (points, read(points))
        return tf.gradients(out[:, 0], held[0])[0]

    given = np.broadcast_to(x[:1], (rows, *x.shape[1:]))

    def loop() -> None:
        for first in range(0, rows, chunk):
            run(tf.constant(given[first : first + chunk])).numpy()

    return loop


def _seconds(run: Callable[[], Any]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _peak() -> float:
    """In MB (10^6 bytes) since it was forgotten; Linux only."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(n for n in lines if n.startswith("VmHWM:")).split()[1]) * 1024 / 1e6


def table(frame: pd.DataFrame) -> str:
    """Markdown: seconds of each, the library's own share of them, and peaks."""
    lines = ["| | layers | " + " | ".join(f"{n}: s, own, MB" for n in _TOLD.values()) + " |"]
    lines.append("|---" * (2 + len(_TOLD)) + "|")
    for row in frame.to_dict("records"):
        parts = [
            f"{row[f'{n} seconds']:.2f}, {own(row, n):.0%}, {row[f'{n} peak']:,.0f}" for n in _TOLD
        ]
        lines.append(f"| {row['case']} | {row['layers']:.0f} | {' | '.join(parts)} |")
    return "\n".join(lines)


_TOLD = {"one": "one layer", "all": "all layers", "deeplift": "DeepLIFT, all layers"}


def own(row: dict[Any, Any], name: str) -> float:
    """The share of the seconds that is not the network's; 0 where bare gradients took longer."""
    return max(0.0, 1 - float(row[f"{name} bare"]) / float(row[f"{name} seconds"]))


def plot(frame: pd.DataFrame, file: Path) -> None:
    """Seconds over what grows: a panel for each of pictures, length, batch and references."""
    from benchmarks.evidence.figures import growth

    growth(frame, _TOLD).write_image(file)


def main() -> None:
    """Measure what is missing, then the table."""
    known = dict(cases())
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", nargs="+", default=list(known), choices=list(known))
    parser.add_argument("--out", type=Path, default=Path("scaling.csv"))
    parser.add_argument("--plot", type=Path, help="an .svg of the table")
    parser.add_argument("--one", choices=list(known), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        case = known[given.one]
        row = {"case": given.one, "series": case.series, "size": case.size} | measured(case)
        rows = pd.DataFrame([row])
        there = given.out.exists()
        rows.round(4).to_csv(given.out, mode="a", header=not there, index=False)
        return
    for name in given.cases:
        if not given.out.exists() or name not in set(pd.read_csv(given.out).case):
            command = [sys.executable, "-m", "benchmarks.scaling", "--one", name]
            subprocess.run([*command, "--out", str(given.out)], check=True)
    frame = pd.read_csv(given.out)
    print(f"{common.machine()}\n\n{table(frame)}")
    if given.plot:
        plot(frame, given.plot)


if __name__ == "__main__":
    main()
