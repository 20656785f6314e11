"""Every page, with hostile words wherever a stranger's may stand: nothing of them is live."""

import ast
import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import keras
import pytest
from streamlit.testing.v1 import AppTest

import attribution
from dashboard.export.file import File
from dashboard.export.sheet import Sheet, sheet_files
from dashboard.request.catalogue import Layer, Model, catalogue
from dashboard.request.outputs import Head, Outputs
from dashboard.views import share
from dashboard.work import describe, sequences
from dashboard.work.networks import Networks
from tests.dashboard.conftest import acts, picture, says, seen, visit
from tests.dashboard.reports import Taken

LINKS = (
    "www.evil.example https://evil.example/login a@evil.example mailto:b@evil.example "
    ":smile: :material/home: :red[r] $x^2$ [l](http://evil.example) ![i](http://evil.example/i) "
)
TAGGED = "<i>t</i> <a href='http://evil.example'>a</a> `c` **s**"
HOSTILE = f'=1+1 {LINKS}{TAGGED}\u202e\0"""\nevil()\n# \\'
LAYER = "www.evil.example"  # TensorFlow allows no more in a name
OURS = {"strong_open", "strong_close", "em_open", "em_close"}
TAGS = ("<i>", "<a ", "<img")  # no figure of ours has one


def network() -> keras.Model:
    """Two layers, hostile by name."""
    given = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(4, 3, activation="relu", name=LAYER)(given)
    x = keras.layers.GlobalAveragePooling2D(name="mailto.a-evil.example")(x)
    return keras.Model(given, keras.layers.Softmax()(keras.layers.Dense(3)(x)))


def outputs(net: attribution.Network, names: tuple[str, ...]) -> Outputs:
    """Its one output, with these names."""
    ((name, form, shape, chance),) = describe.outputs(net)
    return Outputs((Head(f"{name} {HOSTILE}", form, tuple(shape), names, chance),))


