from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from markdown_it import MarkdownIt

from dashboard.kinds.image.form import BASELINES, FORM
from dashboard.request import request
from dashboard.request.catalogue import catalogue
from dashboard.request.fields import TOLERANCES
from dashboard.request.form import Known, Unfit
from dashboard.text import markdown

CATALOGUE = catalogue()
LITE0 = CATALOGUE.models["efficientnet-lite0"]


def read(**query: str) -> tuple[dict, list[str]]:
    return FORM.read(query, CATALOGUE)


def test_an_empty_link_is_the_first_sample_at_the_default_layer() -> None:
    values, problems = read()
    assert not problems
    assert (values["model"], values["input"], values["layer"]) == (
        "efficientnet-lite0",
        "cat",
        "block6d_add",
    )
    assert values["target"] is None


@given(
    some.fixed_dictionaries(
        {},
        optional={
            "input": some.sampled_from(
                [s.name for s in LITE0.card.samples] + ["file-0123456789ab"]
            ),
            "layer": some.sampled_from([x.name for x in LITE0.layers if len(x.shape) == 3]),
            "target": some.integers(0, 999).map(str),
            "baseline": some.sampled_from(list(BASELINES)),
            "sigma": some.integers(1, 112).map(str),
            "seed": some.integers(0, 9999).map(str),
            "tolerance": some.sampled_from(TOLERANCES).map(str),
            "by": some.sampled_from(["channel", "neuron"]),
            "row": some.integers(0, 6).map(str),
            "palette": some.sampled_from(["RdBu", "PuOr"]),
            "camera": some.sampled_from(["svg", "png"]),
        },
    )
)
def test_a_link_and_its_values_say_the_same(query: dict[str, str]) -> None:
    values, problems = read(**query)
    assert not problems
    link = FORM.query(values, Known(FORM, CATALOGUE, values))
    assert read(**link) == (values, [])
    assert set(link) <= set(query)  # nothing that was not chosen


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("layer", "block6d_ad", "block6d_add"),
        ("layer", "", "there are: image, stem_conv"),
        ("layer", "block1a", "the closest are: block1a_depthwise, block1a_depthwise_bn"),
        ("layer", "nope", "and others"),
        ("layer", "x" * 5000, "..."),
        ("input", "dog", "sample"),
        ("input", "file-../../etc/passwd", "sample"),
        ("target", "1000", "0 to 999"),
        ("target", "-1", "0 to 999"),
        ("target", "1e9", "whole number"),
        ("target", "9" * 400, "whole number"),
        ("baseline", "green", "baseline"),
        ("sigma", "1e9", "1 to 112"),
        ("sigma", "nan", "1 to 112"),
        ("seed", "0x10", "whole number"),
        ("tolerance", "0", "0.01 to 0.2"),
        ("method", "magic", "method"),
        ("model", "lite0", "efficientnet-lite0"),
        ("channel", "192", "0 to 191"),
        ("row", "7", "0 to 6"),
        ("palette", "rainbow", "palette"),
    ],
)
def test_an_edited_link_gives_one_sentence_and_the_default(name: str, text: str, said: str) -> None:
    values, problems = read(**{name: text})
    assert values == read()[0]
    assert len(problems) == 1
    assert said in problems[0]
    assert len(problems[0]) < 400
    assert problems[0].endswith(".")


def test_a_strangers_text_is_kept_as_it_is_and_is_no_markup_on_a_page() -> None:
    hostile = "<b>![x](http://evil)**`$"
    (sentence,) = read(layer=hostile)[1]
    assert hostile in sentence
    (paragraph,) = [t for t in MarkdownIt().parse(markdown(sentence)) if t.type == "inline"]
    assert {t.type for t in paragraph.children or ()} == {"text"}


def test_rows_and_columns_need_a_layer_that_has_them() -> None:
    values, problems = read(layer="avg_pool", channel="1279", row="0")
    assert values["channel"] == 1279
    assert values["row"] is None
    assert "no such axis" in problems[0]


def test_what_plays_no_part_does_not_make_another_request() -> None:
    def asked(**query: str) -> request.Query:
        return request.request(Known(FORM, CATALOGUE, read(**query)[0]))

    assert asked(sigma="20", seed="7", channel="5", palette="PuOr") == asked()
    assert asked(sigma="20", baseline="blur") != asked(baseline="blur")
    assert asked(seed="7", baseline="noise") != asked(baseline="noise")


def test_a_control_is_checked_like_a_link() -> None:
    known = Known(FORM, CATALOGUE, read()[0])
    for spec in FORM.specs:
        value = spec.default(known)
        assert spec.check(value, known) == value
        with pytest.raises(Unfit):
            spec.check("no such thing", known)


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ({}, {"layer": "block6d_add", "method": "nig", "tolerance": 0.05, "target": None}),
        (
            {"input": "coffee", "layer": "head_relu", "target": "504", "tolerance": "0.1"},
            {"input": "coffee", "layer": "head_relu", "target": 504, "tolerance": 0.1},
        ),
        (
            {"method": "deeplift_rescale", "baseline": "blur", "sigma": "7.25", "fit": "letterbox"},
            {"method": "deeplift_rescale", "sigma": 7.25, "tolerance": 0.0},
        ),
        (
            {"by": "neuron", "channel": "112", "row": "3", "column": "6", "palette": "PuOr"},
            {"layer": "block6d_add"},
        ),
        (
            {
                "input": "file-0123456789ab",
                "baseline": "noise",
                "seed": "3",
                "off": "1,5",
                "hold": "zero",
            },
            {"input": "file-0123456789ab", "seed": 3},
        ),
    ],
    ids=["empty", "coffee", "deeplift", "neuron", "upload"],
)
def test_links_of_the_first_version_ask_the_same(
    link: dict[str, str], expected: dict[str, Any]
) -> None:
    values, problems = read(**link)
    assert not problems
    known = Known(FORM, CATALOGUE, values)
    asked = request.request(known)
    assert {name: asked.flat()[name] for name in expected} == expected
    assert FORM.query(values, known) == link
    if "row" in link:
        seen = request.view(values)
        assert (seen.by, seen.channel, seen.position) == ("neuron", 112, (3, 6))
