"""Files that hold an Attribution: all of it comes back, and damage is noticed."""

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from attribution import InvalidRequest
from tests.attribution.saved_files import (
    about,
    load,
    made,
    npy,
    packed,
    refused,
    same,
    saved,
    unpacked,
    version_1,
)


@pytest.mark.parametrize("seed", range(60))
def test_everything_comes_back_bit_for_bit(seed: int) -> None:
    given = made(np.random.default_rng(seed))
    assert same(given, load(saved(given)))


def test_arrays_in_the_order_of_fortran_come_back() -> None:
    given = made(np.random.default_rng(3))
    given = replace(given, scores=np.asfortranarray(np.ones((2, 3, 4), "float32")))
    given = replace(given, standard_error=None, **{n: np.ones(2) for n in ("gap", "error")})
    two = {n: np.ones(2) for n in ("f_input", "f_baseline")}
    given = replace(given, **two, evaluations=np.ones(2, int), converged=None, target=1)
    given = replace(given, resolution=np.full(2, 0.1), channel_axis=1)
    np.testing.assert_array_equal(load(saved(given)).scores, given.scores)


# Files of version 0.1


def test_a_file_of_version_1_opens_and_says_what_it_does_not_hold() -> None:
    found = load(version_1())
    np.testing.assert_array_equal(found.scores, np.arange(12).reshape(1, 2, 2, 3))
    assert (found.error[0], found.gap[0], found.evaluations[0]) == (0.01, 0.5, 33)
    assert found.converged is not None
    assert found.converged[0]
    assert found.resolution is not None
    assert np.isnan(found.resolution).all()
    assert found.channel_axis is None
    assert found.target.tolist() == [2]
    first, note = found.notes
    assert first == "A note."
    assert "version 0.1" in note
    assert "resolution" in note
    assert "axis that holds the channels" in note
    assert "To rank channels pass axis=" in note
    with pytest.raises(InvalidRequest, match=r"say it with axis=.* \(-1 is the last\)"):
        found.channels()
    np.testing.assert_array_equal(found.channels(axis=-1), found.scores.sum((1, 2)))
    assert same(found, load(saved(found)))  # and is written as a file of today


@pytest.mark.parametrize("method", ["gradient_times_difference", "deeplift_rescale"])
def test_an_error_of_zero_that_nobody_knew_is_unknown(method: str) -> None:
    found = load(version_1(method=method, error=[0.0], tolerance=None))
    assert np.isnan(found.error).all()
    assert found.converged is None
    assert "no error is known" in found.notes[-1]


def test_a_layer_of_one_axis_has_its_channels_there() -> None:
    found = load(version_1(scores=np.ones((1, 5), "float32")))
    assert found.channel_axis == 0
    assert "axis" not in found.notes[-1]


def test_what_cannot_be_read_back_is_not_saved(tmp_path: Path) -> None:
    good = load(version_1())
    for bad in (
        replace(good, gap=np.zeros(2)),
        replace(good, evaluations=np.array([1.5])),
        replace(good, target=np.array([object()])),
        replace(good, target={1: float("nan")}),
        replace(good, target=True),
        replace(good, tolerance=float("nan")),
        replace(good, notes=(1,)),  # type: ignore[arg-type]
    ):
        with pytest.raises(InvalidRequest, match="cannot be saved"):
            bad.save(tmp_path / "x.npz")
        assert not (tmp_path / "x.npz").exists()


def test_a_file_without_examples_is_refused() -> None:
    names = ("gap", "error", "evaluations", "f_input", "f_baseline", "converged", "target")
    good = load(version_1())
    none = {name: getattr(good, name)[:0] for name in (*names, "scores")}
    assert "holds no example" in refused(io.BytesIO(version_1(**none)))
    with pytest.raises(InvalidRequest, match="cannot be saved: it holds no example"):
        saved(replace(good, resolution=good.resolution[:0], **none))  # type: ignore[index]


@pytest.mark.parametrize("target", [("\x1b[2Jout\n", 1), {"\x1b[31m": 1.0}, "\x1b[2J\n" * 90])
def test_no_target_writes_on_the_terminal(target: object) -> None:
    shown = replace(load(version_1()), target=target)
    assert "\x1b" not in repr(shown) + shown._repr_html_()
    assert len(repr(shown).splitlines()) == 2


def test_large_results_of_one_value_can_be_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Zeros shrink a thousandfold: a file of them looks like one made to fill the memory."""
    given = load(version_1(scores=np.zeros((1, 300, 300), "float32")))
    monkeypatch.setattr("attribution.files.archive.FREE", 2**16)
    data = saved(given)
    assert same(given, load(data))
    members = unpacked(data)
    assert "memory" in refused(io.BytesIO(packed(members)))  # the same, packed tightly


# Damage


def flip(data: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(data)
    for place in rng.integers(0, len(data), rng.integers(1, 4)):
        changed[place] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def cut(data: bytes, rng: np.random.Generator) -> bytes:
    first, last = sorted(rng.integers(0, len(data), 2))
    return data[:first] + data[last:] if rng.random() < 0.5 else data[:first]


def doubled(data: bytes, rng: np.random.Generator) -> bytes:
    first, last = sorted(rng.integers(0, len(data), 2))
    return data[:last] + data[first:]


def swapped(data: bytes, rng: np.random.Generator) -> bytes:
    members = unpacked(data)
    first, second = rng.choice(list(members), 2, replace=False)
    members[first], members[second] = members[second], members[first]
    return packed(members)


def inside(data: bytes, rng: np.random.Generator) -> bytes:
    """A member changed and packed again, so that the sums of the zip file are right."""
    members = unpacked(data)
    name = rng.choice(list(members))
    change = (flip, cut, doubled)[rng.integers(3)]
    return packed(members | {name: change(members[name], rng)})


def reworded(data: bytes, rng: np.random.Generator) -> bytes:
    members = unpacked(data)
    words = about(members)
    key = rng.choice(list(words))
    values = [None, True, 0, -1, 1.5, 10**30, "x", [], {}, [[]], {"index": [[]]}, float("nan")]
    words[key] = values[rng.integers(len(values))]
    return packed(members | {"about.npy": npy(np.array(json.dumps(words)))})


MUTATIONS = (flip, flip, cut, doubled, swapped, inside, reworded)


@pytest.mark.parametrize("start", range(0, 300, 50))
def test_a_damaged_file_is_what_it_was_or_refused(start: int) -> None:
    refusals = 0
    for seed in range(start, start + 50):
        rng = np.random.default_rng(seed)
        given = made(rng)
        data = MUTATIONS[seed % len(MUTATIONS)](saved(given), rng)
        try:
            assert same(load(data), given)
        except InvalidRequest:
            refusals += 1
    assert refusals > 25  # most of it is damage
