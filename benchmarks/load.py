"""The dashboard under load: ten at once, a closed tab, and its memory after many requests.

    python -m benchmarks.load                   some ten minutes on two cores
    python -m benchmarks.load --requests 60     shorter
    python -m benchmarks.load --sessions 50 --minutes 30
                                                a crowd: mixed, with cancels and closed tabs

Serves the dashboard on a free port, asks of it, and stops it. Only this machine is asked.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.crowd import Crowd, Tally, computed, growth
from benchmarks.sessions import Run, Session
from dashboard.kinds.image.form import BASELINES
from dashboard.request.catalogue import catalogue
from dashboard.request.fields import TOLERANCES

ROOT = Path(__file__).resolve().parent.parent
MODEL = "efficientnet-lite0"
AT_ONCE = 10
LONG = {"layer": "block2a_expand_relu", "tolerance": "0.01", "input": "rocket"}
METHODS = ("nig", "gradient_times_difference", "activation_difference")
MIB = 2**20


def main() -> None:
    """Run everything and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--sessions", type=int, default=0, help="a crowd of so many at once")
    parser.add_argument("--minutes", type=float, default=30.0, help="how long it stays")
    parser.add_argument(
        "--think", type=float, default=20.0, help="seconds, mean, between two views"
    )
    asked = parser.parse_args()
    if asked.sessions:
        seconds = asked.minutes * 60
        table(crowded(asked.sessions, seconds, asked.think, min(seconds / 6, 300.0)))
        return
    with served() as (port, process):
        lines = [
            *asyncio.run(one_view(port)),
            *asyncio.run(at_once(port)),
            *asyncio.run(closed_tab(port)),
            *asyncio.run(memory(port, process.pid, asked.requests)),
        ]
    table(lines)


def table(lines: Iterable[tuple[str, str, str]]) -> None:
    """As in README.md."""
    print("\n| what | measured | must be |\n|---|---|---|")
    for what, measured, bound in lines:
        print(f"| {what} | {measured} | {bound} |")


def crowded(
    sessions: int, seconds: float, think: float, early: float, out: Callable[[str], object] = print
) -> list[tuple[str, str, str]]:
    """So many at once for so long. early : seconds after which memory should have grown."""
    with tempfile.TemporaryDirectory() as room:
        file, log = Path(room, "computed"), Path(room, "log")
        file.touch()
        with served(["-m", "benchmarks.counted", "{port}", str(file)], log) as (port, process):
            crowd = Crowd(port, sessions, seconds, think)
            tally = asyncio.run(crowd.run(lambda: resident(process.pid), out))
        return report(tally, computed(file, tally.bells), log.read_text(), early)


def report(
    tally: Tally, computed: Mapping[int, int], log: str, early: float
) -> list[tuple[str, str, str]]:
    """What a crowd has seen, and what must be."""
    for line in tally.failed[:20]:
        print(line)
    seconds, views = sorted(tally.seconds), len(tally.seconds)
    before, after, grown = growth(tally.memory, early)
    asked = sum(tally.bells.values())
    once = sum(count == 1 for count in computed.values())
    at = f"{early / 60:.0f} min"
    return [
        ("views, served with what is theirs", f"{views - len(tally.failed):,}", f"{views:,}"),
        ("of these " + ", ".join(f"{n} {k}" for k, n in tally.kinds.most_common()), "", ""),
        ("messages with something of another's", str(tally.others), "0"),
        ("tracebacks in the server's log", str(log.count("Traceback")), "0"),
        ("a view, median", f"{statistics.median(seconds):.2f} s", ""),
        ("a view, 95th percentile", f"{seconds[int(0.95 * views)]:.1f} s", ""),
        ("the slowest view", f"{seconds[-1]:.0f} s", ""),
        (
            f"questions that all ask at once ({asked} views), computed once",
            str(once),
            str(len(computed)),
        ),
        (f"memory in the minute after {at}", f"{before:.0f} MiB", ""),
        ("memory in the last minute", f"{after:.0f} MiB ({grown:+.0%})", "10 % more or less"),
    ]


async def one_view(port: int) -> list[tuple[str, str, str]]:
    """A view that was computed before: how long, and how much is sent."""
    async with Session(port) as tab:
        say(await tab.open(layer="avg_pool"), "first request")
        await tab.open()
        again = [await tab.open(layer="avg_pool") for _ in range(5)]
        large = [await tab.open(layer=n) for n in ("block2a_expand_relu", "block1a_project_bn")]
    seconds = statistics.median(run.seconds for run in again)
    most = max(run.received for run in (*again, *large))
    return [
        ("a view seen before, median of 5", f"{seconds:.2f} s", "0.5 s"),
        ("most that a page sends", f"{most / MIB:.2f} MiB", "2 MB"),
    ]


