"""Baselines against closed forms, slow loops written here, and the counts a shuffle must keep."""

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution import baselines
from attribution.errors import InvalidRequest


def photos(batch=3, height=9, width=12, channels=3, seed=0):
    values = np.random.default_rng(seed).normal(size=(batch, height, width, channels))
    return values.astype(np.float32)


def one_hot(text):
    return np.eye(4, dtype=np.float32)[["ACGT".index(letter) for letter in text]]


def letters_of(rows):
    return "".join("ACGT"[row.argmax()] if row.max() == 1 else "n" for row in rows)


def random_dna(length, seed=0):
    return "".join(np.random.default_rng(seed).choice(list("ACGT"), length))


EVERY_KIND = {
    "zeros": baselines.zeros,
    "constant": lambda x: baselines.constant(x, 0.25),
    "mean": baselines.mean,
    "blur": lambda x: baselines.blur(x, 2.0),
    "noise": lambda x: baselines.noise(x, 7, 2)[1],
    "shuffle": lambda x: baselines.dinucleotide_shuffle(x, 7, 2)[1],
    "frequencies": baselines.base_frequencies,
    "given frequencies": lambda x: baselines.base_frequencies(x, (0.3, 0.2, 0.2, 0.3)),
}


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_the_rest_of_the_batch_changes_nothing_and_x_is_untouched(kind):
    make = EVERY_KIND[kind]
    x = np.stack([one_hot(random_dna(60, seed)) for seed in range(4)])
    before = x.copy()
    whole = make(x)
    assert whole.shape == x.shape
    assert whole.dtype == np.float32
    for i in range(4):
        np.testing.assert_array_equal(make(x[i : i + 1])[0], whole[i])
    np.testing.assert_array_equal(make(x[::-1]), whole[::-1])
    np.testing.assert_array_equal(x, before)
    assert not np.shares_memory(whole, x)


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_an_empty_batch_and_other_number_types(kind):
    make = EVERY_KIND[kind]
    assert make(np.zeros((0, 10, 4), np.float32)).shape == (0, 10, 4)
    x = one_hot(random_dna(30))[None]
    assert make(x.astype(np.float64)).dtype == np.float64
    assert make(x.astype(int)).dtype == np.float32
    np.testing.assert_allclose(make(x.astype(np.float64)), make(x), rtol=1e-6)
    np.testing.assert_array_equal(make(x.astype(int)), make(x))


# Zeros, constant, mean


def test_zeros():
    assert not baselines.zeros(photos()).any()
    assert baselines.zeros(np.ones((2, 5))).shape == (2, 5)


def test_constant():
    x = photos()
    assert (baselines.constant(x, -0.5) == -0.5).all()
    assert (baselines.constant(x, (1, 2, 3)) == np.array([1, 2, 3])).all()
    plane = photos(1)[0]
    np.testing.assert_array_equal(baselines.constant(x, plane)[2], plane)
    for value in [(1, 2), "grey", photos(3)]:
        with pytest.raises(InvalidRequest, match=r"broadcast to one example of shape \(9, 12, 3\)"):
            baselines.constant(x, value)
    with pytest.raises(InvalidRequest, match="finite"):
        baselines.constant(x, np.inf)


def test_mean_colour():
    x = np.zeros((2, 2, 2, 3), np.float32)
    x[0, 0, 0] = [4, 8, -4]
    averaged = baselines.mean(x)
    assert (averaged[0] == np.array([1, 2, -1])).all()
    assert not averaged[1].any()
    np.testing.assert_array_equal(
        baselines.mean(np.array([[1.0, 3.0], [5.0, 5.0]])), [[2, 2], [5, 5]]
    )


# Blur


def slow_blur(signal, sigma):
    """One axis, one channel: pad by reflection, then a sum per position."""
    radius = math.ceil(4 * sigma)
    weights = [math.exp(-(d**2) / (2 * sigma**2)) for d in range(-radius, radius + 1)]
    padded = np.pad(signal, radius, mode="symmetric")
    sums = [np.dot(weights, padded[i : i + 2 * radius + 1]) for i in range(len(signal))]
    return np.array(sums) / sum(weights)


@pytest.mark.parametrize("sigma", [0.3, 1.0, 2.5, 9.0, 12.0])
def test_blur_is_the_slow_blur_along_each_axis(sigma):
    x = photos()
    expected = x.astype(float)
    for axis in (1, 2):
        expected = np.apply_along_axis(slow_blur, axis, expected, sigma)
    np.testing.assert_allclose(baselines.blur(x, sigma), expected, atol=1e-6)


