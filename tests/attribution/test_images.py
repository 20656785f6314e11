"""Pictures made in the test, with Pillow or byte by byte, so that we know what to expect."""

import hashlib
import io
import struct
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image, PngImagePlugin

from attribution import images
from attribution.errors import AttributionError, InvalidImage, InvalidRequest
from attribution.images import ImageInput, Picture, decode, fit


def random_pixels(height=20, width=30, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def file_of(image, format, **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def png(array, mode=None, **options):
    image = Image.fromarray(array)
    return file_of(image.convert(mode) if mode else image, "PNG", **options)


def picture(array):
    return Picture(np.asarray(array, np.uint8), (), "")


# Formats and modes


@pytest.mark.parametrize(
    ("format", "options"), [("PNG", {}), ("BMP", {}), ("WEBP", {"lossless": True})]
)
def test_lossless_formats_give_the_pixels_back(format, options):
    pixels = random_pixels()
    data = file_of(Image.fromarray(pixels), format, **options)
    decoded = decode(data)
    np.testing.assert_array_equal(decoded.pixels, pixels)
    assert decoded.pixels.dtype == np.uint8
    assert decoded.notes == ()
    assert decoded.digest == hashlib.sha256(data).hexdigest()
    assert decoded.size == (20, 30)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 30}])
def test_jpeg_of_one_colour_keeps_it(options):
    data = file_of(Image.new("RGB", (33, 17), (200, 120, 40)), "JPEG", **options)
    pixels = decode(data).pixels.astype(int)
    assert pixels.shape == (17, 33, 3)
    assert np.abs(pixels - (200, 120, 40)).max() <= 4


def test_gif_still():
    indices = np.arange(400, dtype=np.uint8).reshape(20, 20) % 7
    image = Image.fromarray(indices, "P")
    colours = random_pixels(1, 7)[0]
    image.putpalette(colours.tobytes())
    decoded = decode(file_of(image, "GIF"))
    np.testing.assert_array_equal(decoded.pixels, colours[indices])
    assert decoded.notes == ()


def test_grey_and_black_and_white_become_three_equal_channels():
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    np.testing.assert_array_equal(decode(png(grey)).pixels, np.stack([grey] * 3, axis=2))
    bits = grey > 99
    expected = np.where(bits, 255, 0)[..., None].repeat(3, axis=2)
    np.testing.assert_array_equal(decode(png(bits)).pixels, expected)


def test_16_bit_grey_is_scaled_not_clipped():
    levels = np.arange(256, dtype=np.uint16).reshape(16, 16)
    decoded = decode(png(levels * 257))  # 0xABAB is the 16-bit value of 0xAB
    np.testing.assert_array_equal(decoded.pixels[..., 0], levels)
    assert "16-bit" in decoded.notes[0]
    rounded = np.full((8, 8), 1, np.uint16)
    rounded[0, :4] = [128, 129, 65407, 65406]  # the middle between two levels is 128.5
    np.testing.assert_array_equal(decode(png(rounded)).pixels[0, :4, 0], [0, 1, 255, 254])


def test_16_bit_rgb():
    row = b"\0" + b"\x00\x00\x80\x00\xff\xff" * 8
    pixels = decode(raw_png(8, 8, row * 8, depth=16, colour=2)).pixels
    np.testing.assert_array_equal(pixels[3, 5], [0, 128, 255])


def test_alpha_is_laid_on_white_and_said():
    rgba = np.zeros((8, 8, 4), np.uint8)
    rgba[..., 0] = 200
    rgba[0, 0, 3], rgba[0, 1, 3], rgba[0, 2, 3] = 0, 255, 51  # 51 / 255 = 1/5
    decoded = decode(png(rgba))
    np.testing.assert_array_equal(decoded.pixels[0, 0], [255, 255, 255])
    np.testing.assert_array_equal(decoded.pixels[0, 1], [200, 0, 0])
    np.testing.assert_array_equal(decoded.pixels[0, 2], [244, 204, 204])  # 4/5 white + 1/5 colour
    assert decoded.notes == ("Transparent parts were laid on white.",)