async def at_once(port: int) -> list[tuple[str, str, str]]:
    """Ten sessions, each with a layer of its own; each must get its own answer."""
    names = [layer.name for layer in catalogue().models[MODEL].layers if layer.is_cut]
    layers = names[-AT_ONCE * 4 :: 4]
    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        tasks = {name: group.create_task(visit(port, name)) for name in layers}
    right = sum(f"in {name} " in task.result().headline for name, task in tasks.items())
    trouble = [text for task in tasks.values() for text in task.result().trouble]
    assert not trouble, trouble
    return [
        (f"of {AT_ONCE} at once, with their own answer", str(right), str(AT_ONCE)),
        ("the last of them after", f"{time.perf_counter() - started:.0f} s", ""),
    ]


async def visit(port: int, layer: str) -> Run:
    """One stranger's visit."""
    async with Session(port) as tab:
        return await tab.open(layer=layer)


async def closed_tab(port: int) -> list[tuple[str, str, str]]:
    """A tab closes in the middle of its computation; how soon does the next one get its turn?"""
    async with Session(port) as behind:
        async with Session(port) as first:
            await first.start(**LONG)
            await first.until("block2a_expand_relu")
            await asyncio.sleep(2)
            await behind.start(layer="block4a_project_bn", baseline="white")
            await behind.until("1 ahead")
        started = time.perf_counter()
        await behind.until("block4a_project_bn")
        freed = time.perf_counter() - started
        await asyncio.wait_for(behind.finish(), 300)
    return [("a closed tab frees the slot after", f"{freed:.1f} s", "5 s")]


async def memory(port: int, process: int, requests: int) -> list[tuple[str, str, str]]:
    """Resident memory after a quarter of the requests, and after all."""
    rng, sizes, early = random.Random(0), list[float](), max(requests // 4, 1)
    for number in range(1, requests + 1):
        async with Session(port) as tab:
            run = await tab.open(**mixed(rng))
        assert not run.trouble, run.trouble
        if number % 10 == 0 or number in (early, requests):
            sizes.append(resident(process))
            print(f"{number} requests: {sizes[-1]:.0f} MiB", flush=True)
        if number == early:
            before = sizes[-1]
    growth = sizes[-1] / before - 1
    return [
        (f"memory after {early} requests", f"{before:.0f} MiB", ""),
        (f"memory after {requests} requests", f"{sizes[-1]:.0f} MiB ({growth:+.0%})", "+15 %"),
    ]


def mixed(rng: random.Random) -> dict[str, str]:
    """A request as a visitor might make it: any layer, picture, method, baseline, tolerance."""
    model = catalogue().models[MODEL]
    return {
        "layer": rng.choice([layer.name for layer in model.layers if layer.is_cut]),
        "input": rng.choice(model.card.samples).name,
        "method": rng.choice(METHODS),
        "baseline": rng.choice(list(BASELINES)),
        "tolerance": f"{rng.choice(TOLERANCES[2:]):g}",
        "by": rng.choice(("channel", "neuron")),
    }


def resident(process: int) -> float:
    """Memory that a process holds, in MiB."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MIB


def say(run: Run, what: str) -> None:
    """A line of progress."""
    print(f"{what}: {run.seconds:.1f} s, {run.received / MIB:.2f} MiB, {run.headline}", flush=True)


def serving(script: str) -> tuple[str, ...]:
    """Words for Python that serve a script."""
    quietly = ("--server.headless=true", "--server.fileWatcherType=none")
    place = ("--server.port={port}", "--server.address=localhost")
    return ("-m", "streamlit", "run", script, *place, *quietly)


SERVE = serving("dashboard/server.py")


@contextmanager
def served(
    command: Sequence[str] = SERVE,
    log: Path = Path(os.devnull),
    python: str = sys.executable,
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The dashboard on a free port of this machine. command : for Python; log : what it says."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = int(probe.getsockname()[1])
    words = [python, *(word.format(port=port) for word in command)]
    with log.open("wb") as said:
        process = subprocess.Popen(words, cwd=ROOT, stdout=said, stderr=said)
        try:
            wait_healthy(port)
            yield port, process
        finally:
            process.terminate()
            process.wait(timeout=30)


def wait_healthy(port: int, limit: float = 120) -> None:
    """Return once the server answers."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://localhost:{port}/_stcore/health") as answer:
                if answer.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(f"The dashboard did not start within {limit:.0f} s.")


if __name__ == "__main__":
    main()
