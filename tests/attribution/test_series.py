"""Series: WAV files written by hand and by the standard library, CSV and arrays by NumPy."""

import io
import struct
import wave

import numpy as np
import pandas as pd
import pytest

from attribution import InvalidRequest, InvalidSeries, series
from tests.hostile.models import refusal

WIDTHS = {1: (128, 128), 2: (0, 2**15), 3: (0, 2**23), 4: (0, 2**31)}  # zero and full scale


def sound(values: list[int], width: int, channels: int = 2, rate: int = 8000) -> bytes:
    """A WAV file as the standard library writes it."""
    packed = b"".join(
        v.to_bytes(width, "little", signed=width > 1) for v in values
    )  # 8 bits are unsigned
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(width)
        out.setframerate(rate)
        out.writeframes(packed)
    return file.getvalue()


def riff(coding: int, bits: int, samples: bytes, channels: int = 1, extra: bytes = b"") -> bytes:
    """A WAV file chunk by chunk, with one that nobody knows between."""
    block = channels * bits // 8
    about = struct.pack("<HHIIHH", coding, channels, 100, 100 * block, block, bits) + extra
    chunks = [(b"fmt ", about), (b"odd ", b"abc\0"), (b"data", samples)]
    body = b"".join(kind + struct.pack("<I", len(c)) + c for kind, c in chunks)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body


@pytest.mark.parametrize("width", WIDTHS)
def test_whole_numbers_of_every_width(width: int) -> None:
    zero, full = WIDTHS[width]
    values = [zero, zero + full - 1, zero - full, zero + full // 2]
    (found,) = series.read(sound(values, width), "a.wav", channels=2, rate=8000)
    expected = np.array([(v - zero) / full for v in values]).reshape(2, 2)
    np.testing.assert_allclose(found.values, expected, rtol=1e-7)
    assert (found.name, found.rate, found.values.dtype) == ("a", 8000.0, np.float32)


def test_floats_and_extensible_headers() -> None:
    for bits, code in ((32, "f"), (64, "d")):
        data = riff(3, bits, struct.pack(f"<3{code}", 0.5, -1.25, 3))
        assert series.read(data, "f.wav")[0].values.tolist() == [[0.5], [-1.25], [3]]
    guid = bytes.fromhex("0100000000001000800000aa00389b71")
    data = riff(
        0xFFFE, 16, struct.pack("<2h", 16384, -32768), extra=struct.pack("<HHI", 22, 16, 4) + guid
    )
    assert series.read(data, "x.wav")[0].values.tolist() == [[0.5], [-1]]


def test_columns_by_name_and_the_rate_from_their_times() -> None:
    data = b"Time,y,x,label\n0,1,2,7\n0.02,3,4,7\n0.04,5,6,7\n"
    (found,) = series.read(data, "run.csv", channels=("x", "y"), rate=50)
    assert found.values.tolist() == [[2, 1], [4, 3], [6, 5]]
    assert found.rate == pytest.approx(50)
    (whole,) = series.read(data, "run.csv")
    assert whole.channels == ("y", "x", "label")
    (bare,) = series.read(b"1,2\n3,4\n", "run.csv", channels=("x", "y"))
    assert (bare.values.tolist(), bare.channels, bare.rate) == ([[1, 2], [3, 4]], (), None)


def test_arrays_of_one_series_or_many() -> None:
    def npy(x: np.ndarray) -> bytes:
        file = io.BytesIO()
        np.save(file, x)
        return file.getvalue()

    x = np.arange(12.0)
    for shape, channels in (
        ((6, 2), 2),
        ((6, 2), ("a", "b")),
        ((12,), 1),
        ((12,), None),
        ((6, 2), None),
    ):
        (found,) = series.read(npy(x.reshape(shape)), "x.npy", channels)
        np.testing.assert_array_equal(found.values, x.reshape(shape[0], -1))
    many = series.read(npy(x.reshape(2, 3, 2)), "x.npy", 2)
    assert [m.name for m in many] == ["x 1", "x 2"]
    np.testing.assert_array_equal(many[1].values, x[6:].reshape(3, 2))


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"", "a.wav", "empty"),
        (b"RIFF1234", "a.wav", "no WAV"),
        (sound([1, 2], 2)[:-1], "a.wav", "incomplete"),
        (sound([], 2), "a.wav", "no samples"),
        (sound([1], 2, 1), "a.wav", r"\(1, 1\).*with 2"),
        (sound([1, 2], 2, rate=44100), "a.wav", "44100 samples a second"),
        (riff(2, 4, b"ab"), "a.wav", "ADPCM"),
        (riff(7, 8, b"ab"), "a.wav", "mu-law"),
        (riff(1, 12, b"ab"), "a.wav", "PCM with 12 bits"),
        (riff(1, 16, b"abc"), "a.wav", "whole number"),
        (riff(3, 32, struct.pack("<2f", 1, float("nan")), 2), "a.wav", "finite"),
        (riff(3, 64, struct.pack("<2d", 1, 1e300), 2), "a.wav", "finite"),
        (riff(1, 16, b"ab", 0), "a.wav", "damaged header"),
        (b"RIFF\0\0\0\0WAVE" + b"junk\0\0\0\0" * 2000, "a.wav", "1,000 chunks"),
        (b"RIFF\0\0\0\0WAVE", "a.wav", "damaged"),
        (b"x,z\n1,2\n", "a.csv", "no column 'y'"),
        (b"1,2,3\n", "a.csv", r"\(1, 3\).*with 2"),
        (b"x,y\n1,\n", "a.csv", "empty"),
        (b"t,x,y\n0,1,1\n1,1,1\n1.5,1,1\n", "a.csv", "even steps"),
        (b"t,x,y\n0,1,1\n", "a.csv", "even steps"),
        (b"t,x,y\n-1e308,1,1\n1e308,1,1\n", "a.csv", "even steps"),
        (b"t,x,y\n0,1,1\n1,1,1\n", "a.csv", "1 samples a second"),
        (b"x,y\n1,1e39\n", "a.csv", "finite"),
        (bytes(10 * 2**20 + 1), "a.csv", "10 MB"),
        (b"\x93NUMPY", "a.npy", "npy"),
        ("1,2", "a.csv", "bytes"),
    ],
)  # fmt: skip
def test_refusals(data: bytes, name: str, words: str) -> None:
    with pytest.raises(InvalidSeries, match=words) as error:
        series.read(data, name, channels=("x", "y"), rate=8000)
    refusal(str(error.value))


