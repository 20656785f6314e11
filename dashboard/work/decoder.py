"""Decoder: strangers' files, read in a process of their own.

A file that is slow, large or deadly for a decoder ends that process and nothing else: its time and
memory are limited by the kernel, its work holds up no thread of the server, and its memory goes
back with it.

Each file is given a moment first, one at a time. The few that need longer go on to a second line,
again one at a time: so a small picture never waits for them.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from attribution.images import ImageInput
from dashboard.work.line import Line
from dashboard.work.workshop import Refused

Pixels = npt.NDArray[np.uint8]

SECONDS = 2.0  # of computing, for one file; the slowest that passes all other limits needs one
MEGABYTES = 220  # of memory, for one file; the largest that passes all other limits needs 210
QUICK_SECONDS = 0.3  # the same of the first line
QUICK_MEGABYTES = 80  # with the other, 300 for all files that are read at once
PATIENCE = 20.0  # seconds, on a machine that is busy with other things

_ROOT = Path(__file__).resolve().parents[2]
_HEAD = 24 * 2**20  # bytes; 10 MB of letters and ten thousand names, escaped, are 20
_PIECE = 2**20
_KEPT = ("PATH", "PYTHONPATH", "HOME", "LANG", "SYSTEMROOT", "TMPDIR")  # and LC_*: no secrets
_ALONE = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
_OUT_OF_TIME = -27  # SIGPROF, which Windows does not have
_NICE = 10  # who needs long leaves the processor to the others
_KILLED = -9  # SIGKILL: from outside, so not again
_PICTURE = ("picture", "open it in an image program and save it again.")
_SEQUENCES = ("file", "save its sequences as plain FASTA.")


class Frame(NamedTuple):
    """What a model sees of a picture. fit : "crop" or "letterbox", as images.fit has it. channels :
    3, or 4 with how opaque each pixel is."""

    height: int
    width: int
    fit: str
    channels: int = 3

    @classmethod
    def of(cls, encoding: ImageInput, fit: str) -> Frame:
        """That of a model's input."""
        return cls(*encoding.size, fit, max(3, encoding.channels))

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of its pixels."""
        return self.height, self.width, self.channels


@dataclass(frozen=True)
class Decoded:
    """digest : sha256 of the file. frames : uint8 pixels of each that was asked for."""

    digest: str
    notes: tuple[str, ...]
    frames: Mapping[Frame, Pixels]


class Decoder:
    """One for each process. Safe to use from several threads."""

    def __init__(self) -> None:
        self._quick, self._full, self._spare = Line(), Line(), Spare()
        weakref.finalize(self, self._spare.close)

    def decode(self, data: bytes, frames: Sequence[Frame], owner: str = "") -> Decoded:
        """The picture in each frame. Waits while others decode, and longer the more its owner does.

        Raises Refused for what is no picture, and for one that takes more time or memory than one
        file may have.
        """
        frames = tuple(dict.fromkeys(frames))
        said, pixels = self._answer({"frames": frames}, data, owner, *_PICTURE)
        found, at = {}, 0
        with _understood(*_PICTURE):
            for frame in frames:
                end = at + math.prod(frame.shape)
                found[frame] = np.frombuffer(pixels[at:end], np.uint8).reshape(frame.shape)
                at = end
            # Its name in links and stores: taken here, for a process that is taken over says any.
            digest = hashlib.sha256(data).hexdigest()
            return Decoded(digest, tuple(map(_text, said["notes"])), found)

    def records(self, data: bytes, owner: str = "") -> list[tuple[str, str]]:
        """Name and letters of each sequence in a file; waits and raises as `decode` does."""
        said, _ = self._answer({}, data, owner, *_SEQUENCES)
        with _understood(*_SEQUENCES):
            return [(_text(name), _text(letters)) for name, letters in said["records"]]

    def _answer(
        self, asked: dict[str, Any], data: bytes, owner: str, what: str, mend: str
    ) -> tuple[dict[str, Any], bytes]:
        """The head and the body of what a process answers."""
        try:
            with _understood(what, mend):
                found = self._quickly(asked, data, owner)
                if found is None:
                    with self._full.turn(owner):
                        found = _ask(
                            self._spare, {**asked, "nice": _NICE}, data, SECONDS, MEGABYTES
                        )
                said, body = found
                error = _text(said["error"]) if "error" in said else None
        except subprocess.TimeoutExpired as late:
            raise Refused(f"The {what} was not decoded in {PATIENCE:g} s; try again.") from late
        except subprocess.CalledProcessError as ended:
            raise Refused(_why(ended.returncode, what, mend)) from ended
        if error is not None:
            raise Refused(error)
        return said, body

    def _quickly(
        self, asked: dict[str, Any], data: bytes, owner: str
    ) -> tuple[dict[str, Any], bytes] | None:
        """The answer of the first line; None for a file that needs more than that gives."""
        try:
            with self._quick.turn(owner):
                found = _ask(self._spare, asked, data, QUICK_SECONDS, QUICK_MEGABYTES)
        except subprocess.CalledProcessError as ended:
            if ended.returncode == _KILLED:
                raise
            return None
        return found if found[0]["final"] else None


class Spare:
    """A process that waits for its file: to start one takes 0.2 s of computing.

    It ends with the server, as its input does.
    """

    def __init__(self) -> None:
        self._waits: list[subprocess.Popen[bytes]] = []

    @contextmanager
    def use(self) -> Iterator[subprocess.Popen[bytes]]:
        """A process for one file; then one is started for the next."""
        try:
            process = self._waits.pop()
        except IndexError:
            process = _start()
        if process.poll() is not None:  # something has ended it meanwhile
            process = _start()
        try:
            with process:
                yield process
        finally:
            if not self._waits:
                self._waits.append(_start())

    def close(self) -> None:
        """End the process that waits."""
        for process in self._waits:
            with process:
                _kill(process)


def _start() -> subprocess.Popen[bytes]:
    """What waits for a file, at its input."""
    return subprocess.Popen(
        [sys.executable, "-m", "dashboard.work.decoder_process"],
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=_ROOT,
        env=_environment(),
        start_new_session=True,  # a group of its own, which ends as one
    )


def _ask(
    spare: Spare, asked: dict[str, Any], data: bytes, seconds: float, megabytes: int
) -> tuple[dict[str, Any], bytes]:
    """What the process answers, which ends whatever happens.

    Raises ValueError or RecursionError where that is no answer, or more than was asked for.
    """
    most = _HEAD + sum(math.prod(frame.shape) for frame in asked.get("frames", ()))
    head = json.dumps({**asked, "seconds": seconds, "megabytes": megabytes}).encode() + b"\n"
    late = threading.Event()
    with spare.use() as process:

        def end() -> None:
            late.set()
            _kill(process)

        timer = threading.Timer(PATIENCE, end)
        timer.start()
        try:
            reply = _exchange(process, most, head, data)
            process.wait()  # under the timer still: it may have closed its output and go on
        except BaseException:
            _kill(process)
            raise
        finally:
            timer.cancel()
    if late.is_set():
        raise subprocess.TimeoutExpired(process.args, PATIENCE)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    said, _, body = reply.partition(b"\n")
    found = json.loads(said)
    if not isinstance(found, dict):
        raise ValueError("a line of JSON that is no object")
    return found, body


def _environment() -> dict[str, str]:
    """What the process needs of the server's variables, which hold keys and passwords too."""
    kept = {k: v for k, v in os.environ.items() if k.upper() in _KEPT or k.startswith("LC_")}
    return {**kept, **_ALONE}


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process, and what it has started, which could hold its output open."""
    if sys.platform == "win32":
        process.kill()
    elif process.returncode is None:  # else its id may be another's by now
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _exchange(process: subprocess.Popen[bytes], most: int, *parts: bytes) -> bytes:
    """What the process says once it has read all of this, as it does before it says a word.

    Raises ValueError for more than `most` bytes.

    In few calls: `communicate` writes 4 KB at a time, and waits its turn among Python's threads
    before each; while others compute, a file of 10 MB took seconds to hand over.
    """
    assert process.stdin
    assert process.stdout
    with suppress(BrokenPipeError), process.stdin as pipe:  # it may end before it has read all
        for part in parts:
            rest = memoryview(part)
            while rest:
                rest = rest[pipe.write(rest) :]
    said = bytearray()
    while piece := process.stdout.read(_PIECE):
        said += piece
        if len(said) > most:
            raise ValueError("more than was asked for")
    return bytes(said)


@contextmanager
def _understood(what: str, mend: str) -> Iterator[None]:
    """Refuse what a process answers that is no answer: whoever takes it over writes anything."""
    try:
        yield
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Refused(f"The {what} cannot be decoded; {mend}") from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(type(value))
    return value


def _why(code: int, what: str, mend: str) -> str:
    if code == _OUT_OF_TIME:
        return f"The {what} takes more than our {SECONDS:g} s to decode; {mend}"
    return f"The {what} cannot be decoded; {mend}"
