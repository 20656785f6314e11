"""The page of data sets, on bundled runs and on one whose every number is known."""

import base64
import functools
import io
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from dashboard.export import dataset as export
from dashboard.export.dataset import Evidence
from dashboard.words.numbers import percent, signed
from dashboard.work import seen as seen_
from dashboard.work.engine import Engine
from dashboard.work.findings import Glimpse
from dashboard.work.profiles import BUNDLED
from tests.dashboard import profiles
from tests.dashboard.conftest import acts, headline, says, seen
from tests.dashboard.profiles import CLASSES, COUNT, Room
from tests.dashboard.test_foreign import harmless, texts
from tests.dashboard.test_pages import run, told

PAGE = "dataset"


def turn(app: AppTest, page: str = PAGE, **link: str) -> AppTest:
    """A page at this address."""
    app.session_state["open_page"] = page
    app.session_state["open_with"] = link
    return run(app)


def open_(app: AppTest, key: str) -> AppTest:
    app.session_state[key] = True
    return run(app)


def test_the_bundled_run_is_there_at_once_with_its_examples(app: AppTest) -> None:
    turn(app)
    assert not says(app)
    assert app.query_params == {"run": "digits", "layer": "relu2", "class": "0"}
    assert re.fullmatch(
        r"'0': over 80 inputs, \d+ of the 64 channels in relu2 carry half of the evidence for it, "
        r"first #\d+( · .+)?, #\d+( · .+)?, #\d+( · .+)?",
        headline(app),
    )
    assert len([b for b in app.button if b.key and b.key.startswith("unit-")]) == 8
    assert len(app.get("image")) == 16  # of each card its interval, and its examples
    assert told(app).count("From the least to the most") == 8


def test_numbers_are_those_of_the_weights(app: AppTest, room: Room) -> None:
    turn(app, run="patients")
    assert not says(app)
    for name in CLASSES:
        app.selectbox(key="runs_class").select(name)
        open_(app, "runs_sure")
        expected = room.scores(name)
        table = app.dataframe[-1].value.sort_values("unit")
        np.testing.assert_allclose(table["mean"], expected.mean(axis=0), atol=2e-5)
        error = expected.std(axis=0, ddof=1) / np.sqrt(len(expected))
        np.testing.assert_allclose(table["standard_error"], error, atol=2e-5)
        order = np.argsort(-np.abs(expected.mean(axis=0)), kind="stable")
        assert list(app.selectbox(key="runs_unit").options) == [f"#{u}" for u in order]


