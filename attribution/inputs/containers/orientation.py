"""Orientation: which way up a picture is, from its EXIF or XMP block, and nothing else of these.

An EXIF block may list thousands of values of 64 KB each; one of them is looked up here.
"""

from __future__ import annotations

import re
import struct

_ORIENTATION = 0x0112
_SHORT, _LONG = 3, 4
_XMP = re.compile(rb"tiff:Orientation(?:=[\"']|>)\s*([1-8])")


def orientation(exif: bytes, xmp: bytes = b"") -> int:
    """1 to 8, as EXIF 2.3 counts it; EXIF before XMP; 1 where neither says anything valid."""
    found = _of_exif(exif.removeprefix(b"Exif\0\0"))
    if found is None and (said := _XMP.search(xmp)):
        found = int(said.group(1))
    return found if found is not None and 1 <= found <= 8 else 1


def _of_exif(block: bytes) -> int | None:
    """The value of the tag in the first directory of a TIFF block."""
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None:
        return None
    try:
        (start,) = struct.unpack_from(f"{order}I", block, 4)
        (count,) = struct.unpack_from(f"{order}H", block, start)
        for at in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind, _ = struct.unpack_from(f"{order}HHI", block, at)
            if tag == _ORIENTATION and kind in (_SHORT, _LONG):
                form = "H" if kind == _SHORT else "I"
                return int(struct.unpack_from(f"{order}{form}", block, at + 8)[0])
    except struct.error:
        pass  # a broken EXIF block says nothing about the pixels, which are whole
    return None
