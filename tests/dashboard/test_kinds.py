"""Tables, series and text: from a file or a few words to an answer, on every page."""

import csv
import io
import re
import struct
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.export.snippet import snippet
from dashboard.export.subject import Subject
from dashboard.figures import series as series_figures
from dashboard.figures import text as text_figures
from dashboard.figures.colours import bars
from dashboard.figures.map import Map
from dashboard.kinds import KINDS
from dashboard.work.answer import Place
from dashboard.work.traces import Traces, summed
from tests.dashboard import folder
from tests.dashboard.conftest import ENGINE, headline, says, seen, turn_to, visit
from tests.dashboard.folder import WORDS, lost
from tests.dashboard.reports import hold_the_same
from tests.wide import one_of

L = keras.layers
BUNDLED = ("wine", "reviews", "machine", "digits")
OWN_TEXT = "Good film, NOT strange"
IDS = [2, 4, 1, 1, 0, 0]
"""Of the words above: "not" and "strange" are not among the network's."""


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, keras.Model]:
    monkeypatch.setenv("ATTRIBUTION_MODELS", str(tmp_path))
    return folder.fill(tmp_path)


def charts(app: AppTest) -> set[str]:
    return {chart.proto.id.rsplit("-", 1)[-1] for chart in app.get("plotly_chart")}


def begin(app: AppTest, model: str, **query: str) -> AppTest:
    app.query_params.update({"model": model, **query})
    app.run()
    assert not app.exception
    return app


def upload(app: AppTest, kind: str, name: str, data: bytes) -> None:
    given = (name, data, "application/octet-stream")
    app.file_uploader(key=f"{kind}_file").set_value(given).run()
    assert not app.exception


def last(app: AppTest):
    return app.session_state["session"].last


def subject(app: AppTest) -> Subject:
    """What Explore shows, as its files need it."""
    shown = last(app)
    return Subject(
        engine=ENGINE,
        kind=KINDS[shown.known.form.kind],
        known=shown.known,
        asked=shown.asked,
        link="",
        item=shown.item,
        prediction=shown.prediction,
        answer=shown.answer,
        place=Place(0),
        by="channel",
    )


def npy(values: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values)
    return buffer.getvalue()


def wav(values: np.ndarray, rate: int) -> bytes:
    """16 bits a sample, (times, channels) from -1 to 1."""
    data = np.round(values * 32767).astype("<i2").tobytes()
    count = values.shape[1]
    form = struct.pack("<HHIIHH", 1, count, rate, rate * count * 2, count * 2, 16)
    chunks = b"fmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


@pytest.mark.parametrize("name", BUNDLED)
def test_every_page_and_its_report_answer_for_the_bundled_networks(
    app: AppTest, taken: list[Any], name: str
) -> None:
    begin(app, name)
    hold_the_same(app, taken[-1])
    assert not says(app)
    shown = {"wine": {"inputs"}, "machine": {"inputs", "total"}}.get(name, {"total"})
    assert {"ranking", *shown} <= charts(app)
    for page, chart in [
        ("overview", "network"),
        ("compare", "agreement"),
        ("ablate", "curves"),
        ("path", "path"),
    ]:
        visit(app, page)
        assert not says(app)
        assert chart in charts(app)
        hold_the_same(app, taken[-1])


