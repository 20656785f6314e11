"""Attribution: rankings, sums over positions, and files that hold everything."""

import io
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from attribution import METHODS, Attribution, InvalidRequest
from attribution.methods import named
from attribution.units import largest


@pytest.fixture
def result() -> Attribution:
    """Two examples, 2 x 2 positions, three channels."""
    scores = np.arange(24, dtype="float32").reshape(2, 2, 2, 3) - 10
    return Attribution(
        scores=scores,
        gap=np.array([0.5, np.nan]),
        error=np.array([0.01, 0.2]),
        converged=np.array([True, False]),
        evaluations=np.array([33, 65]),
        f_input=np.array([4.0, 5.0]),
        f_baseline=np.array([1.0, 7.0]),
        target=np.array([2, 0]),
        layer="block/conv#2",
        method="neuron_integrated_gradients",
        is_cut=True,
        tolerance=0.05,
        notes=("One sentence.", "Another, with ümlauts."),
        channel_axis=2,
    )


def test_sums(result: Attribution) -> None:
    np.testing.assert_array_equal(result.delta, [3, -2])
    # -10 ... 1: the first example's channel 0 holds -10, -7, -4, -1
    np.testing.assert_array_equal(result.channels(), [[-22, -18, -14], [26, 30, 34]])
    np.testing.assert_array_equal(result.total, [-54, 90])


def test_channels_of_a_layer_without_positions(result: Attribution) -> None:
    flat = replace(result, scores=np.ones((2, 5), "float32"))
    np.testing.assert_array_equal(flat.channels(), np.ones((2, 5)))
    scalar = replace(result, scores=np.array([2.0, 3.0], "float32"))
    np.testing.assert_array_equal(scalar.channels(), [[2], [3]])


def test_top_channels(result: Attribution) -> None:
    top = result.top(2, example=0)
    assert list(top.columns) == ["index", "score", "share"]
    assert list(top["index"]) == [0, 1]
    np.testing.assert_allclose(top["score"], [-22, -18])
    np.testing.assert_allclose(top["share"], [22 / 54, 18 / 54])
    assert list(result.top(9, example=1)["index"]) == [2, 1, 0]


def test_top_neurons_are_places_in_the_layer(result: Attribution) -> None:
    top = result.top(3, by="neuron", example=0)
    assert list(top["index"]) == [(0, 0, 0), (0, 0, 1), (0, 0, 2)]
    for place, score in zip(top["index"], top["score"], strict=True):
        assert result.scores[(0, *place)] == score
    assert len(result.top(100, by="neuron", example=1)) == 12
    assert len(result.top(0, example=0)) == 0


def test_the_first_of_several_examples_is_not_meant_unsaid(result: Attribution) -> None:
    for by in ("channel", "neuron"):
        with pytest.raises(InvalidRequest, match=r"of 2 examples: say which, example=0 to 1"):
            result.top(3, by=by)
        for example in (2, -3, "0", 1.0):
            with pytest.raises(InvalidRequest, match="example is "):
                result.top(3, by=by, example=example)  # type: ignore[arg-type]
    alone = replace(result, scores=result.scores[1:])
    assert alone.top(3).equals(result.top(3, example=1))
    assert result.top(3, example=-1).equals(result.top(3, example=np.int64(1)))


def test_printed_it_is_a_summary(result: Attribution) -> None:
    for text in (str(result), repr(result)):
        head, first, second = text.splitlines()
        for part in (
            "'block/conv#2' (2 x 2 x 3)", "neuron_integrated_gradients", "2 examples", "1 of 2",
        ):  # fmt: skip
            assert part in head
        for part in (
            "target 2,", "F(x) - F(baseline) 3,", "error 1.0%", "gap 0.5", "converged",
            "channel 0: -22; channel 1: -18; channel 2: -14",
        ):  # fmt: skip
            assert part in first
        for part in (
            "target 0,", "F(x) - F(baseline) -2,", "error 20.0%", "gap unknown", "NOT CONVERGED",
            "channel 2: 34; channel 1: 30; channel 0: 26",
        ):  # fmt: skip
            assert part in second
    many = replace(
        result,
        scores=np.ones((70, 8, 8, 3), "f4"),
        channel_axis=None,
        converged=None,
        target=np.zeros(70, int),
        **{k: np.full(70, np.nan) for k in ("gap", "error")},
        **{k: np.ones(70) for k in ("f_input", "f_baseline")},
    )
    lines = repr(many).splitlines()
    assert len(lines) == 7
    assert lines[-1].strip() == "... and 65 more examples"
    assert "no error is known; neuron 0, 0, 0: 1; neuron 0, 0, 1: 1; neuron 0, 0, 2: 1" in lines[1]
    assert "one number" in repr(replace(result, scores=np.array([2.0, 3.0], "f4")))