def test_names_of_units_stand_on_every_page(
    app: AppTest, room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of one's own, which are a stranger's words like all others."""
    shutil.copytree(room.profiles / "patients", tmp_path / "named")
    monkeypatch.setenv("ATTRIBUTION_PROFILES", str(tmp_path))
    link = {"model": "patients", "layer": "hidden"}
    turn(app, "explore", **link)
    assert not [text for text in charted(app) if "·" in text and text.startswith("#2")]
    (tmp_path / "named" / "names.yaml").write_text("hidden: {2: 'old <b>*smokers*</b>'}")
    for page in ("explore", "compare", "ablate", "path", PAGE):
        turn(app, page, **(link if page != PAGE else {"run": "named"}))
        assert not says(app)
        choices = [o for box in (*app.selectbox, *app.multiselect) for o in box.options]
        (option,) = {o.split(" · ")[1] for o in choices if re.match("#?2 · old", str(o))} or {""}
        assert option.startswith("old <b>*smokers") or page == "compare"
        labels = {text for text in charted(app) if "#2 · old" in text}
        assert (page == "path") != any("#2 · old &lt;b&gt;*smokers" in text for text in labels)
        assert not any("<b>" in text for text in labels)
        assert "smokers" not in headline(app) or page == PAGE
        harmless(app)
    turn(app, "explore", **link)
    table = open_(app, "numbers").dataframe[0].value.set_index("neuron")
    assert table["name"].to_dict() == {0: "", 1: "", 2: "old <b>*smokers*</b>", 3: ""}


def charted(app: AppTest) -> list[str]:
    """Every text of the figures."""
    return [t for c in app.get("plotly_chart") for t in texts(json.loads(c.proto.spec))]


def test_what_was_left_out_is_said_with_its_reason(app: AppTest, room: Room) -> None:
    open_(turn(app, run="patients"), "runs_sure")
    assert "1 input was left out" in told(app)
    (row,) = app.dataframe[0].value.itertuples(index=False)
    assert str(COUNT - 1) in row.id
    assert "'nothing'" in row.reason
    assert any("the integral alone adds" in seen(m.value) for m in app.markdown)


def test_a_link_opens_a_unit_and_its_controls_write_the_address(app: AppTest, room: Room) -> None:
    turn(app, run="patients", **{"class": "well", "unit": "2"})
    mean = room.scores("well").mean(axis=0)
    assert headline(app).startswith(f"#2 in 'well': {signed(mean[2])} on average")
    charts = {chart.proto.id.rsplit("-", 1)[-1] for chart in app.get("plotly_chart")}
    assert {"classes", "spread"} <= charts
    app.selectbox(key="runs_class").select("ill")
    run(app)
    assert app.query_params == {"run": "patients", "layer": "hidden", "class": "ill", "unit": "2"}
    app.button(key="runs_all").click()
    run(app)
    assert "unit" not in app.query_params
    app.button(key="unit-1").click()
    run(app)
    assert app.query_params["unit"] == "1"


def test_what_a_link_asks_for_in_vain_is_the_usual(app: AppTest, room: Room) -> None:
    for link in ({"unit": "999"}, {"class": "<b>x</b>"}, {"layer": "none"}, {"unit": "x"}):
        turn(app, run="patients", **link)
        assert not says(app)
        assert app.query_params == {"run": "patients", "layer": "hidden", "class": "ill"}


def test_an_example_opens_in_explore_with_the_request_of_the_run(app: AppTest, room: Room) -> None:
    turn(app, run="patients", **{"class": "well", "unit": "2"})
    opens = [b for b in app.button if b.key and b.key.startswith("open-")]
    place = int(opens[3].key.removeprefix("open-"))
    opens[3].click()
    run(app)  # the page reads the example, and turns
    run(app)
    assert not says(app)
    assert app.query_params["model"] == "patients"
    assert app.query_params["input"].startswith("file-")
    expected = dict(zip(np.flatnonzero(room.labels == 1), room.scores("well")[:, 2], strict=False))
    picked = next(seen(m.value) for m in app.markdown if "euron 2 " in seen(m.value))
    assert signed(expected[place]).lstrip("+−") in picked
    usual = next(seen(m.value) for m in app.markdown if "inputs of a data set" in seen(m.value))
    scores = room.scores("well")[:, 2]
    below = (scores < expected[place]).mean() + 0.5 / len(scores)
    share = max(below, 1 - below)
    assert f"in {percent(share)} of the {len(scores)} inputs" in usual
    app.button(key="usual").click()
    run(app)
    assert app.query_params == {"run": "patients", "layer": "hidden", "class": "well", "unit": "2"}


def test_a_file_that_has_changed_since_is_not_opened(
    app: AppTest, room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "patients.csv"
    shutil.copy(room.data, copy)
    other = profiles.run(Room(**{**vars(room), "data": copy, "profiles": tmp_path}), "moved")
    assert other.status().finished
    monkeypatch.setenv("ATTRIBUTION_PROFILES", str(tmp_path))
    copy.write_text(copy.read_text().replace("ill", "bad", 1))
    turn(app, run="moved", unit="1")
    next(b for b in app.button if b.key and b.key.startswith("open-")).click()
    run(app)
    assert "has changed since the run began" in says(app)
    copy.unlink()
    next(b for b in app.button if b.key and b.key.startswith("open-")).click()
    run(app)
    assert "There is no such file" in says(app)


def test_two_runs_side_by_side(app: AppTest, room: Room) -> None:
    profiles.run(room, "ones", baseline=1.0)
    turn(app, run="patients", other="ones", **{"class": "well"})
    assert not says(app)
    charts = {chart.proto.id.rsplit("-", 1)[-1] for chart in app.get("plotly_chart")}
    assert "against" in charts
    assert "between patients and ones" in told(app)
    turn(app, run="patients", other="digits")
    assert "cannot be laid beside this one" in says(app)


def test_a_run_that_is_damaged_or_of_another_version_is_refused_in_a_sentence(
    app: AppTest, room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("other", "torn", "lost"):
        shutil.copytree(room.profiles / "patients", tmp_path / name)
    told_ = json.loads((tmp_path / "other" / "run.json").read_text())
    (tmp_path / "other" / "run.json").write_text(json.dumps({**told_, "format": 99}))
    shard = next((tmp_path / "torn" / "shards").iterdir())
    shard.write_bytes(shard.read_bytes()[:-40])
    (tmp_path / "lost" / "run.json").write_text("{")
    monkeypatch.setenv("ATTRIBUTION_PROFILES", str(tmp_path))
    for name, why in (
        ("other", "made by another version"),
        ("torn", "is damaged"),
        ("lost", "is damaged"),
        ("../patients", "There is no run"),
        ("<i>x</i>", "There is no run"),
    ):
        turn(app, run=name)
        assert why in says(app)
        assert not acts(app.error[0].value)
        assert str(tmp_path) not in says(app)
        assert app.selectbox(key="runs_run").options  # the way to another one


def test_started_runs_are_for_those_who_know_their_names(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "run-0123456789abcdef"
    shutil.copytree(room.profiles / "patients", tmp_path / name)
    monkeypatch.setenv("ATTRIBUTION_PROFILES", str(tmp_path))
    found = Engine().profiles
    assert name not in found.offered()
    assert name in found.offered({name})
    assert found.run(name).done == COUNT - 1


def test_files_are_the_statistics_and_a_page_of_its_own(room: Room) -> None:
    engine = Engine()
    ran, found = engine.profiles.run("patients"), engine.profiles.layer("patients", "hidden")
    settled = engine.profiles.settled("patients", "hidden", "well")
    parts = ran, found, "well", None, "neuron", "RdBu", None, "link", settled
    evidence = Evidence(*parts, lambda: b"npz")
    export.ranking(evidence)
    export.heatmap(evidence)
    files = {file.key: file for file in export.files(evidence)}
    frame = pd.read_csv(io.BytesIO(files["csv"].build()))
    expected = room.scores("well").mean(axis=0)
    np.testing.assert_allclose(frame[frame["class"] == "well"]["mean"], expected, atol=2e-5)
    again = pd.read_parquet(io.BytesIO(files["parquet"].build()))
    pd.testing.assert_frame_equal(again, found.table, check_dtype=False)
    page = files["html"].build().decode()
    assert evidence.title in page.replace("&#x27;", "'")
    assert page.count("<figure") == 2
    assert files["npz"].build() == b"npz"


def test_the_report_holds_the_cards_of_every_class_with_their_examples() -> None:
    engine = Engine()
    ran, found = engine.profiles.run("digits"), engine.profiles.layer("digits", "relu2")
    settled = engine.profiles.settled("digits", "relu2", "3")
    parts = ran, found, "3", None, "channel", "RdBu", None, "link", settled
    known = functools.partial(seen_.known, engine, ran, "relu2")
    whole = Evidence(*parts, None, engine.profiles.proof("digits", "relu2"), known)
    page = export.page(whole)
    sections = page.split("<h2>Class ")[1:]
    assert [part.partition("</h2>")[0] for part in sections] == list("3012456789")
    for name, part in zip("3012456789", sections, strict=True):
        assert re.findall(r"<b>#(\d+)", part) == [str(u) for u in found.ranked(name)[:8]]
        pictures = re.findall(r'<img src="data:image/jpeg;base64,([^"]+)"', part)
        assert len(pictures) == part.count("without it</text>") == 8
        assert Image.open(io.BytesIO(base64.b64decode(pictures[0]))).size == (504, 96)
        assert part.count("Without it the score") == 8
    assert len(page) - len(export.page(replace(whole, known=lambda _: {}))) < 2 * 2**20
    grey = Glimpse(np.full((8, 8, 3), 99, np.uint8), None)
    looked = replace(whole, unit=7, known=lambda pairs: dict.fromkeys(pairs, grey))
    assert export.page(looked).count("<img") == 81  # the gallery of the unit ahead of them


def test_a_report_without_examples_says_so(room: Room) -> None:
    engine = Engine()
    ran, found = engine.profiles.run("patients"), engine.profiles.layer("patients", "hidden")
    settled = engine.profiles.settled("patients", "hidden", "well")
    page = export.page(Evidence(ran, found, "well", None, "neuron", "RdBu", None, "", settled))
    assert page.count("<h2>Class ") == 1
    assert "1 class has no cards here" in page


def test_tables_are_kept_within_the_bounds_of_the_store(room: Room) -> None:
    engine = Engine()
    before = engine.store.size
    first = engine.profiles.layer("patients", "hidden")
    assert engine.store.size - before >= first.scores.nbytes
    assert engine.profiles.scores("patients", "hidden").scores is first.scores


def test_bundled_runs_are_of_the_bundled_networks_and_data() -> None:
    engine = Engine()
    for name, size in (("digits", 800), ("tal1-gata1", 480)):
        ran = engine.profiles.run(name)
        assert (ran.model, ran.done, len(ran.left_out)) == (name, size, 0)
        assert Path(engine.profiles.place(name)).is_file()
        assert engine.profiles.bundled(name)
        (layer,) = ran.layers
        proof = engine.profiles.proof(name, layer).removals
        assert proof is not None
        assert set(proof["class"]) == set(engine.profiles.layer(name, layer).present)
    assert {path.name for path in BUNDLED.iterdir() if path.is_dir()} == {"digits", "tal1-gata1"}
