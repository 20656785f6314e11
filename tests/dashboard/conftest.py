"""A running page, and files that nobody prepared."""

import io
import json
import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from PIL import Image
from streamlit.testing.v1 import AppTest

from attribution import Attribution
from dashboard.kinds import FORMS, KINDS
from dashboard.kinds.image.kind import Pictures
from dashboard.request import request
from dashboard.request.catalogue import catalogue
from dashboard.request.form import Known
from dashboard.request.request import Query
from dashboard.text import title
from dashboard.views import share
from dashboard.work.answer import Answer
from dashboard.work.engine import Engine
from dashboard.work.item import Item
from tests.dashboard import profiles
from tests.dashboard.profiles import Room

OLD = ("explore", "sequence")  # addresses of pages that were
ENGINE = Engine()
"""Of all modules of a process: networks are loaded, and answers computed, once."""
APP = str(Path(__file__).parents[2] / "dashboard" / "app.py")


@pytest.fixture
def app() -> AppTest:
    """The page before its first run; a test may set its address."""
    return AppTest.from_file(APP, default_timeout=120)


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Everything that the pages offer as files, the last one last."""
    found, menu = [], share.menu

    def caught(screen: Any, of: Any = None) -> None:
        found.append(of)
        menu(screen, of)

    monkeypatch.setattr(share, "menu", caught)
    return found


def filled(model: str = "efficientnet-lite0", **query: Any) -> Known:
    """A form as a link to a model fills it in; all of it must fit."""
    form = FORMS[catalogue().models[model].kind]
    texts = {name: str(value) for name, value in {"model": model, **query}.items()}
    values, problems = form.read(texts, catalogue())
    assert not problems
    return Known(form, catalogue(), values)


def asked(engine: Engine, model: str, input_: str, **query: Any) -> tuple[Item, Query]:
    """A sample as it is by default, and the request of a link to it, its target resolved."""
    known = filled(model, input=input_, **query)
    sample = known.model.card.sample(input_)
    assert sample
    item = KINDS[known.model.kind].sample(engine, known, sample)
    found = request.request(known)
    if found.target is None:
        usual = engine.prediction(item).predicted if item.about is None else item.about
        found = replace(found, target=usual)
    return item, found


def own(
    engine: Engine,
    name: str,
    data: bytes | Callable[[], bytes],
    owner: str = "someone",
    file: str = "",
    **query: Any,
) -> tuple[Item, Query]:
    """As `asked`, of an uploaded picture; the target is that of the query."""
    known, read = filled(**query), data if callable(data) else lambda: data
    item = Pictures().item(engine, known, name, title(file or name), owner, read, file)
    return item, replace(request.request(known), input=name)


def picture(mode: str = "RGB", size: tuple[int, int] = (96, 80), form: str = "PNG") -> bytes:
    """A file with coloured stripes."""
    rows, columns = np.mgrid[: size[1], : size[0]]
    pixels = np.stack([columns * 2, rows * 3, (columns + rows) % 50 * 5], -1).astype(np.uint8)
    image = Image.fromarray(pixels)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    else:
        image = image.convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, form)
    return buffer.getvalue()


def animation() -> bytes:
    frames = [Image.new("RGB", (32, 32), shade) for shade in ("#ff8800", "#0088ff")]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def huge_png() -> bytes:
    """The header of a 30,000 x 30,000 picture; its pixels would take 2.7 GB."""
    parts = {
        b"IHDR": struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0),
        b"IDAT": zlib.compress(bytes(1000)),
        b"IEND": b"",
    }
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts.items()
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def visit(app: AppTest, page: str) -> AppTest:
    """The page of that address, as if one had clicked its name after a first run."""
    app.query_params.clear()  # as a browser does
    # AppTest turns to pages that are files, and to no others.
    pages = {info["url_pathname"]: key for key, info in app._registered_pages.items()}
    app._page_hash = pages[page]
    app.run()
    assert not app.exception
    if page in OLD:
        app._page_hash = pages[""]  # where it was sent on to
    return app


def turn_to(app: AppTest, model: str) -> AppTest:
    """Choose another network in the sidebar."""
    app.selectbox(key="model").select(model)
    app.run()
    assert not app.exception
    return app


def click_chart(app: AppTest, key: str, *numbers: int | str) -> None:
    """Click what carries these numbers in a chart, as a browser reports it, and run."""
    (chart,) = [c for c in app.get("plotly_chart") if c.proto.id.endswith(f"-{key}")]
    states = app._tree.get_widget_states()
    told = {"selection": {"points": [{"customdata": [*numbers]}], "point_indices": []}}
    states.widgets.add(id=chart.proto.id, string_value=json.dumps(told))
    app._run(states)
    assert not app.exception


def send_label(app: AppTest, kind: str, key: str, label: str) -> None:
    """Run with a label that a browser still had from options of an earlier run."""
    control = app.get(kind)
    (found,) = [c for c in control if c.key == key]
    states = app._tree.get_widget_states()
    for state in states.widgets:
        if state.id == found.id and kind == "multiselect":
            state.string_array_value.data[:] = [label]
        elif state.id == found.id:
            state.string_value = label
    app._run(states)
    assert not app.exception


MARKDOWN = MarkdownIt("commonmark").enable(["strikethrough", "table"])
ON_TEXT = {  # what Streamlit 1.67 looks for in the text that is left, from its own script
    "link": r"(?i)(https?://|www(?=\.))[-.\w]+",
    "mail": r"[-.\w+]+@[-\w]+(\.[-\w]+)+",
    "emoji": r":\+1:|:-1:|:[\w-]+:",
    "icon": r":material[/_](\w+):|:streamlit:",
    "arrow": r"(?<!\S)(<->|->|<-|--|>=|<=|~=)(?!\S)",
}
ON_SOURCE = {"formula": r"(?<!\\)(\\\\)*\$", "directive": r"(?<![:\\]):+[a-zA-Z]"}


def acts(markdown: str) -> set[str]:
    """What a page would do with it, beside showing its characters."""
    tokens, found = _tokens(markdown)
    words = "".join(token.content for token in tokens)
    found |= {kind for kind, look in ON_TEXT.items() if re.search(look, words, re.ASCII)}
    return found | {kind for kind, look in ON_SOURCE.items() if re.search(look, markdown)}


def seen(markdown: str) -> str:
    """What a reader sees of it."""
    return "".join(token.content for token in _tokens(markdown)[0]).replace("\u2060", "")


def _tokens(markdown: str) -> tuple[list[Token], set[str]]:
    """Those that are text, and the kinds of the others."""
    tokens = [t for block in MARKDOWN.parse(markdown) for t in [block, *(block.children or [])]]
    text = [t for t in tokens if t.type == "text"]
    usual = {"text", "inline", "paragraph_open", "paragraph_close"}
    spelled = {t.info for t in tokens if t.info == "entity"}
    return text, {t.type for t in tokens if t.type not in usual} | spelled


def says(app: AppTest) -> str:
    """Every sentence of trouble on the page."""
    return " ".join(seen(e.value) for e in (*app.error, *app.warning, *app.info))


def headline(app: AppTest) -> str:
    return seen(app.header[0].value)


_ALONE = frozenset({"f_input", "f_baseline", "gap", "error", "converged", "evaluations"})


def made(scores: np.ndarray, seconds: float = 0.0, **said: Any) -> Answer:
    """An answer whose activations are its scores, both with the channels last."""
    one = {n: None if v is None else np.array([v]) for n, v in said.items() if n in _ALONE}
    given = {"target": np.array([said.pop("target")]), "channel_axis": scores.ndim - 1, **said}
    return Answer(Attribution(scores=scores[None], **{**given, **one}), scores, seconds)


def changed(answer: Answer, **said: Any) -> Answer:
    """The same answer, but for what is said of its one example."""
    alone = _ALONE | {"resolution", "scores"}
    one = {n: None if v is None else np.asarray(v)[None] for n, v in said.items() if n in alone}
    return replace(answer, result=replace(answer.result, **{**said, **one}))


@pytest.fixture(scope="session")
def profiled(tmp_path_factory: pytest.TempPathFactory) -> Room:
    return profiles.fill(tmp_path_factory.mktemp("room"))


@pytest.fixture
def room(profiled: Room, monkeypatch: pytest.MonkeyPatch) -> Room:
    monkeypatch.setenv("ATTRIBUTION_MODELS", str(profiled.models))
    monkeypatch.setenv("ATTRIBUTION_PROFILES", str(profiled.profiles))
    return profiled
