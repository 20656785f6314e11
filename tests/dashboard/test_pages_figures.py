"""The figures and sentences of Overview, Compare, Ablate and Path, from findings made by hand."""

import dataclasses
import math
import re
from dataclasses import replace

import numpy as np
import pytest

from attribution import Convergence, Walk
from dashboard.figures import ablation as ablate
from dashboard.figures import agreement, colours, convergence, network, path
from dashboard.kinds.kind import blocks
from dashboard.words import ablation
from dashboard.words import studies as sentences
from dashboard.work.answer import Place, Ranked
from dashboard.work.comparison import compare
from dashboard.work.findings import Ablation, Curve, LayerSum, Overview, Split, Trail
from dashboard.work.toy import Toy
from tests.dashboard.conftest import made

NBSP = "\N{NO-BREAK SPACE}"
LAYERS = (
    LayerSum("stem_conv", 400.0, -391.0, 0.1, 0.5, True),
    LayerSum("block1_bn", 20.0, -18.0, 0.2, math.nan, False),
    LayerSum("block1_add", 16.0, -7.0, 0.05, -0.25, True),
    LayerSum("logits", 9.0, 0.0, 0.0, 0.0, True),
)
OVERVIEW = Overview(LAYERS, 9.0, 1, "nig", 65)
LABELS = ("cat", "dog", "eel")
ABLATION = Ablation(
    (3, 5), 9.0, 4.0, -8.0, np.array([[0.7, 0.2, 0.1], [0.3, 0.6, 0.1]], np.float32)
)
NODES = np.array([0, 0.0625, 0.125, 0.5, 1])
WALK = Walk(
    nodes=NODES,
    f=np.array([0, 1, 4, 5, 5.0]),
    activations=np.stack([NODES, 2 * NODES], 1),
    gradients=np.array([[0, 1.0], [4, 1], [2, 1], [1, 1], [0.02, 1]]),
    accumulated=np.array([[0, 0], [1, 0.125], [3, 0.25], [3.5, 1], [4, 2]]),
)
TRAIL = Trail(WALK, baseline=np.full((4, 6, 3), 128, np.uint8), target=0)
PICTURES = (TRAIL.baseline, np.arange(72, dtype=np.uint8).reshape(4, 6, 3))
RACE = Convergence(
    {
        "right, uniform": (np.array([5, 9, 17]), np.array([0.9, 0.5, 0.3])),
        "trapezoid, uniform": (np.array([5, 9, 17]), np.array([0.6, 0.04, 0.08])),
        "trapezoid, adaptive": (np.array([5, 9, 17]), np.array([0.6, 0.05, 0.01])),
        "secant, adaptive": (np.array([5, 9]), np.array([0.3, 0.02])),
    },
    {},
    (np.array([5, 9, 17]), np.array([0.7, 0.06, 0.02])),
    33,
    0.004,
    1234,
)


def test_the_network_has_a_bar_each_way_and_a_place_to_click() -> None:
    figure = network.network(OVERVIEW, LAYERS, "block1_add")
    up, down, dots, errors, clicks = figure.data
    np.testing.assert_allclose(np.square(up.y), [400, 20, 16, 9])
    np.testing.assert_allclose(-np.square(down.y), [-391, -18, -7, 0])
    np.testing.assert_allclose(np.sign(dots.y) * np.square(dots.y), [9, 2, 9, 9])
    assert list(errors.y) == [0.1, 0.2, 0.05, 0.0]
    assert [c[0] for c in clicks.customdata] == [x.name for x in LAYERS]
    assert (up.marker.color, down.marker.color) == colours.bars("RdBu")
    assert up.marker.opacity[1] < 1 == up.marker.opacity[0]
    assert "not a cut" in clicks.text[1]
    assert "gap" not in clicks.text[1]
    picked = [c for c in clicks.marker.color if c != "rgba(0,0,0,0)"]
    assert len(picked) == 1


