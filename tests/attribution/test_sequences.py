"""Sequences: expected rows from the IUPAC table, round trips, and one sentence for bad input."""

import gzip
import io
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from attribution import sequences
from attribution.errors import AttributionError, InvalidRequest, InvalidSequence
from attribution.sequences import Sequence, decode, encode, fit, read, reverse_complement

CODES = "ACGTRYSWKMBDHVN"
any_letters = st.text(CODES, max_size=60)


def letters_read(data):
    return [record.letters for record in read(data)]


# Reading


def test_fasta_with_many_wrapped_records():
    text = ">chr1:10-20 first site\r\nacgt\r\nACGT\r\n\r\n>second\rNNUU\n>\nAC GT\tTT\n"
    assert read(text) == [
        Sequence("chr1:10-20 first site", "ACGTACGT"),
        Sequence("second", "NNTT"),
        Sequence("sequence 3", "ACGTTT"),
    ]
    assert read(text.encode()) == read(text)


def test_plain_sequences_one_per_line():
    assert read("ttagc") == [Sequence("sequence 1", "TTAGC")]
    assert read(b"\n  acgt \n\nRYN\n") == [
        Sequence("sequence 1", "ACGT"),
        Sequence("sequence 2", "RYN"),
    ]


@given(
    st.lists(st.text(CODES, min_size=1, max_size=90), min_size=1, max_size=5), st.integers(1, 70)
)
def test_any_fasta_comes_back(texts, width):
    fasta = "".join(
        f">r{i}\n" + "".join(text[k : k + width] + "\n" for k in range(0, len(text), width))
        for i, text in enumerate(texts)
    )
    expected = [Sequence(f"r{i}", text) for i, text in enumerate(texts)]
    assert read(fasta) == expected
    assert read(fasta.lower()) == expected
    assert read(gzip.compress(fasta.encode())) == expected


def test_gzip_in_blocks_as_bgzip_writes_it():
    assert letters_read(gzip.compress(b">a\nAC\n") + gzip.compress(b"GT\n")) == ["ACGT"]


def test_byte_order_mark_and_foreign_letters_in_a_header():
    assert letters_read("\ufeffACGT") == ["ACGT"]
    assert letters_read(b"\xef\xbb\xbf>x\nACGT") == ["ACGT"]
    for encoding in ("utf-8", "latin-1"):
        (record,) = read(">gène ß\u00a0½\nACGT".encode(encoding))
        assert (record.name, record.letters) == ("gène ß\u00a0½", "ACGT")
    assert read(">α \u0646\u200c\u0627\nACGT".encode())[0].name == "α \u0646\u200c\u0627"
    assert read(">gène\u2028x\nACGT".encode())[0].name == "gènex"


def test_markup_in_a_header_is_kept_as_text_and_cut():
    (record,) = read("><script>alert(1)</script>&amp;" + "x" * 500 + "\nACGT")
    assert record.name == ("<script>alert(1)</script>&amp;" + "x" * 500)[:200]
    (record,) = read(">a\u202eb\u200bc\td\nACGT")  # direction override, zero width, tab
    assert record.name == "abc d"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "no sequence here"),
        (b" \n\t\r\n", "no sequence here"),
        (">only\n>headers\n", "headers but no sequence"),
        (">a\nACGT\n>b\n>c\nA", "'b' has a header but no sequence"),
        (">p53\nMEEPQSDPSV", r"'E' at position 2 of 'p53'.*protein"),
        ("MKVLAA", "'L' at position 4 of 'sequence 1'.*protein"),
        ("acgtl", "'l' at position 5.*protein"),
        (">a\nACGT\n>b\nACGTAC*", r"'\*' at position 7 of 'b'.*protein"),
        ("1 acgtacgt\n", "'1' at position 1.*remove numbers"),
        ("3.14\n2.72", "'3' at position 1.*remove numbers"),
        (">a\nAC-GT", "'-' at position 3 of 'a'.*gaps"),
        ("ACG$", r"'\$' at position 4.*IUPAC"),
        ("A\u00dfC", "position 2.*IUPAC"),  # upper() would make SS of it
        ("my sites\n>a\nACGT", "'i' at position 4 of 'sequence 1'.*prose"),
        ("ACGT\n>a\nACGT", "'>' at position 1 of 'sequence 2'.*first line must be a header"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "binary"),
        ("ACGT\x00", "binary"),
        ("ACGT".encode("utf-16"), "binary"),
        (gzip.compress(b"ACGT" * 100, mtime=0)[:-12], "gzip file is damaged"),
        (b"\x1f\x8bACGT", "gzip file is damaged"),
        (gzip.compress(b"\x00\x01", mtime=0), "binary"),
        (17, "got int"),
    ],
)
def test_bad_input_gives_one_sentence(data, message):
    with pytest.raises(InvalidSequence, match=message) as caught:
        read(data)
    assert "\n" not in str(caught.value)