@pytest.fixture
def hostile(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The pages with a network, its classes, its sample and known motifs of a stranger."""
    net, known = attribution.Network(network()), catalogue()
    first = known.models["efficientnet-lite0"]
    sample = replace(first.samples[0], title=HOSTILE, look_for=HOSTILE, credit=HOSTILE)
    tiny = Model(
        name="tiny",
        title=HOSTILE,
        summary=HOSTILE,
        kind="image",
        path=first.path,
        input=MappingProxyType({**first.input, "size": [16, 16]}),
        labels=tuple(f"{i} {HOSTILE}" for i in range(3)),
        outputs=outputs(net, tuple(f"{i} {HOSTILE}" for i in range(3))),
        default_layer=LAYER,
        samples=(sample,),
        layers=tuple(Layer(x.name, x.kind, x.shape, x.is_cut, x.channel_axis) for x in net.layers),
    )
    dna = known.models["tal1-gata1"]
    labels = (f"+{HOSTILE}", f"-{HOSTILE}", HOSTILE)
    heads = tuple(replace(head, names=labels) for head in dna.outputs.heads)
    dna = replace(dna, labels=labels, outputs=Outputs(heads), summary=HOSTILE)
    models = {**known.models, "tiny": tiny, "tal1-gata1": dna}
    monkeypatch.setitem(vars(known), "models", MappingProxyType(models))
    load, scan = Networks.get, sequences.matches
    monkeypatch.setattr(
        Networks, "get", lambda self, name: net if name == "tiny" else load(self, name)
    )
    monkeypatch.setattr(
        sequences, "matches", lambda *asked: tuple(replace(m, motif=HOSTILE) for m in scan(*asked))
    )
    return app


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> list[tuple[File, ...]]:
    """The files of each run."""
    found: list[tuple[File, ...]] = []
    menu = share.menu

    def caught(screen: Any, of: Any = None) -> None:
        if of is not None:
            found.append(sheet_files(of) if isinstance(of, Sheet) else of.kind.files(of))
        menu(screen, of)

    monkeypatch.setattr(share, "menu", caught)
    return found


PAGES = ["about", "", "overview", "compare", "ablate", "path"]


def test_no_page_acts_on_the_words_of_a_network_or_a_link(
    hostile: AppTest, offered: list[tuple[File, ...]]
) -> None:
    hostile.query_params["model"] = "tiny"
    hostile.run()
    assert not hostile.exception
    for page in PAGES:
        visit(hostile, page)
        link = {"layer": HOSTILE, "hide": HOSTILE, "b_layer": "https://evil.example/login"}
        hostile.query_params.update({"model": "tiny", **link})
        hostile.run()
        assert not hostile.exception
        harmless(hostile)
        if page != "about":
            assert "There is no layer '=1+1 www.evil.example https://evil.example" in says(hostile)
            harmless_files(offered[-1])
    assert any(LINKS in seen(c.value) for c in hostile.sidebar.caption)  # as it is, all the same


def test_no_picture_acts_by_its_name(hostile: AppTest, offered: list[tuple[File, ...]]) -> None:
    hostile.query_params["model"] = "tiny"
    hostile.run()
    name = HOSTILE[-60:].replace("\0", "")  # the server's store takes it out
    files = [(f"{name}.png", picture(size=(64, 33)), "image/png"), (LINKS, b"no", "image/png")]
    hostile.file_uploader[0].set_value(files)
    hostile.run()
    assert not hostile.exception
    assert len(hostile.error) == 1
    harmless(hostile)
    harmless_files(offered[-1])


def test_no_sequence_acts_by_its_header(hostile: AppTest, offered: list[tuple[File, ...]]) -> None:
    hostile.query_params["model"] = "tal1-gata1"
    hostile.run()
    header = LINKS.replace("[l]", "<i>l</i>")
    letters = "GATTACA" * 28 + "GATA"
    hostile.file_uploader(key="dna_file").set_value(
        (LINKS, f">{header}\n{letters}\n".encode(), "text/plain")
    )
    hostile.run()
    hostile.query_params["edits"] = "https://evil.example/login"
    hostile.run()
    assert not hostile.exception
    assert "The changes 'https://evil.example/login' must be" in says(hostile)
    harmless(hostile)
    harmless_files(offered[-1])
    hostile.text_area(key="dna_text").set_value(f">{header}\nAC!GT\n")
    hostile.run()
    assert len(hostile.error) == 1
    harmless(hostile)


def harmless(app: AppTest) -> None:
    """No word of the page acts, but for our own bold and slanted type and grey."""
    words = [*drawn(app)]
    assert len(words) > 20
    for word in words:
        ours = word.replace(":gray[", "").replace(":primary-background[", "")
        assert not acts(ours) - OURS, word
    for chart in app.get("plotly_chart"):
        for text in texts(json.loads(chart.proto.spec)):
            assert not [tag for tag in TAGS if tag in text], text
            assert "\u202e" not in text


def drawn(app: AppTest) -> Iterator[str]:
    """Whatever Streamlit draws as Markdown."""
    heads = ("title", "header", "subheader", "metric")
    for kind in (*heads, "markdown", "caption", "error", "warning", "info", "success"):
        yield from (element.value for element in app.get(kind))
    for button in (*app.button, *app.get("download_button")):
        yield from (button.label, button.proto.help)
    for choice in (*app.radio, *app.button_group):
        yield choice.label
        yield from (getattr(option, "content", option) for option in choice.proto.options)


def texts(part: Any) -> Iterator[str]:
    """The strings of a figure, but for what a click on it sends back."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        yield from (t for k, v in part.items() if k != "customdata" for t in texts(v))
    elif isinstance(part, list):
        yield from (t for v in part for t in texts(v))


def harmless_files(files: tuple[File, ...]) -> None:
    """No file has a tag, a line of code, a formula or a name of a stranger's."""
    built = {file.key: file for file in files}
    assert {"html", "json", "python"} <= set(built)
    for key, file in built.items():
        assert not set('/\\:"<>|\n\0\u202e') & set(file.name)
        if key in ("pictures", "npz"):  # the first of the same figures, by a Chrome: test_pictures
            continue
        data = file.build().decode()
        if key == "html":
            taken = Taken(data)
            assert taken.is_closed()
            assert not {"i", "b", "img"} & {*taken.tags}
            assert not [link for link in taken.links if "evil" in link.partition("?")[0]]
            assert "\u202e" not in taken.words
            for script in taken.scripts:
                assert not [
                    t for t in TAGS if t.replace("<", r"\u003c").replace(">", r"\u003e") in script
                ]
                assert r"\u202e" not in script
        elif key == "python":
            names = {n.id for n in ast.walk(ast.parse(data)) if isinstance(n, ast.Name)}
            assert "attribution" in names
            assert "evil" not in names
        elif key.endswith("csv") or key == "motifs":
            cells = [cell for row in csv.reader(io.StringIO(data)) for cell in row]
            assert cells
            assert not [c for c in cells if re.match(r"[=@]|[+-](?![\d.]+(e[+-]\d+)?$)", c)]
        elif key == "json":
            assert json.loads(data)["request"]
        else:
            assert key == "bed"
