"""Hostile inputs at scale: is every one answered, or refused with one sentence, within bounds?

    python -m benchmarks.hostile                                # 20,000 of all kinds
    python -m benchmarks.hostile --count 500 --kinds models     # fewer, of one kind

Inputs come from the mutators of tests/hostile and are the same for the same seed. Each is tried in
a worker process. Seconds are of its processor, so that a busy machine does not count; an input that
hangs is ended. Memory is what one input adds to the worker.
Exit code 1 if any is not as promised.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import tempfile
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tests.hostile.kinds import KINDS, Kind

_HEAD = ("kind", "inputs", "answered", "refused", "not as promised", "worst s", "worst MB")
_SHOWN = 20
_LIFE = 2_000  # inputs of one worker: a model that was traced is never wholly forgotten
_START = 120.0  # seconds that a worker may take for its first input, which loads TensorFlow
_PATIENCE = 12  # times the seconds of a kind until an input counts as hanging: it is made, too


@dataclass
class Tally:
    """What became of the inputs of a kind."""

    outcomes: Counter[str] = field(default_factory=Counter)
    broken: list[tuple[int, str]] = field(default_factory=list)
    seconds: float = 0.0
    megabytes: float = 0.0

    def add(self, number: int, outcome: str, seconds: float, megabytes: float, said: str) -> None:
        """Note one input."""
        self.outcomes[outcome] += 1
        self.seconds = max(self.seconds, seconds)
        self.megabytes = max(self.megabytes, megabytes)
        if outcome == "broken":
            self.broken.append((number, said))


class Worker:
    """A process that tries one input at a time."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=_work, args=(other,), daemon=True)
        self.process.start()
        other.close()
        self.job: tuple[Kind, int, float] | None = None
        self.fresh, self.done = True, 0

    def give(self, kind: Kind, seed: int, number: int) -> None:
        """Hand over the input of this number."""
        allowed = _PATIENCE * kind.seconds + (_START if self.fresh else 0.0)
        self.job = (kind, number, time.monotonic() + allowed)
        self.pipe.send((kind.name, seed, number))

    def end(self) -> None:
        """End the process, whatever it does."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def run(kind: Kind, count: int, seed: int, workers: list[Worker]) -> Tally:
    """Try the first `count` inputs of a kind."""
    tally, rest = Tally(), deque(range(count))
    while rest or any(w.job for w in workers):
        for i, worker in enumerate(workers):
            if worker.job is None and rest:
                if worker.done >= _LIFE:
                    worker.end()
                    workers[i] = worker = Worker()
                worker.give(kind, seed, rest.popleft())
        wait([w.pipe for w in workers if w.job], timeout=0.2)
        for i, worker in enumerate(workers):
            if worker.job and not _collect(worker, tally):
                worker.end()
                workers[i] = Worker()
    return tally


def _collect(worker: Worker, tally: Tally) -> bool:
    """Note what a worker has found; False if it has to be replaced."""
    assert worker.job is not None
    kind, number, deadline = worker.job
    try:
        if worker.pipe.poll():
            tally.add(number, *worker.pipe.recv())
            worker.job, worker.fresh, worker.done = None, False, worker.done + 1
            return True
    except EOFError:
        worker.process.join()
        said = f"the process ended with exit code {worker.process.exitcode}"
        tally.add(number, "broken", 0.0, 0.0, said)
        return False
    if time.monotonic() < deadline:
        return True
    said = f"no answer after {_PATIENCE * kind.seconds:g} seconds"
    tally.add(number, "broken", 0.0, 0.0, said)
    return False


def _work(pipe: Connection) -> None:
    """Try what comes through the pipe, each kind in a folder of its own."""
    kinds = {kind.name: kind for kind in KINDS}
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)  # Keras warns of what it finds in damaged files
    with tempfile.TemporaryDirectory() as root:
        warm: set[str] = set()  # the first of a kind builds what all share
        while True:
            name, seed, number = pipe.recv()
            folder = Path(root, name)
            folder.mkdir(exist_ok=True)
            given = kinds[name].given(seed, number)
            before = _peak(reset=True)
            start = time.process_time()
            outcome, said = _try(kinds[name], given, folder)
            seconds = time.process_time() - start
            if outcome != "broken" and name in warm and seconds > kinds[name].seconds:
                outcome, said = "broken", f"{seconds:.1f} seconds"
            warm.add(name)
            pipe.send((outcome, seconds, (_peak() - before) / 2**20, said))


def _try(kind: Kind, given: Any, folder: Path) -> tuple[str, str]:
    try:
        return "answered" if kind.attempt(given, folder) else "refused", ""
    except BaseException as error:  # noqa: BLE001 - whatever it is, it was not promised
        return "broken", f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


def _peak(reset: bool = False) -> int:
    """The most memory that this process has held since the last reset, in bytes, by Linux."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(x.split()[1]) * 1024 for x in lines if x.startswith("VmHWM"))


def _row(kind: Kind, tally: Tally) -> tuple[str, ...]:
    found = tally.outcomes
    return (
        kind.name,
        f"{found.total():,}",
        *(f"{found[outcome]:,}" for outcome in ("answered", "refused", "broken")),
        f"{tally.seconds:.2f}",
        f"{tally.megabytes:.0f}",
    )


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument("--workers", type=int, default=2, help="default: %(default)s")
    parser.add_argument("--kinds", nargs="+", choices=[k.name for k in KINDS], help="default: all")
    given = parser.parse_args()
    chosen = [k for k in KINDS if given.kinds is None or k.name in given.kinds]
    shares = sum(kind.share for kind in chosen)
    workers = [Worker() for _ in range(given.workers)]
    print(f"| {' | '.join(_HEAD)} |\n|---{'|---:' * (len(_HEAD) - 1)}|", flush=True)
    broken = []
    for kind in chosen:
        tally = run(kind, round(given.count * kind.share / shares), given.seed, workers)
        print(f"| {' | '.join(_row(kind, tally))} |", flush=True)
        broken += [f"{kind.name} {number}: {said}" for number, said in tally.broken]
    for worker in workers:
        worker.end()
    for line in broken[:_SHOWN]:
        print(f"not as promised, seed {given.seed}: {line}")
    return int(bool(broken))


if __name__ == "__main__":
    raise SystemExit(main())
