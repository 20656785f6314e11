"""Nucleotide sequences: read text or a file, encode them for a model, and the way back.

    records = read(">site 1\\nACGTTAGGC\\n")   # FASTA, a plain sequence, or one per line; gzip too
    x = encode(records[0].letters)[None]      # float32 (1, 9, 4), order ACGT
    decode(x[0])                              # "ACGTTAGGC"

Letters are the IUPAC nucleotide codes, upper case, with T for U. An ambiguity code stands for each
of its bases with equal frequency (R = A or G: .5, 0, .5, 0; N: .25 each). Positions in messages
count from 1, as people do; ``start`` in ``fit`` counts from 0, as Python does.
"""

from __future__ import annotations

import operator
import re
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import dropwhile, islice
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from attribution.errors import InvalidRequest, InvalidSequence

BASES = "ACGT"
MAX_BYTES = 10 * 1024 * 1024  # of text; a gzip file counts unpacked
MAX_LETTERS = 1_000_000  # of one sequence
MAX_RECORDS = 10_000
MAX_MEMBERS = 10_000  # parts of a gzip file: bgzip makes one of each 64 KB, 160 of 10 MB
MAX_NAME = 200  # a header of UCSC names the strand after some 80

IUPAC = {
    "A": "A", "C": "C", "G": "G", "T": "T",
    "R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC",
    "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT",
}  # fmt: skip

