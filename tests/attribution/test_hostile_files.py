"""Files of tests/hostile: a picture or one sentence, before much is spent on it."""

import itertools
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from attribution import images, sequences
from attribution.errors import InvalidImage, InvalidSequence
from attribution.inputs import pixels
from tests.hostile import pictures as hostile
from tests.hostile import sequences as hostile_sequences

ROOT = Path(__file__).parents[2]
LARGE = re.compile(r"\d\d mega|noise|groups of codes|12 mega")  # see the test of memory


def sentence(call, data, error):
    """What is said of a file; empty where it is read."""
    try:
        call(data)
    except error as refused:
        said = str(refused)
        assert "\n" not in said
        assert said.endswith(".")
        assert 20 < len(said) < 250
        return said
    return ""


REFUSED = {  # what the sentence names: the limit, where the file is beyond one
    "png: 865,000 empty chunks": "more than 20,000 chunks",
    "png: no palette": "damaged",
    "png: a second header": "damaged",
    "png: 8 high": "no side may be longer than 65,535",
    "jpeg: 5,000 scans": "more than 100 scans",
    "jpeg: Exif segments of 20 bytes": "more than 1,000 segments",
    "jpeg: comments": "more than 1,000 segments",
    "jpeg: comments among the scans": "more than 1,000 segments",
    "jpeg: quantisation tables": "more than 65,536 bytes of tables",
    "jpeg: 40 megapixels, 90 scans": "million blocks, more than our 20 million",
    "jpeg: 40 megapixels, progressive, 4:4:4": "240 MB to decode, more than our 160",
    "jpeg: arithmetic coding": "arithmetic",
    "jpeg: lossless": "lossless",
    "jpeg: a second, larger frame": "damaged",
    "gif: comment in sub-blocks of one byte": "more than 200,000 sub-blocks",
    "gif: a million empty comments": "more than 200,000 sub-blocks",
    "gif: 200,000 frames": "more than 200,000 sub-blocks",
    "gif: a frame far outside": "more than the 40 million pixels",
    "webp: 46 bytes for 40 megapixels": "more than the 12.5 million pixels",
    "webp: a canvas of 268 megapixels": "more than the 40 million pixels",
    "webp: a small canvas, a large picture": "more than the 40 million pixels",
    "webp: 900,000 empty chunks": "more than 10,000 chunks",
    "webp: 100,000 frames": "more than 10,000 chunks",
    "bmp: 40 megapixels of empty lines": "more than the 4 million pixels",
    "bmp: 10 MB of ends of lines": "more than 1,048,576 bytes",
}
READ = {  # odd, and still a picture
    "png: text named transparency",
    "png: text named gamma, dpi, exif",
    "png: pixels in chunks of one byte",
    "png: tRNS of 70000 bytes, colour type 3",
    "png: texts that unpack to 50 MB",
    "png: profile that unpacks to 50 MB",
    "jpeg: 90 scans",
    "jpeg: Exif segments of 64 KB",
    "jpeg: fill bytes",
    "gif: a long comment",
    "webp: 9,000 frames",
}


def test_every_hostile_picture_is_a_picture_or_one_sentence(monkeypatch):
    decoded = []
    decode = pixels.decode

    def counted(container, *more):
        decoded.append(name)
        assert len(container.data) < images.MAX_BYTES + 1_000
        return decode(container, *more)

    monkeypatch.setattr(pixels, "decode", counted)
    said = {}
    for name, make in hostile.makers().items():
        if name in REFUSED or not LARGE.search(name):
            data = make()
            assert len(data) <= images.MAX_BYTES, name  # it is not refused by its length
            said[name] = sentence(images.decode, data, InvalidImage)
    for name, words in REFUSED.items():
        assert words in said[name], name
        assert name not in decoded or words == "damaged", f"{name}: Pillow has seen it"
    assert not {name: said[name] for name in READ if said[name]}


