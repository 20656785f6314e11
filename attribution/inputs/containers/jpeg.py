"""JPEG: segments and scans. Thumbnails, profiles and comments are left out."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from math import ceil

from attribution.errors import InvalidImage
from attribution.inputs.containers.container import (
    MAX_PIXELS,
    Container,
    check_size,
    damaged,
    too_many,
    whole,
)
from attribution.inputs.containers.orientation import orientation

MAX_SEGMENTS = 1_000  # 160 of the largest fill 10 MB
MAX_SCANS = 100  # encoders write 1 to 20
MAX_SCANNED_BLOCKS = 20_000_000  # a second; ten scans of a 50-megapixel photograph are 7 million
MAX_TABLES = 64 * 1024  # bytes of tables before the first scan; all that a decoder can hold: 3 KB
MAX_COEFFICIENTS = 160 * 10**6  # bytes that several scans are collected in: 50 megapixels of 4:2:0
MAX_PHOTO_PIXELS = 64_000_000  # of a JPEG, which is decoded at half its size
PHOTO_SHARE = 1 / 50  # bytes a pixel: below it, a header lies or there is nothing to see

_MARKER = re.compile(
    rb"\xff[^\x00\xff\xd0-\xd7]"
)  # neither a stuffed byte, a fill byte nor a restart
_SOF, _DHT, _EOI, _SOS, _DQT, _DRI = (0xC0, 0xC1, 0xC2), 0xC4, 0xD9, 0xDA, 0xDB, 0xDD
_OTHER_CODING = frozenset(range(0xC3, 0xD0)) - {_DHT, 0xC8, 0xCC}
_WITHOUT_BODY = (0x01, 0xD8)
_HEADS = {  # of what is kept beside tables: the first of each
    "jfif": (0xE0, b"JFIF"),
    "adobe": (0xEE, b"Adobe"),
    "exif": (0xE1, b"Exif\0\0"),
    "xmp": (0xE1, b"http://ns.adobe.com/xap/1.0/\0"),
}


@dataclass
class _Frame:
    """width, height; blocks : number of 8 x 8 blocks of each component by its id."""

    width: int
    height: int
    progressive: bool
    blocks: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, code: int, body: bytes) -> _Frame:
        _, height, width, count = struct.unpack_from(">BHHB", body)
        frame = cls(width, height, code == _SOF[2])
        if not count:
            raise damaged()
        parts = [struct.unpack_from("BB", body, 6 + 3 * i) for i in range(count)]
        sides = [(max(1, s >> 4), max(1, s & 15)) for _, s in parts]
        across, down = (max(s[i] for s in sides) for i in (0, 1))
        for (name, _), (h, v) in zip(parts, sides, strict=True):
            columns, rows = ceil(width * h / (8 * across)), ceil(height * v / (8 * down))
            frame.blocks[name] = columns * rows
        return frame


def read(data: bytes) -> Container:
    """Walk the segments; keep tables, frame and scans up to the end of the first picture."""
    kept: dict[str, bytes] = {}
    tables: list[bytes] = []
    frame: _Frame | None = None
    scans: list[int] = []  # blocks of each
    start = at = 2
    for _ in range(MAX_SEGMENTS):
        with whole():
            code, body, end = _segment(data, at)
            if code in _SOF and frame is None:
                tables.append(data[end - len(body) - 4 : end])
                frame = _Frame.of(code, body)
            elif code in _SOF or code in _OTHER_CODING:
                raise _unusual(code, frame is not None)
            elif code == _EOI and scans and frame:
                return _container(data[start:end], kept, tables, frame, scans)
            elif code == _SOS and frame:
                start = start if scans else end - len(body) - 4
                scans.append(_blocks_of_scan(body, frame))
            elif code in (_SOS, _EOI):
                raise damaged()
            elif not scans:
                _keep(code, body, data[end - len(body) - 4 : end], kept, tables)
        if len(scans) > MAX_SCANS:
            raise too_many("scans", MAX_SCANS, "JPEG")
        at = end
    raise too_many("segments", MAX_SEGMENTS, "JPEG")


def _segment(data: bytes, at: int) -> tuple[int, bytes, int]:
    """(code, body, position after it) of the next segment; one without a length has no body."""
    found = _MARKER.search(data, at)
    if found is None:
        raise damaged()  # no end
    code, at = data[found.end() - 1], found.end()
    if code == _EOI or code in _WITHOUT_BODY:
        return code, b"", at
    (length,) = struct.unpack_from(">H", data, at)
    if length < 2 or at + length > len(data):
        raise damaged()
    return code, data[at + 2 : at + length], at + length


def _keep(
    code: int, body: bytes, segment: bytes, kept: dict[str, bytes], tables: list[bytes]
) -> None:
    if code in (_DQT, _DHT, _DRI):
        tables.append(segment)
        if sum(map(len, tables)) > MAX_TABLES:
            raise too_many("bytes of tables", MAX_TABLES, "JPEG")
    for name, (owner, head) in _HEADS.items():
        if code == owner and body.startswith(head):
            kept.setdefault(name, segment)


def _blocks_of_scan(body: bytes, frame: _Frame) -> int:
    names = body[1 : 1 + 2 * body[0] : 2]
    return sum(frame.blocks.get(name, 0) for name in names)


def _container(
    scanned: bytes, kept: dict[str, bytes], tables: list[bytes], frame: _Frame, scans: list[int]
) -> Container:
    width, height, blocks = frame.width, frame.height, sum(frame.blocks.values())
    photograph = len(scanned) >= PHOTO_SHARE * width * height
    if not (photograph and MAX_PIXELS < width * height <= MAX_PHOTO_PIXELS):
        check_size(width, height)
    several = frame.progressive or scans != [blocks]
    if several and 128 * blocks > MAX_COEFFICIENTS:
        raise InvalidImage(
            f"The progressive JPEG has {width:,} x {height:,} pixels, which take "
            f"{128 * blocks / 10**6:.0f} MB to decode, more than our {MAX_COEFFICIENTS // 10**6}; "
            "save it as a baseline JPEG, or smaller."
        )
    if several and sum(scans) > MAX_SCANNED_BLOCKS:
        raise InvalidImage(
            f"The {len(scans)} scans of the JPEG have {sum(scans) / 10**6:.0f} million blocks, "
            f"more than our {MAX_SCANNED_BLOCKS // 10**6} million; "
            "save it as a baseline JPEG, or smaller."
        )
    heads = [kept[name] for name in ("jfif", "adobe") if name in kept]
    clean = b"".join([b"\xff\xd8", *heads, *tables, scanned])
    upright = orientation(kept.get("exif", b"")[4:], kept.get("xmp", b"")[4:])
    return Container("JPEG", clean, width, height, upright)


def _unusual(code: int, second: bool) -> InvalidImage:
    if second:
        return damaged()
    kind = "lossless" if code in (0xC3, 0xC7, 0xCB, 0xCF) else "arithmetic or hierarchical"
    return InvalidImage(
        f"The JPEG uses {kind} coding, which browsers do not read either; "
        "save it as a baseline or progressive JPEG."
    )
