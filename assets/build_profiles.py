"""Write assets/profiles: finished runs over data sets, which the page "Data set" shows at once.

    python -m assets.build_profiles [NAME ...]

`digits` is the network of digits with 1,000 that it never saw; `tal1-gata1` that of DNA with
sequences of a simulation (assets/simulate.py) that is not its training data. Each run leaves a
fifth of its data for its proof. Beside each lie the examples of the first cards of every class. Run
it again after a change to a network or a method.
"""

from __future__ import annotations

import gzip
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assets.simulate import simulate
from attribution import profile
from dashboard.words.profile import CARDS
from dashboard.work import seen
from dashboard.work.engine import Engine
from dashboard.work.profiles import BUNDLED

DATA = Path(__file__).parent / "data"
SEED = 2026  # of no other simulation here
COUNT = 600


@dataclass(frozen=True)
class Bundle:
    """One run. limit : inputs; the others prove it. layers : the first is the one that is shown
    first. baseline : as pages have it by default, so that what they show is comparable."""

    model: str
    data: Path
    limit: int
    layers: tuple[str, ...]
    target: Any
    baseline: Any


RUNS = {
    "digits": Bundle("digits", DATA / "digits.npz", 800, ("relu2",), "label", "zeros"),
    "tal1-gata1": Bundle("tal1-gata1", DATA / "tal1-gata1.fasta.gz", 480, ("relu1",), 0, "0.25"),
}


def simulated() -> bytes:
    """Sequences of the simulation, each with the motifs that it holds as its label."""
    drawn = simulate(COUNT, SEED)
    names = {(1, 1, 1): "both", (0, 1, 0): "GATA1", (0, 0, 1): "TAL1", (0, 0, 0): "neither"}
    lines = []
    for number, labels in enumerate(drawn.labels):
        label = names[tuple(int(n) for n in labels)]
        lines += [f">simulated-{number:03} label={label}", drawn.text(number)]
    return gzip.compress(("\n".join(lines) + "\n").encode("ascii"), mtime=0)


def main() -> None:
    """Write everything, or what is named."""
    (DATA / "tal1-gata1.fasta.gz").write_bytes(simulated())
    engine = Engine(recorded=False)
    for name in sys.argv[1:] or RUNS:
        bundle, out = RUNS[name], BUNDLED / name
        shutil.rmtree(out, ignore_errors=True)
        data = bundle.data.relative_to(Path.cwd())
        made = profile.run(
            bundle.model,
            data,
            out,
            limit=bundle.limit,
            layers=bundle.layers,
            target=bundle.target,
            baseline=bundle.baseline,
            tolerance=0.05,  # pages show single inputs
        )
        for note in made.prove(data):
            print(f"{name}: {note}")
        ran = engine.profiles.run(name)
        for layer in bundle.layers:
            found = engine.profiles.layer(name, layer)
            pairs, targets = found.pairs(found.present, CARDS), found.targets
            kept = seen.find(engine, ran, layer, pairs, targets, _ignore, _ignore)
            if any(each.scores is not None for each in kept.values()):
                print(seen.write(ran, layer, kept))
        size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
        print(f"{name}: {size / 1024:.0f} KB in {ran.run.job.shards} shards")


def _ignore(*_: int) -> None:
    pass


if __name__ == "__main__":
    main()
