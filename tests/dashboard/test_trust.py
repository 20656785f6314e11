"""What screens and files say of the error: an estimate, whether sums close, or nothing known."""

import io
import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import attribution
from attribution import METHODS, Attribution
from dashboard.export.compare import sheet as compared
from dashboard.export.explore import files
from dashboard.export.setting import Setting
from dashboard.export.sheet import sheet_files
from dashboard.export.snippet import snippet
from dashboard.export.subject import Subject
from dashboard.kinds import KINDS
from dashboard.request.catalogue import catalogue
from dashboard.words import answer as words
from dashboard.words import studies as sentences
from dashboard.work import records
from dashboard.work.answer import Answer, Place
from dashboard.work.findings import LayerSum, Overview
from tests.dashboard.conftest import ENGINE, asked, changed, filled, seen

LITE0 = catalogue().models["efficientnet-lite0"]
CAT, USUAL = asked(ENGINE, LITE0.name, "cat")  # its record is enough
CASES: dict[str, dict[str, Any]] = {
    "nig": {"error": 0.034, "converged": True, "resolution": 1 / 23},
    "deeplift_rescale": {"error": math.nan, "converged": True},
    "gradient_times_difference": {"error": math.nan, "converged": None},
}


def answer(method: str, **changes: Any) -> Answer:
    given = ENGINE.seen(CAT, USUAL)
    assert given
    plain = {"resolution": math.nan, "tolerance": 0.05 if method == "nig" else None}
    return changed(given, method=method, **{**plain, **CASES[method], **changes})


def subject(method: str, **changes: Any) -> Subject:
    _, question = asked(ENGINE, LITE0.name, "cat", method=method)
    return Subject(
        engine=ENGINE,
        kind=KINDS["image"],
        known=filled(method=method),
        asked=question,
        link="",
        item=CAT,
        prediction=ENGINE.prediction(CAT),
        answer=answer(method, **changes),
        place=Place(0),
        by="channel",
    )


def built(of: Subject) -> Mapping[str, bytes]:
    return {file.key: file.build() for file in files(of) if file.key in ("html", "npz")}


def test_the_table_of_methods_is_what_their_results_say() -> None:
    """Each method, run: its `accuracy` tells what `error` and `converged` of its result are."""
    net = attribution.load("tal1-gata1")
    x = np.eye(4, dtype=np.float32)[np.arange(200) % 4][None]
    for method in attribution.METHODS.values():
        found = method.run(net, x, "dense_relu", target=0)
        known = np.isfinite(found.error).all(), found.converged is not None
        expected = {"estimated": (True, True), "closes": (False, True), "unknown": (False, False)}
        assert known == expected[method.accuracy], method.name
        assert method.estimated == (method.accuracy == "estimated")


@pytest.mark.parametrize(
    ("method", "changes", "chip", "line"),
    [
        ("nig", {}, ("3.4 %",), "error 3.4 %"),
        ("nig", {"error": math.nan, "converged": False}, ("unknown",), "error unknown"),
        ("nig", {"error": math.inf, "converged": False}, ("unknown",), "error unknown"),
        ("deeplift_rescale", {}, ("unknown", "the sums close"), "the sums close"),
        (
            "deeplift_rescale",
            {"converged": False},
            ("unknown", "the sums do not close"),
            "the sums do not close",
        ),
        ("gradient_times_difference", {}, ("unknown",), "error unknown"),
        ("gradient_times_difference", {"error": 0.0}, ("unknown",), "error unknown"),
    ],
)
def test_the_error_in_short(
    method: str, changes: dict[str, Any], chip: tuple[str, ...], line: str
) -> None:
    given = answer(method, **changes)
    assert tuple(part.replace("\u00a0", " ") for part in words.error(given)) == chip
    assert words.sureness(given).replace("\u00a0", " ") == line
    assert words.status(given, True).replace("\u00a0", " ").endswith(line)


def test_the_error_in_a_sentence() -> None:
    def said(method: str, **changes: Any) -> str:
        sentence = words.assurance(answer(method, **changes), METHODS[method])
        return sentence.replace("\u00a0", " ")

    assert "No error is known for this method." in said("gradient_times_difference")
    assert "converged" not in said("gradient_times_difference").lower()
    assert "Its sums close" in said("deeplift_rescale")
    assert said("deeplift_rescale", converged=False).startswith("The sums do not close")
    assert "estimated 3.4 %" in said("nig")
    unsure = said("nig", error=math.nan, converged=False)
    assert unsure.startswith("Not converged")
    assert "—" not in unsure.split(".")[0]
    coarse = said("nig", error=0.03, converged=False)  # under the tolerance, and yet not converged
    assert "3.0 %, on a path seen too coarsely" in coarse
    assert "8.0 %, more than the 5.0 % asked for" in said("nig", error=0.08, converged=False)
    for method in CASES:
        assert "0 %" not in said(method, error=math.nan, tolerance=None, converged=None)


