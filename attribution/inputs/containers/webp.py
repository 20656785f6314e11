"""WebP: chunks of a RIFF file. Profiles and further frames are left out."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from attribution.inputs.containers.container import Container, check_size, damaged, too_many, whole
from attribution.inputs.containers.orientation import orientation

MAX_CHUNKS = 10_000  # one for each frame of an animation
MAX_PIXELS = 12_500_000  # libwebp takes 20 bytes for each: two canvases, its own, and two copies

_ALPHA, _ANIMATION = 0x10, 0x02
_FRAME_HEADER = 16


def read(data: bytes) -> Container:
    """Check every chunk; keep those of the first frame."""
    kept: dict[bytes, bytes] = {}
    frames: list[bytes] = []
    with whole():
        (size,) = struct.unpack_from("<I", data, 4)
        if size + 8 > len(data):
            raise damaged()
        count = 0
        for kind, body in _chunks(data, 12, size + 8):
            if kind == b"ANMF":
                frames, count = frames or [bytes(body)], count + 1
            else:
                kept.setdefault(kind, bytes(body))
        width, height = _largest(kept, frames)
    check_size(width, height, MAX_PIXELS, "WebP picture")
    if b"VP8X" in kept:
        flags = kept[b"VP8X"][0] & (_ALPHA | _ANIMATION)
        parts = {b"VP8X": bytes([flags]) + kept[b"VP8X"][1:]}
        parts |= {name: kept[name] for name in (b"ANIM",) if name in kept}
        parts |= {b"ANMF": frames[0]} if frames else {}
    else:
        parts = {}
    if not frames:
        parts |= {name: kept[name] for name in (b"ALPH", b"VP8 ", b"VP8L") if name in kept}
    content = b"WEBP" + b"".join(_chunk(*part) for part in parts.items())
    upright = orientation(kept.get(b"EXIF", b""), kept.get(b"XMP ", b""))
    clean = b"RIFF" + struct.pack("<I", len(content)) + content
    return Container("WebP", clean, width, height, upright, animated=count > 1)


def _chunks(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, memoryview]]:
    view = memoryview(data)
    for _ in range(MAX_CHUNKS):
        if at >= end - 1:  # a padding byte may be left
            return
        kind, length = struct.unpack_from("<4sI", data, at)
        at += 8
        if at + length > end:
            raise damaged()
        yield kind, view[at : at + length]
        at += length + length % 2
    raise too_many("chunks", MAX_CHUNKS, "WebP")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _largest(kept: dict[bytes, bytes], frames: list[bytes]) -> tuple[int, int]:
    """The largest sides of all that will be decoded, whichever of them is true."""
    found = [_size(kind, body) for kind, body in kept.items()]
    for frame in frames:
        inner = _chunks(frame, _FRAME_HEADER, len(frame))
        found += [_size(kind, bytes(body[:10])) for kind, body in inner]
    sizes = [size for size in found if size]
    if not sizes:
        raise damaged()
    return max(w for w, _ in sizes), max(h for _, h in sizes)


def _size(kind: bytes, body: bytes) -> tuple[int, int] | None:
    """(width, height) that a chunk declares; None where it declares none."""
    if kind == b"VP8X":
        if len(body) < 10:
            raise damaged()
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8L":
        mark, bits = struct.unpack_from("<BI", body)
        if mark != 0x2F:
            raise damaged()
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", body, 6)
        return width & 0x3FFF, height & 0x3FFF
    return None
