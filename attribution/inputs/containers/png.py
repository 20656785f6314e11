"""PNG: chunks with checksums. Text, profiles and further frames are left out."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator

from attribution.inputs.containers.container import Container, check_size, damaged, too_many, whole
from attribution.inputs.containers.orientation import orientation

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_CHUNKS = 20_000  # encoders cut the pixels into 8 KB or more: 1,280 chunks in 10 MB

_PALETTE = 3
_LENGTH_OF_KEY = {0: 2, 2: 6}  # by colour type: one transparent grey, one transparent colour
_MAX_PROFILE = 256 * 1024  # hexadecimal digits of an EXIF block, which has at most 64 KB


def read(data: bytes) -> Container:
    """Check every chunk; keep those that make the pixels."""
    kept: dict[bytes, bytes] = {}
    pixels: list[memoryview] = []
    exif = xmp = b""
    frames = 1
    with whole():
        for kind, body in _chunks(data):
            if kind == b"IDAT":
                pixels.append(body)
            elif kind in (b"IHDR", b"PLTE", b"tRNS"):
                if kind in kept:
                    raise damaged()
                kept[kind] = bytes(body)
            elif kind == b"eXIf":
                exif = bytes(body)
            elif kind in (b"tEXt", b"zTXt") and bytes(body[:21]) == b"Raw profile type exif":
                exif = exif or _raw_profile(kind, bytes(body))
            elif kind == b"iTXt" and bytes(body[:17]) == b"XML:com.adobe.xmp":
                xmp = bytes(body)
            elif kind == b"acTL":
                (frames,) = struct.unpack_from(">I", body)
        header = kept.pop(b"IHDR")
        width, height, _, colour = struct.unpack_from(">IIBB", header)
    check_size(width, height)
    parts = [SIGNATURE, _chunk(b"IHDR", header)]
    if b"PLTE" in kept:
        parts.append(_chunk(b"PLTE", kept[b"PLTE"]))
    elif colour == _PALETTE:
        raise damaged()
    if b"tRNS" in kept and _fits(kept[b"tRNS"], colour, len(kept.get(b"PLTE", b"")) // 3):
        parts.append(_chunk(b"tRNS", kept[b"tRNS"]))
    parts += [_chunk(b"IDAT", b"".join(pixels)), _chunk(b"IEND", b"")]
    upright = orientation(exif, xmp)
    return Container("PNG", b"".join(parts), width, height, upright, animated=frames > 1)


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Kind and body of each chunk up to the end chunk, which must be there."""
    view, at = memoryview(data), len(SIGNATURE)
    for number in range(MAX_CHUNKS):
        (length,) = struct.unpack_from(">I", data, at)
        kind, end = data[at + 4 : at + 8], at + 8 + length
        (checksum,) = struct.unpack_from(">I", data, end)
        first = number == 0
        if first != (kind == b"IHDR") or zlib.crc32(view[at + 4 : end]) != checksum:
            raise damaged()
        if kind == b"IEND":
            return
        yield kind, view[at + 8 : end]
        at = end + 4
    raise too_many("chunks", MAX_CHUNKS, "PNG")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _fits(transparency: bytes, colour: int, colours: int) -> bool:
    """Whether the chunk is as the format has it; others are ignored, as browsers do."""
    if colour == _PALETTE:
        return 1 <= len(transparency) <= colours
    return len(transparency) == _LENGTH_OF_KEY.get(colour)


def _raw_profile(kind: bytes, body: bytes) -> bytes:
    """An EXIF block as ImageMagick writes it: a name, a length, and hexadecimal digits."""
    text = body[22:]
    try:
        if kind == b"zTXt":
            text = zlib.decompressobj().decompress(text[1:], _MAX_PROFILE)
        digits = re.sub(rb"\s+", b"", text.strip().partition(b"\n")[2].strip().partition(b"\n")[2])
        return bytes.fromhex(digits.decode("ascii"))
    except (zlib.error, ValueError):
        return b""  # it says nothing about the pixels
