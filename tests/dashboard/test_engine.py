"""What the engine asks of the network, and when; and what it keeps of whom."""

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import attribution
from attribution import images
from attribution.errors import UnsupportedModel
from attribution.zoo import cards
from dashboard.controls import quota
from dashboard.kinds.image import uploads
from dashboard.kinds.image.form import BASELINES
from dashboard.kinds.image.picture import references
from dashboard.request.request import Query
from dashboard.words import numbers
from dashboard.work.answer import Answer
from dashboard.work.engine import Engine
from dashboard.work.item import Item
from dashboard.work.workshop import Refused
from tests.dashboard.conftest import asked, filled, headline, own, picture, says, seen, visit

MODEL = "efficientnet-lite0"
CARD = cards()[MODEL]
SMALL = {"layer": "avg_pool", "baseline": "white", "tolerance": "0.2"}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(recorded=False)


class Refusing:
    """A network that has no answer."""

    def __init__(self) -> None:
        self.input_shapes, self.nbytes = {"x": (224, 224, 3)}, 0

    def predict(self, *_: Any) -> Any:
        raise UnsupportedModel("It has no answer.")

    score = predict

    def clear(self, keep: int) -> None:
        pass


def upload(engine: Engine, name: str, size: tuple[int, int]) -> tuple[Item, Query]:
    quick = {"layer": "avg_pool", "target": 3, "method": "gradient_times_difference"}
    return own(engine, name, picture(size=size), **quick)


