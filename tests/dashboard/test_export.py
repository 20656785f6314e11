"""Files that leave the dashboard say what the page says; the program computes it again."""

import ast
import io
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from attribution import Attribution
from dashboard import request
from dashboard.answer import Answer, Place
from dashboard.catalogue import catalogue
from dashboard.engine import Engine, Source
from dashboard.export.explore import files
from dashboard.export.file import File
from dashboard.export.snippet import snippet
from dashboard.export.subject import Subject
from dashboard.form import Known
from dashboard.text import title
from tests.dashboard.conftest import changed, picture

MODEL = "efficientnet-lite0"
ENGINE = Engine()


def make(data: bytes | None = None, file: str = "", **query: str) -> Subject:
    """A subject as the page makes it; `data` : of an upload named by `input`, from `file`."""
    values, problems = request.read({"model": MODEL, **query}, catalogue())
    assert not problems
    known = Known(catalogue(), values)
    asked = request.request(known)
    if data is None:
        sample = known.model.sample(asked.input)
        assert sample
        source = Source(sample.name, sample.title, "", sample.path.read_bytes)
    else:
        source = Source(asked.input, title(file), "someone", lambda: data, file)
    answer: Answer = ENGINE.answer(source, asked, lambda *_: None, lambda _: None)
    return Subject(
        asked,
        "http://localhost:8501/?layer=avg_pool",
        source.title,
        known.model,
        known.method,
        ENGINE.facts(source, MODEL, asked.fit),
        answer,
        Place(int(np.abs(answer.values("channel")).argmax())),
        "channel",
        "RdBu",
        "svg",
        source.file,
    )


@pytest.fixture(scope="module")
def cat() -> Subject:
    return make()


def built(subject: Subject) -> dict[str, File]:
    return {file.key: file for file in files(subject)}


@pytest.mark.parametrize(
    "query",
    [
        {"layer": "avg_pool"},
        {"layer": "avg_pool", "baseline": "white", "target": "281", "input": "coffee"},
        {"layer": "avg_pool", "baseline": "blur", "sigma": "7.25", "fit": "letterbox"},
        {"layer": "avg_pool", "baseline": "noise", "seed": "3", "tolerance": "0.1"},
        {"layer": "avg_pool", "baseline": "mean", "method": "gradient_times_difference"},
    ],
    ids=lambda query: query.get("baseline", "zeros"),
)
def test_the_program_runs_as_printed_and_gives_the_same_scores(query: dict[str, str]) -> None:
    subject = make(**query)
    result = run(snippet(subject))
    assert result.layer == subject.answer.layer
    scale = float(np.abs(subject.answer.scores).max())
    np.testing.assert_allclose(result.scores[0], subject.answer.scores, atol=1e-5 * scale)


@pytest.mark.parametrize(
    "name",
    ["IMG_2041.jpg", "my cat's photo.png", f"{'long ' * 20}name.png"],
    ids=["IMG", "cat", "long"],
)
def test_the_program_of_an_upload_reads_the_file_and_refuses_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    data = picture()
    digest, _ = ENGINE.inspect(data)
    subject = make(data, name, input=f"file-{digest[:12]}", layer="avg_pool", baseline="black")
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(data)
    scale = float(np.abs(subject.answer.scores).max())
    found = run(snippet(subject)).scores[0]
    np.testing.assert_allclose(found, subject.answer.scores, atol=1e-5 * scale)
    Path(name).write_bytes(picture(size=(40, 40)))
    with pytest.raises(AssertionError, match="another file"):
        run(snippet(subject))


def run(program: str) -> Attribution:
    names: dict[str, object] = {}
    exec(compile(program, "printed.py", "exec"), names)
    result = names["result"]
    assert isinstance(result, Attribution)
    return result


def test_the_archive_is_an_attribution(cat: Subject) -> None:
    loaded = Attribution.load(io.BytesIO(built(cat)["npz"].build()))
    np.testing.assert_array_equal(loaded.scores[0], cat.answer.scores)
    assert loaded.gap[0] == cat.answer.gap
    assert (loaded.layer, loaded.tolerance) == (cat.answer.layer, 0.05)
    assert loaded.method == "neuron_integrated_gradients"
    assert loaded.request == cat.answer.result.request
    net = ENGINE._network(MODEL)
    assert loaded.request is not None
    assert loaded.request.model == net.digest()
    assert loaded.target.tolist() == [cat.answer.target]


