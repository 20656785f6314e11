"""BMP: a header, then rows. What is run-length encoded is decoded in Python, so there is less."""

from __future__ import annotations

import struct

from attribution.inputs.containers.container import (
    MAX_PIXELS,
    Container,
    check_size,
    too_many,
    whole,
)

MAX_RLE_PIXELS = 4_000_000  # a fraction of a second
MAX_RLE_BYTES = 1024 * 1024

_OLD_HEADER = 12
_RLE = (1, 2)


def read(data: bytes) -> Container:
    """Read the header; the rows are checked while they are decoded."""
    with whole():
        (header,) = struct.unpack_from("<I", data, 14)
        if header == _OLD_HEADER:
            width, height = struct.unpack_from("<HH", data, 18)
            coding = 0
        else:
            width, height = struct.unpack_from("<Ii", data, 18)
            (coding,) = struct.unpack_from("<I", data, 30)
    packed = coding in _RLE
    check_size(width, abs(height), MAX_RLE_PIXELS if packed else MAX_PIXELS, "RLE-coded BMP")
    if packed and len(data) > MAX_RLE_BYTES:
        raise too_many("bytes of RLE code", MAX_RLE_BYTES, "BMP")
    return Container("BMP", data, width, abs(height))