def test_alpha_is_kept_for_a_model_of_four_channels():
    rgba = np.random.default_rng(0).integers(0, 256, (9, 10, 4), np.uint8)
    decoded = decode(png(rgba), alpha=True)
    np.testing.assert_array_equal(decoded.pixels, rgba)
    assert decoded.notes == ()
    frame = images.ImageInput((9, 10), channels=4, subtract=0, divide=255)
    np.testing.assert_allclose(frame.encode(images.fit(decoded, (9, 10))), rgba / 255, rtol=1e-6)
    whole = images.fit(decoded, (20, 30), "letterbox")
    assert whole.shape == (20, 30, 4)
    np.testing.assert_array_equal(whole[0, 0], [127, 127, 127, 255])
    opaque = decode(png(rgba[..., :3].copy()), alpha=True)
    np.testing.assert_array_equal(opaque.pixels[..., 3], 255)
    large = np.full((4100, 4000, 4), [200, 100, 0, 51], np.uint8)  # halved, as it decodes
    halved = decode(png(large), alpha=True)
    assert halved.size == (2050, 2000)
    np.testing.assert_array_equal(halved.pixels[7, 7], [200, 100, 0, 51])


def test_opaque_alpha_needs_no_note():
    rgb = random_pixels()
    rgba = np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])
    decoded = decode(png(rgba))
    np.testing.assert_array_equal(decoded.pixels, rgb)
    assert decoded.notes == ()


def test_grey_with_alpha():
    la = np.zeros((8, 8, 2), np.uint8)
    la[4, 4] = 255  # one opaque white pixel; the rest is transparent black
    decoded = decode(file_of(Image.fromarray(la, "LA"), "PNG"))
    assert decoded.pixels.min() == 255


def test_palette_with_a_transparent_colour():
    indices = np.tile(np.arange(4, dtype=np.uint8), (8, 2))
    image = Image.fromarray(indices, "P")
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120])
    for format in ("PNG", "GIF"):
        decoded = decode(file_of(image, format, transparency=1))
        expected = [[10, 20, 30], [255, 255, 255], [70, 80, 90], [100, 110, 120]]
        np.testing.assert_array_equal(decoded.pixels[0, :4], expected)
        assert "white" in decoded.notes[0]


@pytest.mark.parametrize(("mode", "key"), [("L", 7), ("RGB", (7, 7, 7))])
def test_one_transparent_value_without_an_alpha_channel(mode, key):
    grey = np.full((8, 8), 100, np.uint8)
    grey[2, 3] = 7
    decoded = decode(png(grey, mode, transparency=key))
    np.testing.assert_array_equal(decoded.pixels[2, 3], [255, 255, 255])
    np.testing.assert_array_equal(decoded.pixels[3, 2], [100, 100, 100])


def test_cmyk_jpeg():
    for ink, colour in [((0, 0, 0, 0), (255, 255, 255)), ((0, 255, 255, 0), (255, 0, 0))]:
        decoded = decode(file_of(Image.new("CMYK", (16, 16), ink), "JPEG", quality=95))
        assert np.abs(decoded.pixels.astype(int) - colour).max() <= 4
        assert "CMYK" in decoded.notes[0]


# Orientation, animation

# EXIF 2.3, tag 274: where row 0 and column 0 of the stored picture belong, as seen upright.
STORED = {
    1: lambda seen: seen,
    2: lambda seen: seen[:, ::-1],
    3: lambda seen: seen[::-1, ::-1],
    4: lambda seen: seen[::-1],
    5: lambda seen: seen.swapaxes(0, 1),
    6: lambda seen: seen.swapaxes(0, 1)[::-1],
    7: lambda seen: seen[::-1, ::-1].swapaxes(0, 1),
    8: lambda seen: seen.swapaxes(0, 1)[:, ::-1],
}


def exif_of(orientation):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return exif