_CODES = "".join(IUPAC)
_ROWS = np.array(
    [[(base in IUPAC[code]) / len(IUPAC[code]) for base in BASES] for code in _CODES], np.float32
)
_COMPLEMENT = str.maketrans("ACGTRYSWKMBDHVN", "TGCAYRSWMKVHDBN")
_CODE_NUMBER = np.zeros(128, np.intp)  # by ASCII code
_CODE_NUMBER[[ord(code) for code in _CODES]] = np.arange(len(_CODES))
_FOREIGN = re.compile(f"[^{_CODES}U{_CODES.lower()}u]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_AMINO_ACIDS_ONLY = frozenset("EFILPQXZJO*")
_GZIP = b"\x1f\x8b"
_PIECE = 64 * 1024  # that gzip is fed with at a time
_HEADER = re.compile(r"^[^\S\n]*>", re.MULTILINE)
_LINE = re.compile(r"\S[^\n]*")
_SPELLING = "\u200c\u200d"  # that some languages are spelt with
_BLANKS = tuple(c for c in map(chr, range(0x3001)) if c.isspace())  # U+3000 is the last
_DAMAGED = "The gzip file is damaged or incomplete; send it again."
_TOLERANCE = 1e-3  # in decode: between an array's row and the row of a code


@dataclass(frozen=True)
class Sequence:
    """A named sequence.

    name : the FASTA header (at most 200 characters, otherwise as it was: not escaped),
        or "sequence 1", "sequence 2", ...
    letters : IUPAC codes, upper case, with T for U.
    """

    name: str
    letters: str


def read(data: bytes | str) -> list[Sequence]:
    """Read FASTA, a plain sequence, or one sequence per line, as text or as a file's bytes.

    FASTA is recognised by its first character '>'; sequences wrapped over lines need it, for
    without headers each line is a sequence. Lower case, U, blanks inside a line, any line ending
    and gzip (by its first bytes) are understood.

    Raises InvalidSequence for nothing at all, a binary file, more than 10 MB (unpacked), 10,000
    records or 1,000,000 letters in one, a header without sequence, or a letter that is no
    nucleotide code: protein, digits, gaps.
    """
    text = _text(data)
    first = _LINE.search(text)
    if first is None:
        raise InvalidSequence("There is no sequence here; give FASTA or the letters themselves.")
    is_fasta = first.group().startswith(">")
    # Counted before any is made: ten million headers are one file of 10 MB.
    starts = list(islice((_HEADER if is_fasta else _LINE).finditer(text), MAX_RECORDS + 1))
    if len(starts) > MAX_RECORDS:
        raise InvalidSequence(
            f"There are at least {len(starts):,} sequences; "
            f"at most {MAX_RECORDS:,} are read at once."
        )
    lines = (("", _without_blanks(line.group())) for line in starts)
    records = list(_fasta(text, starts) if is_fasta else lines)
    if not any(letters for _, letters in records):
        raise InvalidSequence("There are FASTA headers but no sequence under any of them.")
    return [
        _sequence(_printable(header) or f"sequence {number}", letters)
        for number, (header, letters) in enumerate(records, start=1)
    ]


def encode(letters: str) -> NDArray[np.float32]:
    """Letters -> frequencies of A, C, G, T: float32 (length, 4); one-hot but for ambiguity codes.

    Raises InvalidSequence for a letter that is no nucleotide code.
    """
    ascii_codes = np.frombuffer(_normalised(letters).encode("ascii"), np.uint8)
    return _ROWS[_CODE_NUMBER[ascii_codes]]


def decode(array: ArrayLike) -> str:
    """Rows of frequencies (length, 4) -> letters: the inverse of ``encode``.

    A row of zeros, as other tools pad, reads as N.

    Raises InvalidSequence for another shape, or a row that is no code's to within .001.
    """
    rows = np.asarray(array, dtype=np.float32)
    if rows.ndim != 2 or rows.shape[1] != len(BASES):
        raise InvalidSequence(
            f"The array has shape {rows.shape}; expected (length, 4), order ACGT, no batch axis."
        )
    rows = np.where(rows.any(axis=1, keepdims=True), rows, np.float32(0.25))
    distances = np.stack([np.abs(rows - code).max(axis=1) for code in _ROWS], axis=1)
    unlike = np.flatnonzero(~(distances.min(axis=1) <= _TOLERANCE))
    if unlike.size:
        raise InvalidSequence(
            f"Row {unlike[0] + 1} is {rows[unlike[0]].tolist()}, which is no nucleotide code; "
            "expected one-hot rows, or equal frequencies of two, three or four bases."
        )
    return "".join(_CODES[code] for code in distances.argmin(axis=1))


def reverse_complement(letters: str) -> str:
    """The other strand, read in its own direction: AACG -> CGTT, and R (A or G) -> Y (C or T).

    Raises InvalidSequence for a letter that is no nucleotide code.
    """
    return _normalised(letters).translate(_COMPLEMENT)[::-1]


def fit(
    letters: str,
    length: int,
    how: Literal["window", "pad"] | None = None,
    start: int | None = None,
) -> str:
    """Bring letters to ``length``; a sequence that fits already comes back as it is.

    how : 'window' cuts letters[start : start + length] out of a longer sequence; 'pad' surrounds
        a shorter one with N, so that it begins at ``start``; None allows neither.
    start : from 0; None = centred.

    Padding is N, an unknown base, and so .25 for each of the four in ``encode``: against a uniform
    baseline it contributes exactly nothing.

    Raises InvalidSequence if the lengths differ and ``how`` does not say what to do about it,
    InvalidRequest for another ``how``, a length under 1, or a start out of range.
    """
    length = _whole("length", length)
    if length < 1:
        raise InvalidRequest(f"length is {length}; it must be 1 or more.")
    if how not in (None, "window", "pad"):
        raise InvalidRequest(f"how is {how!r}; it must be 'window', 'pad' or None.")
    given = len(letters)
    if given == length:
        return letters
    needed = "window" if given > length else "pad"
    if how != needed:
        raise InvalidSequence(
            f"The sequence has {given:,} letters and the model takes {length:,}: "
            + ("choose a window of it." if needed == "window" else "choose to pad it with N.")
        )
    spare = abs(given - length)
    first = spare // 2 if start is None else _whole("start", start)
    if not 0 <= first <= spare:
        raise InvalidRequest(
            f"start is {first}; to bring {given:,} letters to {length:,} it must be 0 to {spare:,}."
        )
    if needed == "window":
        return letters[first : first + length]
    return "N" * first + letters + "N" * (spare - first)


def _text(data: bytes | str) -> str:
    if not isinstance(data, (bytes, str)):
        raise InvalidSequence(f"Expected text or a file's bytes, got {type(data).__name__}.")
    if isinstance(data, bytes) and data.startswith(_GZIP):
        data = _unpacked(data)
    if len(data) > MAX_BYTES:
        raise InvalidSequence(
            f"The text has more than {MAX_BYTES // 2**20} MB; give fewer or shorter sequences."
        )
    text = data if isinstance(data, str) else _decoded(data)
    if _CONTROL.search(text):
        raise InvalidSequence(
            "This is a binary file, not text; give FASTA (.fa, .fa.gz) or plain letters."
        )
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _decoded(data: bytes) -> str:
    """UTF-8, or else as Windows writes Western Europe's letters."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _unpacked(data: bytes) -> bytes:
    """At most one byte more than the limit, however much the file would unpack to."""
    out, rest = bytearray(), memoryview(data)
    for _ in range(MAX_MEMBERS):
        member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)  # a gzip header and its checksum
        try:
            while not member.eof:
                if len(out) > MAX_BYTES:
                    return bytes(out)
                piece = member.unconsumed_tail or rest[:_PIECE]
                rest = rest if member.unconsumed_tail else rest[_PIECE:]
                if not len(piece):
                    raise InvalidSequence(_DAMAGED)
                out += member.decompress(piece, MAX_BYTES + 1 - len(out))
        except zlib.error as error:
            raise InvalidSequence(_DAMAGED) from error
        rest = memoryview(data)[len(data) - len(rest) - len(member.unused_data) :]
        if not any(rest[:_PIECE]):  # the end, or zeros that fill a block of a tape
            return bytes(out)
    raise InvalidSequence(
        f"The gzip file has more than {MAX_MEMBERS:,} parts; unpack it and give the text."
    )


def _fasta(text: str, starts: list[re.Match[str]]) -> Iterator[tuple[str, str]]:
    """(header, letters) of each record, from where its header begins."""
    ends = [start.start() for start in starts[1:]] + [len(text)]
    for start, end in zip(starts, ends, strict=True):
        header, _, body = text[start.end() : end].partition("\n")
        yield header, _without_blanks(body)


def _without_blanks(text: str) -> str:
    """Of text in many short pieces, each an object of 50 bytes, `split` would make 500 MB."""
    for blank in _BLANKS:
        text = text.replace(blank, "")
    return text


def _printable(header: str) -> str:
    """The header without control and direction characters, cut to 200."""
    kept = filter(_shows, header[: 16 * MAX_NAME].replace("\t", " "))
    return "".join(islice(dropwhile(str.isspace, kept), MAX_NAME)).strip()


def _shows(character: str) -> bool:
    """Every blank too: Python takes all but one of them for unprintable."""
    blank = unicodedata.category(character) == "Zs"
    return blank or character.isprintable() or character in _SPELLING


def _sequence(name: str, letters: str) -> Sequence:
    if not letters:
        raise InvalidSequence(f"The record {name!r} has a header but no sequence.")
    if len(letters) > MAX_LETTERS:
        raise InvalidSequence(
            f"{name!r} has {len(letters):,} letters; a sequence may have at most {MAX_LETTERS:,}."
        )
    return Sequence(name, _normalised(letters, f" of {name!r}"))


def _normalised(letters: str, where: str = "") -> str:
    """Upper case, T for U, every letter a code."""
    if not isinstance(letters, str):
        raise InvalidSequence(f"Expected letters as a string, got {type(letters).__name__}.")
    foreign = _FOREIGN.search(letters)  # before upper(), which makes SS of a sharp s
    if foreign is None:
        return letters.upper().replace("U", "T")
    letter = foreign.group()
    found = f"{letter!r} at position {foreign.start() + 1:,}{where} is no nucleotide code"
    if letter.upper() in _AMINO_ACIDS_ONLY:
        raise InvalidSequence(f"{found}; this looks like protein or prose, not DNA or RNA.")
    if letter.isdigit():
        raise InvalidSequence(f"{found}; remove numbers, and begin each header with '>'.")
    if letter == ">":
        raise InvalidSequence(f"{found}; in FASTA the first line must be a header.")
    if letter in "-.":
        raise InvalidSequence(f"{found}; remove the gaps, or write N for an unknown base.")
    raise InvalidSequence(f"{found}; use A, C, G, T, U, N or another IUPAC code.")


def _whole(name: str, value: int) -> int:
    try:
        return operator.index(value)
    except TypeError as error:
        raise InvalidRequest(f"{name} is {value!r}; it must be a whole number.") from error
