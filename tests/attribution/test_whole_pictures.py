"""Pictures of real programs and cameras are read as before, whatever is left out of their files."""

import io
import re

import numpy as np
import pytest
from PIL import ExifTags, Image, PngImagePlugin

from attribution import images
from attribution.errors import InvalidImage
from tests.hostile import pictures as hostile


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
        images.decode(hostile.jpeg.claimed(hostile.jpeg.jpeg(), 8_160, 6_144))


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
