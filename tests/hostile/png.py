"""Hostile PNG files: chunks without end, blocks that unpack to more, palettes that do not fit."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

import numpy as np

from tests.hostile.limits import MOST, SIDE


def png(
    width: int,
    height: int,
    colour: int = 2,
    depth: int = 8,
    before: tuple[tuple[bytes, bytes], ...] = (),
    rows: bytes | None = None,
    interlaced: bool = False,
    pieces: int = 1 << 30,
) -> bytes:
    """A PNG of zeros. before : further chunks; pieces : bytes of each IDAT chunk."""
    if rows is None:
        samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
        rows = _zeros(height * (1 + -(-width * samples * depth // 8)) + 64 * interlaced * height)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    parts = [b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", header)]
    parts += [chunk(kind, body) for kind, body in before]
    parts += [chunk(b"IDAT", rows[at : at + pieces]) for at in range(0, len(rows), pieces)]
    return b"".join([*parts, chunk(b"IEND", b"")])


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def exif(orientation: int, entries: int = 1, length: int = 4) -> bytes:
    """A TIFF block: the orientation first, then entries that each claim so many bytes."""
    rows = [struct.pack("<HHII", 0x0112, 3, 1, orientation)]
    rows += [struct.pack("<HHII", 0x9000 + i, 7, length, 8) for i in range(entries - 1)]
    return b"II*\0" + struct.pack("<IH", 8, entries) + b"".join(rows) + bytes(4 + length)


def broken() -> dict[str, Callable[[], bytes]]:
    """How each is made, by its name."""
    bomb = zlib.compress(bytes(50_000_000), 9)
    noise = np.random.default_rng(0).integers(0, 256, (64, 193), dtype=np.uint8)
    noise[:, 0] = 0  # rows without a filter
    many = tuple((b"tEXt", b"a%d\0" % i) for i in range(19_000))
    return {
        "png: 865,000 empty chunks": lambda: (
            png(64, 64)[:33] + chunk(b"abCd", b"") * 865_000 + png(64, 64)[33:]
        ),
        "png: 19,000 text chunks": lambda: png(64, 64, before=many),
        "png: pixels in chunks of one byte": lambda: png(
            64, 64, rows=zlib.compress(noise.tobytes(), 0), pieces=1
        ),
        "png: text named transparency": lambda: png(
            64, 64, before=((b"tEXt", b"transparency\0x"),)
        ),
        "png: text named gamma, dpi, exif": lambda: png(
            64, 64, before=tuple((b"tEXt", n + b"\0x") for n in (b"gamma", b"dpi", b"exif", b"icc"))
        ),
        "png: no palette": lambda: png(64, 64, colour=3),
        "png: empty palette": lambda: png(64, 64, colour=3, before=((b"PLTE", b""),)),
        "png: short palette": lambda: png(
            64, 64, colour=3, rows=zlib.compress(b"\0" + b"\xff" * 64), before=((b"PLTE", b"abc"),)
        ),
        "png: crooked palette": lambda: png(64, 64, colour=3, before=((b"PLTE", b"abcd"),)),
        **{
            f"png: tRNS of {length} bytes, colour type {colour}": (
                lambda colour=colour, length=length: png(
                    64,
                    64,
                    colour=colour,
                    before=((b"PLTE", bytes(48)), (b"tRNS", bytes(length))),
                )
            )
            for colour in (0, 2, 3, 4, 6)
            for length in (0, 1, 3, 300, 70_000)
        },
        "png: profile that unpacks to 50 MB": lambda: png(
            64, 64, before=((b"iCCP", b"a\0\0" + bomb),)
        ),
        "png: texts that unpack to 50 MB": lambda: png(
            64, 64, before=((b"zTXt", b"a\0\0" + bomb),) * 100
        ),
        "png: exif text that unpacks to 50 MB": lambda: png(
            64, 64, before=((b"zTXt", b"Raw profile type exif\0\0" + bomb),)
        ),
        "png: exif of 5,000 x 64 KB": lambda: png(
            64, 64, before=((b"eXIf", exif(6, 5_000, 65_000)),)
        ),
        "png: pixels that unpack to 9 GB": lambda: png(64, 64, rows=_flushed(9_000)),
        "png: 10 MB of pixels for 8 x 8": lambda: png(
            8, 8, rows=zlib.compress(np.random.default_rng(0).bytes(MOST - 99_999), 0)
        ),
        "png: a second header": lambda: png(64, 64, before=((b"IHDR", bytes(13)),)),
        "png: an animation of 4 billion frames": lambda: png(
            64, 64, before=((b"acTL", b"\xff" * 8),)
        ),
    }


def large() -> dict[str, Callable[[], bytes]]:
    """How each is made, by its name: these take time to decode."""
    kinds = {
        "16-bit grey": (0, 16),
        "grey and alpha": (4, 8),
        "16-bit grey and alpha": (4, 16),
        "RGB": (2, 8),
        "16-bit RGB": (2, 16),
        "RGBA": (6, 8),
        "16-bit RGBA": (6, 16),
        "1-bit": (0, 1),
    }
    made: dict[str, Callable[[], bytes]] = {
        f"png: 40 megapixels, {name}": lambda c=colour, d=depth: png(SIDE, SIDE, c, d)
        for name, (colour, depth) in kinds.items()
    }
    made["png: 40 megapixels, palette with transparency"] = lambda: png(
        SIDE, SIDE, 3, before=((b"PLTE", bytes(768)), (b"tRNS", bytes(256)))
    )
    made["png: 40 megapixels, interlaced RGBA"] = lambda: png(SIDE, SIDE, 6, interlaced=True)
    made["png: 40 megapixels, Paeth"] = lambda: png(
        SIDE, SIDE, 6, rows=_repeated(b"\4" + bytes(4 * SIDE), SIDE)
    )
    made["png: 8 high"] = lambda: png(5_000_000, 8, 6)
    made["png: 8 wide"] = lambda: png(8, 5_000_000, 6)
    return made


def _zeros(count: int) -> bytes:
    """So many zeros, packed as zlib packs them, without holding them."""
    packer = zlib.compressobj(1)
    block = bytes(1 << 20)
    parts = [packer.compress(block) for _ in range(count >> 20)]
    return b"".join([*parts, packer.compress(bytes(count & (1 << 20) - 1)), packer.flush()])


def _flushed(blocks: int) -> bytes:
    """The beginning of so many million zeros, without packing them all."""
    packer = zlib.compressobj(9)
    head = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + block * blocks


def _repeated(row: bytes, count: int) -> bytes:
    packer = zlib.compressobj(1)
    return b"".join([*(packer.compress(row) for _ in range(count)), packer.flush()])