def test_only_the_chosen_upload_is_sent_through_the_network(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.query_params.update(SMALL)
    app.run()
    told, prediction = [], Engine.prediction

    def note(self: Engine, item: Item) -> Any:
        told.append(item.title)
        return prediction(self, item)

    monkeypatch.setattr(Engine, "prediction", note)
    sizes = {f"{n}.png": (60 + n, 50) for n in range(3)}
    files = [(name, picture(size=size), "image/png") for name, size in sizes.items()]
    app.file_uploader[0].set_value(files)
    app.run()
    assert not app.exception
    assert not says(app)
    assert {*told} == {"2.png"}
    offered = [b for b in app.button if b.key.startswith("input-file-")]
    assert len(offered) == 3


def test_what_is_found_of_one_input_is_forgotten_alone(engine: Engine) -> None:
    for name, width in (("file-1", 64), ("file-2", 70)):
        item, question = upload(engine, name, (width, 50))
        engine.prediction(item)
        references(engine, filled(), item, 3)
        engine.answer(item, question, lambda *_: None, lambda _: None)
        engine.study(("key", question), item, question, lambda ground: np.zeros(3), lambda _: None)
    held = {key for key in engine.store._entries if "someone" in key}
    assert len(held) == 10  # pixels, prediction, references, an answer and a study of each
    engine.forget("someone", "file-1")
    assert {k for k in engine.store._entries if "someone" in k} == {
        k for k in held if "file-2" in k
    }
    engine.forget("someone")
    assert not [k for k in engine.store._entries if "someone" in k]


def test_taking_one_picture_off_the_list_forgets_that_one_alone(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.query_params.update(SMALL)
    app.run()
    files = [(f"{n}.png", picture(size=(60 + n, 50)), "image/png") for n in range(2)]
    app.file_uploader[0].set_value(files)
    app.run()
    names = [u.name for u in uploads.of(app.session_state["session"]).held.values()]
    forgotten: list[tuple[str, ...]] = []
    monkeypatch.setattr(Engine, "forget", lambda _, *parts: forgotten.append(parts))
    app.file_uploader[0].set_value(files[1:])
    app.run()
    (parts,) = forgotten
    assert parts[0] == app.session_state["session"].id
    assert set(parts[1:]) <= set(names)
    assert parts[1:]


@pytest.mark.parametrize("what", ["picture", "references", "sequence"])
def test_what_the_network_refuses_is_a_sentence(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(recorded=False)
    item, _ = upload(engine, "file-1", (64, 50))
    letters, _ = asked(engine, "tal1-gata1", "tal1-gata1-gata1")
    calls: dict[str, Callable[[], object]] = {
        "picture": lambda: engine.prediction(item),
        "references": lambda: references(engine, filled(), item, 3),
        "sequence": lambda: engine.prediction(letters),
    }
    monkeypatch.setattr(engine.networks, "_load", lambda name: Refusing())
    with pytest.raises(Refused, match="It has no answer"):
        calls[what]()
    engine._warm(MODEL)  # in a thread of its own, whose end nobody would read


def test_a_network_is_warmed_in_the_slot_and_by_its_own_shape(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine, asked_for, fed = Engine(), threading.Event(), list[Any]()

    class Grey:
        def __init__(self) -> None:
            self.input_shapes = {"a": (None, 5, 1), "b": (2,)}

        def predict(self, x: Any) -> None:
            fed.append({name: array.shape for name, array in x.items()})

        def clear(self, keep: int) -> None:
            pass

    def load(name: str) -> Grey:
        asked_for.set()
        return Grey()

    monkeypatch.setattr(engine.networks, "_load", load)
    with engine.slot.turn(lambda _: None):  # someone computes
        engine.warm("grey")
        assert not asked_for.wait(1) or not fed
        while not fed:
            engine.slot.step()
    assert fed == [{"a": (1, 1, 5, 1), "b": (1, 2)}]


def test_the_gallery_blurs_as_the_slider_says(app: AppTest) -> None:
    app.query_params.update({**SMALL, "baseline": "zeros", "sigma": "5", "input": "coffee"})
    app.run()
    sample = next(s for s in CARD.samples if s.name == "coffee")
    encoding = CARD.encoding()
    fitted = images.fit(images.decode(sample.file.read_bytes()), encoding.size, "crop")
    x, net = encoding.encode(fitted)[None], attribution.load(MODEL)
    target = int(net.predict(x)[0].argmax())
    blurred, usual = (
        numbers.fixed(float(net.score(attribution.baselines.blur(x, sigma), target)[0]))
        for sigma in (5.0, 16.0)
    )
    captions = [seen(c.value) for c in app.sidebar.caption]
    end = next(i for i, text in enumerate(captions) if text.startswith("Under each"))
    assert captions[end - 6 : end][list(BASELINES).index("blur")] == blurred
    assert blurred != usual


def test_the_path_of_imports_does_not_grow_with_the_runs(app: AppTest) -> None:
    root = str(Path(__file__).parents[2])
    app.run()
    before = sys.path.count(root)
    for _ in range(3):
        app.run()
    assert sys.path.count(root) == before


def test_the_first_page_opens_by_its_name_too(app: AppTest) -> None:
    app.query_params["layer"] = "avg_pool"
    app.run()
    before = headline(app)
    visit(app, "explore")
    app.query_params["layer"] = "avg_pool"
    app.run()
    assert headline(app) == before


def test_pictures_that_had_to_make_room_are_said(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST", 1)
    app.query_params.update(SMALL)
    app.run()
    files = [(f"{n}.png", picture(size=(60 + n, 50)), "image/png") for n in range(2)]
    app.file_uploader[0].set_value(files)
    app.run()
    assert "1 earlier picture was let go: a session keeps the 1 newest" in says(app)


def test_what_is_pasted_counts_while_it_stands_in_its_field(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[Any] = []
    monkeypatch.setattr(quota, "keep", lambda _, sizes: held.append(sizes))
    app.run()
    visit(app, "sequence")
    app.text_area(key="dna_text").set_value("ACGT" * 50)
    app.run()
    assert held[-1]["pasted"] == 200


def test_two_kinds_asked_at_once_get_the_answers_of_each_alone(engine: Engine) -> None:
    quick = {"method": "gradient_times_difference"}
    asks = [
        asked(engine, MODEL, "coffee", layer="avg_pool", **quick),
        asked(engine, "tal1-gata1", "tal1-gata1-both", layer="relu1", **quick),
    ] * 3
    together: dict[int, Answer] = {}

    def work(number: int) -> None:
        item, question = asks[number]
        together[number] = engine.answer(item, question, lambda *_: None, lambda _: None)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(asks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    for number, (item, question) in enumerate(asks):
        card = cards()[item.model]
        net, x = attribution.load(item.model), item.encode()
        alone = attribution.gradient_times_difference(
            net,
            x,
            question.layer,
            target=question.target,
            baseline=x * 0 + (0.25 if card.input.kind == "sequence" else 0),
        )
        np.testing.assert_allclose(together[number].result.scores, alone.scores, atol=1e-5)
