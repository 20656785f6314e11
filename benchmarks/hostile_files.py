"""Time and memory of hostile files: pictures as uploads, sequences alone, in fresh processes.

    python -m benchmarks.hostile_files

Linux only: the peak of a process is read from /proc.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from dashboard.work.decoder import MEGABYTES, SECONDS
from tests.hostile import pictures, sequences

PICTURE = "from dashboard.work import decoder_process; decoder_process.main()"
SEQUENCE = """
import sys
from importlib import util
sys.modules["attribution"] = util.module_from_spec(util.find_spec("attribution"))
from attribution import errors, sequences
try:
    print(len(sequences.read(sys.stdin.buffer.read())), "read")
except errors.InvalidSequence as refused:
    print(refused)
"""
COST = """
import re, sys, time
peak = re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read()).group(1)
print(time.process_time(), peak, file=sys.stderr)
"""
ASKED = {
    "frames": [[224, 224, "crop"], [224, 224, "letterbox"]],
    "seconds": SECONDS,
    "megabytes": MEGABYTES,
}


@dataclass(frozen=True)
class Cost:
    """seconds of computing, and MB of memory at its peak, beyond those for a small good file."""

    name: str
    size: int
    seconds: float
    megabytes: float
    said: str

    def __str__(self) -> str:
        numbers = f"{self.size / 1e6:5.1f} MB  {self.seconds:5.2f} s {self.megabytes:4.0f} MB"
        return f"{numbers}  {self.name:52s} {self.said[:90]}"


def main() -> None:
    """Print every file, then the slowest and the largest."""
    head = json.dumps(ASKED).encode() + b"\n"
    found = []
    for script, first, small, corpus in (
        (PICTURE, head, pictures.jpeg.jpeg(), pictures.corpus()),
        (SEQUENCE, b"", b">r\nACGT", sequences.corpus()),
    ):
        for cost in costs(script, first, small, corpus):
            print(cost, flush=True)
            found.append(cost)
    for title, key in (("slowest", "seconds"), ("largest", "megabytes")):
        print(f"\n{title} of {len(found)}")
        for cost in sorted(found, key=lambda c: -getattr(c, key))[:8]:
            print(cost)


def costs(
    script: str, head: bytes, small: bytes, corpus: Iterator[tuple[str, bytes]]
) -> Iterator[Cost]:
    """Each in a fresh process."""
    usual_seconds, usual_peak, _ = run(script, head + small)
    for name, data in corpus:
        seconds, peak, said = run(script, head + data)
        yield Cost(name, len(data), seconds - usual_seconds, peak - usual_peak, said)


def run(script: str, given: bytes) -> tuple[float, float, str]:
    """Seconds, MB, and the first line of what a process says that is given this."""
    done = subprocess.run(
        [sys.executable, "-c", script + "\n" + COST],
        input=given,
        capture_output=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        check=True,
    )
    seconds, peak = done.stderr.split()
    return float(seconds), int(peak) / 1024, done.stdout.partition(b"\n")[0].decode()


if __name__ == "__main__":
    main()
