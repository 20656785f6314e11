"""Engines: who makes the shards of a run: this process, a pool of processes, or Ray.

An engine is a function of a task and the numbers of shards that hands back a receipt for each, in
any order, as soon as it is written.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import selectors
import subprocess
import sys
import tempfile
from collections import Counter, deque
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any

from attribution.errors import AttributionError, InvalidRequest, one_line
from attribution.profile.worker import Receipt, Task, Worker

if TYPE_CHECKING:
    from attribution.network import Network

Receipts = Generator[Receipt, None, None]
Engine = Callable[[Task, Sequence[int], int, "Network | None"], Receipts]
ATTEMPTS = 3
"""How often a shard is begun whose worker dies; the last time, each input is tried alone first."""
MOST_LOST = 3
"""Inputs of a shard that no worker survives, before it is given up."""
_PATIENCE = 5.0  # seconds in which a process may end by itself


def local(task: Task, shards: Sequence[int], workers: int, net: Network | None = None) -> Receipts:
    """One worker: this process, with all cores. Several: as many processes, which share them.

    A process that dies is replaced and its shard begun again, `ATTEMPTS` times in all. An input
    that it always dies of is found, and left out.
    """
    if workers == 1:
        worker = Worker.of(task, net)
        yield from (worker.work(shard) for shard in shards)
        return
    yield from _pool(task, shards, workers)


def _pool(task: Task, shards: Sequence[int], workers: int) -> Receipts:
    waiting, begun = deque(shards), Counter[int]()
    lost: dict[int, dict[int, str]] = {shard: {} for shard in shards}
    chosen = selectors.DefaultSelector()
    hands: list[_Hand] = []
    fruitless = found = 0  # ends since the last receipt, without and with an input that is found

    def hire() -> None:
        hand = _Hand(task, threads(workers))
        hands.append(hand)
        chosen.register(hand.answers, selectors.EVENT_READ, hand)
        give(hand)

    def give(hand: _Hand) -> None:
        if waiting:
            shard = waiting.popleft()
            begun[shard] += 1
            hand.order(shard, lost[shard], wary=begun[shard] >= ATTEMPTS)
        else:
            chosen.unregister(hand.answers)
            hands.remove(hand)
            hand.end()

    try:
        for _ in range(min(workers, len(shards))):
            hire()
        while hands:
            for key, _ in chosen.select():
                hand: _Hand = key.data
                shard = hand.shard
                if (receipts := hand.heard()) is not None:
                    for receipt in receipts:
                        fruitless = found = 0
                        yield receipt
                        give(hand)
                    continue
                chosen.unregister(hand.answers)
                hands.remove(hand)
                why = hand.end()
                if known := hand.at >= 0 and len(lost[shard]) < MOST_LOST:
                    lost[shard][hand.at] = why
                    found += 1
                else:
                    fruitless += 1
                if fruitless > ATTEMPTS * workers or found > MOST_LOST * workers:
                    told = f"The workers end one after the other, the last one with {why}."
                    yield Receipt(shard, error=told, fatal=True)
                    return
                if known or begun[shard] < ATTEMPTS:
                    waiting.appendleft(shard)
                else:
                    told = f"its worker ended {begun[shard]} times, the last time with {why}"
                    yield Receipt(shard, error=told)
                if waiting:
                    hire()
    finally:
        for hand in hands:
            hand.end()
        chosen.close()


class _Hand:
    """A process that works. answers : what it says. shard : the one that it is at. at : the place
    of the input that it tries alone, or -1.
    """

    def __init__(self, task: Task, share: Mapping[str, str]) -> None:
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "attribution.profile.process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            env={**os.environ, **share, "PYTHONPATH": os.pathsep.join([_HOME, *_paths()])},
            text=True,
        )
        assert self._process.stdout is not None
        self.answers: IO[str] = self._process.stdout
        self._rest = b""
        self.shard = self.at = -1
        self._say(json.dumps(asdict(task)))

    def order(self, shard: int, lost: Mapping[int, str], *, wary: bool) -> None:
        """Have it make a shard without these inputs; wary: it says where it is before."""
        self.shard, self.at = shard, -1
        self._say(json.dumps([shard, lost, wary]))

    def heard(self) -> list[Receipt] | None:
        """The receipts among what it has said meanwhile; None at its end."""
        data = os.read(self.answers.fileno(), 2**16)
        if not data:
            return None
        *lines, self._rest = (self._rest + data).split(b"\n")
        said = [json.loads(line) for line in lines]
        self.at = next((each["at"] for each in reversed(said) if "at" in each), self.at)
        return [Receipt(**each) for each in said if "at" not in each]

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return  # it is dead, and its answers say so

    def end(self) -> str:
        """End the process; how it ended, and the last line that it said."""
        for stream in (self._process.stdin, self.answers):
            if stream:
                _close(stream)
        try:
            ended = self._process.wait(_PATIENCE)  # it ends with its standard input
        except subprocess.TimeoutExpired:
            self._process.kill()
            ended = self._process.wait()
        self._words.seek(0)
        last = self._words.read()[-2000:].decode(errors="replace").strip().splitlines()
        self._words.close()
        how = f"signal {-ended}" if ended < 0 else f"code {ended}"
        return f"{how} ({one_line(last[-1], 200)})" if last else how


def _close(stream: IO[str]) -> None:
    try:
        stream.close()
    except BrokenPipeError:
        return


_HOME = str(Path(__file__).resolve().parents[2])
"""Where the package lies, for processes that begin in another folder."""


def _paths() -> list[str]:
    return [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]


def cores() -> int:
    """That this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads(workers: int) -> dict[str, str]:
    """Variables of the environment by which so many workers share the cores."""
    each = str(max(1, cores() // workers))
    names = ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    quiet = {"TF_NUM_INTEROP_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    return {**dict.fromkeys(names, each), **quiet}


def on_ray(task: Task, shards: Sequence[int], workers: int, net: Network | None = None) -> Receipts:
    """Ray Data: a pool of actors, each of which holds the model and writes its own shards.

    The cluster that RAY_ADDRESS names, or one on this machine that ends with the run. A pool has
    two actors or more, for one alone can wait forever.
    """
    if importlib.util.find_spec("ray") is None:
        raise InvalidRequest(
            'The engine "ray" needs Ray: pip install "neuron-attribution[ray]", or leave the '
            "engine out."
        )
    import ray
    import ray.data

    begun = not ray.is_initialized()
    size = max(2, workers)
    variables = {**threads(size), "PYTHONPATH": os.pathsep.join([_HOME, *_paths()])}
    if begun:
        ray.init(
            log_to_driver=False,
            logging_level="error",
            include_dashboard=False if "RAY_ADDRESS" not in os.environ else None,
            runtime_env={"env_vars": variables},
        )
    logger = logging.getLogger("ray.data")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        found = ray.data.from_items(
            [{"shard": shard} for shard in shards], override_num_blocks=len(shards)
        ).map_batches(
            _Actor,
            fn_constructor_kwargs={"task": asdict(task)},
            batch_size=1,
            compute=ray.data.ActorPoolStrategy(size=size),
            num_cpus=cores() / size if begun and "RAY_ADDRESS" not in os.environ else 1,
        )
        for row in found.iter_rows():
            yield Receipt(**json.loads(row["receipt"]))
    finally:
        logger.setLevel(level)
        if begun:
            ray.shutdown()


class _Actor:
    """A worker in an actor. What goes wrong is told in the receipt: Ray tries nothing again."""

    def __init__(self, task: Mapping[str, str]) -> None:
        self._task = Task(**task)
        self._worker: Worker | None = None

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[str]]:
        found = []
        for shard in map(int, batch["shard"]):
            try:
                self._worker = self._worker or Worker.of(self._task)
                receipt = self._worker.work(shard)
            except (AttributionError, OSError) as error:
                receipt = Receipt(shard, error=one_line(str(error), 600), fatal=True)
            found.append(json.dumps(asdict(receipt)))
        return {"receipt": found}


ENGINES: Mapping[str, Engine] = MappingProxyType({"local": local, "ray": on_ray})
"""By the names that are asked for."""
