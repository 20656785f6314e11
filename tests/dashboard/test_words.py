from dataclasses import replace

import numpy as np
import pytest

from attribution import Request
from attribution.methods import Method
from dashboard.request.catalogue import Layer
from dashboard.request.outputs import Head, Outputs
from dashboard.words import answer as words
from dashboard.words import numbers, outputs
from dashboard.words.answer import CONTRIBUTION
from dashboard.words.evidence import evidence
from dashboard.work.answer import Answer, Place
from tests.dashboard.conftest import changed, made

NBSP = "\N{NO-BREAK SPACE}"
LAYER = Layer("conv", "Conv2D", (2, 2, 3), True, 2)
METHOD = Method(
    name="nig",
    title="Neuron Integrated Gradients",
    where="attribution:neuron_integrated_gradients",
    accuracy="estimated",
    complete=True,
    cost="",
    promise="A promise.",
    caveat="",
    unit="contribution to the logit",
)


def where(place: tuple[int, ...]) -> str:
    return f"row {place[0]}, column {place[1]} (from 0) of 2 × 2"


def answer(**changes: object) -> Answer:
    scores = np.zeros((2, 2, 3), np.float32)
    scores[:, :, 0] = 1.0  # channel 0: +4
    scores[0, 0, 1] = -1.5  # channel 1: -1.5
    scores[1, 0, 2] = 0.5  # channel 2: +0.5
    given = made(
        scores,
        f_input=5.0,
        f_baseline=2.0,
        gap=0.0,
        error=0.034,
        converged=True,
        evaluations=65,
        seconds=1.44,
        target=1,
        layer="conv",
        method="nig",
        is_cut=True,
        tolerance=0.05,
    )
    return changed(given, **changes)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0.00"),
        (9.2125, "9.21"),
        (-1.5, "−1.50"),
        (0.0485, "0.049"),
        (-0.00454, "−0.0045"),
        (1234.5, "1,234.50"),
        (1e-12, "0.000000"),
        (-1e-12, "0.000000"),
        (float("nan"), "—"),
    ],
)
def test_numbers(value: float, text: str) -> None:
    assert numbers.number(value) == text


def test_signs_and_shares() -> None:
    assert [numbers.signed(v) for v in (1.82, -1.82, 0, 1e-12)] == [
        "+1.82",
        "−1.82",
        "0.00",
        "0.000000",
    ]
    shown = [numbers.percent(v).replace("\u00a0", " ") for v in (0.634, 0.0346, 0.0004, 0, 1)]
    assert shown == ["63 %", "3.5 %", "< 0.1 %", "0 %", "100 %"]


def test_the_ranking_is_by_size_and_sums_positions() -> None:
    lines = answer().ranking("channel", 2)
    assert [(x.place, x.score) for x in lines] == [(Place(0), 4.0), (Place(1), -1.5)]
    assert [x.share for x in lines] == [4 / 6, 1.5 / 6]
    (first,) = answer().ranking("neuron", 1)
    assert (first.place, first.score) == (Place(1, (0, 0)), -1.5)
    assert answer().score(Place(2, (1, 0))) == 0.5
    assert len(answer().ranking("neuron", 99)) == 12


def test_equal_scores_keep_the_layers_order() -> None:
    ones = answer(scores=np.ones((2, 2, 3), np.float32))
    assert [x.place.channel for x in ones.ranking("channel", 3)] == [0, 1, 2]
    assert [x.place for x in ones.ranking("neuron", 2)] == [Place(0, (0, 0)), Place(1, (0, 0))]


def test_the_headline_counts_the_fewest_channels_with_half_of_the_positive_evidence() -> None:
    said = words.headline(answer(), LAYER, "Tabby (45 %)")
    assert said.startswith("Tabby (45")
    assert "1 of the 3 channels in conv carries half" in said  # +4 of +4.5
    even = answer(scores=np.ones((2, 2, 3), np.float32))
    assert "2 of the 3 channels in conv carry half" in words.headline(even, LAYER, "A (50 %)")
    none = answer(scores=-np.ones((2, 2, 3), np.float32))
    said = words.headline(none, LAYER, "A (50 %)")
    assert "none of the 3 channels in conv speaks for it" in said


