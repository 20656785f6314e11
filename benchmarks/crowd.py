"""Crowd: strangers who come, look, ask, send files, give up and leave, for as long as is said.

Each reads for a while between two things. What is measured is whether everyone is served with what
is theirs, how long it takes, and what the server's memory does.
"""

from __future__ import annotations

import asyncio
import io
import json
import random
import re
import statistics
import string
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.sessions import Run, Session
from dashboard.lessons import reading
from dashboard.request.catalogue import catalogue

PICTURES = "efficientnet-lite0"
SMALL = ("digits", "tal1-gata1", "wine", "splice-donor")
PAGES = ("overview", "compare", "ablate", "path")
BELL_SECONDS = 60.0
SAMPLE_SECONDS = 10.0
PATIENCE = 300.0
_GUEST = re.compile(rb"guest[a-z]{8}")


class Guest(Session):
    """A tab that notices what belongs to another."""

    def __init__(self, port: int, rng: random.Random) -> None:
        super().__init__(port)
        self.name = "guest" + "".join(rng.choices(string.ascii_lowercase, k=8))
        self.others = 0

    def looked(self, data: bytes) -> None:
        """All that has come."""
        self.others += len({*_GUEST.findall(data)} - {self.name.encode()})


@dataclass
class Tally:
    """What a crowd has seen. kinds : how often each thing was done. memory : (seconds, MiB)."""

    kinds: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    others: int = 0
    bells: Counter[int] = field(default_factory=Counter)
    memory: list[tuple[float, float]] = field(default_factory=list)

    def note(self, kind: str, run: Run, said: str = "") -> None:
        """One view. said : what its headline must say."""
        self.kinds[kind] += 1
        self.seconds.append(run.seconds)
        if run.trouble or not run.headline or said not in run.headline:
            self.failed.append(f"{kind}: {run.trouble or run.headline!r}, {said!r} was expected")


