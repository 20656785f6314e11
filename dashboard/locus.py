"""Locus: where the letters that a network sees lie in their record, or on its chromosome.

Inside, positions count from 0 and an interval's end is left out, as in Python and in BED. What
people read is counted from 1, as genome browsers do: `number`, `label`, `stretch`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from attribution.sequences import MAX_NAME

FLIPPED = {"+": "-", "-": "+"}
HALF_OPEN = "from 0, end not included, as of bedtools"
CLOSED = "from 1, end included, as of samtools"
_PLACE = r"(?P<on>\S+):(?P<start>[0-9][0-9,]{0,14})-(?P<end>[0-9][0-9,]{0,14})"
_FIRST_WORD = re.compile(rf"(?:\S*::)?{_PLACE}(?P<strand>\([-+.]\)|/rc)?")
_RANGE = re.compile(rf"\S+ range={_PLACE} (?:.* )?strand=(?P<strand>[-+])(?: .*)?")


@dataclass(frozen=True)
class Region:
    """Where the letters of a record lie.

    on : the chromosome, or else the first word of the record's name. start : the leftmost base.
    strand : of the letters as they were given.
    place : what the name says, 'chr1:100-200', or ''. counted : how that was understood; '' for a
    place of another length than the record's, which is not believed.
    """

    on: str
    start: int
    length: int
    strand: str = "+"
    place: str = ""
    counted: str = ""

    @property
    def on_chromosome(self) -> bool:
        """Whether positions are those of a chromosome, else of the record."""
        return bool(self.counted)


def region(name: str, length: int) -> Region:
    """Where a record of this name and length lies.

    Understood are chr1:100-200, chr1:100-200(-) and name::chr1:100-200(-) as the first word
    (bedtools getfasta, samtools faidx, also with /rc), and range=chr1:100-200 with strand=- after
    it (UCSC). The two ways of counting look alike, so the record's length tells which it is.
    """
    words = name.split()
    first = words[0] if words else "sequence"
    if len(name) >= MAX_NAME:  # what was cut off may be half a number, or a strand
        words = words[:-1]
    found = _FIRST_WORD.fullmatch(first) if words else None
    found = found or _RANGE.fullmatch(" ".join(words))
    if not found:
        return Region(first, 0, length)
    start, end = (int(found[part].replace(",", "")) for part in ("start", "end"))
    place = f"{found['on']}:{found['start']}-{found['end']}"
    strand = "-" if found["strand"] in ("(-)", "/rc", "-") else "+"
    if end - start == length:
        return Region(found["on"], start, length, strand, place, HALF_OPEN)
    if end - start + 1 == length and start > 0:
        return Region(found["on"], start - 1, length, strand, place, CLOSED)
    return Region(first, 0, length, place=place)


@dataclass(frozen=True)
class Locus:
    """Where each of a network's `size` letters lies: letter i at origin + i, or at origin - i.

    strand : that of the letters as the network sees them; on '-' positions run down.
    begin, end : the letters that are of the record; those around them are padding.
    """

    region: Region
    size: int
    origin: int
    strand: str
    begin: int
    end: int

    @staticmethod
    def of(region: Region, size: int, reverse: bool = False, start: int = 0) -> Locus:
        """Of a record that was turned round, or not, and then brought to `size` letters.

        start : the first letter of the window; of a record that is shorter than `size`, how many N
        come before it.
        """
        strand = FLIPPED[region.strand] if reverse else region.strand
        inside = size > region.length
        shift = -start if inside else start
        origin = region.start + shift
        if strand == "-":
            origin = region.start + region.length - 1 - shift
        begin = start if inside else 0
        return Locus(region, size, origin, strand, begin, begin + min(size, region.length))

    def along(self, index: int) -> int:
        """The number of a letter, from 1, counted on over padding."""
        return self.origin + 1 + (index if self.strand == "+" else -index)

    def back(self, number: int) -> int:
        """The letter of a number, the inverse of `along`."""
        steps = number - 1 - self.origin
        return steps if self.strand == "+" else -steps

    def number(self, index: int) -> int | None:
        """The position of a letter, from 1; None in padding."""
        return self.along(index) if self.begin <= index < self.end else None

    def index(self, number: int) -> int | None:
        """The letter at a position that counts from 1; None for one that the network does not see.

        The inverse of `number`.
        """
        index = self.back(number)
        return index if self.begin <= index < self.end else None

    def numbers(self) -> list[int | None]:
        """The position of each letter."""
        return [self.number(index) for index in range(self.size)]

    @property
    def ends(self) -> tuple[int, int]:
        """The least and the largest position that the network sees."""
        return self.closed(self.begin, self.end) or (0, 0)

    def label(self, index: int) -> str:
        """The position of a letter in words: '1,234', or '3 before the record'."""
        if index < self.begin:
            return f"{self.begin - index:,} before the record"
        if index >= self.end:
            return f"{index - self.end + 1:,} after the record"
        return f"{self.along(index):,}"

    def interval(self, start: int, end: int) -> tuple[int, int] | None:
        """Letters start to end - 1 as an interval of BED; None if they are all padding."""
        start, end = max(start, self.begin), min(end, self.end)
        if start >= end:
            return None
        first, last = sorted((self.along(start), self.along(end - 1)))
        return first - 1, last

    def closed(self, start: int, end: int) -> tuple[int, int] | None:
        """Letters start to end - 1 as people say it: from 1, the last one included."""
        found = self.interval(start, end)
        return None if found is None else (found[0] + 1, found[1])

    def stretch(self, start: int, end: int) -> str:
        """Letters start to end - 1 in words: '613–624'."""
        found = self.closed(start, end)
        return "the padding" if found is None else f"{found[0]:,}–{found[1]:,}"

    def side(self, strand: str) -> str:
        """The strand of the record, or chromosome, of what reads on this strand of the letters."""
        return strand if self.strand == "+" else FLIPPED[strand]

    def ticks(self, indices: Iterable[int], every: int) -> list[int]:
        """Of these letters those whose position is a multiple of `every`."""
        numbered = ((i, self.number(i)) for i in indices)
        return [i for i, number in numbered if number is not None and number % every == 0]