def test_blur_of_a_point_is_a_gaussian():
    x = np.zeros((1, 41, 61, 1))
    x[0, 20, 30, 0] = 1
    blurred = baselines.blur(x, 2.0)[0, :, :, 0]
    rows, columns = np.mgrid[-20:21, -30:31]
    gaussian = np.exp(-(rows**2 + columns**2) / 8) / (8 * np.pi)
    np.testing.assert_allclose(blurred, gaussian, atol=2e-5)  # cut at 4 sigma
    assert blurred.sum() == pytest.approx(1)


def test_blur_keeps_the_mean_colour_and_flattens():
    x = photos().astype(np.float64)
    for sigma in (0.5, 3.0, 12.0):
        blurred = baselines.blur(x, sigma)
        np.testing.assert_allclose(blurred.mean(axis=(1, 2)), x.mean(axis=(1, 2)), atol=1e-12)
    np.testing.assert_allclose(blurred, baselines.mean(x), atol=0.01)
    np.testing.assert_allclose(baselines.blur(np.full((1, 5, 5, 2), 3.0), 1.5), 3.0)


def test_blur_of_sequences():
    x = photos(2, 30, 1, 4)[:, :, 0]
    expected = np.apply_along_axis(slow_blur, 1, x.astype(float), 1.5)
    np.testing.assert_allclose(baselines.blur(x, 1.5), expected, atol=1e-6)


@pytest.mark.parametrize("sigma", [0, -1, 13, 1e9, float("nan")])
def test_blur_refuses(sigma):
    with pytest.raises(InvalidRequest, match="above 0 and at most 12"):
        baselines.blur(photos(), sigma)
    with pytest.raises(InvalidRequest, match=r"\(2, 5\); blur needs"):
        baselines.blur(np.ones((2, 5)), 1.0)


# Noise


def test_noise_is_uniform_within_each_example_s_range():
    x = np.stack([np.linspace(-3, 5, 40_000), np.linspace(0, 1, 40_000)]).reshape(2, 100, 100, 4)
    drawn = baselines.noise(x, seed=3, count=1)[0]
    for example, low, high in zip(drawn, (-3, 0), (5, 1), strict=True):
        assert example.min() >= low
        assert example.max() <= high
        share, _ = np.histogram(example, bins=10, range=(low, high))
        assert np.abs(share / 4000 - 1).max() < 0.1  # 60 of 4000 is one standard deviation
    assert (baselines.noise(np.full((1, 4, 4, 1), 0.7), 0, 1)[0] == 0.7).all()


@pytest.mark.parametrize("draw", [baselines.noise, baselines.dinucleotide_shuffle])
def test_seed_and_count(draw):
    x = one_hot(random_dna(100))[None]
    first = draw(x, seed=1, count=3)
    assert isinstance(first, list)
    assert len(first) == 3
    np.testing.assert_array_equal(first, draw(x, seed=1, count=3))
    np.testing.assert_array_equal(first[:2], draw(x, seed=1, count=2))
    assert len({array.tobytes() for array in first + draw(x, seed=2, count=3)}) == 6
    np.testing.assert_array_equal(draw(x, np.int64(1), np.int32(3)), first)
    for seed, count, named in [
        (-1, 1, "seed"),
        (0.5, 1, "seed"),
        (0, 0, "count"),
        (0, "3", "count"),
    ]:
        with pytest.raises(InvalidRequest, match=f"{named} is .* whole number"):
            draw(x, seed, count)


def test_each_example_has_a_stream_of_its_own():
    x = np.zeros((2, 3, 3, 1), np.float32)
    x[0, 0, 0], x[1, 1, 1] = 1, 1  # the same range, another picture
    first, second = baselines.noise(x, 0, 1)[0]
    assert (first != second).all()
    np.testing.assert_array_equal(baselines.noise(x * -1, 0, 1), baselines.noise(0 - x, 0, 1))


# Dinucleotide shuffle: the invariants that kundajelab/deeplift tests (tests/shuffling), all pairs


def pairs(text):
    return Counter(pairwise(text))


def test_shuffle_keeps_dinucleotides_length_and_ends():
    text = random_dna(200)
    shuffles = baselines.dinucleotide_shuffle(one_hot(text)[None], seed=0, count=1000)
    seen = {letters_of(shuffled[0]) for shuffled in shuffles}
    for other in seen:
        assert len(other) == 200
        assert pairs(other) == pairs(text)
        assert (other[0], other[-1]) == (text[0], text[-1])
    assert len(seen) == 1000  # and they are shuffles
    same = np.mean([np.mean([a == b for a, b in zip(o, text, strict=True)]) for o in seen])
    assert same < 0.35  # a quarter by chance


