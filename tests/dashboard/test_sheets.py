"""Files of the pages beside Explore: what a page says, and programs that say it again."""

import io
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from plotly.offline import get_plotlyjs

from dashboard.export import ablate, compare, overview, path
from dashboard.export.drawing import Drawing
from dashboard.export.file import File
from dashboard.export.setting import Setting
from dashboard.export.sheet import Sheet, sheet_files
from dashboard.figures.frame import framed
from dashboard.kinds import KINDS
from dashboard.request import picks
from dashboard.request.catalogue import catalogue
from dashboard.request.form import write
from dashboard.request.request import Query, request
from dashboard.work import studies
from dashboard.work.answer import Answer, Place
from dashboard.work.comparison import compare as agree
from dashboard.work.findings import LayerSum, Overview
from tests.dashboard.conftest import ENGINE, filled
from tests.dashboard.conftest import asked as question
from tests.dashboard.reports import Taken
from tests.wide import one_of

MODEL = catalogue().models["efficientnet-lite0"]
SAMPLE = MODEL.card.samples[0]
ITEM, _ = question(ENGINE, MODEL.name, SAMPLE.name)
LINK = "http://localhost:8501/compare?layer=avg_pool"


def nothing(*_: int) -> None:
    pass


def ask(**query: str) -> Query:
    return question(ENGINE, MODEL.name, SAMPLE.name, **{"layer": "avg_pool", **query})[1]


def answer(asked: Query) -> Answer:
    return ENGINE.answer(ITEM, asked, nothing, nothing)


def setting(asked: Query) -> Setting:
    bars = Drawing("bars", "Two bars.", lambda: framed(120, go.Bar(x=[1, 2], y=[3, 4])))
    return Setting(ENGINE, KINDS["image"], filled(), asked, LINK, ITEM, drawings=(bars,))


def ablated(**query: str) -> Sheet:
    asked, channels = ask(**query), [7, 3, 300]
    base = answer(asked)
    found = studies.ablate(ENGINE, ITEM, asked, base, channels, "zero", nothing)
    curves = studies.curves(ENGINE, ITEM, asked, base, "zero", 5, nothing, nothing)
    return ablate.sheet(setting(asked), base, found, curves, "zero", 5)


def compared(*, b: Query, **query: str) -> Sheet:
    a = ask(**query)
    answers = answer(a), answer(b)
    same = a.layer == b.layer
    found = agree(*(x.values("channel") for x in answers)) if same else None
    return compare.sheet(setting(a), b, answers, ("one", "other"), found)


def followed(place: Place, **query: str) -> Sheet:
    asked = ask(**query)
    target = answer(asked).target
    about = (ENGINE, ITEM, asked, place, target, nothing, nothing)
    found, split = studies.trail(*about), studies.split(*about)
    with pytest.MonkeyPatch.context() as patch:  # the same program, run twice, in less time
        for module in (studies, path):
            patch.setattr(module, "FINEST", 129)
        race = studies.race(ENGINE, ITEM, asked, target, nothing, nothing)
        return path.sheet(setting(asked), "A neuron", place, found, split, race)


SUMS = (
    LayerSum("stem_conv", 4.5, -2.25, 0.1, 0.5, True),
    LayerSum("block1a_bn", 1.0, -0.5, 0.2, float("nan"), False),
)


@pytest.fixture(scope="module")
def sheets() -> dict[str, Sheet]:
    found = Overview(SUMS, 2.0, 282, "nig", 65)
    return {
        "overview": overview.sheet(setting(ask()), found),
        "compare": compared(b=ask(method="gradient_times_difference"), layer="block6d_add"),
        "ablate": ablated(),
        "path": followed(Place(7)),
    }


def run(sheet: Sheet) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(sheet.program, "printed.py", "exec"), names)
    return names


def built(sheet: Sheet) -> dict[str, File]:
    return {file.key: file for file in sheet_files(sheet)}


def csv(sheet: Sheet, name: str) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(built(sheet)[f"{name}-csv"].build()))


@pytest.mark.parametrize(
    "method", [pytest.param("nig", marks=pytest.mark.slow), "gradient_times_difference"]
)
def test_the_program_of_overview_sums_up_every_layer_again(method: str) -> None:
    asked = ask(method=method)
    found = studies.overview(ENGINE, ITEM, asked, nothing, nothing)
    sheet = overview.sheet(setting(asked), found)
    printed, ours = run(sheet)["table"], csv(sheet, "layers")
    assert list(printed["layer"]) == list(ours["layer"]) == [x.name for x in found.layers]
    for name in ("supports", "opposes", "gap", "error"):
        np.testing.assert_allclose(printed[name], ours[name], rtol=1e-3, atol=1e-3)
    cuts = ours[ours["cut"]]
    np.testing.assert_allclose(cuts["sum"] - found.delta, cuts["gap"], atol=0.01)


@pytest.mark.parametrize(
    ("a", "b"),
    one_of(
        [
            ({}, {"method": "activation_difference"}),
            ({"baseline": "black"}, {"baseline": "noise", "seed": "3"}),
            ({"baseline": "mean", "target": "281"}, {"baseline": "white"}),
        ]
    ),
)
def test_the_program_of_compare_computes_both_and_their_agreement(
    a: dict[str, str], b: dict[str, str]
) -> None:
    sheet = compared(b=ask(**b), **a)
    printed, ours = run(sheet), csv(sheet, "channels").sort_values("neuron")
    for name in ("A", "B"):
        scale = float(ours[name].abs().max())
        np.testing.assert_allclose(printed["table"][name], ours[name], atol=1e-5 * scale)
    assert printed["spearman"] == pytest.approx(sheet.numbers["spearman"], abs=1e-3)


