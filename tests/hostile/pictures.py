"""Hostile pictures: small files that ask for much, and whole files with broken parts."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

MOST = 10 * 1024 * 1024 - 1024  # bytes: just within the limit of a file
SIDE = 6_320  # of a square of just under 40 million pixels


def makers() -> dict[str, Callable[[], bytes]]:
    """How each is made, by its name."""
    families = (_png(), _png_large(), _jpeg(), _jpeg_large(), _gif(), _webp(), _bmp())
    return {name: make for family in families for name, make in family.items()}


def corpus() -> Iterator[tuple[str, bytes]]:
    """All of them, one at a time: together they are some hundred MB."""
    for name, make in makers().items():
        yield name, make()


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


def jpeg(size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: object) -> bytes:
    """A JPEG as Pillow writes it, of a gradient."""
    image = Image.linear_gradient("L").resize(size).convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **options)
    return buffer.getvalue()


def exif(orientation: int, entries: int = 1, length: int = 4) -> bytes:
    """A TIFF block: the orientation first, then entries that each claim so many bytes."""
    rows = [struct.pack("<HHII", 0x0112, 3, 1, orientation)]
    rows += [struct.pack("<HHII", 0x9000 + i, 7, length, 8) for i in range(entries - 1)]
    return b"II*\0" + struct.pack("<IH", 8, entries) + b"".join(rows) + bytes(4 + length)


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


def _packed(bits: list[tuple[int, int]]) -> bytes:
    """(value, number of bits) each, the lowest bit first."""
    number = at = 0
    for value, width in bits:
        number |= value << at
        at += width
    return number.to_bytes(-(-at // 8) + 8, "little")


def _png() -> dict[str, Callable[[], bytes]]:
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


def _png_large() -> dict[str, Callable[[], bytes]]:
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


def _repeated(row: bytes, count: int) -> bytes:
    packer = zlib.compressobj(1)
    return b"".join([*(packer.compress(row) for _ in range(count)), packer.flush()])


def _jpeg() -> dict[str, Callable[[], bytes]]:
    plain, scanned = jpeg(), jpeg((512, 384), progressive=True)
    head = lambda segment: plain[:2] + segment * (MOST // len(segment) - 1) + plain[2:]  # noqa: E731
    frame = plain.index(b"\xff\xc0")
    return {
        "jpeg: 5,000 scans": lambda: claimed(with_scans(scanned, 5_000), 4_000, 3_990),
        "jpeg: 90 scans": lambda: with_scans(scanned, 80),
        "jpeg: Exif segments of 20 bytes": lambda: head(b"\xff\xe1\0\x12Exif\0\0" + bytes(10)),
        "jpeg: Exif segments of 64 KB": lambda: head(b"\xff\xe1\xff\xffExif\0\0" + bytes(65_527)),
        "jpeg: profile segments": lambda: head(b"\xff\xe2\0\x12ICC_PROFILE\0\1\1\0\0"),
        "jpeg: comments": lambda: head(b"\xff\xfe\0\2"),
        "jpeg: Photoshop segments": lambda: head(b"\xff\xed\0\x14Photoshop 3.0\08BIM"),
        "jpeg: other application segments": lambda: head(b"\xff\xe5\0\2"),
        "jpeg: quantisation tables": lambda: head(
            b"\xff\xdb\xff\xd2" + (b"\0" + b"\1" * 64) * 1008
        ),
        "jpeg: restart intervals": lambda: head(b"\xff\xdd\0\4\0\0"),
        "jpeg: fill bytes": lambda: head(b"\xff"),
        "jpeg: zeros between segments": lambda: head(b"\0"),
        "jpeg: fill bytes among the pixels": lambda: plain[:-2] + b"\xff" * 9_000_000 + plain[-2:],
        "jpeg: stuffed bytes among the pixels": lambda: (
            plain[:-2] + b"\xff\0" * 5_000_000 + plain[-2:]
        ),
        "jpeg: restarts among the pixels": lambda: (
            plain[:-2] + b"\xff\xd0" * 5_000_000 + plain[-2:]
        ),
        "jpeg: comments among the scans": lambda: with_scans(
            scanned, 20, b"\xff\xfe\0\2" * 100_000
        ),
        "jpeg: exif of 5,000 x 64 KB": lambda: (
            plain[:2] + _app1(b"Exif\0\0" + exif(6, 5_000, 4)) + plain[2:]
        ),
        "jpeg: arithmetic coding": lambda: plain.replace(b"\xff\xc0", b"\xff\xc9"),
        "jpeg: lossless": lambda: plain.replace(b"\xff\xc0", b"\xff\xc3"),
        "jpeg: no components": lambda: plain[: frame + 9] + b"\0" + plain[frame + 10 :],
        "jpeg: sampling of 0": lambda: plain[: frame + 11] + b"\0" + plain[frame + 12 :],
        "jpeg: a second, larger frame": lambda: (
            plain[:-2] + plain[frame : frame + 5] + b"\xff\xff\xff\xff" + plain[frame + 9 :]
        ),
        "jpeg: only a header": lambda: plain[: plain.index(b"\xff\xda")] + b"\xff\xd9",
        "jpeg: 12 bits": lambda: plain[: frame + 4] + b"\x0c" + plain[frame + 5 :],
    }


def _app1(body: bytes) -> bytes:
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def with_scans(data: bytes, count: int, between: bytes = b"") -> bytes:
    """A progressive JPEG whose second scan, with the tables before it, comes so often again."""
    first = data.index(b"\xff\xda")
    second = data.index(b"\xff\xda", first + 2)
    third = data.index(b"\xff\xda", second + 2)
    end = data.index(b"\xff\xc4", second) if b"\xff\xc4" in data[second:third] else third
    return data[:end] + (between + data[second:end]) * count + data[end:]


def claimed(data: bytes, width: int, height: int) -> bytes:
    """A JPEG whose frame says another size than its pixels have."""
    at = max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2")) + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def _jpeg_large() -> dict[str, Callable[[], bytes]]:
    progressive = jpeg(progressive=True)
    return {
        "jpeg: 40 megapixels, 4:4:4": lambda: claimed(jpeg(subsampling=0), SIDE, SIDE),
        "jpeg: 40 megapixels, progressive": lambda: claimed(progressive, SIDE, SIDE),
        "jpeg: 40 megapixels, progressive, 4:4:4": lambda: claimed(
            jpeg(progressive=True, subsampling=0), SIDE, SIDE
        ),
        "jpeg: 26 megapixels, progressive, 4:4:4": lambda: claimed(
            jpeg(progressive=True, subsampling=0), 5_100, 5_100
        ),
        "jpeg: 40 megapixels, 90 scans": lambda: claimed(with_scans(progressive, 80), SIDE, SIDE),
        "jpeg: 16 megapixels, 50 scans": lambda: claimed(with_scans(progressive, 40), 4_000, 3_990),
        "jpeg: 3 megapixels, 90 scans of noise": lambda: with_scans(
            _noise((2_000, 1_500), quality=30, progressive=True), 80
        )[:MOST],
        "jpeg: 16 megapixels of noise": lambda: _noise((4_000, 4_000), quality=70),
        "jpeg: 10 MB of noise, progressive": lambda: _noise(
            (5_000, 3_600), quality=65, progressive=True
        ),
        "jpeg: 40 megapixels, CMYK": lambda: claimed(jpeg(mode="CMYK"), SIDE, SIDE),
        "jpeg: 65,500 x 600": lambda: claimed(progressive, 65_500, 600),
        "jpeg: 600 x 65,500": lambda: claimed(progressive, 600, 65_500),
        "jpeg: 64 megapixels, progressive": lambda: padded(claimed(progressive, 8_000, 8_000)),
        "jpeg: 64 megapixels, 4:4:4": lambda: padded(claimed(jpeg(subsampling=0), 8_000, 8_000)),
    }


def padded(data: bytes) -> bytes:
    """With the bytes of a photograph among its pixels, which say nothing."""
    return data[:-2] + np.random.default_rng(0).bytes(2_000_000).replace(b"\xff", b"") + data[-2:]


def _noise(size: tuple[int, int], **options: object) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", **options)
    return buffer.getvalue()


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
        "bmp: a picture of another format inside": lambda: bmp(64, 64, jpeg(), bits=0, coding=4),
    }