class Crowd:
    """size : how many at once. think : mean of seconds between two things that one does."""

    def __init__(self, port: int, size: int, seconds: float, think: float, seed: int = 0) -> None:
        self.port, self.size, self.lasts, self.think = port, size, seconds, think
        self.tally = Tally()
        self._rng = random.Random(seed)

    async def run(self, memory: Callable[[], float], told: Callable[[str], object]) -> Tally:
        """All of them, until the time is over. memory : of the server, in MiB. told : each minute,
        in one line."""
        self._began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(self.size):
                group.create_task(self._place(random.Random(self._rng.random()), number))
            group.create_task(self._watch(memory, told))
        return self.tally

    @property
    def _now(self) -> float:
        return time.monotonic() - self._began

    async def _watch(self, memory: Callable[[], float], told: Callable[[str], object]) -> None:
        while self._now < self.lasts:
            await asyncio.sleep(SAMPLE_SECONDS)
            self.tally.memory.append((self._now, memory()))
            if len(self.tally.memory) % 6 == 0:
                done, failed = len(self.tally.seconds), len(self.tally.failed)
                told(f"{self._now / 60:.0f} min, {done} views, {failed} failed, {memory():.0f} MiB")

    async def _place(self, rng: random.Random, number: int) -> None:
        """One visitor after the other, the first of whom comes in the first seconds."""
        await asyncio.sleep(self.think * number / self.size)
        while self._now < self.lasts:
            async with Guest(self.port, rng) as tab:
                await self._visit(tab, rng)
            self.tally.others += tab.others

    async def _visit(self, tab: Guest, rng: random.Random) -> None:
        """From a first view until the tab is closed, sometimes in the middle of a computation."""
        heard = int(self._now // BELL_SECONDS)
        self.tally.note("first", await tab.open(PATIENCE, **_seen(rng)))
        things: dict[Callable[[Guest, random.Random], Awaitable[object]], float] = {
            self._look: 40,
            self._page: 15,
            self._lesson: 12,
            self._small: 12,
            self._large: 3,
            self._send: 8,
            self._give_up: 5,
        }
        for _ in range(rng.randint(3, 12)):
            await asyncio.sleep(min(rng.expovariate(1 / self.think), 4 * self.think))
            if self._now > self.lasts:
                return
            if (bell := int(self._now // BELL_SECONDS)) > heard:
                heard = bell
                await self._same(tab, bell)
            else:
                await rng.choices(list(things), list(things.values()))[0](tab, rng)
        if rng.random() < 0.3:
            await tab.start(**_long(rng))
            await asyncio.sleep(rng.uniform(0, 2))
            self.tally.kinds["closed in the middle"] += 1

    async def _look(self, tab: Guest, rng: random.Random) -> None:
        self.tally.note("seen", await tab.open(PATIENCE, **_seen(rng)))

    async def _page(self, tab: Guest, rng: random.Random) -> None:
        run = await tab.open(PATIENCE, rng.choice(PAGES), model=rng.choice(SMALL))
        self.tally.note("page", run)

    async def _lesson(self, tab: Guest, rng: random.Random) -> None:
        name, lesson = rng.choice(list(reading.bundled().items()))
        step = str(rng.randint(1, len(lesson.steps)))
        self.tally.note("lesson", await tab.open(PATIENCE, "learn", lesson=name, step=step))

    async def _small(self, tab: Guest, rng: random.Random) -> None:
        model = catalogue().models[rng.choice(SMALL)]
        layer = rng.choice([layer.name for layer in model.layers if layer.is_cut])
        asked = {"model": model.name, "layer": layer, "input": rng.choice(model.card.samples).name}
        target = str(rng.randrange(len(model.outputs)))
        self.tally.note("small", await tab.open(PATIENCE, **asked, target=target))

    async def _large(self, tab: Guest, rng: random.Random) -> None:
        asked = _long(rng)
        run = await tab.open(PATIENCE, **asked)
        self.tally.note("large", run, f"in {asked['layer']} ")

    async def _send(self, tab: Guest, rng: random.Random) -> None:
        """A picture of one's own, by name."""
        query = {"model": PICTURES, "layer": "avg_pool"}
        await tab.open(PATIENCE, **query)
        data, name = _picture(rng), f"{tab.name}.png"
        run = await tab.upload("Your own pictures", name, data, **query)
        self.tally.note("sent", run, "in avg_pool ")

    async def _give_up(self, tab: Guest, rng: random.Random) -> None:
        """Press Cancel, or where it was too quick nothing; the next view comes all the same."""
        asked, run = _long(rng), Run()
        await tab.start(**asked)
        while not run.finished and "Cancel" not in tab.buttons:
            tab.note(run, await asyncio.wait_for(tab.read(run), PATIENCE))
        if not run.finished:
            self.tally.note("cancelled", await tab.press("Cancel", **asked))
        self.tally.note("after", await tab.open(PATIENCE, **_seen(rng)))

    async def _same(self, tab: Guest, bell: int) -> None:
        """What all ask when the bell rings, and nobody has asked before."""
        self.tally.bells[bell] += 1
        run = await tab.open(PATIENCE, **same(bell))
        self.tally.note("same", run, f"in {same(bell)['layer']} ")


def same(bell: int) -> dict[str, str]:
    """A question of its own for each bell."""
    layers = [layer.name for layer in catalogue().models[PICTURES].layers if layer.is_cut][-40:]
    return {
        "model": PICTURES,
        "layer": layers[bell % len(layers)],
        "target": str(bell % 1000),
        "baseline": "white",
        "tolerance": "0.1",
    }


def computed(file: Path, bells: Counter[int]) -> dict[int, int]:
    """How often the question of each bell was computed, as of `benchmarks.counted`."""
    keys = [key for kind, key in map(json.loads, file.read_text().splitlines()) if kind == "answer"]
    found = {}
    for bell in bells:
        asked = same(bell)
        marks = [f"layer={asked['layer']!r}", f"target={asked['target']},", "baseline='white'"]
        found[bell] = sum(all(mark in key for mark in marks) for key in keys)
    return found


def growth(memory: list[tuple[float, float]], since: float) -> tuple[float, float, float]:
    """Median of MiB in the minute after so many seconds, in the last minute, and the growth."""
    end = memory[-1][0]
    early = statistics.median(m for at, m in memory if since <= at < max(since + 60, since + 1))
    late = statistics.median(m for at, m in memory if at > end - 60)
    return early, late, late / early - 1


def _seen(rng: random.Random) -> dict[str, str]:
    """A sample as it opens: most of these were computed beforehand."""
    model = catalogue().models[rng.choice((PICTURES, *SMALL))]
    return {"model": model.name, "input": rng.choice(model.card.samples).name}


def _long(rng: random.Random) -> dict[str, str]:
    model = catalogue().models[PICTURES]
    return {
        "model": PICTURES,
        "layer": rng.choice([layer.name for layer in model.layers if layer.is_cut]),
        "input": rng.choice(model.card.samples).name,
        "target": str(rng.randrange(1000)),
        "tolerance": "0.1",
    }


def _picture(rng: random.Random) -> bytes:
    pixels = np.random.default_rng(rng.randrange(2**32)).integers(0, 255, (64, 64, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).resize((300, 200)).save(buffer, "PNG")
    return buffer.getvalue()