@pytest.mark.parametrize(
    ("widest", "text"),
    [
        (1 / 23, "1/23 of the path"),
        (1 / 16, "1/16 of the path"),
        (0.045, "1/22 of the path"),
        (0.7, "all of the path"),
        (1.0, "all of the path"),
        (math.nan, ""),
        (0.0, ""),
    ],
)
def test_the_finest_features_seen_are_no_finer_than_the_widest_stretch(
    widest: float, text: str
) -> None:
    assert words.resolution(answer("nig", resolution=widest)) == text


@pytest.mark.parametrize("method", CASES)
def test_files_say_the_same(method: str) -> None:
    given = subject(method)
    found = built(given)
    page = found["html"].decode().replace("\u00a0", " ")
    chip = {"nig": "3.4 %", "deeplift_rescale": "unknown; the sums close"}.get(method, "unknown")
    assert f"<dt>Estimated error</dt><dd>{chip}</dd>" in page
    assert ("1/23 of the path" in page) == (method == "nig")
    loaded = Attribution.load(io.BytesIO(found["npz"]))
    assert (loaded.converged is None) == (method == "gradient_times_difference")
    np.testing.assert_array_equal(loaded.error, [CASES[method]["error"]])
    np.testing.assert_array_equal(loaded.resolution, [given.answer.resolution])
    numbers = given.answer.numbers()
    assert set(numbers) >= {"error", "converged", "resolution"}
    program = snippet(given)
    assert ("finest features seen" in program) == (method == "nig")
    assert ("result.error" in program) == (method == "nig")
    assert ("the sums close" in program) == (method == "deeplift_rescale")


def test_a_comparison_says_what_is_known_of_both() -> None:
    both = answer("nig"), answer("gradient_times_difference")
    setting = Setting(ENGINE, KINDS["image"], filled(), USUAL, "", CAT)
    found = compared(setting, setting.asked, both, ("a", "b"), None)
    text = next(file for file in sheet_files(found) if file.key == "json").build()
    numbers = json.loads(text)["answer"]
    assert (numbers["error_a"], numbers["error_b"]) == (0.034, None)
    assert (numbers["converged_a"], numbers["converged_b"]) == (True, None)
    assert numbers["resolution_b"] is None


def test_an_overview_says_what_is_known_of_its_layers(tmp_path: Path) -> None:
    def told(*layers: LayerSum, estimated: bool) -> str:
        method = "internal_influence" if estimated else "deeplift_rescale"
        return sentences.overview_error(Overview(layers, 1.0, 0, method, 2))

    nan = math.nan
    plain = LayerSum("a", 1.0, -0.5, nan, nan, True)
    assert told(plain, estimated=False) == "No error is known for this method."
    closed = replace(plain, converged=True)
    assert "its sums close" in told(closed, closed, estimated=False)
    assert "1 layers do not close" in told(
        closed, replace(closed, converged=False), estimated=False
    )
    sure = LayerSum("b", 1.0, 0.0, 0.04, 0.0, True, True, 0.05)
    one = told(replace(plain, converged=False), sure, estimated=True).replace("\u00a0", " ")
    assert "The error of 1 layers is unknown." in one
    assert "4.0 % at most (b)" in one
    assert "nan" not in told(plain, estimated=True)
    saved = Overview((plain, closed, sure), 1.0, 0, "nig", 2)
    records.save(saved, tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz", allow_pickle=False) as file:
        assert "NaN" not in str(file["about"])
    assert repr(records.load(tmp_path / "x.npz")) == repr(saved)


@pytest.mark.parametrize(
    ("method", "shown", "said"),
    [
        ("nig", "%", "differ from the exact integral by an estimated"),
        ("deeplift_rescale", "unknown (the sums close)", "Its sums close"),
        ("gradient_times_difference", "unknown", "No error is known for this method."),
    ],
)
def test_no_error_is_made_up(app: AppTest, method: str, shown: str, said: str) -> None:
    app.query_params.update({"model": "tal1-gata1", "method": method})
    app.run()
    assert not app.exception
    (value,) = (m for m in app.metric if m.label == "Estimated error")
    text = seen(value.value)
    assert text.endswith(shown)
    assert said in " ".join(seen(c.value) for c in app.caption)
    assert "0 %" not in text