def test_a_picture_is_binary():
    buffer = io.BytesIO()
    Image.new("RGB", (9, 9)).save(buffer, "JPEG")
    with pytest.raises(InvalidSequence, match="binary"):
        read(buffer.getvalue())


def test_limits():
    assert len(read("A" * 1_000_000)[0].letters) == 1_000_000
    with pytest.raises(InvalidSequence, match=r"1,000,001 letters.*at most 1,000,000"):
        read("A" * 1_000_001)
    with pytest.raises(InvalidSequence, match="10,000,000 letters"):
        read(">genome\n" + "ACGTACGTAC" * 1_000_000)
    assert len(read("A\n" * 10_000)) == 10_000
    with pytest.raises(InvalidSequence, match="10,001 sequences; at most 10,000"):
        read("A\n" * 10_001)
    with pytest.raises(InvalidSequence, match="more than 10 MB"):
        read("A\n" * (6 * 2**20))


def test_a_gzip_bomb_is_unpacked_only_to_the_limit():
    bomb = gzip.compress(b"A" * 50_000_000, compresslevel=1)
    assert len(bomb) < sequences.MAX_BYTES
    tracemalloc.start()
    try:
        with pytest.raises(InvalidSequence, match="more than 10 MB"):
            read(bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * sequences.MAX_BYTES


@given(st.one_of(st.binary(max_size=60), st.text(max_size=60)))
def test_anything_gives_sequences_or_one_sentence(data):
    try:
        outcome = [record.letters for record in read(data)]
    except InvalidSequence as error:
        outcome = [str(error)]
    assert outcome
    assert all(outcome)
    assert "\n" not in "".join(outcome)


# Encoding


def test_bases_are_one_hot_in_the_order_acgt():
    rows = encode("ACGTU")
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows, np.eye(4)[[0, 1, 2, 3, 3]])
    assert encode("").shape == (0, 4)


def test_ambiguity_codes_are_frequencies():
    third = np.float32(1 / 3)
    expected = {  # NC-IUB 1984
        "R": [0.5, 0, 0.5, 0], "Y": [0, 0.5, 0, 0.5], "S": [0, 0.5, 0.5, 0],
        "W": [0.5, 0, 0, 0.5], "K": [0, 0, 0.5, 0.5], "M": [0.5, 0.5, 0, 0],
        "B": [0, third, third, third], "D": [third, 0, third, third],
        "H": [third, third, 0, third], "V": [third, third, third, 0], "N": [0.25] * 4,
    }  # fmt: skip
    for code, row in expected.items():
        np.testing.assert_array_equal(encode(code + code.lower()), np.float32([row, row]))


@given(any_letters)
def test_decode_is_the_way_back(letters):
    assert decode(encode(letters)) == letters
    np.testing.assert_allclose(encode(letters).sum(axis=1), 1, rtol=1e-6)


