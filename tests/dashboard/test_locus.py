"""Where letters lie: by slicing a long text by hand, on both strands, windowed and padded."""

import numpy as np
import pytest

from attribution.sequences import MAX_NAME, encode, fit, reverse_complement
from dashboard.kinds.sequence import words
from dashboard.locus import CLOSED, HALF_OPEN, Locus, Region, region
from dashboard.work import mutations

CHROMOSOME = "".join("ACGT"[i] for i in np.random.default_rng(0).integers(0, 4, 3000))


@pytest.mark.parametrize(
    ("name", "length", "expected"),
    [
        ("chr1:100-200", 100, ("chr1", 100, "+", HALF_OPEN)),
        ("chr1:100-200", 101, ("chr1", 99, "+", CLOSED)),
        ("chr1:100-200(+) more words", 100, ("chr1", 100, "+", HALF_OPEN)),
        ("chr1:100-200(-)", 100, ("chr1", 100, "-", HALF_OPEN)),
        ("chr1:100-200(.)", 100, ("chr1", 100, "+", HALF_OPEN)),
        ("chr1:100-200/rc", 101, ("chr1", 99, "-", CLOSED)),
        ("my::gene::chrX:5-9(-)", 4, ("chrX", 5, "-", HALF_OPEN)),
        ("HLA-A*01:01:1-12", 12, ("HLA-A*01:01", 0, "+", CLOSED)),
        ("NC_000001.11:1,000-1,999", 1000, ("NC_000001.11", 999, "+", CLOSED)),
        ("chr1:0-12", 12, ("chr1", 0, "+", HALF_OPEN)),
        (
            "hg38_dna range=chr7:11-20 5'pad=0 3'pad=0 strand=- repeatMasking=none",
            10,
            ("chr7", 10, "-", CLOSED),
        ),
        # no places: of another length, from 0 to an end that is included, not the first word, cut
        ("chr1:100-200", 150, ("chr1:100-200", 0, "+", "")),
        ("chr1:0-11", 12, ("chr1:0-11", 0, "+", "")),
        ("chr1:200-100", 100, ("chr1:200-100", 0, "+", "")),
        ("site chr1:100-200", 100, ("site", 0, "+", "")),
        ("hg38_dna range=chr7:11-20", 10, ("hg38_dna", 0, "+", "")),
        ("été 1", 7, ("été", 0, "+", "")),
        ("", 7, ("sequence", 0, "+", "")),
        ("x" * (MAX_NAME - 12) + "::chr1:11-20", 9, None),
    ],
)
def test_a_place_is_read_from_a_name_by_the_records_length(
    name: str, length: int, expected: tuple[str, int, str, str] | None
) -> None:
    found = region(name, length)
    if expected is None:  # what a cut name says may be half a number
        assert not found.on_chromosome
        return
    assert (found.on, found.start, found.strand, found.counted) == expected
    assert found.length == length


