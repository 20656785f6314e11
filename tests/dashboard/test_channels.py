"""Channels on another axis than the last, and layers without any: screens follow the result."""

import io
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import keras
import numpy as np
import pytest

import attribution
from attribution import Attribution
from dashboard.export.ablate import sheet
from dashboard.export.setting import Setting
from dashboard.kinds.image.form import FORM
from dashboard.kinds.image.kind import Pictures
from dashboard.request import request
from dashboard.request.catalogue import Catalogue, Layer, catalogue
from dashboard.request.form import Known
from dashboard.request.outputs import Head, Outputs
from dashboard.words import answer as words
from dashboard.work import picks, studies
from dashboard.work.answer import Answer, Lone, Place
from dashboard.work.engine import Engine
from dashboard.work.item import Item
from tests.dashboard.conftest import picture

SHAPES = {"last": (6, 7, 4), "first": (4, 6, 7)}


def small_model() -> keras.Model:
    """One convolution whose channels are moved to the front, and back."""
    keras.utils.set_random_seed(3)
    pixels = keras.Input((8, 9, 3), name="pixels")
    last = keras.layers.Conv2D(4, 3, activation="relu", name="last")(pixels)
    first = keras.layers.Permute((3, 1, 2), name="first")(last)
    back = keras.layers.Permute((2, 3, 1), name="back")(first)
    flat = keras.layers.Flatten(name="flat")(back)
    return keras.Model(pixels, keras.layers.Dense(5, name="logits")(flat))


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return small_model()


@pytest.fixture(scope="module")
def net(model: keras.Model) -> attribution.Network:
    found = attribution.Network(model)
    assert (found.layer("last").channel_axis, found.layer("first").channel_axis) == (2, 0)
    return found


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(1, 8, 9, 3)).astype("float32")


def result(net: attribution.Network, x: np.ndarray, layer: str, axis: int | None) -> Attribution:
    found = attribution.gradient_times_difference(net, x, layer, target=2)
    return replace(found, channel_axis=axis)


def answer(net: attribution.Network, x: np.ndarray, layer: str, axis: int | None) -> Answer:
    h = net.activations(x, layer)[0]
    return Answer.of(result(net, x, layer, axis), h, 0.1)


def test_channels_first_is_its_transposed_twin(net: attribution.Network, x: np.ndarray) -> None:
    twin, found = answer(net, x, "last", 2), answer(net, x, "first", 0)
    np.testing.assert_allclose(found.scores, twin.scores, atol=1e-6)
    np.testing.assert_allclose(found.activations, twin.activations, atol=1e-6)
    assert found.has_positions
    assert found.width == 4
    for by in ("channel", "neuron"):
        mine, other = found.ranking(by, 9), twin.ranking(by, 9)
        assert [line.place for line in mine] == [line.place for line in other]
    np.testing.assert_allclose(found.total_map(), twin.total_map(), atol=1e-6)
    for name in ("largest", "activation"):
        assert picks.order(found, name) == picks.order(twin, name)


@pytest.mark.parametrize("axis", [0, None])
def test_files_have_the_axes_of_the_layer(
    net: attribution.Network, x: np.ndarray, axis: int | None
) -> None:
    whole = result(net, x, "first", axis)
    found = answer(net, x, "first", axis)
    buffer = io.BytesIO()
    found.result.save(buffer)
    buffer.seek(0)
    loaded = Attribution.load(buffer)
    np.testing.assert_array_equal(loaded.scores, whole.scores)
    assert loaded.channel_axis == axis
    np.testing.assert_array_equal(found.in_the_layer(found.scores), whole.scores[0])


def test_without_channels_neurons_are_offered_one_by_one(
    net: attribution.Network, x: np.ndarray
) -> None:
    found, whole = answer(net, x, "first", None), result(net, x, "first", None)
    assert not found.has_positions
    assert found.width == 4 * 6 * 7
    (line,) = found.ranking("channel", 1)
    assert line.place == Lone(int(np.abs(whole.scores).argmax()))
    assert str(line.place) == f"neuron {line.place.channel}"
    (index,) = found.neurons([line.place.channel])
    assert whole.scores[0][index] == pytest.approx(line.score)
    assert (
        line.place.neuron(net.layer("first").__class__("first", "", SHAPES["first"], True)) == index
    )
    said = words.ranking([line], found, "channel", "eel")
    assert "neuron shown" in said or "neurons shown" in said or "largest is neuron" in said
    assert "channel" not in said


def test_a_neurons_place_is_where_the_layer_has_it(net: attribution.Network) -> None:
    place = Place(3, (5, 6))
    assert place.neuron(net.layer("first")) == (3, 5, 6)
    assert place.neuron(net.layer("last")) == (5, 6, 3)
    assert Place(3).neuron(net.layer("first")) == 3


# Through the engine, with a network that is not in the bundle


def small_catalogue() -> Catalogue:
    layers = (
        Layer("last", "Conv2D", SHAPES["last"], True, 2),
        Layer("first", "Permute", SHAPES["first"], True, 0),
        Layer("lost", "Permute", SHAPES["first"], True, None),
        Layer("flat", "Flatten", (168,), True, 0),
    )
    kept = catalogue().models["efficientnet-lite0"]
    frame = kept.card.input.model_copy(update={"size": (8, 9)})
    made = replace(
        kept,
        name="small",
        card=kept.card.model_copy(update={"inputs": {"x": frame}, "layer": "last"}),
        outputs=Outputs((Head("out", "classes", (5,), tuple("abcde")),)),
        layers=layers,
    )
    return Catalogue(MappingProxyType({"small": made}))


