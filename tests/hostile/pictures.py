"""Hostile pictures of all formats: small files that ask for much, and files with broken parts."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from tests.hostile import jpeg, png
from tests.hostile.limits import SIDE
from tests.hostile.png import exif


def makers() -> dict[str, Callable[[], bytes]]:
    """How each is made, by its name."""
    families = (png.broken(), png.large(), jpeg.broken(), jpeg.large(), _gif(), _webp(), _bmp())
    return {name: make for family in families for name, make in family.items()}


def corpus() -> Iterator[tuple[str, bytes]]:
    """All of them, one at a time: together they are some hundred MB."""
    for name, make in makers().items():
        yield name, make()


def lossless_webp(width: int, height: int) -> bytes:
    """One colour in no bits a pixel: five codes of one symbol each."""
    bits = [(0x2F, 8), (width - 1, 14), (height - 1, 14), (0, 1), (0, 3), (0, 3)]
    return riff((b"VP8L", _packed([*bits, *[(1, 4)] * 5])))


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(
        kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
        for kind, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def gif(frames: bytes, width: int = 16, height: int = 16) -> bytes:
    palette = bytes(range(6))
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + palette + frames + b";"


# LZW of 16 x 16 zeros: strings of 1, 2, 3, ... of them, in codes of 9 bits.
_BLACK = bytes.fromhex("1d0001081c48b0a0c18308132a5cc8b0a1c38710234a9c48b1a2c5810101") + b"\0"


def frame(width: int = 16, height: int = 16, left: int = 0, code: bytes = b"") -> bytes:
    """A frame of a GIF. code : its sub-blocks; by default all pixels of 16 x 16."""
    code = code or _BLACK
    return b"," + struct.pack("<HHHHB", left, 0, width, height, 0) + b"\x08" + code


def bmp(width: int, height: int, body: bytes, bits: int = 8, coding: int = 0) -> bytes:
    palette = bytes(4) * (1 << bits if bits <= 8 else 0)
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, coding, len(body), 0, 0, 0, 0)
    start = 14 + len(head) + len(palette)
    file = b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start)
    return file + head + palette + body


def _packed(bits: list[tuple[int, int]]) -> bytes:
    """(value, number of bits) each, the lowest bit first."""
    number = at = 0
    for value, width in bits:
        number |= value << at
        at += width
    return number.to_bytes(-(-at // 8) + 8, "little")


def _gif() -> dict[str, Callable[[], bytes]]:
    comment = b"!\xfe"
    ones = b"\1\0" * 4_900_000 + b"\0"
    return {
        "gif: comment in sub-blocks of one byte": lambda: gif(comment + ones + frame()),
        "gif: a million empty comments": lambda: gif((comment + b"\0") * 3_000_000 + frame()),
        "gif: a long comment": lambda: gif(
            comment + (b"\xff" + b"x" * 255) * 40_000 + b"\0" + frame()
        ),
        "gif: pixels in sub-blocks of one byte": lambda: gif(frame(code=b"\2" + ones)),
        "gif: 200,000 frames": lambda: gif(frame() * 200_000),
        "gif: 40 megapixels, a small frame": lambda: gif(frame(), SIDE, SIDE),
        "gif: 40 megapixels, no pixels": lambda: gif(frame(SIDE, SIDE), SIDE, SIDE),
        "gif: a frame far outside": lambda: gif(frame(65_535, 65_535, left=65_535)),
        "gif: no frame": lambda: gif(b""),
        "gif: an unknown block": lambda: gif(b"x" + frame()),
        "gif: a short control block": lambda: gif(b"!\xf9\1\1\0" + frame()),
        "gif: disposal of all": lambda: gif(
            b"!\xf9\4\x08\0\0\0\0" + frame(SIDE, SIDE) + frame(), SIDE, SIDE
        ),
        "gif: an impossible size of codes": lambda: gif(frame()[:10] + b"\x63" + frame()[11:]),
    }


def _webp() -> dict[str, Callable[[], bytes]]:
    still = lossless_webp(64, 64)[12:]
    part = b"ANMF" + struct.pack("<I", 16 + len(still)) + bytes(6) + b"\x3f\0\0\x3f\0\0" + bytes(4)
    canvas = b"\x02\0\0\0" + b"\x3f\0\0\x3f\0\0"
    large = b"\x10\0\0\0" + struct.pack("<I", 16_382)[:3] * 2

    def animation(count: int) -> bytes:
        body = b"VP8X" + struct.pack("<I", 10) + canvas + b"ANIM\6\0\0\0" + bytes(6)
        body += (part + still) * count
        return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body

    return {
        "webp: 46 bytes for 40 megapixels": lambda: lossless_webp(SIDE, SIDE),
        "webp: 46 bytes for 12 megapixels": lambda: lossless_webp(3_535, 3_535),
        "webp: 16,383 x 16,383": lambda: lossless_webp(16_383, 16_383),
        "webp: a canvas of 268 megapixels": lambda: riff(
            (b"VP8X", large), (b"VP8L", lossless_webp(64, 64)[20:])
        ),
        "webp: a small canvas, a large picture": lambda: riff(
            (b"VP8X", canvas), (b"VP8L", lossless_webp(16_383, 16_383)[20:])
        ),
        "webp: 900,000 empty chunks": lambda: riff(
            *[(b"abcd", b"")] * 900_000, (b"VP8L", lossless_webp(64, 64)[20:])
        ),
        "webp: 100,000 frames": lambda: animation(100_000),
        "webp: 9,000 frames": lambda: animation(9_000),
        "webp: 65,536 groups of codes": groups_of_codes,
        "webp: no picture": lambda: riff((b"EXIF", exif(6))),
        "webp: a short canvas": lambda: riff((b"VP8X", b"\0"), (b"VP8L", b"\x2f")),
        "webp: exif of 5,000 x 64 KB": lambda: riff(
            (b"VP8X", b"\x08" + canvas[1:]),
            (b"VP8L", lossless_webp(64, 64)[20:]),
            (b"EXIF", exif(6, 5_000, 65_000)),
        ),
    }


def groups_of_codes(side: int = 1_024) -> bytes:
    """A lossless WebP in which every 4 x 4 pixels have five Huffman codes of their own.

    libwebp keeps tables of some 10 KB for each of these 65,536 groups.
    """
    bits = [(0x2F, 8), (side - 1, 14), (side - 1, 14), (0, 1), (0, 3)]
    bits += [(0, 1), (0, 1), (1, 1), (0, 3)]  # no transform, no cache; groups, of 4 x 4 pixels
    bits += [(0, 1)]  # the image of groups has no cache
    bits += [*_even_code(280), *_even_code(256), *[(1, 4)] * 3]  # low byte, high byte, nothing
    reverse = [int(f"{i:08b}"[::-1], 2) for i in range(256)]
    for group in range((side // 4) ** 2):
        bits += [(reverse[group & 255], 8), (reverse[group >> 8 & 255], 8)]
    bits += [(1, 4)] * 5 * (side // 4) ** 2
    number = "".join(f"{value:0{width}b}"[::-1] for value, width in bits)
    data = int(number[::-1], 2).to_bytes(-(-len(number) // 8) + 8, "little")
    return riff((b"VP8L", data))


def _even_code(symbols: int) -> list[tuple[int, int]]:
    """A Huffman code that gives the first 256 symbols 8 bits each, and the others none."""
    order = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
    lengths = [1 if code in (0, 8) else 0 for code in order]
    used = order.index(8) + 1
    bits = [(0, 1), (used - 4, 4), *[(length, 3) for length in lengths[:used]]]
    bits += [(0, 1)]  # the lengths of all symbols follow: 0 in one bit, 8 in the other
    return [*bits, *[(1, 1)] * 256, *[(0, 1)] * (symbols - 256)]


def _bmp() -> dict[str, Callable[[], bytes]]:
    return {
        "bmp: 40 megapixels, 1 bit": lambda: bmp(
            SIDE, SIDE, bytes(-(-SIDE // 32) * 4 * SIDE), bits=1
        ),
        "bmp: runs of one pixel": lambda: bmp(2_000, 2_000, b"\1\1" * 500_000, coding=1),
        "bmp: a run and the end of the line": lambda: bmp(
            2_000, 2_000, b"\1\1\0\0" * 2_000, coding=1
        ),
        "bmp: 40 megapixels of empty lines": lambda: bmp(SIDE, SIDE, b"\1\1\0\0" * SIDE, coding=1),
        "bmp: 4-bit runs": lambda: bmp(2_000, 2_000, b"\xff\x12" * 17_000, bits=4, coding=2),
        "bmp: 10 MB of ends of lines": lambda: bmp(2_000, 2_000, b"\0\0" * 5_000_000, coding=1),
        "bmp: 1 MB of ends of lines": lambda: bmp(2_000, 2_000, b"\0\0" * 500_000, coding=1),
        "bmp: far jumps": lambda: bmp(500_000, 8, b"\0\2\xff\xff" * 1_000, coding=1),
        "bmp: a header of 4 GB": lambda: b"BM" + bytes(12) + b"\xff\xff\xff\xff" + bytes(200),
        "bmp: upside down": lambda: bmp(64, -(2**31), bytes(4096)),
        "bmp: no bits": lambda: bmp(64, 64, bytes(4096), bits=0),
        "bmp: a picture of another format inside": lambda: bmp(
            64, 64, jpeg.jpeg(), bits=0, coding=4
        ),
    }
