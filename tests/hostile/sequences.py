"""Hostile sequence files: many small records, long lines of nothing, odd compression."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Callable, Iterator

MOST = 10 * 1024 * 1024  # bytes: the limit of a file


def corpus() -> Iterator[tuple[str, bytes]]:
    """All of them, one at a time."""
    for name, make in makers().items():
        yield name, make()


def member(body: bytes = b"", name: bytes = b"") -> bytes:
    """A gzip file. name : as the header has it."""
    head = b"\x1f\x8b\x08" + (b"\x08" if name else b"\0") + bytes(6)
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = packer.compress(body) + packer.flush()
    tail = struct.pack("<II", zlib.crc32(body), len(body))
    return head + (name + b"\0" if name else b"") + packed + tail


def _filled(piece: bytes, first: bytes = b"") -> bytes:
    return first + piece * ((MOST - len(first)) // len(piece))


def makers() -> dict[str, Callable[[], bytes]]:
    """How each is made, by its name."""
    pieces = {
        "headers": b">\n",
        "indented headers": b" >\n",
        "header signs": b">",
        "headers with a letter": b">\nA\n",
        "lines of one letter": b"A\n",
        "lines of two letters": b"AC\n",
        "carriage returns": b"A\r",
        "blank lines": b"\n",
        "blanks": b" ",
        "blanks and letters": b"AC ",
        "wide blanks": "\u2003A".encode(),
        "letters": b"A",
        "unknown letters": b"N",
        "amino acids": b"X",
        "bytes that are no text": b"\xff",
        "zeros": b"\0",
        "emoji": "\U0001f600".encode(),
        "signs without width": "\u200b".encode(),
    }
    made: dict[str, Callable[[], bytes]] = {
        f"10 MB of {name}": lambda piece=piece: _filled(piece) for name, piece in pieces.items()
    }
    in_record = {
        "lines of one letter": b"A\n",
        "lines of two letters": b"AC\n",
        "blanks and letters": b"AC ",
        "blanks": b" ",
        "tabs": b"\t\n",
    }
    made |= {
        f"one record: {name}": lambda piece=piece: _filled(piece, b">a\n")
        for name, piece in in_record.items()
    }
    million = b"ACGTACGTAC" * 100_000 + b"\n"
    names = {
        "letter": b"x",
        "sign without width": "\u200b".encode(),
        "emoji": "\U0001f600".encode(),
    }
    made |= {
        f"a header of 10 MB: {name}": lambda s=sign: _filled(s, b">")[:-2] + b"\nA"
        for name, sign in names.items()
    }
    made |= {
        "10,000 records of 1,000 letters": lambda: b"".join(
            b">r%d\n" % i + b"ACGTACGTAC" * 100 + b"\n" for i in range(10_000)
        ),
        "10,000 headers of 1 KB": lambda: (b">" + "\u200b".encode() * 333 + b"\nA\n") * 10_000,
        "ten records of a million letters": lambda: (b">r\n" + million) * 10,
        "ten records of a million letters, lower case, RNA": lambda: (
            (b">r\n" + million.lower().replace(b"t", b"u")) * 10
        ),
        "ten records of a million letters and an emoji": lambda: (
            b">" + "\U0001f600".encode() + b"\n" + (b">r\n" + million) * 10
        ),
        "a million letters and one": lambda: b">r\nA" + million,
        "utf-16": lambda: ">r\nACGT\n".encode("utf-16") * 100_000,
        "gzip: 500,000 empty parts": lambda: member() * 500_000,
        "gzip: 9,000 parts of a letter": lambda: member(b"A") * 9_000,
        "gzip: a name of 10 MB": lambda: member(b">r\nACGT", b"x" * (MOST - 200)),
        "gzip: 1 GB of letters": lambda: _bomb(b"A", 1_000),
        "gzip: 1 GB of headers": lambda: _bomb(b">\n", 1_000),
        "gzip in gzip": lambda: gzip.compress(gzip.compress(b">r\nACGT", mtime=0), mtime=0),
        "gzip: a header only": lambda: b"\x1f\x8b\x08\0",
        "gzip: a false checksum": lambda: member(b">r\nACGT")[:-8] + bytes(8),
        "gzip: rubbish behind it": lambda: member(b">r\nACGT") + b"rubbish" * 100_000,
        "gzip: 10 MB of zeros behind it": lambda: member(b">r\nACGT") + bytes(10_000_000),
    }
    return made


def _bomb(piece: bytes, millions: int) -> bytes:
    """The beginning of a gzip file of so many MB, without packing them all."""
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    whole = piece * ((1 << 20) // len(piece))
    head = packer.compress(whole) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(whole) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + block * millions
