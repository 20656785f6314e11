"""The process that decodes one picture and ends: started by `decoder.py`, and imported by nobody.

It reads a line of JSON and a file from standard input, and writes a line of JSON and the pixels:
not pickle, for whoever takes over a decoder writes what the server reads.
"""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import Any

from attribution import images
from attribution.errors import InvalidImage


def main() -> None:
    """Answer one request within its limits."""
    asked = json.loads(sys.stdin.buffer.readline())
    data = sys.stdin.buffer.read()
    _limit(asked["seconds"], asked["megabytes"] * 2**20)
    try:
        picture = images.decode(data)
        frames = [
            images.fit(picture, (height, width), how) for height, width, how in asked["frames"]
        ]
    except InvalidImage as refused:
        _say({"error": str(refused)})
    else:
        _say({"digest": picture.digest, "notes": picture.notes}, *(f.tobytes() for f in frames))


def _limit(seconds: float, memory: int) -> None:
    """End this process after so much more computing, and refuse it more memory than that."""
    if sys.platform == "win32":
        return  # there, the server's patience alone ends it
    import resource

    signal.setitimer(signal.ITIMER_PROF, seconds)  # SIGPROF, which ends it as nobody handles it
    status = Path("/proc/self/status")
    if status.exists():  # elsewhere no limit of this kind is kept
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        taken = int(fields["VmData"].split()[0]) * 1024
        resource.setrlimit(resource.RLIMIT_DATA, (taken + memory, taken + memory))
    for what in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):  # it writes no files, nor its core
        resource.setrlimit(what, (0, 0))


def _say(head: dict[str, Any], *pixels: bytes) -> None:
    for part in (json.dumps(head).encode(), b"\n", *pixels):
        sys.stdout.buffer.write(part)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
