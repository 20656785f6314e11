"""The process that reads one file and ends: started by `decoder.py`, and imported by nobody.

It reads a line of JSON and a file from standard input, and writes a line of JSON and the pixels:
not pickle, for whoever takes over a decoder writes what the server reads.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from attribution import images, sequences
from attribution.errors import InvalidImage, InvalidSequence


def main() -> None:
    """Answer one request within its limits: a picture in `frames`, or without these, sequences."""
    asked = json.loads(sys.stdin.buffer.readline())
    data = sys.stdin.buffer.read()
    _limit(asked["seconds"], asked["megabytes"] * 2**20, asked.get("nice", 0))
    try:
        parts = _picture(data, asked["frames"]) if "frames" in asked else _records(data)
    except (InvalidImage, InvalidSequence) as refused:
        # With more memory, Pillow and the libraries below it may do what they could not do now.
        parts = _said({"error": str(refused), "final": refused.__cause__ is None})
    for part in parts:
        sys.stdout.buffer.write(part)
    sys.stdout.buffer.flush()


def _picture(data: bytes, asked: list[Any]) -> tuple[bytes, ...]:
    decoded = {n: images.decode(data, n == 4) for n in {frame[3] for frame in asked} or {3}}
    frames = [images.fit(decoded[n], (height, width), how) for height, width, how, n in asked]
    notes = dict.fromkeys(note for picture in decoded.values() for note in picture.notes)
    head = _said({"notes": [*notes], "final": True})
    return (*head, *(frame.tobytes() for frame in frames))


def _records(data: bytes) -> tuple[bytes, ...]:
    records = [(record.name, record.letters) for record in sequences.read(data)]
    return _said({"records": records, "final": True})


def _said(head: dict[str, Any]) -> tuple[bytes, ...]:
    return (json.dumps(head).encode(), b"\n")


def _limit(seconds: float, memory: int, nice: int) -> None:
    """End this process after so much more computing, and refuse it more memory than that."""
    if sys.platform == "win32":
        return  # there, the server's patience alone ends it
    import resource

    os.nice(nice)
    signal.setitimer(signal.ITIMER_PROF, seconds)  # SIGPROF, which ends it as nobody handles it
    status = Path("/proc/self/status")
    if status.exists():  # elsewhere no limit of this kind is kept
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        taken = int(fields["VmData"].split()[0]) * 1024
        resource.setrlimit(resource.RLIMIT_DATA, (taken + memory, taken + memory))
    for what in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):  # it writes no files, nor its core
        resource.setrlimit(what, (0, 0))


if __name__ == "__main__":
    main()
