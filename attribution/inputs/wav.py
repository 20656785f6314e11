"""WAV: the samples of a sound file, without trusting it.

The standard library's `wave` refuses floating-point samples, and before Python 3.12 the extensible
header that many recorders write; the walk over chunks is the same for all of them, so it is done
here once. What is compressed (ADPCM, A-law, mu-law, MP3) is refused by name.
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from attribution.errors import InvalidRequest, one_line

MAX_CHUNKS = 1_000
MAX_CHANNELS = 256
MAX_SAMPLES = 2**23
"""Times x channels: 32 MB of numbers."""

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_NAMES = {2: "ADPCM", 6: "A-law", 7: "mu-law", 17: "ADPCM", 49: "GSM", 80: "MPEG", 85: "MP3"}
_FORMAT = struct.Struct("<HHIIHH")
_GUID = bytes.fromhex("000000001000800000aa00389b71")  # of a format that is a number


def read(name: str, data: bytes) -> tuple[NDArray[np.float32], float]:
    """(times, channels) and the rate, samples a second; `name` is the file's, for messages.

    Whole numbers (8, 16, 24 or 32 bits) are brought to -1..1; floats (32 or 64) stay as they are.

    Raises
    ------
    InvalidRequest : no WAV file, a damaged or unfinished one, another coding or width, no sample or
        more than 8,388,608.
    """
    name = one_line(name)
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise InvalidRequest(f"{name} is no WAV file; save it as WAV, PCM 16 bit.")
    chunks = _chunks(name, data)
    if b"fmt " not in chunks or b"data" not in chunks or len(chunks[b"fmt "]) < _FORMAT.size:
        raise InvalidRequest(f"{name} is a damaged WAV file: save it again.")
    coding, channels, rate, _, block, bits = _FORMAT.unpack_from(chunks[b"fmt "])
    if coding == _EXTENSIBLE and len(chunks[b"fmt "]) >= 40 and chunks[b"fmt "][26:40] == _GUID:
        coding = int.from_bytes(chunks[b"fmt "][24:26], "little")
    if (coding, bits) not in _READ:
        what = _NAMES.get(coding, {_PCM: "PCM", _FLOAT: "float"}.get(coding, f"format {coding}"))
        raise InvalidRequest(
            f"{name} is coded as {what} with {bits} bits; save it as PCM (8, 16, 24 or 32 bits) or "
            "float (32 or 64)."
        )
    if not 1 <= channels <= MAX_CHANNELS or not rate or block != channels * bits // 8:
        raise InvalidRequest(
            f"{name} has a damaged header ({channels} channels, {rate} samples a second): save it "
            "again."
        )
    samples = chunks[b"data"]
    if not samples or len(samples) % block:
        raise InvalidRequest(
            f"{name} holds {'no' if not samples else 'no whole number of'} samples: save it again."
        )
    if len(samples) * 8 // bits > MAX_SAMPLES:
        raise InvalidRequest(f"{name} holds more than {MAX_SAMPLES:,} samples: cut a piece out.")
    return _numbers(samples, coding, bits).reshape(-1, channels), float(rate)


_READ = {(_PCM, bits) for bits in (8, 16, 24, 32)} | {(_FLOAT, 32), (_FLOAT, 64)}


def _chunks(name: str, data: bytes) -> dict[bytes, bytes]:
    """The first chunk of each kind."""
    found: dict[bytes, bytes] = {}
    start = 12
    for _ in range(MAX_CHUNKS):
        if start + 8 > len(data):
            return found
        kind, size = data[start : start + 4], int.from_bytes(data[start + 4 : start + 8], "little")
        if kind in (b"fmt ", b"data") and kind not in found:
            if start + 8 + size > len(data):
                raise InvalidRequest(
                    f"{name} should hold {size:,} bytes more by its header than it does: it is "
                    "incomplete; send it again."
                )
            found[kind] = data[start + 8 : start + 8 + size]
        start += 8 + size + size % 2
    raise InvalidRequest(f"{name} has more than {MAX_CHUNKS:,} chunks, as no recorder writes.")


def _numbers(samples: bytes, coding: int, bits: int) -> NDArray[np.float32]:
    if coding == _FLOAT:
        with np.errstate(over="ignore"):  # what is too large for float32 is refused as infinite
            return np.frombuffer(samples, f"<f{bits // 8}").astype(np.float32)
    if bits == 8:  # unsigned, around 128
        return ((np.frombuffer(samples, np.uint8) - 128.0) / 128).astype(np.float32)
    if bits == 24:  # the upper three bytes of four
        wide = np.zeros((len(samples) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(samples, np.uint8).reshape(-1, 3)
        return (wide.view("<i4")[:, 0] / 2**31).astype(np.float32)
    return (np.frombuffer(samples, f"<i{bits // 8}") / 2.0 ** (bits - 1)).astype(np.float32)