PROBE = """
import sys
from importlib import util

sys.modules["attribution"] = util.module_from_spec(util.find_spec("attribution"))
from attribution import errors, images, sequences

def peak():
    lines = open("/proc/self/status").read().splitlines()
    return int(next(l for l in lines if l.startswith("VmHWM")).split()[1]) / 1024

before = peak()
while length := int.from_bytes(sys.stdin.buffer.read(4), "big"):
    data = sys.stdin.buffer.read(length)
    try:
        images.fit(images.decode(data)) if sys.argv[1] == "pictures" else sequences.read(data)
    except errors.AttributionError:
        pass
print(peak() - before)
"""


def growth(kind, makers, *names):
    """MB by which the peak of a fresh process grows that reads these files."""
    files = [makers[name]() for name in names]
    done = subprocess.run(
        [sys.executable, "-c", PROBE, kind],
        input=b"".join(len(data).to_bytes(4, "big") + data for data in files),
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return float(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of a process is read from /proc")
def test_no_file_takes_more_than_300_mb():
    pictures = (
        "png: 40 megapixels, grey and alpha",
        "png: 40 megapixels, 16-bit grey",
        "jpeg: 26 megapixels, progressive, 4:4:4",
        "webp: 46 bytes for 12 megapixels",
    )
    assert 100 < growth("pictures", hostile.makers(), *pictures) < 300
    texts = (
        "10 MB of headers",
        "10 MB of bytes that are no text",
        "one record: lines of two letters",
        "ten records of a million letters and an emoji",
        "gzip: 1 GB of headers",
    )
    assert 10 < growth("sequences", hostile_sequences.makers(), *texts) < 150


@pytest.mark.parametrize("flip", range(0, 40, 3))
def test_transparency_that_does_not_fit_is_no_error_of_ours(flip):
    base = hostile.png.png(16, 16, 3, before=((b"PLTE", bytes(30)), (b"tRNS", bytes(11))))
    damaged = bytearray(base)
    damaged[20 + flip] ^= 0xFF
    sentence(images.decode, bytes(damaged), InvalidImage)


def test_every_hostile_sequence_file_is_read_or_one_sentence():
    said = {
        name: sentence(sequences.read, data, InvalidSequence)
        for name, data in hostile_sequences.corpus()
    }
    for name in ("10 MB of headers", "10 MB of indented headers", "10 MB of lines of one letter"):
        assert said[name].startswith("There are at least 10,001 sequences; at most 10,000")
    assert "more than 10,000 parts" in said["gzip: 500,000 empty parts"]
    assert "more than 10 MB" in said["gzip: 1 GB of headers"]
    assert "5,242,878 letters" in said["one record: lines of one letter"]
    read = [name for name, words in said.items() if not words]
    assert "gzip: a name of 10 MB" in read
    assert "10,000 records of 1,000 letters" in read
    assert "gzip: 9,000 parts of a letter" in read
    assert "gzip: 10 MB of zeros behind it" in read


def slow_read(text):
    """FASTA line by line, as one would by hand."""
    records = []
    for line in text.split("\n"):
        if line.strip().startswith(">"):
            records.append([line.strip()[1:].strip(), ""])
        elif line.strip():
            records[-1][1] += "".join(line.split()).upper().replace("U", "T")
    return [(name or f"sequence {i}", body) for i, (name, body) in enumerate(records, start=1)]


def test_records_are_found_where_they_begin():
    lines = [">a > b", " >b\t\x0b", "AC GT", "\u2003uu\u00a0n", "", ">", "rY", "   ", "\t>c"]
    generator = np.random.default_rng(0)
    for _ in range(300):
        text = ">x\nA\n" + "".join(f"{lines[i]}\nA\n" for i in generator.integers(0, len(lines), 6))
        assert [(r.name, r.letters) for r in sequences.read(text)] == slow_read(text)


def test_parts_of_a_gzip_file_follow_each_other():
    text = b">r\n" + b"ACGT" * 50_000 + b"\nA\n"
    cuts = [0, 10, 70_000, 150_000, len(text)]
    parts = [hostile_sequences.member(text[a:b]) for a, b in itertools.pairwise(cuts)]
    (record,) = sequences.read(b"".join(parts))
    assert record.letters == "ACGT" * 50_000 + "A"
    with pytest.raises(InvalidSequence, match="damaged"):
        sequences.read(b"".join(parts)[:-1])
