"""The page of data sets: proofs on inputs that were not used, and runs of one's own."""

import base64
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from attribution import cli
from dashboard.words import proof as words
from dashboard.words.numbers import number
from dashboard.work.engine import Engine
from dashboard.work.jobs import Errand, Jobs
from tests.dashboard import profiles
from tests.dashboard.conftest import headline, says
from tests.dashboard.profiles import CLASSES, COUNT, Room
from tests.dashboard.test_dataset_page import open_, turn
from tests.dashboard.test_datasets import zipped
from tests.dashboard.test_foreign import harmless
from tests.dashboard.test_pages import run, told


def test_the_proof_is_that_of_the_weights_on_rows_that_were_not_used(
    app: AppTest, room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network is linear: the logit of an unused row falls by the contributions that are taken
    away."""
    turn(app, run="patients")
    command = "python -m attribution profile prove patients patients.csv"
    assert command in [code.value for code in app.code]
    made = profiles.run(Room(**{**vars(room), "profiles": tmp_path}), "part", limit=16)
    made.prove(room.data)
    monkeypatch.setenv("ATTRIBUTION_PROFILES", str(tmp_path))
    turn(app, run="part", **{"class": "well"})
    assert not says(app)
    of_class = np.flatnonzero(room.labels[:-1] == CLASSES.index("well"))
    used = np.isin(of_class, made.manifest.record)
    scores, order = room.scores("well"), np.argsort(-np.abs(room.scores("well")[used].mean(0)))
    traces = {t["name"]: t for t in figure(app, "removals")["data"] if t.get("name")}
    counts = [1, 2, 4]
    for name, rows in (("foretold", used), ("measured", ~used)):
        fall = [scores[rows][:, order[:n]].sum(1).mean() for n in counts]
        np.testing.assert_allclose(decoded(traces[name]["x"]), fall, atol=2e-5)
    alone = set(told(app).split("Without it ")[1:])
    for unit in range(4):  # a sentence on each card
        fall = scores[~used][:, unit].mean()
        words_ = f"the score {'falls' if fall >= 0 else 'rises'} by {number(abs(fall))} (95 %: "
        assert any(text.startswith(words_) for text in alone)
    assert len(alone) == 4
    assert f"over {(~used).sum()} inputs that the run has not used" in told(app)
    assert not [code for code in app.code if "profile prove" in code.value]
    found = Engine().profiles.proof("part", "hidden")
    assert found.pruning is not None
    accuracy = next(t for t in figure(app, "pruning")["data"] if t["mode"] == "lines+markers")
    np.testing.assert_array_equal(decoded(accuracy["x"]), found.pruning.curve["count"])
    rest = np.setdiff1d(np.arange(COUNT - 1), made.manifest.record)
    right = room.model.predict(room.rows[rest], verbose=0).argmax(1) == room.labels[rest]
    assert decoded(accuracy["y"])[0] == pytest.approx(right.mean())


def test_a_damaged_proof_loses_no_more_than_itself(
    app: AppTest, room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(room.profiles / "patients", tmp_path / "torn")
    (tmp_path / "torn" / "proof").mkdir()
    (tmp_path / "torn" / "proof" / "hidden.parquet").write_bytes(b"PAR1")
    monkeypatch.setenv("ATTRIBUTION_PROFILES", str(tmp_path))
    turn(app, run="torn")
    assert [w.value for w in app.warning if "is damaged" in w.value]
    assert headline(app).startswith("'ill': over")


def test_an_uploaded_zip_becomes_a_run_of_its_own(
    app: AppTest, room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command of its job is run here; that it is a process, test_jobs and a browser see."""
    monkeypatch.setenv("ATTRIBUTION_PROFILES", str(tmp_path))
    started: list[Errand] = []
    monkeypatch.setattr(Jobs, "start", lambda self, job: (self.keep(job), started.append(job)))
    shutil.copytree(room.models, tmp_path / "models")
    for file in (tmp_path / "models").glob("patients.*"):
        file.rename(file.with_stem("newcomers"))  # which nobody has opened
    monkeypatch.setenv("ATTRIBUTION_MODELS", str(tmp_path / "models"))
    open_(turn(app), "runs_start")
    app.selectbox(key="start_model").select("newcomers")
    run(app)
    assert app.button(key="start_run").disabled
    header, *lines = [line.rpartition(",")[0] for line in room.data.read_text().splitlines()]
    files = {"set/ill/old.csv": [header, *lines[:8]], "set/well/new.csv": [header, *lines[8:14]]}
    data = zipped(**{name: "\n".join(rows).encode() for name, rows in files.items()})
    app.file_uploader(key="dataset_file").set_value(("mine <b>.zip", data, "application/zip"))
    run(app)
    app.button(key="start_run").click()
    run(app)
    assert not says(app)
    (job,) = started
    assert job.folder.parent == tmp_path
    assert job.model == str(tmp_path / "models" / "newcomers.keras")
    assert cli.main([*job.command[3:], "--workers", "1"]) == 0
    turn(app, run=job.name)
    assert not says(app)
    ran = Engine().profiles.run(job.name)
    assert (ran.done, len(ran.left_out), ran.title.endswith("mine <b>.zip")) == (14, 0, True)
    found = Engine().profiles.layer(job.name, "hidden")
    (first, _), (last, _) = (room.model.get_layer(n).get_weights() for n in ("hidden", "said"))
    says_ = room.model.predict(room.rows[:14], verbose=0).argmax(1)
    expected = (room.rows[:14] @ first) * last[:, says_].T
    np.testing.assert_allclose(found.scores[np.argsort(found.index)], expected, atol=2e-5)
    assert np.bincount(found.group).tolist() == [8, 6]
    harmless(app)


def figure(app: AppTest, key: str) -> dict:
    """What Plotly is given."""
    (chart,) = (c for c in app.get("plotly_chart") if c.proto.id.endswith(f"-{key}"))
    return json.loads(chart.proto.spec)


def decoded(values: list | dict) -> np.ndarray:
    """Numbers of a figure, which Plotly packs."""
    if isinstance(values, list):
        return np.array(values)
    return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])


@pytest.mark.parametrize(
    ("measured", "foretold", "random", "told"),
    [
        (2.0, 2.5, 0.5, ("falls by 2.00", "1.00 to 3.00", "a fall of 2.50, which lies within")),
        (2.0, 3.5, -0.5, ("a fall of 3.50, which lies outside", "by chance: −0.50")),
        (-2.0, -2.5, 0.5, ("rises by 2.00", "1.00 to 3.00", "a rise of 2.50, which lies within")),
        (-2.0, 2.5, float("nan"), ("rises by 2.00", "a fall of 2.50, which lies outside")),
    ],
)
def test_what_the_first_units_do_is_told_whichever_way_it_goes(
    measured: float, foretold: float, random: float, told: tuple[str, ...]
) -> None:
    row = {"count": 3, "predicted": foretold, "measured": measured, "random": random, "inputs": 9}
    rows = pd.DataFrame([{**row, "low": measured - 1, "high": measured + 1}])
    sentence = words.removals(rows, "cat", "channel")
    assert all(part in sentence for part in told)
    assert ("by chance" in sentence) == np.isfinite(random)