@pytest.mark.parametrize("orientation", sorted(STORED))
def test_exif_orientation_is_undone(orientation):
    seen = random_pixels()
    stored = np.ascontiguousarray(STORED[orientation](seen))
    decoded = decode(png(stored, exif=exif_of(orientation)))
    np.testing.assert_array_equal(decoded.pixels, seen)
    assert bool(decoded.notes) == (orientation != 1)


def test_exif_rotated_jpeg():
    image = Image.new("RGB", (40, 20), "black")
    image.paste((255, 255, 255), (0, 0, 8, 20))  # white at the left; 6: the left side is the top
    decoded = decode(file_of(image, "JPEG", exif=exif_of(6)))
    assert decoded.size == (40, 20)
    assert decoded.pixels[:4].min() > 240
    assert decoded.pixels[16:].max() < 15


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize("exif", [b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff"])
def test_a_broken_exif_block_does_not_spoil_the_pixels(exif):
    pixels = random_pixels()
    np.testing.assert_array_equal(decode(png(pixels, exif=exif)).pixels, pixels)


@pytest.mark.parametrize(
    ("format", "options"), [("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {})]
)
def test_of_an_animation_the_first_frame_is_taken_and_said(format, options):
    frames = [Image.new("RGB", (16, 12), colour) for colour in ("red", "lime", "blue")]
    data = file_of(frames[0], format, save_all=True, append_images=frames[1:], **options)
    decoded = decode(data)
    assert (decoded.pixels == (255, 0, 0)).all()
    assert decoded.notes == ("The file is animated; only its first frame is used.",)


def test_pixels_are_read_only_and_pictures_compare_by_file():
    data = png(random_pixels())
    decoded = decode(data)
    with pytest.raises(ValueError, match="read-only"):
        decoded.pixels[0, 0, 0] = 1
    assert decoded == decode(data)
    assert decoded != decode(png(random_pixels(seed=1)))
    assert len({decoded, decode(data)}) == 1


# What is refused


def raw_png(width, height, rows=b"", depth=8, colour=2):
    """A PNG written by hand: a header that may lie, and the scan lines given."""

    def chunk(kind, body):
        checksum = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + checksum

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def lying_headers(side):
    """One file per format whose header promises side x side pixels and which holds none."""
    small = Image.new("RGB", (16, 16))
    jpeg = bytearray(file_of(small, "JPEG"))
    frame = jpeg.index(b"\xff\xc0")  # start of frame: length, depth, height, width
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", side, side)
    bmp = bytearray(file_of(small, "BMP"))
    bmp[18:26] = struct.pack("<ii", side, side)
    gif = bytearray(file_of(small, "GIF"))
    gif[6:10] = struct.pack("<HH", side, side)
    webp = bytearray(file_of(small, "WEBP", lossless=True))
    bits = struct.unpack_from("<I", webp, 21)[0] >> 28 << 28
    canvas = min(side, 16384) - 1
    struct.pack_into("<I", webp, 21, bits | canvas << 14 | canvas)
    return {"PNG": raw_png(side, side), "JPEG": jpeg, "BMP": bmp, "GIF": gif, "WEBP": webp}


@pytest.mark.parametrize("format", ["PNG", "JPEG", "BMP", "GIF", "WEBP"])
@pytest.mark.parametrize("side", [30_000, 10_000, 6_400])
def test_too_many_pixels_are_refused_by_the_header(format, side):
    # These files hold no such pixels: had decoding begun, they would be called damaged.
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        with pytest.raises(InvalidImage, match="more than the 40 million pixels"):
            decode(bytes(lying_headers(side)[format]))
    assert shown == []


def test_the_message_names_the_size():
    with pytest.raises(InvalidImage, match="30,000 x 30,000"):
        decode(raw_png(30_000, 30_000))


def test_the_largest_accepted_picture():
    side = 6_324  # 6,324 squared is just under 40 million
    with pytest.raises(InvalidImage, match="damaged"):  # not refused by its size
        decode(raw_png(side, side))


@pytest.mark.parametrize("size", [(1, 1), (7, 100), (100, 7)])
def test_too_small(size):
    with pytest.raises(InvalidImage, match=f"{size[0]} x {size[1]}.*at least 8 x 8"):
        decode(file_of(Image.new("RGB", size), "PNG"))
    assert decode(file_of(Image.new("RGB", (8, 8)), "PNG")).size == (8, 8)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "BMP", "GIF", "WEBP"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_truncated(format, share):
    data = file_of(Image.fromarray(random_pixels(64, 64)), format)
    with pytest.raises(InvalidImage, match=r"damaged or incomplete|not a PNG"):
        decode(data[: int(len(data) * share)])


def test_png_with_a_wrong_checksum_and_png_without_its_end():
    data = bytearray(png(random_pixels()))
    with pytest.raises(InvalidImage, match="damaged"):
        decode(bytes(data[:-12]))  # the pixels are all there, the end chunk is not
    data[data.index(b"IDAT") + 20] ^= 1
    with pytest.raises(InvalidImage, match="damaged"):
        decode(bytes(data))


@pytest.mark.parametrize(
    "data", [b"hello", b"%PDF-1.7 ...", b"\x00" * 100, b"<svg/>", b"II*\0" + b"\0" * 50, b"BM"]
)
def test_not_a_picture(data):
    with pytest.raises(InvalidImage, match=r"not a PNG, JPEG, WebP, BMP or GIF|damaged"):
        decode(data)


def test_no_bytes_too_many_bytes_and_no_bytes_object():
    with pytest.raises(InvalidImage, match="0 bytes"):
        decode(b"")
    with pytest.raises(InvalidImage, match=r"10\.0 MB.*at most 10 MB"):
        decode(b"\x89PNG\r\n\x1a\n" + bytes(images.MAX_BYTES))
    with pytest.raises(InvalidImage, match="got str"):
        decode("cat.png")
    assert issubclass(InvalidImage, AttributionError)
    assert issubclass(InvalidImage, ValueError)


FUZZED = [file_of(Image.fromarray(random_pixels(12, 12)), f) for f in ("PNG", "JPEG", "BMP", "GIF")]
FUZZED += [
    file_of(Image.fromarray(random_pixels(12, 12)), "WEBP", exif=exif_of(6)),
    file_of(Image.fromarray(random_pixels(12, 12)).quantize(16), "PNG", transparency=3),
    file_of(Image.new("CMYK", (12, 12)), "JPEG", exif=exif_of(8)),
    file_of(
        Image.new("RGB", (12, 12)),
        "GIF",
        save_all=True,
        append_images=[Image.new("RGB", (12, 12), 9)],
    ),
]


@pytest.mark.filterwarnings("ignore")  # Pillow warns of odd EXIF blocks
@given(
    data=st.sampled_from(FUZZED),
    hits=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_damaged_bytes_give_a_picture_or_one_sentence(data, hits):
    damaged = bytearray(data)
    for position, value in hits:
        damaged[position % len(damaged)] = value
    try:
        decoded = decode(bytes(damaged))
    except InvalidImage as error:
        outcome = str(error)
    else:
        outcome = f"{decoded.pixels.shape}"
    assert "\n" not in outcome


# Fitting


def test_crop_is_the_central_seven_eighths():
    pixels = random_pixels(64, 64)  # 64 * .875 = 56: nothing is resampled
    np.testing.assert_array_equal(fit(picture(pixels), (56, 56)), pixels[4:60, 4:60])


def test_crop_of_a_wide_and_of_a_tall_picture():
    wide = random_pixels(64, 128)
    np.testing.assert_array_equal(fit(picture(wide), (56, 56)), wide[4:60, 36:92])
    tall = random_pixels(128, 64)
    np.testing.assert_array_equal(fit(picture(tall), (112, 56)), tall[8:120, 4:60])


def test_crop_rounds_to_whole_pixels_like_a_crop_by_hand():
    photo = Image.fromarray(random_pixels(427, 640))  # .875 * 427 = 373.6
    by_hand = photo.crop((133, 27, 133 + 373, 27 + 373)).resize((224, 224), Image.BICUBIC)
    np.testing.assert_array_equal(fit(picture(photo)), np.asarray(by_hand))


def test_crop_shows_the_same_part_at_every_resolution():
    ramp = np.zeros((210, 333, 3), np.uint8)
    ramp[...] = np.linspace(0, 255, 333).astype(np.uint8)[:, None]
    small, large = (fit(picture(ramp), (n, n)).astype(int) for n in (50, 200))
    halves = large.reshape(50, 4, 50, 4, 3).mean(axis=(1, 3))
    assert np.abs(halves - small).max() < 1.5


@pytest.mark.parametrize("mode", ["crop", "letterbox"])
@pytest.mark.parametrize("shape", [(8, 8), (9, 400), (601, 37), (224, 224)])
def test_one_colour_stays_one_colour(mode, shape):
    fitted = fit(picture(np.full((*shape, 3), 127)), (60, 44), mode)
    assert fitted.shape == (60, 44, 3)
    assert fitted.dtype == np.uint8
    assert (fitted == 127).all()


def test_letterbox_keeps_the_whole_picture_on_grey():
    pixels = random_pixels(32, 64)
    framed = fit(picture(pixels), (64, 64), "letterbox")
    np.testing.assert_array_equal(framed[16:48], pixels)
    assert (framed[:16] == 127).all()
    assert (framed[48:] == 127).all()


def test_fit_refuses_by_name():
    with pytest.raises(InvalidRequest, match=r"'stretch'.*'crop' or 'letterbox'"):
        fit(picture(random_pixels()), (8, 8), "stretch")
    for size in [(0, 5), (5,), 224, (5, 2.5), "ab", (float("inf"), 5)]:
        with pytest.raises(InvalidRequest, match=r"must be \(height, width\)"):
            fit(picture(random_pixels()), size)


# Encoding


def test_encode_is_pixel_minus_127_over_128():
    pixels = np.full((2, 3, 3), 127, np.uint8)
    pixels[0, 0] = [0, 255, 63]
    x = ImageInput(size=(2, 3)).encode(pixels)
    assert x.dtype == np.float32
    np.testing.assert_array_equal(x[0, 0], np.float32([-127 / 128, 1.0, -0.5]))
    assert not x[1].any()


@given(
    subtract=st.one_of(st.floats(-300, 300), st.tuples(*[st.floats(0, 255)] * 3)),
    divide=st.one_of(st.floats(0.5, 300), st.tuples(*[st.floats(1, 300)] * 3)),
)
def test_decode_is_the_way_back(subtract, divide):
    space = ImageInput((20, 30), subtract=subtract, divide=divide)
    pixels = random_pixels()
    np.testing.assert_array_equal(space.decode(space.encode(pixels)), pixels)


def test_decode_clips():
    assert ImageInput().decode(np.full((1, 1, 3), 9.0)).tolist() == [[[255, 255, 255]]]
    assert ImageInput().decode(np.full((1, 1, 3), -9.0)).tolist() == [[[0, 0, 0]]]


def test_grey_input():
    space = ImageInput((1, 4), channels=1, subtract=0, divide=255)
    colours = np.uint8([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [80, 80, 80]]])
    x = space.encode(colours)
    assert x.shape == (1, 4, 1)
    luma = np.rint(255 * x.ravel())
    np.testing.assert_array_equal(luma, [76, 150, 29, 80])  # .299 R + .587 G + .114 B
    np.testing.assert_array_equal(space.decode(x)[0, :, 2], luma)
    assert space.decode(x).shape == (1, 4, 3)
    np.testing.assert_array_equal(
        space.encode(np.uint8([[1, 2, 3, 4]])).ravel() * 255, [1, 2, 3, 4]
    )
    assert ImageInput((1, 4)).encode(np.uint8([[1, 2, 3, 4]])).shape == (1, 4, 3)


def test_encode_refuses_floats_and_other_sizes():
    with pytest.raises(InvalidImage, match="float64; expected uint8"):
        ImageInput((20, 30)).encode(random_pixels() / 255)
    with pytest.raises(InvalidImage, match=r"\(20, 30, 3\); expected uint8 pixels 30 x 20.*fit"):
        ImageInput((30, 20)).encode(random_pixels())
    with pytest.raises(InvalidImage, match=r"\(1, 20, 30, 3\)"):
        ImageInput((20, 30)).encode(random_pixels()[None])
    with pytest.raises(InvalidImage, match="without a batch axis"):
        ImageInput().decode(np.zeros((1, 20, 30, 3)))
    with pytest.raises(InvalidImage, match="NaN"):
        ImageInput().decode(np.full((2, 2, 3), np.nan))


PIXELS = np.uint8([[[0, 100, 255], [51, 102, 204]]])


def test_blue_green_red_with_a_mean_for_each() -> None:
    space = ImageInput((1, 2), subtract=(103.0, 116.0, 123.0), divide=1.0, bgr=True)
    x = space.encode(PIXELS)
    assert x.tolist() == [[[255 - 103, 100 - 116, 0 - 123], [204 - 103, 102 - 116, 51 - 123]]]
    assert space.decode(x).tolist() == PIXELS.tolist()


def test_channels_first() -> None:
    space = ImageInput((1, 2), subtract=(0, 1, 2), divide=(1, 2, 3), channels_first=True)
    x = space.encode(PIXELS)
    assert x.shape == space.shape == (3, 1, 2)
    np.testing.assert_allclose(x[1, 0], [99 / 2, 101 / 2])
    np.testing.assert_allclose(x[2, 0], [253 / 3, 202 / 3], rtol=1e-6)
    assert space.decode(x).tolist() == PIXELS.tolist()
    with pytest.raises(InvalidImage, match=r"expected \(3, height, width\)"):
        space.decode(np.zeros((1, 2, 3)))


def test_four_channels_are_opaque_unless_said() -> None:
    space = ImageInput((1, 2), channels=4, subtract=0, divide=255)
    x = space.encode(PIXELS)
    assert x.shape == (1, 2, 4)
    np.testing.assert_allclose(x[..., 3], 1)
    assert space.decode(x).tolist() == PIXELS.tolist()
    half = np.concatenate([PIXELS, np.uint8([[[0], [255]]])], axis=2)
    assert space.decode(space.encode(half)).tolist() == [[[255, 255, 255], [51, 102, 204]]]
    assert space.encode(PIXELS[..., 0]).tolist()[0][1] == pytest.approx([0.2, 0.2, 0.2, 1])
    with pytest.raises(InvalidImage, match=r"shape \(1, 2, 4\)"):
        ImageInput((1, 2)).encode(half)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"channels": 2}, "1 .grey., 3 .RGB. or 4 .RGBA."),
        ({"channels": 1, "bgr": True}, "bgr is for 3 channels"),
        ({"divide": 0}, "divide contains 0"),
        ({"divide": (1, 0, 1)}, "divide contains 0"),
        ({"subtract": (1, 2)}, "subtract is .1, 2.; it must be one finite number, or 3"),
        ({"subtract": float("nan")}, "finite"),
        ({"size": (0, 3)}, "size"),
    ],
)
def test_impossible_input_spaces(options, message):
    with pytest.raises(InvalidRequest, match=message):
        ImageInput(**options)


def test_input_space_is_a_value():
    assert ImageInput(size=[28, 28]) == ImageInput(size=(28, 28))
    assert hash(ImageInput()) == hash(ImageInput())


def test_no_setting_of_pillow_is_touched():
    assert Image.MAX_IMAGE_PIXELS == 1024 * 1024 * 1024 // 4 // 3  # Pillow's own
    assert PngImagePlugin.MAX_TEXT_CHUNK == 1024 * 1024