@pytest.mark.parametrize("largest", [0.004, 1.0, 9.3, 400.0, 12345.0])
def test_the_root_scale_names_true_values(largest: float) -> None:
    only = (LayerSum("a", largest, -largest / 2, 0.0, 0.0, True),)
    axis = network.network(dataclasses.replace(OVERVIEW, layers=only), only, "").layout.yaxis
    for place, text in zip(axis.tickvals, axis.ticktext, strict=True):
        value = float(text.replace("−", "-").replace(",", ""))
        assert math.copysign(place**2, place) == pytest.approx(value, rel=1e-6)
    assert 1 <= sum(v > 0 for v in axis.tickvals) <= 3


def test_a_method_without_error_has_no_error_strip() -> None:
    plain = dataclasses.replace(OVERVIEW, method="gradient_times_difference")
    figure = network.network(plain, LAYERS, "")
    assert len(figure.data) == 4
    assert not figure.layout.shapes  # no line of the difference that they need not sum to


def test_the_overview_is_told_with_its_numbers() -> None:
    assert "3 layers" in sentences.overview_head(OVERVIEW, "cat")
    assert "+9.00" in sentences.overview_head(OVERVIEW, "cat")
    assert sentences.overview_head(OVERVIEW, "cat").endswith("within 0.50")
    told = sentences.overview(OVERVIEW, LAYERS)
    assert "stem_conv (+400.00 and −391.00)" in told
    assert "Pale: the 1 " in told
    told = sentences.overview_error(OVERVIEW).replace(NBSP, " ")
    assert "20 % at most (block1_bn)" in told
    assert "  " not in told


def test_the_scatter_is_square_with_the_diagonal() -> None:
    first, second = np.array([1.0, -2, 0.5]), np.array([0.5, 3, 0.5])
    found = compare(first, second)
    figure = agreement.scatter(first, second, found.largest, ("x", "y"), 2)
    diagonal, points = figure.data
    assert list(diagonal.x) == list(diagonal.y)
    assert figure.layout.xaxis.range == figure.layout.yaxis.range
    assert figure.layout.xaxis.range[0] < -2
    assert figure.layout.xaxis.range[1] > 3
    assert [c[0] for c in points.customdata] == [0, 1, 2]
    assert "channel 1: −2.00 by A, +3.00 by B" in sentences.scatter(found, 3)


def test_the_dumbbells_join_the_two_scores_of_a_channel() -> None:
    found = compare(np.array([1.0, -2]), np.array([0.5, 3]))
    lines, first, second = agreement.dumbbells(found.largest, ("x", "y")).data
    assert list(first.x) == [-2, 1]
    assert list(second.x) == [3, 0.5]
    assert list(lines.x) == [-2, 3, None, 1, 0.5, None]
    assert first.marker.symbol != second.marker.symbol  # told apart without colour
    assert "1 of them change sign" in sentences.dumbbells(found, 3.0, 3.5)


def test_change_shows_prediction_and_measurement() -> None:
    (bars,) = ablate.change(ABLATION).data
    assert list(bars.x) == [-8, -5]
    assert list(bars.text) == ["−8.00", "−5.00"]
    assert "from 9.00 to 4.00, by −5.00" in ablation.change(ABLATION)
    assert "less than foretold" in ablation.change(ABLATION)


@pytest.mark.parametrize(
    ("after", "said"), [(1.1, "by −7.90."), (-3.0, "more than foretold"), (12.0, "sign is another")]
)
def test_the_sentence_goes_with_the_measurement(after: float, said: str) -> None:
    assert said in ablation.change(dataclasses.replace(ABLATION, after=after))


def test_the_classes_before_and_after() -> None:
    before, after = ablate.classes(ABLATION, [0, 1], LABELS).data
    np.testing.assert_allclose(before.x, [0.7, 0.2])
    np.testing.assert_allclose(after.x, [0.3, 0.6])
    assert list(before.y) == ["cat", "dog"]
    told = ablation.classes(ABLATION, LABELS).replace(NBSP, " ")
    assert told == "cat falls from 70 % to 30 %; dog is now first with 60 %, before 20 %."
    told = ablation.ablation_head(ABLATION, LABELS).replace(NBSP, " ")
    assert "the answer is dog (60 %), no longer cat" in told
    assert "Nothing" in ablation.ablation_head(dataclasses.replace(ABLATION, channels=()), LABELS)


