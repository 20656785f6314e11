"""Hostile JPEG files: segments and scans without end, frames that lie."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import numpy as np
from PIL import Image

from tests.hostile.limits import MOST, SIDE
from tests.hostile.png import exif


def jpeg(size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: object) -> bytes:
    """A JPEG as Pillow writes it, of a gradient."""
    image = Image.linear_gradient("L").resize(size).convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **options)
    return buffer.getvalue()


def broken() -> dict[str, Callable[[], bytes]]:
    """How each is made, by its name."""
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


def large() -> dict[str, Callable[[], bytes]]:
    """How each is made, by its name: these take time to decode."""
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