def test_the_headline_says_where_the_logit_fell() -> None:
    fell = answer(f_input=1.0, f_baseline=3.0, error=0.0)  # by 2; against: 1.5 of channel 1 alone
    said = words.headline(fell, LAYER, "Tabby (4 %)")
    assert "its logit fell by 2.00 from the baseline" in said
    assert said.endswith("1 of the 3 channels in conv carries half of what speaks against it: #1.")
    none = changed(fell, scores=np.ones((2, 2, 3), np.float32))
    assert "none of the 3 channels in conv speaks against it" in words.headline(none, LAYER, "A")


@pytest.mark.parametrize(
    ("error", "says_it"),
    [(0.49, False), (0.5, True), (0.51, True), (float("nan"), False), (float("inf"), False)],
)
def test_the_headline_says_where_the_difference_is_within_the_error(
    error: float, says_it: bool
) -> None:
    """The sizes of all scores sum to 4 + 1.5 + 0.5 = 6, so an error of a half is 3, and so is the
    difference."""
    said = words.headline(answer(error=error), LAYER, "Tabby (45 %)")
    assert ("as good as at the baseline (+3.00, less than the" in said) == says_it
    assert ("half of the evidence" in said) != says_it
    same = words.headline(answer(f_input=2.0), LAYER, "Tabby (45 %)")
    assert "as good as at the baseline (0.00), so there is next to nothing" in same


@pytest.mark.parametrize(
    ("given", "values", "target", "doubt"),
    [
        ("CLASSES", [0.006, 0.9, 0.094], 0, ", but all of it comes to no more than 0.6 %"),
        ("CLASSES", [0.05, 0.9, 0.05], 0, ""),
        ("LABELS", [0.006, 0.9, 0.1], 0, ", but all of it comes to no more than 0.6 %"),
        ("NUMBER", [0.006], 0, ""),  # of no probability
    ],
)
def test_evidence_for_a_tiny_probability_is_called_that(
    given: str, values: list[float], target: int, doubt: str
) -> None:
    found = outputs.doubt(globals()[given], np.array(values), target)
    assert found.replace(NBSP, " ") == doubt
    said = words.headline(answer(), LAYER, "Tabby (1 %)", doubt=found)
    assert said.endswith(f"carries half of the evidence for it: #0{found}.")


@pytest.mark.parametrize(
    ("given", "values", "target", "question"),
    [
        ("CLASSES", [0.6, 0.3, 0.1], 0, "Which neurons made the network say *tabby*?"),
        ("CLASSES", [0.6, 0.3, 0.1], 1, "Which neurons speak for *lynx*, and which against it?"),
        ("LABELS", [0.6, 0.9, 0.1], 0, "Which neurons made the network say *tabby*?"),
        ("LABELS", [0.2, 0.9, 0.1], 0, "Which neurons made the network say no to *tabby*?"),
        ("NUMBER", [-3.5], 0, "Which neurons made the network say *price −3.50*?"),
    ],
)
def test_the_question_in_words(given: str, values: list[float], target: int, question: str) -> None:
    asked = outputs.question(globals()[given], np.array(values), target)
    assert "*".join(asked) == question


def test_trust_in_a_few_words_is_never_better_than_the_numbers() -> None:
    said = lambda **changes: words.trust(answer(**changes), METHOD)  # noqa: E731
    assert said() == ("checked · error 3.4\u00a0%", "sure")
    assert said(converged=False, error=0.08) == ("not converged · error 8.0\u00a0%", "unsure")
    assert said(converged=False, error=float("nan")) == ("not converged · error unknown", "unsure")
    assert said(is_cut=False)[0].endswith(" · not a cut")
    exact = {"method": "deeplift_rescale", "error": float("nan")}
    assert said(**exact) == ("checked · the sums close", "sure")
    assert said(**exact, converged=False) == ("not exact · the sums do not close", "unsure")
    unknown = said(method="gradient_times_difference", error=float("nan"), converged=None)
    assert unknown == ("error unknown", "unknown")


