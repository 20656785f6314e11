"""Bytes that were changed by accident or ill will: a seeded mutator for files of any kind."""

import random
from collections.abc import Callable

_WORDS = (b"\x00", b"\xff", b"\x00" * 4, b"\xff" * 4, b"\x7f\xff\xff\xff", b"\x80" + b"\x00" * 7)
_NUMBERS = ("0", "-1", "1", "255", "65536", "4294967296", "9" * 18, "1e400", "NaN", "null", '""')


def damaged(data: bytes, rng: random.Random) -> bytes:
    """The bytes after one to four changes."""
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        data = rng.choice(_CHANGES)(data, rng)
    return data


def _flip(data: bytes, rng: random.Random) -> bytes:
    if not data:
        return data
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8))):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _overwrite(data: bytes, rng: random.Random) -> bytes:
    at, word = rng.randint(0, len(data)), rng.choice(_WORDS)
    return data[:at] + word + data[at + len(word) :]


def _insert(data: bytes, rng: random.Random) -> bytes:
    at = rng.randint(0, len(data))
    return data[:at] + rng.randbytes(rng.choice((1, 4, 64))) + data[at:]


def _delete(data: bytes, rng: random.Random) -> bytes:
    first, last = sorted((rng.randint(0, len(data)), rng.randint(0, len(data))))
    last = min(last, first + rng.choice((1, 4, 64, len(data))))
    return data[:first] + data[last:]


def _repeat(data: bytes, rng: random.Random) -> bytes:
    first = rng.randint(0, len(data))
    part = data[first : first + rng.choice((4, 32, 256))]
    return data[:first] + part * rng.choice((2, 3, 50)) + data[first + len(part) :]


def _truncate(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randint(0, len(data))]


def _head_or_tail(data: bytes, rng: random.Random) -> bytes:
    """Headers stand at the ends of a file, and few random places are there."""
    ends = min(64, len(data))
    if not ends:
        return data
    at = rng.randrange(ends)
    at = at if rng.random() < 0.5 else len(data) - 1 - at
    return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]


def _number(data: bytes, rng: random.Random) -> bytes:
    """Another number in place of one that is written in digits."""
    digits = [i for i, c in enumerate(data[:200_000]) if 48 <= c <= 57]
    if not digits:
        return _overwrite(data, rng)
    at = rng.choice(digits)
    return data[:at] + rng.choice(_NUMBERS).encode() + data[at + 1 :]


_CHANGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flip,
    _overwrite,
    _insert,
    _delete,
    _repeat,
    _truncate,
    _head_or_tail,
    _number,
)
