"""Files of tests/hostile: a picture or one sentence, before much is spent on it."""

import io
import itertools
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image, PngImagePlugin

from attribution import _pixels, images, sequences
from attribution.errors import InvalidImage, InvalidSequence
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
    decode = _pixels.decode

    def counted(container, notes):
        decoded.append(name)
        assert len(container.data) < images.MAX_BYTES + 1_000
        return decode(container, notes)

    monkeypatch.setattr(_pixels, "decode", counted)
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


# What must stay readable


def file_of(image, format, **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def smooth(width, height, mode="RGB"):
    image = Image.linear_gradient("L").resize((width, height))
    turned = Image.radial_gradient("L").resize((width, height))
    return Image.merge("RGB", (image, turned, image.transpose(Image.Transpose.ROTATE_180))).convert(
        mode
    )


def by_pillow(data):
    """The first frame on white, by Pillow alone and from the whole file."""
    image = Image.open(io.BytesIO(data)).convert("RGBA")
    page = Image.new("RGB", image.size, "white")
    page.paste(image, mask=image.getchannel("A"))
    return np.asarray(page)


def moving(format, **options):
    frames = [smooth(40, 30).rotate(angle).quantize(16) for angle in (0, 20, 40)]
    return file_of(frames[0], format, save_all=True, append_images=frames[1:], **options)


@pytest.mark.parametrize(
    ("format", "mode", "options"),
    [
        ("PNG", "RGB", {"icc_profile": b"x" * 5_000, "dpi": (300, 300)}),
        ("PNG", "P", {"transparency": bytes(range(256))}),
        ("PNG", "LA", {}),
        ("PNG", "1", {}),
        ("JPEG", "RGB", {"progressive": True, "icc_profile": b"x" * 200_000}),
        ("JPEG", "L", {"comment": b"by hand"}),
        ("JPEG", "CMYK", {"progressive": True}),
        ("JPEG", "RGB", {"restart_marker_blocks": 1, "subsampling": 2}),
        ("JPEG", "RGB", {"keep_rgb": True}),
        ("WebP", "RGB", {"quality": 60, "icc_profile": b"x" * 501}),
        ("WebP", "RGBA", {"quality": 60}),
        ("WebP", "RGBA", {"lossless": True, "exif": b"Exif\0\0II*\0\x08\0\0\0\0\0"}),
        ("GIF", "P", {"transparency": 3, "comment": b"by hand", "interlace": 1}),
        ("BMP", "P", {}),
        ("BMP", "RGB", {}),
    ],
)
def test_what_is_left_out_of_a_file_does_not_show(format, mode, options):
    image = smooth(100, 70, mode)
    if mode in ("RGBA", "LA"):
        image.putalpha(Image.linear_gradient("L").resize(image.size))
    data = file_of(image, format, **options)
    np.testing.assert_array_equal(images.decode(data).pixels, by_pillow(data))


@pytest.mark.parametrize(
    ("format", "options"),
    [
        ("GIF", {"disposal": 2, "optimize": True}),
        ("GIF", {"transparency": 0}),
        ("WebP", {"lossless": True}),
        ("WebP", {"quality": 50, "icc_profile": b"x" * 99}),
        ("PNG", {}),
        ("PNG", {"default_image": True}),
    ],
)
def test_the_first_frame_is_the_same_without_the_others(format, options):
    data = moving(format, **options)
    decoded = images.decode(data)
    np.testing.assert_array_equal(decoded.pixels, by_pillow(data))
    assert decoded.notes[0] == "The file is animated; only its first frame is used."


def test_a_first_frame_that_is_smaller_than_its_screen():
    small = hostile.frame(16, 16, left=5)
    data = hostile.gif(small, 40, 30)
    np.testing.assert_array_equal(images.decode(data).pixels, by_pillow(data))


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WebP"])
@pytest.mark.parametrize("orientation", [1, 2, 3, 4, 5, 6, 7, 8, 9])
@pytest.mark.parametrize("by", ["exif", "xmp"])
def test_orientation_is_what_pillow_reads_of_it(format, orientation, by):
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "A camera with a long name"
    packet = b'<x:xmpmeta><rdf:Description tiff:Orientation="%d"/></x:xmpmeta>' % orientation
    options = {"exif": exif} if by == "exif" else {"xmp": packet}
    if by == "exif":
        exif[ExifTags.Base.Orientation] = orientation
    if by == "xmp" and format == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet.decode())
        options = {"pnginfo": info}
    data = file_of(smooth(40, 30), format, **options)
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        known = image.getexif().get(ExifTags.Base.Orientation, 1)
    known = known if known < 9 else 1
    decoded = images.decode(data)
    assert decoded.size == ((40, 30) if known in (5, 6, 7, 8) else (30, 40))
    assert [f"({known})" in note for note in decoded.notes] == ([True] if known > 1 else [])