def test_an_exact_answer_is_called_certified_and_no_other_is() -> None:
    asked = Request("m", "x", None, "logit", 1, options={"exact": 1})
    exact = answer(error=1e-14, tolerance=1e-9, request=asked)
    assert words.trust(exact, METHOD) == ("checked · exact, certified", "sure")
    assert words.assurance(exact, METHOD).startswith("Exact, certified: ")
    assert "estimated" not in words.assurance(exact, METHOD)
    assert words.error(exact) == ("none, exact",)
    for other in (answer(), answer(converged=False), answer(method="deeplift_rescale")):
        assert "certified" not in words.trust(other, METHOD)[0] + words.assurance(other, METHOD)
    open_ = answer(converged=False, error=0.2, tolerance=1e-9, request=asked)
    assert "certified" not in words.trust(open_, METHOD)[0] + words.assurance(open_, METHOD)


def test_the_layer_in_words() -> None:
    flat, row = Layer("pool", "Pool", (3,), True, 0), Layer("c1", "Conv1D", (9, 4), True, 1)
    layers = (LAYER, row, flat)
    assert [words.layer_words(layer, layers) for layer in layers] == [
        "an early layer, conv: 3 channels on a 2 × 2 grid",
        "a middle layer, c1: 4 channels at 9 positions",
        "a late layer, pool: 3 neurons",
    ]


CLASSES = Outputs((Head("out", "classes", (3,), ("tabby", "lynx", "dog")),))
LABELS = Outputs((Head("out", "labels", (3,), ("tabby", "lynx", "dog")),))
NUMBER = Outputs((Head("out", "number", (1,), ("price",), chance=False),))
PIXELS = Outputs((Head("out", "positions", (2, 2, 3), ("road", "sky", "tree")),))


@pytest.mark.parametrize(
    ("given", "values", "target", "start", "says"),
    [
        (CLASSES, [0.6, 0.3, 0.1], 0, "Tabby (60 %)", ("Largest output", "tabby 60 %")),
        (
            CLASSES,
            [0.1, 0.8, 0.1],
            0,
            "Tabby (10 %; the answer is lynx)",
            ("Largest output", "lynx 80 %"),
        ),
        (LABELS, [0.6, 0.9, 0.1], 0, "Tabby (60 %)", ("Says yes to", "lynx 90 %, tabby 60 %")),
        (LABELS, [0.2, 0.3, 0.1], 1, "Lynx (30 %, so no)", ("Says yes to", "none")),
        (NUMBER, [-3.5], 0, "Price (−3.50)", ("Output", "price −3.50")),
        (
            PIXELS,
            [*[0.0] * 6, 0.7, 0.2, 0.1, *[0.0] * 3],
            7,
            "Sky at 1, 0 (20 %; the answer is road at 1, 0)",
            ("Largest output", "road at 1, 0 70 %"),
        ),
    ],
)
def test_what_the_network_says_in_the_form_of_its_answers(
    given: Outputs, values: list[float], target: int, start: str, says: tuple[str, str]
) -> None:
    row = np.array(values)
    assert outputs.start(given, row, target).replace(NBSP, " ") == start
    assert tuple(part.replace(NBSP, " ") for part in outputs.answer(given, row, target)) == says


def test_an_index_is_a_target_of_the_core() -> None:
    assert CLASSES.target(2) == 2
    assert NUMBER.target(0) == 0
    assert PIXELS.target(7) == (1, 0, 1)
    assert PIXELS.beside(7) == [6, 7, 8]
    both = Outputs((*CLASSES.heads, Head("age", "number", (), ("age",), chance=False)))
    assert [both.target(i) for i in range(4)] == [("out", 0), ("out", 1), ("out", 2), ("age", 0)]
    assert both[3] == "age"
    assert both[1] == "out: lynx"
    assert both.beside(3) == [3]


def test_the_assurance_says_error_and_gap_apart_and_admits_what_is_missing() -> None:
    assert "3.4" in words.assurance(answer(), METHOD)
    assert words.assurance(answer(error=0.08, converged=False), METHOD).startswith("Not converged")
    assert "sum to" not in words.assurance(answer(is_cut=False, gap=float("nan")), METHOD)
    assert words.assurance(answer(method="deeplift_rescale"), METHOD).startswith(METHOD.title)
    said = words.not_a_cut(answer(), replace(LAYER, is_cut=False))
    assert "+3.00" in said  # 4 - 1.5 + 0.5, and F(x) - F(baseline) = 3