def test_the_table_holds_every_channel_and_the_shares_of_all(cat: Subject) -> None:
    frame = pd.read_csv(io.BytesIO(built(cat)["csv"].build()))
    channels = cat.answer.scores.sum((0, 1), dtype=np.float64)
    by_channel = frame.sort_values("channel")["score"].to_numpy()
    np.testing.assert_allclose(by_channel, channels, rtol=1e-9)
    assert frame["share"].sum() == pytest.approx(1)
    assert frame["score"].abs().is_monotonic_decreasing
    neurons = pd.read_csv(io.BytesIO(built(replace(cat, by="neuron"))["csv"].build()))
    line = neurons.iloc[17]
    place = tuple(int(line[name]) for name in ("row", "column", "channel"))
    assert line["score"] == pytest.approx(float(cat.answer.scores[place]))


def test_the_request_as_json_opens_the_same_request(cat: Subject) -> None:
    content = json.loads(built(cat)["json"].build())
    asked = request.Request(**content["request"])
    assert asked == cat.asked
    assert content["answer"]["f_input"] == cat.answer.f_input
    assert content["target"] == {"index": 282, "name": "tiger cat"}


def test_json_has_no_nan(cat: Subject) -> None:
    lost = replace(cat, answer=changed(cat.answer, gap=float("nan"), is_cut=False))
    assert json.loads(built(lost)["json"].build())["answer"]["gap"] is None


def test_the_report_needs_nothing_from_elsewhere_and_holds_its_program(cat: Subject) -> None:
    page = built(cat)["html"].build().decode()
    assert len(page) < 400_000
    loads = re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?([^"')\s>]+)""", page)
    assert {link.split(",")[0] for link in loads} == {"data:image/png;base64", cat.link}
    assert "<script" not in page
    assert page.count("<svg") == 3
    assert "attribution.METHODS[&#x27;nig&#x27;].run(" in page


def test_a_strangers_words_are_text_in_a_report(cat: Subject) -> None:
    bad = "</pre><img src=x onerror=alert(1)>'\n\u202eimport os"
    mine = replace(cat.asked, input="file-0123456789ab")
    subject = replace(cat, asked=mine, title=bad, file=bad, link='"><script>')
    page = built(subject)["html"].build().decode()
    assert "<img src=x" not in page
    assert "<script" not in page
    assert "&lt;/pre&gt;&lt;img src=x" in page
    line = next(x for x in snippet(subject).splitlines() if x.startswith("data = "))
    assert line.isprintable()
    assert ast.literal_eval(line[line.index("(") + 1 : line.index(").read")]) == bad


def test_every_figure_is_a_picture_and_a_drawing(cat: Subject) -> None:
    found = built(cat)
    channel = f"channel-{cat.place.channel}"
    for name in ("map", "ranking", channel):
        image = Image.open(io.BytesIO(found[f"{name}-png"].build()))
        drawing = ET.fromstring(found[f"{name}-svg"].build())
        width = float(drawing.attrib["width"])
        assert image.width == round(width * 3)
        assert np.asarray(image.convert("L")).std() > 5
        title = drawing.find("{http://www.w3.org/2000/svg}title")
        assert title is not None
        assert "tiger cat" in str(title.text)


def test_warm_supports_and_cool_opposes_on_paper() -> None:
    scores = np.array([[1.0, -1.0], [0.0, 0.5]])
    plate = overlay_plate(np.full((8, 8, 3), 255, np.uint8), scores, "a map")
    cells = [item for item in plate.items if isinstance(item, Box)][:3]
    (warm, cool, half) = [
        (int(c.colour[1:3], 16) - int(c.colour[5:7], 16), c.opacity) for c in cells
    ]
    assert warm[0] > 50 > -50 > cool[0]
    assert half[1] < warm[1] == pytest.approx(cool[1])


def test_a_flat_map_is_drawn_without_colour() -> None:
    plate = overlay_plate(np.zeros((8, 8, 3), np.uint8), np.zeros((4, 4)), "nothing")
    frame = next(item for item in plate.items if isinstance(item, Picture))
    assert not [b for b in plate.items if isinstance(b, Box) and b.y < frame.y + frame.height]


def test_png_and_svg_agree_on_where_things_are() -> None:
    plate = Plate(40, 20, "a & b", (Box(10, 5, 20, 10, "#ff0000"),))
    pixels = np.asarray(Image.open(io.BytesIO(png(plate))))
    red = (pixels == [255, 0, 0]).all(-1)
    assert red.sum() == 60 * 30
    assert red[15:45, 30:90].all()
    assert 'x="10.00" y="5.00" width="20.00" height="10.00"' in svg(plate)
    assert "<title>a &amp; b</title>" in svg(plate)
