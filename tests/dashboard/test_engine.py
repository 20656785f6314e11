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
from dashboard.controls import session as state
from dashboard.kinds.sequence.lab import Lab
from dashboard.request.request import BASELINES, Request
from dashboard.words import answer as words
from dashboard.work.engine import Engine, Source
from dashboard.work.workshop import Refused
from tests.dashboard.conftest import headline, picture, says, seen, visit

CARD = cards()["efficientnet-lite0"]
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


def source(name: str, size: tuple[int, int], owner: str = "someone") -> Source:
    return Source(name, name, owner, lambda: picture(size=size))


def asked(name: str, **changed: Any) -> Request:
    given = {"fit": "crop", "layer": "avg_pool", "target": 3, "baseline": "zeros", "sigma": 0.0}
    more = {"seed": 0, "method": "gradient_times_difference", "tolerance": 0.0}
    return Request(model=CARD.name, input=name, **{**given, **more, **changed})


def test_only_the_chosen_upload_is_sent_through_the_network(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.query_params.update(SMALL)
    app.run()
    told, facts = [], Engine.facts

    def note(self: Engine, source: Source, *more: Any) -> Any:
        told.append(source.title)
        return facts(self, source, *more)

    monkeypatch.setattr(Engine, "facts", note)
    sizes = {f"{n}.png": (60 + n, 50) for n in range(3)}
    files = [(name, picture(size=size), "image/png") for name, size in sizes.items()]
    app.file_uploader[0].set_value(files)
    app.run()
    assert not app.exception
    assert not says(app)
    assert {*told} == {"2.png"}
    own = [b for b in app.button if b.key.startswith("input-file-")]
    assert len(own) == 3


def test_what_is_found_of_one_input_is_forgotten_alone(engine: Engine) -> None:
    first, second = source("file-1", (64, 50)), source("file-2", (70, 50))
    for own in (first, second):
        engine.facts(own, CARD.name, "crop")
        engine.references(own, asked(own.name), 3)
        engine.answer(own, asked(own.name), lambda *_: None, lambda _: None)
        engine.study(
            ("key", asked(own.name)),
            own,
            asked(own.name),
            lambda ground: np.zeros(3),
            lambda _: None,
        )
    held = {key for key in engine.store._entries if "someone" in key}
    assert len(held) == 10  # pixels, facts, references, an answer and a study of each
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
    names = [u.name for u in app.session_state["session"].uploads.values()]
    forgotten: list[tuple[str, ...]] = []
    monkeypatch.setattr(Engine, "forget", lambda _, *parts: forgotten.append(parts))
    app.file_uploader[0].set_value(files[1:])
    app.run()
    (parts,) = forgotten
    assert parts[0] == app.session_state["session"].id
    assert set(parts[1:]) <= set(names)
    assert parts[1:]


@pytest.mark.parametrize("method", ["facts", "references", "prediction"])
def test_what_the_network_refuses_is_a_sentence(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab, own = Lab(recorded=False), source("file-1", (64, 50))
    calls: dict[str, Callable[[], object]] = {
        "facts": lambda: lab.facts(own, CARD.name, "crop"),
        "references": lambda: lab.references(own, asked(own.name), 3),
        "prediction": lambda: lab.prediction("", "ACGT", "tal1-gata1"),
    }
    monkeypatch.setattr(lab.networks, "_load", lambda name: Refusing())
    with pytest.raises(Refused, match="It has no answer"):
        calls[method]()
    lab._warm(CARD.name)  # in a thread of its own, whose end nobody would read


def test_a_network_is_warmed_in_the_slot_and_by_its_own_shape(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine, asked_for, fed = Engine(), threading.Event(), list[Any]()

    class Grey:
        def __init__(self) -> None:
            self.input_shapes = {"a": (None, 5, 1), "b": (2,)}

        def predict(self, x: Any) -> None:
            fed.append({name: array.shape for name, array in x.items()})

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
    encoding = images.ImageInput(**CARD.input)
    fitted = images.fit(images.decode(sample.path.read_bytes()), encoding.size, "crop")
    x, net = encoding.encode(fitted)[None], attribution.load(CARD.name)
    target = int(net.predict(x)[0].argmax())
    blurred, usual = (
        words.fixed(float(net.score(attribution.baselines.blur(x, sigma), target)[0]))
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
    monkeypatch.setattr(state, "MOST_UPLOADS", 1)
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