def test_the_sentence_of_the_ranking_holds_its_numbers() -> None:
    lines = answer().ranking("channel", 2)
    said = words.ranking(lines, answer(), "channel", "tabby")
    assert "channel 0, which adds +4.00 to 'tabby'" in said
    assert "89\u00a0%" in said  # 4 of 4.5
    flat = answer(scores=np.zeros((2, 2, 3), np.float32))
    assert "all scores are zero" in words.ranking(flat.ranking("channel", 2), flat, "channel", "x")
    against = answer(scores=-answer().scores)
    said = words.ranking(against.ranking("channel", 1), against, "channel", "tabby")
    assert "takes 4.00 from 'tabby'" in said


def test_the_sentences_of_the_maps() -> None:
    scores = answer().scores[:, :, 1]
    said = words.contribution_map(scores, "channel 1", "tabby", CONTRIBUTION, where)
    assert "Channel 1 contributes −1.50 to 'tabby'" in said
    assert "row 0, column 0 (from 0) of 2 × 2, −1.50" in said
    flat = words.contribution_map(np.zeros((2, 2)), "channel 1", "tabby", CONTRIBUTION, where)
    assert "nothing" in flat
    assert "from 0.00 to 0.50" in words.activation_map(answer().scores[:, :, 2], 2)
    picked = words.picked(answer(), Place(1, (0, 0)), "tabby")
    assert picked.startswith("Neuron 0, 0 of channel 1 takes 1.50 from 'tabby'")
    assert "25\u00a0%" in picked  # 1.5 of 4 + 1.5 + .5


def test_scores_in_another_unit_are_not_called_contributions() -> None:
    given, unit = answer(), "change of the activation"
    lines = given.ranking("channel", 2)
    said = [
        words.headline(given, LAYER, "Tabby (50 %)", unit),
        words.ranking(lines, given, "channel", "tabby", unit),
        words.contribution_map(given.scores[:, :, 1], "channel 1", "tabby", unit, where),
        words.picked(given, Place(1), "tabby", unit),
    ]
    assert "channel 0 has the largest score, +4.00" in said[0]
    assert f"channel 0 with +4.00 ({unit})" in said[1]
    assert "92\u00a0%" in said[1]  # 5.5 of 6
    assert f"Channel 1 scores −1.50 in all ({unit})" in said[2]
    assert f"Channel 1 scores −1.50 ({unit}): 25\u00a0%" in said[3]
    for sentence in said:
        assert not {"adds", "takes", "evidence", "supports", "oppose"} & set(sentence.split())


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (9.2124, -0.0047, ("9.212", "−0.005", "+9.217")),
        (-0.0001, 2.0, ("0.000", "2.000", "−2.000")),
        (1.0, 1.0, ("1.000", "1.000", "0.000")),
        (float("inf"), 1.0, ("—", "1.000", "—")),
    ],
)
def test_the_scores_and_their_difference_have_the_same_decimals(
    before: float, after: float, told: tuple[str, str, str]
) -> None:
    shown = numbers.fixed(before, 3), numbers.fixed(after, 3), numbers.change(before - after)
    assert shown == told


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ([1, 9, 2, 3], "1 of 4 carries half of the evidence for it: #1."),
        ([4, 1, 4, 1], "2 of 4 carry half of the evidence for it: #0 and #2."),
        ([3, 3, 0.5, 3, 3, 3], "3 of 6 carry half of the evidence for it: #0, #1 and #3."),
        (
            [1, 1, 1, 1, 2, 1, 1, 1],
            "4 of 8 carry half of the evidence for it, first #4, #0 and #1.",
        ),
    ],
)
def test_the_headline_says_which(values: list[float], named: str) -> None:
    given = np.array(values)
    said = evidence(answer(), given, given, str(len(values)), "Yes", numbered=True)
    assert said == f"Yes: {named}"
