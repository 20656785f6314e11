"""Profiles of data sets: what the sampled integral costs and adds, and how often intervals hold.

    python -m benchmarks.profile           # all parts, some 20 minutes on 2 idle cores
    python -m benchmarks.profile coverage  # or: sampled, engines

**Sampled.** Crops of the bundled photographs, EfficientNet-Lite0, block6d_add, baseline zero, the
predicted class: time of an input, with its share of the pilot, over the time of one gradient
evaluation of the same rows in the same run; and by what the standard error of the mean of each
channel is wider than with each input integrated to 1 %, in the mean over chance.

**Coverage.** The pool is the 1,000 digits that training has not seen, 100 of each class, each
scored to 3 % once. A sample is drawn from a class *with replacement*, so that it is one of
independent inputs whose population is the pool, and no correction for a finite population is due.
1,000 samples, 100 of each class: how often 95 % intervals hold the pool's mean, of one channel
drawn at random and of all channels at once, beside what a binomial test at 95 % allows.

**Engines.** The same crops as files: inputs a second of one worker with one thread, of one with all
cores, of two, and of Ray, each a command of its own, from the time when every worker has written
its first shard; what goes before is the start-up. The most memory that a worker ever had.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import stats

import attribution
from attribution.bundled import ASSETS
from attribution.integration import guide
from attribution.integration.integrand import Conductance
from attribution.profile.engines import cores, threads
from attribution.profile.estimate import Adaptive, estimate
from attribution.profile.moments import Moments
from attribution.profile.plan import PILOT, order, plan
from attribution.profile.resampling import Resamples, intervals
from attribution.questions import question
from benchmarks import common  # first: it keeps TensorFlow quiet

CROPS, SHOWN, DRAWS = 200, 24, 8  # inputs; those that are also integrated to 1 %, how often drawn
SAMPLES, SIZES = 1000, (30, 50, 100, 300)
LAYERS = ("relu2", "dense_relu")
PHOTOGRAPHS = ("china.jpg", "flower.jpg", "rocket.jpg", "coffee.png", "cat.png")


def crops(count: int) -> np.ndarray:
    """Squares of .4 to .9 of the photographs, as the network sees them."""
    encode = attribution.zoo.cards()[common.MODEL].encoding()
    rng = np.random.default_rng(1)
    pictures = [Image.open(ASSETS / "samples" / n).convert("RGB") for n in PHOTOGRAPHS]
    found = []
    for k in range(count):
        picture = pictures[k % len(pictures)]
        side = int(min(picture.size) * rng.uniform(0.4, 0.9))
        left, top = (int(rng.integers(0, s - side + 1)) for s in picture.size)
        cut = picture.crop((left, top, left + side, top + side)).resize((224, 224))
        found.append(encode.encode(np.asarray(cut)))
    return np.stack(found)


def sampled() -> None:
    """Cost of an input, and the standard error of class means."""
    net, layer = attribution.load(common.MODEL), common.LAYER
    x = crops(CROPS)
    asked = Conductance(question.ask(net, x[:1], layer))
    read = guide.guide(net, asked, (layer,), 1025)
    rows = asked.points([0] * read.chunk, [0] * read.chunk, np.linspace(0, 1, read.chunk))
    read.read(*rows)
    start = time.perf_counter()
    chosen = plan(net, [layer], x[order(CROPS)[:PILOT]])
    pilot = time.perf_counter() - start
    estimate(net, [layer], x[:1], np.arange(1), None, None, chosen)
    bare, own, parts = [], [], []
    for first in range(0, CROPS, 16):
        for _ in range(4):
            bare.append(common.seconds(lambda: read.read(*rows)) / read.chunk)
        places = np.arange(first, min(first + 16, CROPS))
        start = time.perf_counter()
        parts.append(estimate(net, [layer], x[places], places, None, None, chosen))
        own.append((time.perf_counter() - start) / len(places))
    unit = float(np.median(bare))
    spent = np.concatenate([p.evaluations for p in parts])
    shown = order(CROPS, 1)[:SHOWN]
    exact = estimate(net, [layer], x[shown], shown, None, None, Adaptive("nig", 0.01)).units[layer]
    drawn = [
        estimate(net, [layer], x[shown], shown + k * CROPS, None, None, chosen).units[layer]
        for k in range(DRAWS)  # by another chance each time
    ]
    noise = ((np.stack(drawn) - exact) ** 2).mean((0, 1))
    wider = np.sqrt(1 + noise / exact.var(0, ddof=1))
    total = np.sqrt(1 + noise.sum() / exact.var(0, ddof=1).sum())
    said = np.concatenate([p.quadrature[layer] for p in parts]).mean() / noise.mean()
    print(
        f"plan: {chosen.nodes} nodes, {chosen.pilot} evaluations of the pilot, "
        f"{chosen.inflation} x expected"
    )
    print(
        f"evaluations an input: {spent.mean():.1f}, with the pilot "
        f"{spent.mean() + chosen.pilot / CROPS:.1f}"
    )
    print(
        f"time of an input over that of one evaluation: {np.median(own) / unit:.1f}, with the "
        f"pilot {(np.median(own) + pilot / CROPS) / unit:.1f}"
    )
    print(
        f"standard error over that at 1 %: {total:.3f} of all channels together, "
        f"{np.median(wider):.3f} of the median channel; said / true variance {said:.2f}"
    )


def pool() -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The scores of the unseen digits for their own class, and the classes."""
    net = attribution.load("digits")
    held = np.load(ASSETS / "data" / "digits.npz")
    x, label = held["pictures"][..., None].astype("float32"), held["labels"].astype(int)
    plan3, found = Adaptive("nig", 0.03), []
    for k in range(0, len(x), 100):
        places = np.arange(k, k + 100)
        found.append(estimate(net, LAYERS, x[places], places, label[places], None, plan3).units)
    return {n: np.concatenate([f[n] for f in found]) for n in LAYERS}, label