@pytest.mark.parametrize("name", [*folder.MODELS])
def test_every_page_answers_for_a_model_without_a_card(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Its kind is guessed, and the ready inputs of noise and zeros are read."""
    monkeypatch.setenv("ATTRIBUTION_MODELS", str(tmp_path))
    folder.fill(tmp_path, cards=False)
    begin(app, name, input="zeros")
    assert not says(app)
    app.selectbox(key="input").select("noise").run()
    assert not app.exception
    if name == "patients":
        assert len(last(app).item.shown.others.rows) == 20
    kind = {"patients": "table", "waves": "series", "opinions": "tokens"}[name]
    assert app.session_state["session"].form.kind == kind
    for page in ("overview", "compare", "ablate", "path"):
        visit(app, page)
        assert not says(app)


# Numbers: of linear networks, by Keras alone

ROWS = np.array([[40.0, 2.5, 1.0], [20.0, 1.5, 1.0], [33.0, 5.0, 0.0]])
CSV = f'smoker,note,"{folder.FEATURES[1]}",age\nyes,7,2.5,40\nyes,8,1.5,20\nno,9,5,33\n'


@pytest.mark.parametrize(
    ("query", "baseline"),
    [
        ({"baseline": "mean"}, [31.0, 3.0, 1.0]),  # of a category the most frequent value
        ({"baseline": "median"}, [33.0, 2.5, 1.0]),
        ({"baseline": "other"}, [20.0, 1.5, 1.0]),  # the second
        ({"baseline": "zeros"}, [0.0, 0.0, 0.0]),
    ],
    ids=lambda given: given["baseline"] if isinstance(given, dict) else "",
)
def test_features_are_found_by_name_and_contribute_what_the_score_loses(
    app: AppTest, models, query: dict[str, str], baseline: list[float]
) -> None:
    begin(app, "patients", **query)
    upload(app, "table", "mine.csv", CSV.encode())
    assert not says(app)
    app.number_input(key="case").set_value(3).run()
    answer = last(app).answer
    wanted = lost(models["patients"], ROWS[2], np.array(baseline), answer.target)
    np.testing.assert_allclose(answer.inputs, wanted, rtol=1e-4, atol=1e-5)
    assert last(app).item.shown.texts == ["33 years", "5", "no"]
    captions = " ".join(seen(c.value) for c in app.caption)
    largest = folder.FEATURES[int(np.abs(wanted).argmax())]
    assert largest in captions
    said = {"mean": "Over 3 rows of this file", "other": "One of the 3 rows of this file"}
    assert said.get(query["baseline"], "") in captions


def test_one_row_without_samples_of_the_model_is_compared_with_zeros(app: AppTest, models) -> None:
    """Noise that stands ready for a look is no other row."""
    begin(app, "patients", baseline="mean")
    upload(app, "table", "one.npy", npy(ROWS[0]))
    wanted = lost(models["patients"], ROWS[0], np.zeros(3), last(app).answer.target)
    np.testing.assert_allclose(last(app).answer.inputs, wanted, rtol=1e-4, atol=1e-5)
    assert "A row of zeros, as no other row is known" in " ".join(
        seen(c.value) for c in app.caption
    )


WAVE = np.random.default_rng(3).uniform(-0.9, 0.9, (50, 2)).astype(np.float32)


def smooth(x: np.ndarray, half: int) -> np.ndarray:
    """Slowly: the mean of what is there on either side."""
    rows = [x[max(0, i - half) : i + half + 1].mean(axis=0) for i in range(len(x))]
    return np.array(rows, np.float32)


@pytest.mark.parametrize("form", one_of(["wav", "csv", "npy"]))
@pytest.mark.parametrize("baseline", one_of(["smooth", "zeros", "mean"]))
def test_a_window_of_a_series_contributes_what_the_score_loses(
    app: AppTest, models, form: str, baseline: str
) -> None:
    lines = [f"{t / 20},{b},{a}" for t, (a, b) in enumerate(WAVE)]  # in another order
    data = {
        "npy": npy(WAVE),
        "csv": "\n".join(["time,right <i>,left", *lines]).encode(),
        "wav": wav(WAVE, 20),
    }[form]
    begin(app, "waves", baseline=baseline, half="4")
    upload(app, "series", f"mine.{form}", data)
    assert not says(app)
    app.slider(key="start_choice").set_value(7).run()
    x = last(app).item.encode()[0]
    np.testing.assert_allclose(x, WAVE[7:47], atol=1e-4)
    reference = {
        "zeros": np.zeros_like(x),
        "mean": np.broadcast_to(x.mean(axis=0), x.shape),
        "smooth": smooth(x, 4),
    }[baseline]
    wanted = lost(models["waves"], x, reference, last(app).answer.target)
    np.testing.assert_allclose(last(app).answer.inputs, wanted, atol=1e-4)
    at = np.unravel_index(np.abs(last(app).answer.inputs).argmax(), x.shape)
    assert f"at {(at[0] + 7) / 20:.3g} s" in " ".join(seen(c.value) for c in app.caption)


def test_a_layers_positions_lie_along_time_where_they_look(app: AppTest, models) -> None:
    """A stride of 2, of "same" padding over 40: position p looks at p * 2 - 1 to p * 2 + 3."""
    begin(app, "waves", input="noise")
    assert "total" in charts(app)
    shown = subject(app)
    ENGINE.open("waves", lambda _ahead: None)
    said = shown.kind.where(ENGINE, shown.item, shown.layer, (5,))
    assert said == "around 0.55 s"
    figure = shown.kind.over(ENGINE, shown.item, shown.layer, Map(np.arange(20.0), picked=(5,)))
    np.testing.assert_allclose(figure.data[0].x, (np.arange(20) * 2 + 1) / 20)
    assert figure.layout.shapes[0].x0 == pytest.approx(0.5)


@pytest.mark.parametrize(("baseline", "fill"), [("unknown", 1), ("padding", 0)])
def test_words_contribute_what_the_score_loses(
    app: AppTest, models, baseline: str, fill: int
) -> None:
    begin(app, "opinions", baseline=baseline)
    app.text_area(key="tokens_text").set_value(OWN_TEXT).run()
    assert not app.exception
    assert not says(app)
    np.testing.assert_array_equal(last(app).item.encode(), [IDS])
    x = np.array(IDS)
    reference = np.where(x == 0, 0, fill)
    wanted = lost(models["opinions"], x, reference, last(app).answer.target)
    found = last(app).answer.inputs.sum(axis=-1)
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    (shown,) = (h.proto.body for h in app.get("html") if "aria-label" in h.proto.body)
    assert re.findall(r"font-size:1.1rem[^>]*>([^<]+)<", shown) == [
        "good",
        "film",
        "not",
        "strange",
    ]
    assert shown.count("underline dotted") == 2
    assert "Not among the network's words: 'not', 'strange'." in " ".join(
        seen(c.value) for c in app.caption
    )


def test_ids_are_spelled_and_never_become_live(app: AppTest, models) -> None:
    begin(app, "opinions")
    upload(app, "tokens", "two.csv", b"2,3,5,0,0,0\n5,6,2,4,0,0\n")
    app.number_input(key="record").set_value(2).run()
    assert last(app).item.shown.text.words == (WORDS[5], "very", "good", "film")
    (shown,) = (h.proto.body for h in app.get("html") if "aria-label" in h.proto.body)
    assert "&lt;b&gt;not&lt;/b&gt;" in shown
    assert "<b>" not in shown


# What cannot be read


@pytest.mark.parametrize(
    ("model", "kind", "name", "data", "why"),
    [
        ("patients", "table", "x.csv", b"age,smoker\n1,yes\n", "no column"),
        ("patients", "table", "x.csv", CSV.replace("yes,7", "maybe,7").encode(), "maybe"),
        ("patients", "table", "x.csv", CSV.replace("40", "nan").encode(), "nan"),
        ("patients", "table", "x.npy", npy(np.zeros((2, 4))), "shape"),
        ("waves", "series", "x.npy", npy(WAVE[:30]), "longer"),
        ("waves", "series", "x.wav", wav(WAVE, 8000), "8000"),
        ("waves", "series", "x.wav", b"RIFF\x00\x00\x00\x00WAVE", "x.wav"),
        ("waves", "series", "x.csv", b"left,up\n1,2\n", "right"),
        ("opinions", "tokens", "x.txt", b"\xff\xfe\x00", "UTF-8"),
        ("opinions", "tokens", "x.txt", b"good " * 7, "7 words"),
        ("opinions", "tokens", "x.csv", b"1,2,3,4,5,7\n", "7 is no id"),
        ("opinions", "tokens", "x.csv", b"1,2,3,4,5,0.5\n", "int32"),
        ("opinions", "tokens", "x.npy", b"\x93NUMPY no", "x.npy"),
    ],
)
def test_what_cannot_be_read_is_said_and_the_last_result_stays(
    app: AppTest, models, model: str, kind: str, name: str, data: bytes, why: str
) -> None:
    begin(app, model)
    before = headline(app)
    upload(app, kind, name, data)
    (said,) = app.error
    assert why in seen(said.value)
    assert "\n" not in said.value
    assert headline(app) == before


def test_a_table_is_read_anew_for_another_network(app: AppTest, models) -> None:
    """The columns of one network's table are no other's, even where there are as many."""
    begin(app, "patients")
    upload(app, "table", "mine.csv", CSV.encode())
    turn_to(app, "wine")
    assert "mine.csv: mine.csv has no column 'alcohol'" in says(app)
    assert last(app).known.model.name == "wine"
    turn_to(app, "patients")
    assert not says(app)
    assert last(app).item.title == "mine.csv"


def test_ids_that_no_embedding_has_are_refused(app: AppTest, tmp_path: Path, monkeypatch) -> None:
    """Without a vocabulary the largest id is not known before the network is asked."""
    monkeypatch.setenv("ATTRIBUTION_MODELS", str(tmp_path))
    folder.fill(tmp_path, cards=False)
    begin(app, "opinions", input="zeros")
    app.text_area(key="tokens_text").set_value("2 3 700").run()
    assert not app.exception
    assert "700 is not in [0, 7)" in says(app)
    assert headline(app)


def test_a_network_that_takes_text_itself_is_refused_with_what_to_do(
    app: AppTest, models, tmp_path: Path
) -> None:
    spelling = L.TextVectorization(output_sequence_length=6)
    spelling.adapt(["good film", "bad film"])
    given = keras.Input((1,), dtype="string", name="review")
    pooled = L.GlobalAveragePooling1D()(L.Embedding(9, 4)(spelling(given)))
    keras.Model(given, L.Dense(2)(pooled)).save(tmp_path / "spelling.keras")
    app.query_params["model"] = "spelling"
    app.run()
    assert not app.exception
    assert "'review' takes text, and numbers are explained" in says(app)
    assert "TextVectorization" in says(app)


def test_words_of_a_network_without_an_embedding_have_no_scores_of_their_own(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTRIBUTION_MODELS", str(tmp_path))
    given = keras.Input((6,), name="given")
    hidden = L.Dense(5, activation="relu", name="hidden")(L.Rescaling(0.1)(given))
    keras.Model(given, L.Dense(2, activation="softmax")(hidden)).save(tmp_path / "plain.keras")
    (tmp_path / "plain.yaml").write_text(folder.CARDS["opinions"], encoding="utf-8")
    begin(app, "plain")
    assert not says(app)
    assert "no embedding layer" in " ".join(seen(c.value) for c in app.caption)
    assert last(app).answer.inputs is None


def test_long_series_are_drawn_in_stretches_that_lose_nothing() -> None:
    """A million times would not fit a page: sums of scores and extremes of values stay."""
    generator = np.random.default_rng(1)
    values = generator.normal(size=(4001, 2)).astype(np.float32)
    scores = generator.normal(size=(4001, 2))
    traces = Traces(values, ("left", "<i>right</i>"), 10.0, 100)
    assert summed(scores).shape == (1334, 2)
    np.testing.assert_allclose(summed(scores).sum(axis=0), scores.sum(axis=0), atol=1e-9)
    figure = series_figures.coloured(traces, scores)
    lines = [trace for trace in figure.data if trace.type == "scatter"]
    assert max(len(line.x) for line in lines) == 2 * 1334
    np.testing.assert_allclose([line.y.max() for line in lines], values.max(axis=0))
    assert lines[0].x[0] == pytest.approx(10.1)  # the middle of the first three
    heat = [trace for trace in figure.data if trace.type == "heatmap"]
    assert len({(trace.zmin, trace.zmax) for trace in heat}) == 1
    assert "<i>" not in figure.to_json()


# What leaves the page


@pytest.mark.parametrize(
    ("model", "query"),
    [
        ("wine", {"case": "6"}),
        ("wine", {"case": "6", "baseline": "other", "other_case": "12"}),
        ("reviews", {"input": "review-turned"}),
        ("reviews", {"input": "review-unknown", "baseline": "padding"}),
        ("machine", {"baseline": "smooth"}),
        ("machine", {"input": "machine-surge", "layer": "series", "method": "deeplift_rescale"}),
    ],
)
def test_the_program_runs_as_printed_and_gives_the_same_scores(
    app: AppTest, model: str, query: dict[str, str]
) -> None:
    begin(app, model, **query)
    names: dict = {}
    exec(compile(snippet(subject(app)), "printed.py", "exec"), names)
    answer = last(app).answer
    scale = float(np.abs(answer.scores).max())
    np.testing.assert_allclose(
        names["result"].scores[0], answer.result.scores[0], atol=1e-5 * scale
    )
    inputs = names.get("results", {last(app).item.entry: names["result"]})[last(app).item.entry]
    np.testing.assert_allclose(
        inputs.scores[0], answer.inputs, atol=1e-5 * np.abs(answer.inputs).max()
    )


def test_the_program_of_a_table_of_ones_own(
    app: AppTest, models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One row, compared with the rows of samples that no file of the user's holds."""
    begin(app, "patients", baseline="median")
    upload(app, "table", "one.csv", CSV.rsplit("yes", 1)[0].encode())
    monkeypatch.chdir(tmp_path)
    Path("one.csv").write_text(CSV.rsplit("yes", 1)[0])
    names: dict = {}
    exec(compile(snippet(subject(app)), "printed.py", "exec"), names)
    found = last(app).answer.scores
    np.testing.assert_allclose(names["result"].scores[0], found, rtol=1e-4)


def test_files_hold_each_feature_with_its_score(app: AppTest) -> None:
    begin(app, "wine")
    shown = subject(app)
    (file,) = (f for f in shown.kind.files(shown) if f.key == "inputs")
    rows = list(csv.DictReader(io.StringIO(file.build().decode())))
    assert [row["feature"] for row in rows][:2] == ["alcohol", "malic acid"]
    assert rows[0]["value"] == "14.02"
    found = [float(row["score"]) for row in rows]
    np.testing.assert_allclose(found, last(app).answer.inputs, rtol=1e-5)


# The colours of words


@pytest.mark.parametrize("palette", ["RdBu", "PuOr"])
@pytest.mark.parametrize(("ink", "ground"), [("#1b2223", "#ffffff"), ("#fafafa", "#0e1117")])
def test_words_can_be_read_on_their_colours(palette: str, ink: str, ground: str) -> None:
    for colour in bars(palette):
        over = _mixed(colour, ground, text_figures.DEEPEST)
        assert _contrast(_light(_rgb(ink)), _light(over)) >= 4.5


def _rgb(colour: str) -> np.ndarray:
    return np.array([*bytes.fromhex(colour[1:])]) / 255


def _mixed(colour: str, ground: str, share: float) -> np.ndarray:
    return share * _rgb(colour) + (1 - share) * _rgb(ground)


def _light(rgb: np.ndarray) -> float:
    """Relative luminance, of WCAG 2."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def _contrast(first: float, second: float) -> float:
    return (max(first, second) + 0.05) / (min(first, second) + 0.05)