def curves(flips: int | None, chance: int | None) -> dict[str, Curve]:
    line = np.array([9.0, 6, 3])
    found = {"supporting": Curve((0, 1), line, flips, None if flips is None else 1)}
    others = ("largest", "activation", "smallest")
    found |= {name: Curve((0, 1), line + 1, None, None) for name in others}
    return found | {"random 1": Curve((0, 1), line + 2, chance, None if chance is None else 2)}


def test_the_curves_mark_where_the_answer_changes() -> None:
    figure = ablate.curves(curves(2, None), {"supporting": "Most supporting"}, 1)
    crosses = [t for t in figure.data if t.mode == "markers"]
    assert [(t.x[0], t.y[0]) for t in crosses] == [(2, 3.0)]
    assert figure.layout.shapes[0].x0 == 1
    told = ablation.curves(curves(2, None), LABELS)
    assert told.startswith("2 channels flip the prediction to dog")
    assert "none of 1 draws flips it within 2" in told
    assert "do not flip" in ablation.curves(curves(None, 1), LABELS)
    assert "1 of 1 draws flip it within 2, the first at 1" in ablation.curves(
        curves(None, 1), LABELS
    )


def test_switches_are_hollow_when_off() -> None:
    ranked = [Ranked(Place(4), 2.0, 0.5), Ranked(Place(17), -1.0, 0.25)]
    bars, clicks = ablate.switches(ranked, {17}).data
    warm, cool = colours.bars("RdBu")
    assert list(bars.marker.color) == [warm, "rgba(0,0,0,0)"]
    assert list(bars.marker.line.color) == [warm, cool]
    assert [c[0] for c in clicks.customdata] == [4, 17]


def test_the_slider_moves_everything_in_the_browser() -> None:
    figure = path.path(TRAIL, PICTURES, 0)
    (slider,) = figure.layout.sliders
    assert len(slider.steps) == path.STOPS
    for step, place in zip(slider.steps, np.linspace(0, 1, path.STOPS), strict=True):
        data, layout, traces = step.args
        assert data["x"] == [[pytest.approx(place)]] * 4
        assert data["y"][0][0] == pytest.approx(np.interp(place, NODES, WALK.f), abs=1e-4)
        assert layout["images[1].opacity"] == layout["shapes[0].x0"] == pytest.approx(place)
        assert [figure.data[i].mode for i in traces] == ["markers"] * 4
    numbers = figure.layout.annotations[0]  # right below the picture, however wide that is
    assert (numbers.yref, numbers.y) == (figure.layout.images[0].yref, 4)
    base, top = figure.layout.images
    assert (base.x, base.y) != (top.x, top.y)  # the browser's library drops an exact double
    assert len(figure.to_json()) < 120_000


def test_a_path_without_its_slider_stays_at_the_input() -> None:
    figure = path.path(TRAIL, PICTURES, 0, slider=False)
    assert not figure.layout.sliders
    assert figure.layout.shapes[0].x0 == 1


def test_the_ticks_are_the_nodes() -> None:
    ticks = next(t for t in path.path(TRAIL, PICTURES, 0).data if t.marker.symbol == "line-ns-open")
    np.testing.assert_array_equal(ticks.x, NODES)


def test_saturation_is_told_only_where_it_is() -> None:
    assert "saturated" in sentences.trail(WALK, 0, "cat")
    assert "half of it reached at a = 0.12" in sentences.trail(WALK, 0, "cat")
    assert "saturated" not in sentences.trail(WALK, 1, "cat")
    assert "half of them lie below a = 0.12" in sentences.trail(WALK, 1, "cat")


