"""Time and memory of every hostile file: a picture in the process that decodes uploads, a sequence alone.

python -m benchmarks.hostile_files
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from dashboard.decoder import MEGABYTES, SECONDS
from tests.hostile import pictures, sequences

READ = """
import sys
from importlib import util
sys.modules["attribution"] = util.module_from_spec(util.find_spec("attribution"))
from attribution import errors, sequences
try:
    print(len(sequences.read(sys.stdin.buffer.read())), "read")
except errors.InvalidSequence as refused:
    print(refused)
"""
HEAD = {"frames": [[224, 224, "crop"], [224, 224, "letterbox"]]}
LIMITS = {"seconds": SECONDS, "megabytes": MEGABYTES}


@dataclass(frozen=True)
class Cost:
    """seconds of computing, and MB of memory at its peak, beyond those for a small good file."""

    name: str
    size: int
    seconds: float
    megabytes: float
    said: str


def main() -> None:
    """Print every file, then the slowest and the largest."""
    picture = json.dumps(HEAD | LIMITS).encode() + b"\n"
    found = []
    for command, head, small, corpus in (
        (["-m", "dashboard.decoder_process"], picture, pictures.jpeg(), pictures.corpus()),
        (["-c", READ], b"", b">r\nACGT", sequences.corpus()),
    ):
        for cost in costs(command, head, small, corpus):
            print(show(cost), flush=True)
            found.append(cost)
    for title, key in (("slowest", "seconds"), ("largest", "megabytes")):
        print(f"\n{title} of {len(found)}")
        for cost in sorted(found, key=lambda c: -getattr(c, key))[:8]:
            print(show(cost))


def costs(
    command: list[str], head: bytes, small: bytes, corpus: Iterator[tuple[str, bytes]]
) -> Iterator[Cost]:
    """Each in a fresh process."""
    usual = run(command, head + small, "", 0)
    for name, data in corpus:
        cost = run(command, head + data, name, len(data))
        yield Cost(
            name,
            len(data),
            cost.seconds - usual.seconds,
            cost.megabytes - usual.megabytes,
            cost.said,
        )


def run(command: list[str], given: bytes, name: str, size: int) -> Cost:
    """What a process that is given this takes."""
    process = subprocess.Popen(
        [sys.executable, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    assert process.stdin
    assert process.stdout
    with process.stdin as pipe, process.stdout as answer:
        pipe.write(given)
        pipe.close()
        said = answer.readline().decode().strip()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        said = f"ended by {-process.returncode}"
    return Cost(name, size, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, said)


def show(cost: Cost) -> str:
    """A line."""
    return (
        f"{cost.size / 1e6:5.1f} MB  {cost.seconds:5.2f} s {cost.megabytes:4.0f} MB  "
        f"{cost.name:52s} {cost.said[:90]}"
    )


if __name__ == "__main__":
    main()