def test_a_window() -> None:
    x = np.arange(10)[:, None]
    assert series.window(x, 4).ravel().tolist() == [3, 4, 5, 6]
    assert series.window(x, 4, 0).ravel().tolist() == [0, 1, 2, 3]
    assert series.window(x, 10).ravel().tolist() == list(range(10))
    with pytest.raises(InvalidSeries, match="longer"):
        series.window(x, 11)
    for length, start in ((4, 7), (4, -1), (0, None), (2.5, None)):
        with pytest.raises(InvalidRequest):
            series.window(x, length, start)


@pytest.mark.parametrize("width", [1, 3, 7, 19])
def test_the_moving_average_is_that_of_pandas(width: int) -> None:
    x = np.random.default_rng(0).normal(size=(2, 10, 3)).astype(np.float32)
    found = series.moving_average(x, width)
    for one, mean in zip(x, found, strict=True):
        expected = pd.DataFrame(one).rolling(width, min_periods=1, center=True).mean()
        np.testing.assert_allclose(mean, expected, rtol=1e-5, atol=1e-6)
    assert found.dtype == x.dtype


@pytest.mark.parametrize(
    ("x", "width"),
    [(np.ones((1, 9, 1)), 4), (np.ones((1, 9, 1)), 0), (np.ones((1, 9, 1)), 19),
     (np.ones((9, 1)), 3), (np.full((1, 9, 1), np.nan), 3)],
)  # fmt: skip
def test_moving_averages_that_are_none(x: np.ndarray, width: int) -> None:
    with pytest.raises(InvalidRequest):
        series.moving_average(x, width)
