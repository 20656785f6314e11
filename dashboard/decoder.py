"""Decoder: strangers' pictures, decoded in a process of their own, one at a time.

A file that is slow, large or deadly for a decoder ends that process and nothing else: its time and
memory are limited by the kernel, and its memory goes back with it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dashboard.record import Pixels
from dashboard.slot import Slot
from dashboard.workshop import Refused

SECONDS = 2.0  # of computing, for one file; the slowest that passes all other limits needs one
MEGABYTES = 300  # of memory, for one file; the largest that passes all other limits needs 210
PATIENCE = 20.0  # seconds, on a machine that is busy with other things

_ROOT = Path(__file__).resolve().parent.parent
_ALONE = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
_OUT_OF_TIME = -27  # SIGPROF, which Windows does not have
_AGAIN = "open it in an image program and save it again."


class Frame(NamedTuple):
    """What a model sees of a picture. fit : "crop" or "letterbox", as images.fit has it."""

    height: int
    width: int
    fit: str

    @classmethod
    def of(cls, size: Sequence[int], fit: str) -> Frame:
        """From (height, width)."""
        height, width = size
        return cls(height, width, fit)


@dataclass(frozen=True)
class Decoded:
    """digest : sha256 of the file. frames : uint8 (height, width, 3) of each that was asked for."""

    digest: str
    notes: tuple[str, ...]
    frames: Mapping[Frame, Pixels]


class Decoder:
    """One for each process. Safe to use from several threads."""

    def __init__(self) -> None:
        self._slot = Slot()

    def decode(self, data: bytes, frames: Sequence[Frame]) -> Decoded:
        """The picture in each frame. Waits while others decode.

        Raises Refused for what is no picture, and for one that takes more time or memory than one
        file may have.
        """
        frames = tuple(dict.fromkeys(frames))
        asked = {"frames": frames, "seconds": SECONDS, "megabytes": MEGABYTES}
        with self._slot.turn(lambda ahead: None):
            reply = _ask(json.dumps(asked).encode() + b"\n" + data)
        head, _, pixels = reply.partition(b"\n")
        said = json.loads(head)
        if "error" in said:
            raise Refused(said["error"])
        found, at = {}, 0
        for frame in frames:
            end = at + frame.height * frame.width * 3
            shape = (frame.height, frame.width, 3)
            found[frame] = np.frombuffer(pixels[at:end], np.uint8).reshape(shape)
            at = end
        return Decoded(said["digest"], tuple(said["notes"]), found)


def _ask(request: bytes) -> bytes:
    """What the process answers, which ends whatever happens."""
    command = [sys.executable, "-m", "dashboard.decoder_process"]
    try:
        done = subprocess.run(
            command,
            input=request,
            capture_output=True,
            timeout=PATIENCE,
            cwd=_ROOT,
            env={**os.environ, **_ALONE},
            check=True,
        )
    except subprocess.TimeoutExpired as late:
        raise Refused(f"The picture was not decoded in {PATIENCE:g} s; try again.") from late
    except subprocess.CalledProcessError as ended:
        raise Refused(_why(ended.returncode)) from ended
    return done.stdout


def _why(code: int) -> str:
    if code == _OUT_OF_TIME:
        return f"The picture takes more than our {SECONDS:g} s to decode; {_AGAIN}"
    return f"The picture cannot be decoded; {_AGAIN}"