def test_decode_of_padding_and_of_other_number_types():
    assert decode([[0, 0, 0, 0], [0, 1, 0, 0]]) == "NC"
    assert decode(encode("ACRB").astype(np.float16)) == "ACRB"


@pytest.mark.parametrize(
    ("array", "message"),
    [
        ([[0.3, 0.2, 0.2, 0.3]], "Row 1 is"),
        ([[1, 0, 0, 0], [1, 1, 0, 0]], "Row 2 is"),
        ([[np.nan] * 4], "Row 1 is"),
        (np.zeros((1, 5, 4)), r"\(1, 5, 4\); expected \(length, 4\)"),
        (np.zeros((4, 5)), r"\(4, 5\)"),
    ],
)
def test_decode_refuses_what_is_no_sequence(array, message):
    with pytest.raises(InvalidSequence, match=message):
        decode(array)


def test_encode_refuses_other_letters():
    with pytest.raises(InvalidSequence, match=r"'X' at position 3.*protein"):
        encode("ACX")
    with pytest.raises(InvalidSequence, match="string, got Sequence"):
        encode(Sequence("a", "ACGT"))


# The other strand


def test_reverse_complement():
    assert reverse_complement("AACGTT") == "AACGTT"
    assert reverse_complement("ggatcu") == "AGATCC"
    assert reverse_complement("RYKMBVDHSWN") == "NWSDHBVKMRY"


@given(any_letters)
def test_reverse_complement_turns_the_encoding_around(letters):
    other = reverse_complement(letters)
    np.testing.assert_array_equal(encode(other), encode(letters)[::-1, ::-1])  # A-T, C-G mirrored
    assert reverse_complement(other) == letters


# Lengths


def test_window():
    assert fit("AACCGGTT", 4, "window") == "CCGG"
    assert fit("AACCGGTT", 4, "window", start=0) == "AACC"
    assert fit("AACCGGTT", 4, "window", start=4) == "GGTT"
    assert fit("AACCGGT", 4, "window") == "ACCG"


def test_pad():
    assert fit("ACGT", 8, "pad") == "NNACGTNN"
    assert fit("ACGT", 8, "pad", start=0) == "ACGTNNNN"
    assert fit("ACGT", 7, "pad", start=3) == "NNNACGT"
    assert fit("ACGT", 7, "pad") == "NACGTNN"
    np.testing.assert_array_equal(encode(fit("A", 2, "pad", 0))[1], [0.25] * 4)


@pytest.mark.parametrize("how", [None, "window", "pad"])
def test_what_fits_is_left_alone(how):
    assert fit("ACGT", 4, how) == "ACGT"


@pytest.mark.parametrize("how", [None, "pad"])
def test_too_long_is_never_cut_silently(how):
    with pytest.raises(InvalidSequence, match=r"1,200 letters and the model takes 200.*window"):
        fit("A" * 1200, 200, how)


@pytest.mark.parametrize("how", [None, "window"])
def test_too_short_is_never_padded_silently(how):
    with pytest.raises(InvalidSequence, match=r"4 letters and the model takes 200.*pad"):
        fit("ACGT", 200, how)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ACGT", 2, "window", 3), "start is 3; to bring 4 letters to 2 it must be 0 to 2"),
        (("ACGT", 2, "window", -1), "start is -1"),
        (("ACGT", 6, "pad", 3), "it must be 0 to 2"),
        (("ACGT", 2, "window", 0.5), "start is 0.5; it must be a whole number"),
        (("ACGT", 2, "cut"), "'window', 'pad' or None"),
        (("ACGT", 0, "window"), "length is 0"),
        (("ACGT", "4"), "length is '4'"),
    ],
)
def test_impossible_fits(arguments, message):
    with pytest.raises(InvalidRequest, match=message):
        fit(*arguments)


def test_errors_are_value_errors_of_this_library():
    assert issubclass(InvalidSequence, AttributionError)
    assert issubclass(InvalidSequence, ValueError)