def test_orientation_of_a_png_by_imagemagick():
    info = PngImagePlugin.PngInfo()
    block = b"Exif\0\0" + hostile.exif(6)
    rows = re.sub("(.{72})", r"\1\n", block.hex())
    info.add_text("Raw profile type exif", f"\nexif\n{len(block):8d}\n{rows}\n", zip=True)
    assert images.decode(file_of(smooth(40, 30), "PNG", pnginfo=info)).size == (40, 30)


def test_a_photograph_of_50_megapixels():
    grain = np.asarray(Image.effect_noise((1_020, 768), 30))
    data = file_of(Image.fromarray(np.tile(grain, (8, 8))), "JPEG", quality=12)
    assert 1_002_700 < len(data) <= images.MAX_BYTES  # a fiftieth of a byte a pixel, and 10 MB
    decoded = images.decode(data)
    assert decoded.size == (3_072, 4_080)
    assert decoded.notes == ("The picture has more than 16 million pixels and was halved in size.",)
    # The same number of pixels with nothing in them is a header that lies.
    with pytest.raises(InvalidImage, match="more than the 40 million pixels"):
        images.decode(hostile.claimed(hostile.jpeg(), 8_160, 6_144))


@pytest.mark.parametrize("mode", ["L", "P", "LA"])
def test_a_large_picture_is_the_mean_of_its_squares(mode):
    image = smooth(4_101, 4_003, "L")
    if mode == "LA":
        image.putalpha(image.transpose(Image.Transpose.ROTATE_90).resize(image.size))
    data = file_of(image.convert(mode), "PNG", compress_level=1)
    decoded = images.decode(data)
    expected = by_pillow(data)[:4_002, :4_100, 0].reshape(2_001, 2, 2_050, 2).mean(axis=(1, 3))
    assert decoded.size == (2_002, 2_051)
    assert np.abs(decoded.pixels[:2_001, :2_050, 0] - expected).max() <= 0.5
    assert "halved" in decoded.notes[-1]
    np.testing.assert_array_equal(decoded.pixels[:, 2_050, 0], decoded.pixels[:, 2_050, 2])


def test_a_large_jpeg_is_nearly_the_mean_of_its_squares():
    data = file_of(smooth(4_100, 4_002), "JPEG", quality=90)
    mean = by_pillow(data).reshape(2_001, 2, 2_050, 2, 3).mean(axis=(1, 3))
    assert np.abs(images.decode(data).pixels - mean).max() < 4


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8, 0.95, 0.99])
@pytest.mark.parametrize("animated", [False, True])
def test_a_gif_that_was_cut_is_refused(share, animated):
    data = moving("GIF") if animated else file_of(smooth(400, 300).quantize(64), "GIF")
    assert images.decode(data + b"\0" * 100).pixels.any()
    with pytest.raises(InvalidImage, match="damaged or incomplete"):
        images.decode(data[: int(share * len(data))])


@pytest.mark.parametrize("flip", range(0, 40, 3))
def test_transparency_that_does_not_fit_is_no_error_of_ours(flip):
    base = hostile.png(16, 16, 3, before=((b"PLTE", bytes(30)), (b"tRNS", bytes(11))))
    damaged = bytearray(base)
    damaged[20 + flip] ^= 0xFF
    sentence(images.decode, bytes(damaged), InvalidImage)


# Sequences


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
