"""Files that leave the dashboard say what the page says; the program computes it again."""

import ast
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from plotly.offline import get_plotlyjs

from attribution import Attribution
from dashboard.export import pictures
from dashboard.export.explore import files
from dashboard.export.file import File
from dashboard.export.snippet import snippet
from dashboard.export.subject import Subject
from dashboard.figures.map import Map
from dashboard.kinds import KINDS
from dashboard.request.catalogue import Catalogue
from dashboard.request.form import write
from dashboard.request.outputs import Outputs
from dashboard.request.request import request
from dashboard.work.answer import Answer, Place
from dashboard.work.pictures import inspect
from tests.dashboard.conftest import ENGINE, asked, changed, filled, own, picture
from tests.dashboard.reports import Taken
from tests.wide import one_of

MODEL = "efficientnet-lite0"


def make(data: bytes | None = None, file: str = "", **query: str) -> Subject:
    """A subject as the page makes it; `data` : of an upload named by `input`, from `file`."""
    known = filled(**query)
    name = query.pop("input", "cat")
    item, question = (
        asked(ENGINE, MODEL, name, **query)
        if data is None
        else own(ENGINE, name, data, file=file, **query)
    )
    prediction = ENGINE.prediction(item)
    if question.target is None:
        question = replace(question, target=prediction.predicted)
    answer: Answer = ENGINE.answer(item, question, lambda *_: None, lambda _: None)
    subject = Subject(
        engine=ENGINE,
        kind=KINDS["image"],
        known=known,
        asked=question,
        link="http://localhost:8501/?layer=avg_pool",
        item=item,
        prediction=prediction,
        answer=answer,
        place=Place(int(np.abs(answer.values("channel")).argmax())),
        by="channel",
    )
    shown = Map(answer.total_map(), subject.palette)
    return replace(subject, drawings=(subject.over("total", "layer", answer, shown),))


@pytest.fixture(scope="module")
def cat() -> Subject:
    return make()


def built(subject: Subject) -> dict[str, File]:
    return {file.key: file for file in files(subject)}


@pytest.mark.parametrize(
    "query",
    one_of(
        [
            {"layer": "avg_pool"},
            {"layer": "avg_pool", "baseline": "white", "target": "281", "input": "coffee"},
            {"layer": "avg_pool", "baseline": "blur", "sigma": "7.25", "fit": "letterbox"},
            {"layer": "avg_pool", "baseline": "noise", "seed": "3", "tolerance": "0.1"},
            {"layer": "avg_pool", "baseline": "mean", "method": "gradient_times_difference"},
        ]
    ),
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
    one_of(["my cat's photo.png", "IMG_2041.jpg", f"{'long ' * 20}name.png"]),
    ids=["cat", "IMG", "long"],
)
def test_the_program_of_an_upload_reads_the_file_and_refuses_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    data = picture()
    given, _ = inspect(ENGINE, data, [], "someone")
    subject = make(data, name, input=given, layer="avg_pool", baseline="black")
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
    assert loaded.request is not None
    with ENGINE.brief(MODEL) as net:
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
    given = content["request"]
    assert request(filled(**{name: write(value) for name, value in given.items()})) == cat.asked
    assert content["answer"]["f_input"] == cat.answer.f_input
    assert content["target"] == {"index": 282, "name": "tiger cat"}


def test_json_has_no_nan(cat: Subject) -> None:
    lost = replace(cat, answer=changed(cat.answer, gap=float("nan"), is_cut=False))
    assert json.loads(built(lost)["json"].build())["answer"]["gap"] is None


def test_the_report_needs_nothing_from_elsewhere_and_holds_its_program(cat: Subject) -> None:
    page = built(cat)["html"].build().decode()
    assert len(page) - len(get_plotlyjs()) < 400_000
    taken = Taken(page)
    assert taken.is_closed()
    assert taken.links == [cat.link]
    assert taken.tags.count("figure") == len(cat.drawings)
    assert len(taken.scripts) == 2 + len(cat.drawings)  # the library, and the slider of opacity
    assert "attribution.METHODS['nig'].run(" in taken.words
    for drawing in cat.drawings:
        assert drawing.sentence in taken.words
    for number in ("9.213", "+9.217", "83"):  # as the page shows them
        assert number in taken.words


def test_a_strangers_words_are_text_in_a_report(cat: Subject) -> None:
    bad = "</pre><img src=x onerror=alert(1)></script><script>alert(1)</script>'\n\u202eimport os"
    mine = replace(cat.asked, input="file-0123456789ab")
    (head,) = cat.model.outputs.heads
    labels = tuple(bad if i == 282 else name for i, name in enumerate(cat.model.card.labels))
    models = {MODEL: replace(cat.model, outputs=Outputs((replace(head, names=labels),)))}
    known = replace(cat.known, catalogue=Catalogue(models))
    item = replace(cat.item, title=bad, file=bad)
    subject = replace(cat, asked=mine, known=known, item=item, link='"><script>')
    taken = Taken(built(subject)["html"].build().decode())
    assert taken.is_closed()
    assert len(taken.scripts) == 3
    assert "</pre><img src=x onerror=alert(1)></script><script>alert(1)" in taken.words
    line = next(x for x in snippet(subject).splitlines() if x.startswith("data = "))
    assert line.isprintable()
    assert ast.literal_eval(line[line.index("(") + 1 : line.index(").read")]) == bad


def test_a_map_says_its_scale_and_how_much_lies_beyond(cat: Subject) -> None:
    shown, scores = cat.drawings[0], cat.answer.total_map()
    heat, _bar = shown.build().data
    np.testing.assert_array_equal(heat.z, scores)
    beyond = np.mean(np.abs(scores) > heat.zmax * (1 + 1e-9))
    assert beyond > 0
    assert f"{beyond:.1%} of the cells lie beyond".replace("%", "\u00a0%") in shown.sentence
    assert "'tiger cat'" in shown.sentence


def test_without_a_chrome_there_is_the_report_and_every_table(
    cat: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "chrome", lambda: None)
    assert [*built(cat)] == ["html", "csv", "npz", "json", "python"]
    monkeypatch.setattr(pictures, "chrome", lambda: "/bin/false")
    assert [*built(cat)] == ["html", "pictures", "csv", "npz", "json", "python"]