def test_convergence_is_log_log_and_told() -> None:
    figure = convergence.convergence(RACE, 0.05)
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"
    assert [t.name for t in figure.data[:4]] == list(RACE.curves)
    exact = {name: (counts, 0 * errors) for name, (counts, errors) in RACE.curves.items()}
    flat = convergence.convergence(replace(RACE, curves=exact)).data[0]
    assert set(flat.y) == {1e-3}  # rounding does not stretch the axis
    assert set(flat.text) == {f"0{NBSP}%"}
    told = sentences.race(RACE, 0.05).replace(NBSP, " ")
    assert "5.0 % takes 9 adaptive evaluations, more than 17 on a uniform grid" in told
    assert "30 % off at 17" in told
    assert "1,234 neurons" in told
    assert "DeepLIFT from node to node" in told


def test_a_network_without_a_secant_is_told_why() -> None:
    curves = {name: curve for name, curve in RACE.curves.items() if "secant" not in name}
    race = replace(RACE, curves=curves, refused={"secant, uniform": "Layer 'gate': no rule."})
    assert "No secant rule here: Layer 'gate': no rule." in sentences.race(race, 0.05)


def split_of(pixels: np.ndarray) -> Split:
    """As from a picture of one colour."""
    said = {"f_input": 1.0, "f_baseline": 0.0, "gap": 0.0, "error": 0.08, "evaluations": 129}
    about = {"layer": "grey", "method": "conductance_by_input", "is_cut": True, "target": 0}
    return Split(made(pixels[:, :, None], converged=True, **said, **about).result, 3)


def test_the_split_adds_up_in_words() -> None:
    pixels = np.array([[1.5, -0.25], [0, 0.25]])
    told = sentences.split(split_of(pixels), pixels, "channel 3", "cat", "pixels")
    assert "gets its +1.50 for 'cat'." in told
    assert "+1.75 in support and −0.25 against it" in told
    assert ", within the 10 %" in told


def test_blocks_add_up_to_the_pixels() -> None:
    pixels = np.random.default_rng(0).normal(size=(224, 224))
    found, side = blocks(pixels)
    assert side == 8
    assert found.shape == (28, 28)
    assert found[3, 5] == pytest.approx(pixels[24:32, 40:48].sum())
    odd, _ = blocks(pixels[:101, :97])
    np.testing.assert_array_equal(odd, pixels[:101, :97])


def test_the_toy_is_drawn_and_told() -> None:
    scores = convergence.toy_scores(Toy(1.5, 0.5))
    assert list(scores.data[0].y) == [0, 0, 0]
    np.testing.assert_allclose(scores.data[1].y, [0.75, 0.25, 1])
    line, tangent, _ = convergence.toy_path(Toy(1.5, 0.5)).data
    assert list(line.x) == [0, 0.5, 1]
    assert tangent.y[0] == tangent.y[1] == 1  # flat
    assert "gradient is zero" in sentences.toy(Toy(1.5, 0.5))
    assert "agree" in sentences.toy(Toy(0.25, 0.5))


def test_all_zero_findings_are_drawn() -> None:
    none = np.zeros(3)
    found = compare(none, none)
    agreement.scatter(none, none, found.largest, ("x", "y"))
    ablate.change(dataclasses.replace(ABLATION, after=9.0, predicted=0.0))
    ablate.switches([Ranked(Place(0), 0.0, 0.0)], set())
    empty = (LayerSum("a", 0.0, 0.0, 0.0, 0.0, True),)
    network.network(dataclasses.replace(OVERVIEW, layers=empty), empty, "a")
    network.network(OVERVIEW, (), "a")
    flat = dataclasses.replace(WALK, accumulated=np.zeros((5, 2)), gradients=np.zeros((5, 2)))
    path.path(dataclasses.replace(TRAIL, walk=flat), PICTURES, 0)
    for told in (
        sentences.scatter(found, 3),
        sentences.trail(flat, 0, "cat"),
        ablation.change(dataclasses.replace(ABLATION, after=9.0, predicted=0.0)),
        sentences.overview(OVERVIEW, ()),
    ):
        assert not re.search(r"\bnan\b|None", told)
