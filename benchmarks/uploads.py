"""What one visitor notices of five others who upload the worst files.

    python -m benchmarks.uploads                some four minutes on two cores
    python -m benchmarks.uploads --turns 1      shorter
    python -m benchmarks.uploads --others 1     beside one other alone

Serves the dashboard on a free port. One session clicks through pages and uploads small good
pictures, in turns alone and beside five that upload the slowest and largest files of tests/hostile,
without a pause. Pictures are sent from the page About, which computes nothing: what an explanation
waits for others is another matter. The five are clients in a process of low priority: what they
cost is the server's.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import itertools
import multiprocessing
import os
import statistics
from collections import defaultdict
from collections.abc import Callable
from multiprocessing.synchronize import Event

import numpy as np
from PIL import Image

from benchmarks.load import served
from benchmarks.sessions import Session
from tests.hostile import models, pictures, sequences

DNA = "tal1-gata1"
PICTURES, SEQUENCES = "Your own pictures", "Or a FASTA file"
WORST_PICTURES = (
    "png: 40 megapixels, Paeth",
    "png: 40 megapixels, 16-bit RGBA",
    "png: 40 megapixels, 16-bit grey",
    "jpeg: 5,000 scans",
    "jpeg: 3 megapixels, 90 scans of noise",
    "jpeg: 64 megapixels, 4:4:4",
    "jpeg: Exif segments of 20 bytes",
    "webp: 65,536 groups of codes",
)
WORST_SEQUENCES = (
    "10 MB of bytes that are no text",
    "one record: lines of two letters",
    "10,000 records of 1,000 letters",
    "ten records of a million letters",
    "10 MB of header signs",
)
Seconds = dict[str, list[float]]


def main() -> None:
    """Print how long each step takes alone and beside the others."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=6, help="of each turn")
    parser.add_argument("--others", type=int, default=5, help="sessions that upload")
    given = parser.parse_args()
    with served() as (port, _):
        alone, beside = asyncio.run(measure(port, given.turns, given.rounds, given.others))
    beside_them = f"beside {given.others}: median, slowest"
    print(f"| step | alone: median, slowest | {beside_them} | more: median, slowest |")
    print("|---|---|---|---|")
    for step, usual in alone.items():
        (a, b), (c, d) = ((statistics.median(s), max(s)) for s in (usual, beside[step]))
        print(f"| {step} | {a:.2f} s, {b:.2f} s | {c:.2f} s, {d:.2f} s | ", end="")
        print(f"{c - a:+.2f} s ({c / a:.1f} x), {d - b:+.2f} s |")


async def measure(port: int, turns: int, rounds: int, others: int) -> tuple[Seconds, Seconds]:
    """Seconds of every step, alone and beside others, in turns."""
    alone, beside, number = defaultdict(list), defaultdict(list), itertools.count()
    async with Session(port) as visitor:
        for _ in range(3):  # the network is loaded, the page and its code have been seen
            await visit(visitor, next(number), defaultdict(list))
        for _ in range(turns):
            for _ in range(rounds):
                await visit(visitor, next(number), alone)
            with_others = Others(port, others)
            try:
                await asyncio.to_thread(with_others.busy.wait)
                for _ in range(rounds):
                    await visit(visitor, next(number), beside)
            finally:
                await asyncio.to_thread(with_others.end)
    return alone, beside


async def visit(tab: Session, number: int, seconds: Seconds) -> None:
    """Some pages, and a small picture that nobody has sent before."""
    steps = {
        "Explore, a view seen before": await tab.open(layer="avg_pool", input="coffee"),
        "Overview": await tab.open(page="overview"),
        "Sequence": await tab.open(model=DNA),
        "About": await tab.open(page="about", input="coffee"),
        "an upload of 10 KB": await tab.upload(
            PICTURES, "good.png", small(number), "about", input="coffee"
        ),
    }
    for step, run in steps.items():
        assert not run.trouble, run.trouble
        seconds[step].append(run.seconds)


class Others:
    """Sessions that upload, until they are ended. busy : set once all have begun."""

    def __init__(self, port: int, count: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.busy = context.Event()
        self.process = context.Process(target=_upload, args=(port, count, self.busy), daemon=True)
        self.process.start()

    def end(self) -> None:
        """End the process."""
        self.process.terminate()
        self.process.join()


def _upload(port: int, count: int, busy: Event) -> None:
    os.nice(10)
    made = pictures.makers()
    files = [(PICTURES, f"{i}.png", made[name]()) for i, name in enumerate(WORST_PICTURES)]
    files += [
        (SEQUENCES, f"{i}.fa", data)
        for i, (name, data) in enumerate(sequences.corpus())
        if name in WORST_SEQUENCES
    ]
    files += [(PICTURES, "model.keras", data) for _, data in models.seeds()]

    async def together() -> None:
        async with asyncio.TaskGroup() as group:
            begun = [asyncio.Event() for _ in range(count)]
            for i, event in enumerate(begun):
                turn = len(files) * i // count
                group.create_task(_send(port, files[turn:] + files[:turn], event.set))
            for event in begun:
                await event.wait()
            busy.set()

    asyncio.run(together())


async def _send(
    port: int, files: list[tuple[str, str, bytes]], begun: Callable[[], object]
) -> None:
    """One after the other, in a new session for each round: the server keeps 64 MB of one."""
    while True:
        async with Session(port) as tab:
            for label, name, data in files:
                about = {"input": "coffee"} if label == PICTURES else {"model": DNA}
                await tab.open(page="about", **about)
                begun()
                await tab.upload(label, name, data, "about", **about)


def small(number: int) -> bytes:
    """A picture of 10 KB, another one for each number."""
    pixels = np.random.default_rng(number).integers(0, 256, (58, 58, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


if __name__ == "__main__":
    main()
