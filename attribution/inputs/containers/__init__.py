"""Containers: what a picture's file says before a pixel is decoded, and the part of it to decode.

A file of a few bytes can promise 40 million pixels, and one of 10 MB can hold a million segments
that say nothing. Each format is walked once, in time proportional to the file, and written
again without what does not make the pixels; a decoder sees only that.
"""

from attribution.errors import InvalidImage
from attribution.inputs.containers import bmp, gif, jpeg, png, webp
from attribution.inputs.containers.container import MAX_PIXELS, MIN_SIDE, Container

__all__ = ["FORMATS", "MAX_PIXELS", "MIN_SIDE", "Container", "read"]

FORMATS = ("PNG", "JPEG", "WebP", "BMP", "GIF")


def read(data: bytes) -> Container:
    """The container of a PNG, JPEG, WebP, BMP or GIF file, known by its first bytes.

    Raises InvalidImage for another format, a damaged or incomplete file, or one beyond a limit.
    """
    if data.startswith(png.SIGNATURE):
        return png.read(data)
    if data.startswith(b"\xff\xd8\xff"):
        return jpeg.read(data)
    if data.startswith((b"GIF87a", b"GIF89a")):
        return gif.read(data)
    if data.startswith(b"BM"):
        return bmp.read(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return webp.read(data)
    known = f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}"
    raise InvalidImage(f"The file is not a {known} picture; choose one in these formats.")