def coverage() -> None:
    """How often the intervals hold the mean of the pool."""
    scores, label = pool()
    low, high = stats.binom.interval(0.95, SAMPLES, 0.95)
    print(f"a binomial test at 95 % allows {low:.0f} to {high:.0f} of {SAMPLES}")
    print("| layer | inputs | one channel | all at once | Student's t, one | bounded: one | all |")
    print("|---|---|---|---|---|---|---|")
    for layer in LAYERS:
        for size in SIZES:
            rng = np.random.default_rng(size)
            held = []
            for sample in range(SAMPLES):
                members = scores[layer][label == sample % 10]
                drawn = members[rng.integers(0, len(members), size)].astype(float)
                moments = Moments.of(drawn, drawn)
                places = np.arange(size) + size * sample
                plain, joint = intervals(Resamples.of(places, drawn), moments)
                away = np.abs(moments.mean - members.mean(0))
                live = np.flatnonzero(members.std(0) > 0)
                one = rng.choice(live)
                student = stats.t.ppf(0.975, size - 1) * moments.standard_error
                held.append(
                    [
                        away[one] <= plain[one],
                        (away <= joint).all(),
                        away[one] <= student[one],
                        np.isfinite(plain[live]).mean(),
                        np.isfinite(joint[live]).mean(),
                    ]
                )
            one, all_, student, bounded, together = np.array(held, float).mean(0)
            print(
                f"| {layer} | {size} | {one * SAMPLES:.0f} | {all_ * SAMPLES:.0f} | "
                f"{student * SAMPLES:.0f} | {bounded:.0%} | {together:.0%} |",
                flush=True,
            )


def engines() -> None:
    """Inputs a second of every engine."""
    single = threads(cores())
    print("| engine | inputs a second | start-up, s | memory of a worker |\n|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as room:
        files = Path(room) / "crops"
        encode = attribution.zoo.cards()[common.MODEL].encoding()
        for k, x in enumerate(crops(CROPS)):
            file = files / PHOTOGRAPHS[k % len(PHOTOGRAPHS)].split(".")[0] / f"{k}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(encode.decode(x).round().astype(np.uint8)).save(file)
        for name, workers, options, share in (
            ("one worker, one thread", 1, [], single),
            ("one worker, all cores", 1, [], {}),
            ("two workers", 2, ["--workers", "2"], {}),
            ("Ray, two actors", 2, ["--workers", "2", "--engine", "ray"], {}),
        ):
            out = Path(room) / name.replace(" ", "-")
            words = [common.MODEL, str(files), "--out", str(out), "--layer", common.LAYER]
            begun = time.time()
            run = subprocess.Popen(
                [sys.executable, "-m", "attribution", "profile", "run", *words, *options],
                env={**os.environ, **share},
                stdout=subprocess.DEVNULL,
            )
            most = 0
            while run.poll() is None:
                most = max([most, *map(_resident, _family(run.pid))])
                time.sleep(0.2)
            if run.returncode:
                raise SystemExit(f"{name} ended with {run.returncode}.")
            shards = sorted((out / "shards").glob("*.parquet"), key=lambda f: f.stat().st_mtime)
            made = [file.stat().st_mtime for file in shards]
            each = CROPS / len(shards)  # the last one may be smaller
            rate = each * (len(shards) - workers) / (made[-1] - made[workers - 1])
            start = made[workers - 1] - begun - workers * each / rate
            print(f"| {name} | {rate:.2f} | {start:.0f} | {most / 2**20:.0f} MiB |", flush=True)


def _family(pid: int) -> list[int]:
    """A process and all that it started."""
    found = [pid]
    for parent in found:
        for listed in Path(f"/proc/{parent}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                found += map(int, listed.read_text().split())
    return found


def _resident(pid: int) -> int:
    """Bytes of memory; 0 of a process that has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


if __name__ == "__main__":
    print(common.machine())
    parts = {"sampled": sampled, "coverage": coverage, "engines": engines}
    for name in sys.argv[1:] or parts:
        parts[name]()
