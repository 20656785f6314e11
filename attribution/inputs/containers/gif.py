"""GIF: blocks in sub-blocks. The first frame is kept, and all others must be there."""

from __future__ import annotations

import struct

from attribution.inputs.containers.container import Container, check_size, damaged, too_many, whole

MAX_SUB_BLOCKS = 200_000  # of up to 255 bytes; 41,000 full ones make 10 MB

_IMAGE, _EXTENSION, _TRAILER = b",!;"
_GRAPHIC_CONTROL = 0xF9


class _Walk:
    """A position in the file, and how many sub-blocks, empty ones too, were passed."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at, self.passed = data, at, 0

    def table(self, flags: int) -> None:
        """Over a colour table, if the flags say that there is one."""
        if flags & 0x80:
            self.at += 3 << (flags & 7) + 1

    def sub_blocks(self) -> None:
        """Over sub-blocks up to the empty one that ends them."""
        data, at = self.data, self.at
        for passed in range(self.passed, MAX_SUB_BLOCKS):
            length = data[at]
            at += 1 + length
            if not length:
                self.at, self.passed = at, passed + 1
                return
        raise too_many("sub-blocks", MAX_SUB_BLOCKS, "GIF")


def read(data: bytes) -> Container:
    """Walk all blocks to the end of the file; keep the first frame."""
    first, control, frames = b"", b"", 0
    with whole():
        width, height, flags = struct.unpack_from("<HHB", data, 6)
        walk = _Walk(data, 13)
        walk.table(flags)
        head = data[: walk.at]
        while (kind := data[walk.at]) != _TRAILER:
            start = walk.at
            if kind == _EXTENSION:
                label = data[walk.at + 1]
                walk.at += 2
                walk.sub_blocks()
                if label == _GRAPHIC_CONTROL and not frames:
                    control = _transparency(data[start + 3 : start + 7]) or control
            elif kind == _IMAGE:
                left, top, across, down, flags = struct.unpack_from("<HHHHB", data, start + 1)
                walk.at += 10
                walk.table(flags)
                walk.at += 1  # the size of codes
                walk.sub_blocks()
                if not frames:
                    # A frame that leaves the screen makes it larger.
                    width, height = max(width, left + across), max(height, top + down)
                    first = data[start : walk.at]
                frames += 1
            else:
                raise damaged()
    if not frames:
        raise damaged()
    check_size(width, height)
    return Container("GIF", head + control + first + b";", width, height, animated=frames > 1)


def _transparency(body: bytes) -> bytes:
    """A control block that names the transparent colour and no more; empty where none is."""
    flags, _, index = struct.unpack("<BHB", body)
    return struct.pack("<BBBBHBB", _EXTENSION, _GRAPHIC_CONTROL, 4, 1, 0, index, 0) * (flags & 1)