CASES = {  # name, the record's place on CHROMOSOME, its strand, size, start
    "record": ("site", (0, 1000), "+", 200, 530),
    "half-open": ("chr1:500-1500", (500, 1500), "+", 200, 530),
    "closed": ("chr1:501-1500", (500, 1500), "+", 200, 530),
    "minus": ("g::chr1:500-1500(-)", (500, 1500), "-", 200, 530),
    "padded": ("chr1:500-560", (500, 560), "+", 100, 15),
    "padded minus": ("chr1:501-560/rc", (500, 560), "-", 100, 0),
    "whole": ("chr1:500-700", (500, 700), "+", 200, 0),
    "one": ("site", (0, 1), "+", 3, 1),
}


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_each_letter_is_where_the_chromosome_has_it(case: str, reverse: bool) -> None:
    name, (left, right), strand, size, start = CASES[case]
    plus = CHROMOSOME[left:right]
    letters = reverse_complement(plus) if strand == "-" else plus
    seen = reverse_complement(letters) if reverse else letters
    how = "window" if len(seen) > size else "pad"
    seen = fit(seen, size, how, start)
    locus = Locus.of(region(name, right - left), size, reverse, start)
    text = CHROMOSOME if locus.region.on_chromosome else plus

    assert locus.strand == ("+" if (strand == "-") == reverse else "-")
    for i, letter in enumerate(seen):
        number = locus.number(i)
        if letter == "N":
            assert number is None
            assert locus.label(i).endswith(" the record")
            continue
        assert number is not None
        there = text[number - 1]
        assert letter == (there if locus.strand == "+" else reverse_complement(there))
        assert locus.index(number) == i
        assert locus.label(i) == f"{number:,}"
    numbers = [n for n in locus.numbers() if n is not None]
    assert (min(numbers), max(numbers)) == locus.ends
    assert locus.index(locus.ends[0] - 1) is None
    assert locus.index(locus.ends[1] + 1) is None
    for a, b in ((0, 1), (0, size), (size // 3, size // 2 + 1), (size - 1, size)):
        place, inside = locus.interval(a, b), seen[a:b].strip("N")
        if not inside:
            assert place is None
            continue
        assert place is not None
        there = text[slice(*place)]
        assert inside == (there if locus.strand == "+" else reverse_complement(there))
        assert locus.closed(a, b) == (place[0] + 1, place[1])


def test_the_sides_of_the_reverse_strand_are_turned() -> None:
    forward, reverse = (Locus.of(Region("r", 0, 9), 9, turned) for turned in (False, True))
    assert [forward.side(s) for s in "+-"] == ["+", "-"]
    assert [reverse.side(s) for s in "+-"] == ["-", "+"]
    assert reverse.stretch(0, 3) == "7–9"
    assert reverse.label(2) == "7"


def test_padding_is_said_by_how_far_it_is_from_the_record() -> None:
    locus = Locus.of(Region("r", 0, 4), 9, start=3)
    assert locus.label(0) == "3 before the record"
    assert locus.label(8) == "2 after the record"
    assert locus.numbers() == [None, None, None, 1, 2, 3, 4, None, None]
    assert words.change("N", "A", 8, locus) == "N 2 after the record to A"
    assert words.change("C", "A", 4, locus) == "C2A"


def test_the_sentence_says_how_positions_count() -> None:
    window = Locus.of(region("site 7", 1000), 200, False, 530)
    assert words.positions(window, "site 7") == (
        "Positions count from 1 along the record “site 7”: 531 to 730 of 1,000 are seen."
    )
    turned = Locus.of(region("chr1:500-1500", 1000), 200, True, 530)
    said = words.positions(turned, "chr1:500-1500")
    assert "those of chr1, counted from 1: 771 to 970 are seen" in said  # 1500 - 530 = 970
    assert "from 0, end not included, as of bedtools" in said
    assert "reverse strand of chr1, so positions run down" in said
    doubted = Locus.of(region("chr1:500-1500", 900), 200)
    assert "which is another length" in words.positions(doubted, "chr1:500-1500")


class Weighted:
    """F(x) = sum of weights times letters: a change's effect is a difference of weights."""

    def __init__(self, weights: np.ndarray) -> None:
        self.weights, self.largest = weights, 0

    def score(self, x: np.ndarray, target: int) -> np.ndarray:
        self.largest = max(self.largest, x.nbytes)
        return np.asarray((x * self.weights[target]).sum(axis=(1, 2)))


@pytest.mark.parametrize("length", [1, 7, 3000])
def test_changes_are_measured_in_parts_of_bounded_memory(length: int) -> None:
    net = Weighted(np.random.default_rng(1).normal(size=(2, length, 4)))
    x = encode(CHROMOSOME[:length])
    found = mutations.effects(net, x[None], 1)
    there = (x * net.weights[1]).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found, net.weights[1] - there, atol=1e-9)
    assert net.largest <= 8 * 2**20 + x.nbytes  # in one piece 3,000 letters would be 576 MB