def test_two_layers_are_computed_though_they_have_no_table() -> None:
    sheet = compared(b=ask(layer="logits"))
    assert "channels-csv" not in built(sheet)
    assert run(sheet)["second"].layer == "logits"


def test_the_program_of_ablate_switches_off_again(sheets: dict[str, Sheet]) -> None:
    sheet = sheets["ablate"]
    printed, classes = run(sheet), csv(sheet, "classes").sort_values("index")
    for name in ("before", "after", "predicted"):
        assert printed[name] == pytest.approx(sheet.numbers[name], abs=1e-4)
    np.testing.assert_allclose(printed["probabilities"][1], classes["after"], atol=1e-5)
    curves = csv(sheet, "curves")
    assert list(curves.columns) == ["off", *picks.CURVES]
    np.testing.assert_allclose(printed["table"], curves.drop(columns="off"), atol=1e-3)
    assert list(csv(sheet, "off")["neuron"]) == [7, 3, 300]


@pytest.mark.parametrize(
    ("place", "query"),
    [
        pytest.param(Place(7), {}, id="channel"),
        pytest.param(
            Place(5, (3, 2)),
            {"layer": "block6d_add", "method": "deeplift_rescale"},
            id="neuron",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_the_program_of_path_follows_the_neuron_again(place: Place, query: dict[str, str]) -> None:
    sheet = followed(place, **query)
    printed, ours = run(sheet), csv(sheet, "path")
    for name in ours.columns:
        scale = float(ours[name].abs().max())
        np.testing.assert_allclose(printed["table"][name], ours[name], atol=1e-4 * scale)
    scores = sheet.arrays["over_the_input"]
    found = printed["split"].scores[0]
    np.testing.assert_allclose(found, scores, atol=1e-3 * np.abs(scores).max())
    rules = csv(sheet, "rules")
    for rule, (evaluations, errors) in printed["race"].curves.items():
        mine = rules[rules["rule"] == rule]
        assert list(mine["evaluations"]) == list(evaluations)
        np.testing.assert_allclose(mine["error"], errors, atol=1e-3)


PAGES = ("overview", "compare", "ablate", "path")


@pytest.mark.parametrize("page", PAGES)
def test_the_report_needs_nothing_from_elsewhere(sheets: dict[str, Sheet], page: str) -> None:
    sheet = sheets[page]
    text = built(sheet)["html"].build().decode()
    taken = Taken(text)
    assert taken.is_closed()
    assert taken.links == [LINK]
    assert sheet.drawings
    assert len(taken.scripts) == 1 + len(sheet.drawings)
    assert taken.tags.count("table") == len(sheet.tables) + 1
    for said in (sheet.title, *sheet.sentences, *(d.sentence for d in sheet.drawings)):
        assert taken.words.count(said) >= 1
        assert said
    assert len(text) - len(get_plotlyjs()) < 600_000
    bad = replace(sheet, picture="<img src=x onerror=alert(1)>", title="<b>")
    escaped = Taken(built(bad)["html"].build().decode())
    assert escaped.is_closed()
    assert "b" not in escaped.tags
    assert "<img src=x onerror=alert(1)>" in escaped.words


@pytest.mark.parametrize("page", PAGES)
def test_the_request_as_json_and_the_arrays(sheets: dict[str, Sheet], page: str) -> None:
    sheet, found = sheets[page], built(sheets[page])
    content = json.loads(found["json"].build())
    fields = set(ask().flat())
    if page == "overview":
        fields.remove("layer")  # it is about all of them
        assert "layer" not in content["request"]
    given = {name: content["request"][name] for name in fields}
    asked = request(filled(**{name: write(value) for name, value in given.items()}))
    assert {name: asked.flat()[name] for name in fields} == given
    assert asked.model == MODEL.name
    assert asked.tolerance == (0.1 if page == "overview" else 0.05)
    assert content["request"]["explained"] == "tiger cat (282)"
    assert content["link"] == LINK
    with np.load(io.BytesIO(found["npz"].build()), allow_pickle=False) as arrays:
        assert set(arrays.files) == set(sheet.arrays)
        for name in arrays.files:
            np.testing.assert_array_equal(arrays[name], sheet.arrays[name])


@pytest.mark.parametrize(
    ("query", "tolerance"),
    [
        ({"tolerance": "0.2"}, 0.2),
        ({"method": "deeplift_rescale"}, 0.05),
        ({"method": "gradient_times_difference"}, 0.05),
    ],
)
def test_a_path_is_called_by_its_own_method(query: dict[str, str], tolerance: float) -> None:
    asked, place = ask(**query), Place(7)
    found = studies.trail(ENGINE, ITEM, asked, place, 282, nothing, nothing)
    sheet = path.sheet(setting(asked), "A neuron", place, found, None, None)
    content = json.loads(built(sheet)["json"].build())["request"]
    assert (content["method"], content["tolerance"]) == ("nig", tolerance)
    assert sheet.stem == "path-cat-avg_pool-nig"
    said = "not of the method that is chosen" in built(sheet)["html"].build().decode()
    assert said == ("method" in query)


def test_an_overview_of_a_method_without_a_tolerance_states_none() -> None:
    found = Overview(SUMS, 2.0, 282, "gradient_times_difference", 1)
    sheet = overview.sheet(setting(ask(method="gradient_times_difference")), found)
    assert json.loads(built(sheet)["json"].build())["request"]["tolerance"] == 0


def test_what_is_not_a_number_is_null_and_an_empty_cell(sheets: dict[str, Sheet]) -> None:
    lost = replace(sheets["compare"], numbers={"spearman": float("nan"), "k": np.int64(3)})
    assert json.loads(built(lost)["json"].build())["answer"] == {"spearman": None, "k": 3}
    assert "nan" not in Taken(built(sheets["overview"])["html"].build().decode()).words
