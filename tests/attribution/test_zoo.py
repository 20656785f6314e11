"""The bundled models: what their cards promise is what the files hold."""

import numpy as np
import pytest

import attribution
from attribution import UnsupportedModel, cards, sequences, zoo
from attribution.bundled import ASSETS


def test_cards_are_read_only() -> None:
    with pytest.raises(TypeError):
        zoo.cards()["mine"] = None  # type: ignore[index]


@pytest.mark.parametrize("name", zoo.cards())
def test_a_card_is_true(name: str) -> None:
    card = zoo.cards()[name]
    assert (ASSETS / "models" / f"{name}.keras").is_file()
    assert card.samples
    for sample in card.samples:
        assert sample.file.is_file()
        assert sample.credit
        assert sample.licence


@pytest.mark.parametrize("name", [n for n, c in zoo.cards().items() if c.input.kind == "sequence"])
def test_the_sequence_models_load(name: str) -> None:
    """(Loading the image model takes seconds; the tests of the assets do it.)"""
    card, net = zoo.cards()[name], attribution.load(name)
    assert cards.fits(net, card) == ()
    assert net.layer(card.layer).is_cut
    ((length, letters),) = net.input_shapes.values()
    assert (length, letters) == (card.input.length, len(card.input.alphabet))
    (outputs,) = net.output_shapes.values()
    assert outputs[-1] == len(card.labels)
    (record,) = sequences.read(card.samples[0].file.read_bytes())
    x = sequences.encode(record.letters)[None]
    probabilities = net.predict(x)
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    result = attribution.neuron_integrated_gradients(net, x, card.layer)
    assert result.converged.all()
    np.testing.assert_allclose(result.total, result.delta, rtol=0.06)


def test_the_image_model_is_described_as_images_needs_it() -> None:
    card = zoo.cards()["efficientnet-lite0"]
    pixels = np.full((224, 224, 3), 255, np.uint8)
    np.testing.assert_array_equal(card.encoding().encode(pixels), np.float32((255 - 127) / 128))
    assert len(card.labels) == 1000


def test_unknown_names_list_the_known() -> None:
    with pytest.raises(UnsupportedModel, match="efficientnet-lite0, tal1-gata1, splice-donor"):
        attribution.load("efficientnet")