@given(st.text("ACGT", min_size=1, max_size=40), st.integers(0, 2**32))
def test_shuffle_of_any_sequence(text, seed):
    shuffled = letters_of(baselines.dinucleotide_shuffle(one_hot(text)[None], seed, 1)[0][0])
    assert pairs(shuffled) == pairs(text)
    assert len(shuffled) == len(text)
    assert (shuffled[0], shuffled[-1]) == (text[0], text[-1])


def test_shuffle_reaches_every_order_that_keeps_the_last_exits():
    # A leaves to C, to G, and at last to T; C and G return. Only the first two can change places.
    text = "ACAGAT"
    shuffles = baselines.dinucleotide_shuffle(one_hot(text)[None], 0, 50)
    assert {letters_of(s[0]) for s in shuffles} == {"ACAGAT", "AGACAT"}


@given(st.text("ACGTn", min_size=1, max_size=40).filter(lambda text: set(text) != {"n"}))
def test_rows_that_are_not_one_hot_stay_in_place(text):
    x = np.array([one_hot(c)[0] if c != "n" else np.full(4, 0.25) for c in text], np.float32)
    shuffled = baselines.dinucleotide_shuffle(x[None], 5, 1)[0][0]
    other = letters_of(shuffled)
    assert [c == "n" for c in other] == [c == "n" for c in text]
    assert pairs(other) == pairs(text)
    np.testing.assert_array_equal(shuffled.sum(axis=0), x.sum(axis=0))


def test_padding_stays_padding():
    x = np.zeros((1, 120, 4), np.float32)
    x[0, 10:110] = one_hot(random_dna(100))
    shuffled = baselines.dinucleotide_shuffle(x, 0, 1)[0]
    assert not shuffled[0, :10].any()
    assert not shuffled[0, 110:].any()
    assert (shuffled != x).any()


def test_shuffle_refuses_what_is_no_sequence():
    with pytest.raises(InvalidRequest, match=r"\(3, 9, 12, 3\); expected \(batch, length, 4\)"):
        baselines.dinucleotide_shuffle(photos(), 0, 1)
    with pytest.raises(InvalidRequest, match="Row 0 of example 1"):
        baselines.dinucleotide_shuffle(np.stack([one_hot("ACG"), -one_hot("ACG")]), 0, 1)
    with pytest.raises(InvalidRequest, match="Example 1 has no one-hot row"):
        baselines.dinucleotide_shuffle(np.stack([one_hot("ACG"), 0.25 + 0 * one_hot("ACG")]), 0, 1)


# Base frequencies


def test_base_frequencies_of_each_example():
    x = np.stack([one_hot("AAAC"), one_hot("GTGT")])
    frequencies = baselines.base_frequencies(x)
    assert (frequencies[0] == np.array([0.75, 0.25, 0, 0])).all()
    assert (frequencies[1] == np.array([0, 0, 0.5, 0.5])).all()


def test_given_base_frequencies():
    x = one_hot("ACGT")[None]
    frequencies = baselines.base_frequencies(x, acgt=(0.3, 0.2, 0.2, 0.3))
    np.testing.assert_array_equal(frequencies[0, 3], np.float32([0.3, 0.2, 0.2, 0.3]))
    for acgt in [(1, 2, 3, 4), (0.5, 0.5), (1.5, -0.5, 0, 0), (np.nan, 1, 0, 0)]:
        with pytest.raises(InvalidRequest, match="four frequencies of A, C, G, T"):
            baselines.base_frequencies(x, acgt)


def test_padding_has_no_frequencies():
    x = np.zeros((1, 6, 4), np.float32)
    x[0, 2:4] = one_hot("AG")
    for frequencies in (baselines.base_frequencies(x), baselines.base_frequencies(x, [0.25] * 4)):
        assert not frequencies[0, [0, 1, 4, 5]].any()
        assert frequencies[0, 2].sum() == 1
    assert baselines.base_frequencies(x)[0, 2].tolist() == [0.5, 0, 0.5, 0]
    with pytest.raises(InvalidRequest, match="Example 0 holds only zeros"):
        baselines.base_frequencies(np.zeros((1, 6, 4)))


# What no baseline accepts


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ({"a": np.ones((1, 2))}, "several inputs"),
        ([np.ones((1, 2)), np.ones((1, 3))], "several inputs"),
        (np.ones(3), r"\(3,\); expected \(batch, \*input\)"),
        (3.0, r"\(\); expected"),
        ([[1, 2], [3]], "ragged"),
        (np.array([["a", "b"]]), "real numbers"),
        (np.ones((1, 2), complex), "real numbers"),
        (np.array([[1, np.nan]]), "NaN"),
    ],
)
def test_an_x_that_is_no_batch(x, message):
    with pytest.raises(InvalidRequest, match=message):
        baselines.zeros(x)
