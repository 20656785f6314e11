"""Overview, Compare, Ablate and Path without a browser: every control, links, and the numbers."""

from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import attribution
from attribution.zoo import cards
from dashboard.request import picks
from dashboard.words import numbers
from tests.dashboard.conftest import headline, says, seen
from tests.dashboard.reports import hold_the_same

MODEL = "efficientnet-lite0"
CARD = cards()[MODEL]
SMALL = "avg_pool"  # cheap to compute; no positions
TIGER_CAT = 282


def turn(app: AppTest, page: str, **link: str) -> AppTest:
    """The page, as if one had clicked its name, with this link."""
    for name, value in link.items():
        app.query_params[name] = value
    app.session_state["open_page"] = page
    return run(app)


def run(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception
    return app


def told(app: AppTest) -> str:
    return " ".join(seen(c.value) for c in app.caption).replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture(scope="module")
def cat() -> tuple[attribution.Network, np.ndarray]:
    net = attribution.load(MODEL)
    encoding = CARD.encoding()
    picture = attribution.images.decode(CARD.samples[0].file.read_bytes())
    return net, encoding.encode(attribution.images.fit(picture, encoding.size, "crop"))[None]


def test_the_overview_of_a_sample_is_there_at_once(app: AppTest) -> None:
    turn(app, "overview")
    assert not says(app)
    cuts = sum(layer.is_cut for layer in attribution.load(MODEL).layers)
    assert headline(app).startswith(f"{cuts} layers pass on all")
    assert "'tiger cat'" in headline(app)
    table = app.dataframe[0].value
    assert list(table["layer"])[:2] == ["image", "stem_conv"]
    sums = table["sum"][table["cut"]]
    np.testing.assert_allclose(sums, 9.217, rtol=0.1)  # the tolerance of an overview
    app.segmented_control(key="depth").set_value("cuts")
    run(app)
    assert app.dataframe[0].value["cut"].all()
    assert app.query_params["depth"] == "cuts"


def test_a_layer_opens_in_explore(app: AppTest) -> None:
    turn(app, "overview")
    app.button(key="open_layer").click()
    run(app)
    assert "channels in block6d_add" in headline(app)


def test_compare_starts_with_nig_against_deeplift(app: AppTest) -> None:
    turn(app, "compare", layer=SMALL)
    assert not says(app)
    assert app.selectbox(key="b_method").value == "deeplift_rescale"
    assert "20 largest neurons" in headline(app)
    # Above avg_pool there is a single dense layer: both are exact, and equal.
    assert "share 20 of their 20" in headline(app)
    assert "rank correlation 1.00" in headline(app)


def test_two_layers_have_no_scatter_and_other_units_have_no_common_scale(app: AppTest) -> None:
    turn(app, "compare", b_layer="block6c_add")
    assert "Two layers: block6d_add and block6c_add" in headline(app)
    assert "neurons of their own" in says(app)
    app.selectbox(key="b_layer").set_value(None)
    app.selectbox(key="b_method").select("activation_difference")
    run(app)
    assert "different units" in told(app)
    assert app.query_params["b_method"] == "activation_difference"
    assert "b_layer" not in app.query_params


def test_b_may_differ_in_its_target_or_baseline(app: AppTest) -> None:
    turn(app, "compare", layer=SMALL, b_method="nig", b_target="285", b_baseline="black")
    assert not says(app)
    marks = " ".join(m.value for m in app.markdown)
    assert "Black, Egyptian cat" in marks
    assert "Zeros, tiger cat" in marks


def test_the_maps_of_a_channel_name_each_its_own_target(app: AppTest) -> None:
    turn(app, "compare", b_method="nig", b_target="285", channel="7")
    alts = [chart.proto.alt for chart in app.get("plotly_chart")]
    for letter, name in (("A", "tiger cat"), ("B", "Egyptian cat")):
        (alt,) = [a for a in alts if a.startswith(f"Channel 7 in {letter} ")]
        assert name in alt


def test_ablation_shows_what_the_core_measures(
    app: AppTest, cat: tuple[attribution.Network, np.ndarray]
) -> None:
    turn(app, "ablate", pick="own", off="7,3,7", hold="zero", layer=SMALL)
    assert not says(app)
    net, x = cat
    after = attribution.ablate(net, x, SMALL, [3, 7], to=0, target=TIGER_CAT)[0]
    before = net.score(x, TIGER_CAT)[0]
    change = numbers.signed(after - before)
    assert f"from {numbers.fixed(before)} to {numbers.fixed(after)}, by {change}." in told(app)
    assert app.multiselect(key="off_choice").value == [3, 7]
    assert app.query_params["off"] == "3,7"


@pytest.mark.parametrize("pick", [p for p in picks.PICKS if p != "own"])
def test_every_quick_pick_switches_off_as_many_as_said(app: AppTest, pick: str) -> None:
    turn(app, "ablate", layer=SMALL, pick=pick, count="4")
    assert not says(app)
    assert len(app.multiselect(key="off_choice").value) == 4
    assert "Without 4 neurons" in headline(app)


def test_a_click_and_a_typed_number_make_the_choice_ones_own(app: AppTest) -> None:
    turn(app, "ablate", layer=SMALL, count="2")
    first = app.multiselect(key="off_choice").value
    app.multiselect(key="off_choice").set_value([*first, 11])
    run(app)
    assert app.selectbox(key="pick").value == "own"
    assert app.query_params["off"] == ",".join(map(str, sorted({*first, 11})))
    app.multiselect(key="off_choice").set_value([])
    run(app)
    assert headline(app).startswith("Nothing is switched off")


def test_a_mean_needs_positions(app: AppTest) -> None:
    turn(app, "ablate", layer=SMALL, hold="mean")
    assert "mean" not in app.segmented_control(key="hold").options


def test_the_path_of_a_neuron_ends_at_its_score(app: AppTest) -> None:
    turn(app, "path", by="neuron", channel="112", row="3", column="2")
    assert not says(app)
    net = attribution.load(MODEL)
    assert net.layer("block6d_add").shape == (7, 7, 192)
    assert headline(app).startswith("Neuron 3, 2 of channel 112")
    app.selectbox(key="path_channel").select(5)
    run(app)
    assert headline(app).startswith("Neuron 3, 2 of channel 5")
    assert app.query_params["channel"] == "5"


def test_the_path_of_another_method_says_whose_it_is(app: AppTest) -> None:
    turn(app, "path", layer=SMALL, method="gradient_times_difference")
    assert "those of Neuron Integrated Gradients, not of the method that is chosen" in told(app)
    app.selectbox(key="method").select("nig")
    run(app)
    assert "not of the method" not in told(app)


def test_rules_are_compared_and_the_input_is_split_when_asked_for(app: AppTest) -> None:
    turn(app, "path", layer=SMALL)
    app.button(key="race_go").click()
    run(app)
    assert "An error of 5.0 % takes" in told(app)
    app.button(key="split_go").click()
    run(app)
    assert "The pixels through which neuron" in told(app)
    assert "An error of 5.0 % takes" in told(app)  # kept


def test_explore_splits_the_picked_neuron_over_the_input_when_asked_for(app: AppTest) -> None:
    app.query_params["layer"], app.query_params["channel"] = SMALL, "7"
    run(app)
    assert "The pixels through which" not in told(app)
    app.button(key="split_go").click()
    run(app)
    assert "The pixels through which neuron 7 gets its" in told(app)
    run(app)
    assert "The pixels through which neuron 7 gets its" in told(app)  # kept
    assert "split_go" not in [b.key for b in app.button]
    app.query_params["hide"] = "split"
    run(app)
    assert "The pixels through which" not in told(app)


def test_the_toy_answers_to_its_sliders(app: AppTest) -> None:
    turn(app, "path", layer=SMALL)
    app.slider(key="toy_first").set_value(0.2)
    app.slider(key="toy_second").set_value(0.3)
    run(app)
    assert any("is below 1" in m.value for m in app.markdown)
    assert (app.query_params["toy_first"], app.query_params["toy_second"]) == ("0.2", "0.3")


@pytest.mark.parametrize(
    ("page", "link", "said"),
    [
        ("ablate", {"off": "3,999", "pick": "own"}, "must be a whole number from 0 to 191"),
        ("ablate", {"count": "41"}, "from 0 to 40"),
        ("ablate", {"hold": "<b>"}, "There is no value"),
        ("compare", {"b_layer": "block6d_ad"}, "block6d_add"),
        ("overview", {"depth": "some"}, "there are: all, cuts"),
    ],
)
def test_what_does_not_fit_gets_a_sentence(
    app: AppTest, page: str, link: dict[str, str], said: str
) -> None:
    turn(app, page, **link)
    assert said in says(app)


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("overview", {"layers-csv"}),
        ("compare", {"channels-csv"}),
        ("ablate", {"classes-csv", "curves-csv"}),
        ("path", {"path-csv"}),
    ],
)
def test_every_page_offers_its_files(
    app: AppTest, taken: list[Any], page: str, names: set[str]
) -> None:
    turn(app, page, layer=SMALL)
    hold_the_same(app, taken[-1])
    offered = {button.proto.id.rpartition("-file-")[2] for button in app.get("download_button")}
    assert offered >= names | {"html", "npz", "json", "python"}
    app.query_params["hide"] = "share"
    run(app)
    assert not app.get("download_button")