def test_equal_scores_keep_the_layers_order_and_silence_has_no_share(result: Attribution) -> None:
    silent = replace(result, scores=np.zeros((1, 4), "float32"))
    top = silent.top(4)
    assert list(top["index"]) == [0, 1, 2, 3]
    assert (top["share"] == 0).all()


def test_top_of_something_else(result: Attribution) -> None:
    with pytest.raises(InvalidRequest, match="'channel' or 'neuron'"):
        result.top(3, by="layer", example=0)  # type: ignore[arg-type]


def assert_same(a: Any, b: Any) -> None:
    for field in fields(Attribution):
        x, y = getattr(a, field.name), getattr(b, field.name)
        if isinstance(x, np.ndarray):
            np.testing.assert_array_equal(x, y)
            assert x.dtype == y.dtype
        else:
            assert x == y, field.name
            assert type(x) is type(y), field.name


@pytest.mark.parametrize(
    "target",
    [
        np.array([1, 2]),
        np.array([[1, 2], [0, 1]]),
        (3, 1),
        {0: 1.0, 4: -0.5},
        {(2, 1): 1.0, (0, 0): -1.0},
        ("second", 2),
        ("second", [1, 2]),
        ("second", (3, 1)),
        ("second", {0: 1.0, 1: -1.0}),
        5,
    ],
    ids=str,
)
def test_saved_and_loaded(result: Attribution, target: Any, tmp_path: Path) -> None:
    given = replace(result, target=target)
    given.save(tmp_path / "scores.npz")
    assert_same(given, Attribution.load(tmp_path / "scores.npz"))


def test_a_standard_error_and_no_tolerance_survive(result: Attribution, tmp_path: Path) -> None:
    given = replace(result, standard_error=result.scores**2, tolerance=None, notes=())
    given.save(str(tmp_path / "bare name"))  # and the name is not changed
    assert_same(given, Attribution.load(str(tmp_path / "bare name")))


def test_an_open_file(result: Attribution) -> None:
    file = io.BytesIO()
    result.save(file)
    file.seek(0)
    assert_same(result, Attribution.load(file))


def test_no_pickle_is_written(result: Attribution, tmp_path: Path) -> None:
    replace(result, target={(1, 2): 1.0}).save(tmp_path / "scores.npz")
    with np.load(tmp_path / "scores.npz", allow_pickle=False) as file:
        assert all(file[name].dtype != object for name in file.files)


def test_files_of_others(tmp_path: Path) -> None:
    np.savez(tmp_path / "arrays.npz", a=np.zeros(3))
    np.save(tmp_path / "array.npy", np.zeros(3))
    (tmp_path / "text.npz").write_text("words")
    (tmp_path / "empty.npz").write_bytes(b"")
    (tmp_path / "cut.npz").write_bytes((tmp_path / "arrays.npz").read_bytes()[:60])
    np.savez(tmp_path / "newer.npz", about=np.array('{"format": 99}'))
    np.savez(tmp_path / "list.npz", about=np.array("[1]"))
    for path in sorted(tmp_path.iterdir()):
        with pytest.raises(InvalidRequest, match=path.name):
            Attribution.load(path)
    with pytest.raises(FileNotFoundError):
        Attribution.load(tmp_path / "missing.npz")


@pytest.mark.parametrize("count", [-1, 0, 1, 3, 7, 40, 99])
def test_the_largest_are_those_of_a_whole_stable_sort(count: int) -> None:
    """Equal sizes keep their order, infinite ones are first, and what is no number is last."""
    values = np.random.default_rng(4).integers(-3, 4, 40).astype(float)
    values[[5, 17, 30]] = np.nan, -np.inf, np.nan
    whole = np.argsort(-np.abs(values), kind="stable")
    np.testing.assert_array_equal(largest(values, count), whole[: max(count, 0)])


def test_sums_over_positions_are_of_double_precision(result: Attribution) -> None:
    """In single precision 2^24 + 1 is 2^24."""
    scores = np.array([2.0**24, 1, -(2.0**24)], np.float32).reshape(1, 3, 1)
    assert replace(result, scores=scores, channel_axis=1).channels().tolist() == [[1.0]]


def test_the_name_that_results_give_leads_to_the_method() -> None:
    assert named("neuron_integrated_gradients") is METHODS["nig"]
    assert all(named(name) is method for name, method in METHODS.items())
    with pytest.raises(KeyError):
        named("deeplift")  # it does not say by which rule