@pytest.fixture
def engine(net: attribution.Network, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setattr("dashboard.work.shelf.catalogue", small_catalogue)
    found = Engine(recorded=False)
    found._core()
    monkeypatch.setattr(found.networks, "_load", lambda _name: net)
    return found


def asked(engine: Engine, layer: str) -> tuple[Item, request.Query]:
    small = small_catalogue()
    values, problems = FORM.read({"model": "small", "layer": layer}, small)
    assert not problems
    known = Known(FORM, small, values)
    item = Pictures().item(engine, known, "cat", "a cat", "", lambda: picture(size=(9, 8)))
    return item, replace(request.request(known), target=2)


def nothing(*_: int) -> None:
    pass


@pytest.mark.parametrize("axis", [0, None])
def test_channels_and_single_neurons_are_switched_off(
    engine: Engine, model: keras.Model, axis: int | None
) -> None:
    """Against Keras alone, its upper half fed with the activations as they are held."""
    item, question = asked(engine, "first")
    x = item.encode()
    with engine.brief("small") as net:
        found = answer(net, x, "first", axis)
    off = picks.order(found, "largest")[:2]
    measured = studies.ablate(engine, item, question, found, off, "zero", nothing)
    h = keras.Model(model.input, model.get_layer("first").output)(x).numpy()
    held = h.copy()
    held.reshape((4, -1) if axis == 0 else -1)[off] = 0
    above = keras.Sequential([model.get_layer(n) for n in ("back", "flat", "logits")])
    before, after = (float(above(v)[0, 2]) for v in (h, held))
    assert (measured.before, measured.after) == pytest.approx((before, after), abs=1e-4)
    curves = studies.curves(engine, item, question, found, "zero", 0, nothing, nothing)
    assert curves["largest"].scores[2] == pytest.approx(after, abs=1e-4)


def test_the_split_of_a_neuron_is_that_of_its_twin(engine: Engine) -> None:
    first, last = (
        studies.split(engine, *asked(engine, layer), Place(3, (5, 6)), 2, nothing, nothing)
        for layer in ("first", "last")
    )
    assert (first.neuron, last.neuron) == ((3, 5, 6), (5, 6, 3))
    assert first.result.scores.shape == (1, 8, 9, 3)
    np.testing.assert_allclose(first.result.scores, last.result.scores, atol=1e-5)
    assert first.result.total == pytest.approx(last.result.total, abs=1e-5)


# The request and what is said of a layer


def test_a_layer_says_its_channels_and_its_grid() -> None:
    last, first, lost, flat = small_catalogue().models["small"].layers
    assert [x.units for x in (last, first, lost, flat)] == [4, 4, 168, 168]
    assert [x.positions for x in (last, first, lost, flat)] == [(6, 7), (6, 7), (), ()]
    assert [x.grid for x in (last, first, lost, flat)] == ["6 × 7", "6 × 7", "none", "none"]
    assert [x.has_channels for x in (last, first, lost, flat)] == [True, True, False, False]
    assert "168 neurons in 4 channels" in words.layer_line(first)
    said = words.layer_line(lost)
    assert "None of its axes is known to hold channels" in said
    assert "4 × 6 × 7" in said
    assert "axes" not in words.layer_line(flat)


@pytest.mark.parametrize(
    ("layer", "name", "last"),
    [
        ("first", "channel", 3),
        ("first", "row", 5),
        ("first", "column", 6),
        ("last", "column", 6),
        ("lost", "channel", 167),
        ("lost", "row", None),
    ],
)
def test_a_link_is_checked_by_the_axes_of_its_layer(
    layer: str, name: str, last: int | None
) -> None:
    known = small_catalogue()

    def read(value: int) -> tuple[Any, list[str]]:
        query = {"model": "small", "layer": layer, name: str(value)}
        values, problems = FORM.read(query, known)
        return values[name], problems

    if last is None:
        assert "no such axis" in read(0)[1][0]
        return
    assert read(last) == (last, [])
    assert read(last + 1)[1]


@pytest.mark.parametrize(("layer", "axis"), [("first", 0), ("first", None), ("last", 2)])
def test_the_program_of_an_ablation_orders_units_as_the_page(
    engine: Engine, layer: str, axis: int | None
) -> None:
    """It runs as printed, but for the network, the input, and the axis that they are told here."""
    item, question = asked(engine, layer)
    question = replace(question, method="gradient_times_difference", tolerance=0.0)
    x = item.encode()
    with engine.brief("small") as net:
        found = answer(net, x, layer, axis)
    off = picks.order(found, "largest")[:2]
    measured = studies.ablate(engine, item, question, found, off, "zero", nothing)
    chosen = {"model": "small", "palette": "RdBu", "camera": "svg"}
    known = Known(Pictures().form, small_catalogue(), chosen)
    setting = Setting(engine, Pictures(), known, question, "", item)
    program = sheet(setting, found, measured, None, "zero", 0).program
    body = program[program.index("result = ") :]
    names: dict[str, Any] = {"attribution": attribution, "net": net, "x": x, "baseline": None}
    exec("import numpy as np, pandas as pd\n" + body, names)
    assert float(names["after"]) == pytest.approx(measured.after, abs=1e-4)
    assert float(names["predicted"]) == pytest.approx(measured.predicted, abs=1e-4)
    for name, order in names["orders"].items():
        assert list(order) == picks.order(found, name)
