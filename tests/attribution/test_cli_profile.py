"""The command line with a data set: run, status, merge, export."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from attribution import cli
from tests.attribution import profiles

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return profiles.write(tmp_path_factory.mktemp("made"))


@pytest.fixture(autouse=True)
def _here(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made)


def said(capsys: Capture, line: str, code: int = 0) -> tuple[str, str]:
    assert cli.main(["profile", *line.split()]) == code
    out, err = capsys.readouterr()
    return out.strip(), err


def refused(capsys: Capture, line: str) -> str:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["profile", *line.split()])
    assert stopped.value.code == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.count("error:") == 1
    return err


def test_a_data_set_is_gone_through(capsys: Capture, tmp_path: Path) -> None:
    run = f"run shapes.keras pictures --out {tmp_path}/a --target label --layer relu --limit 12"
    out, err = said(capsys, run)
    assert out == "12 of 12 inputs, 2 of 2 shards: finished."
    assert "12 of 12 inputs, " in err  # the last line of progress has the rate, and what is left
    assert "a second, 0 s left" in err
    assert said(capsys, f"status {tmp_path}/a")[0] == out
    assert said(capsys, run)[0] == out
    assert "another run, with layers" in refused(capsys, run.replace("relu", "hidden"))
    said(capsys, f"export {tmp_path}/a {tmp_path}/units.csv")
    assert len(pd.read_csv(tmp_path / "units.csv")) == 2 * 4
    said(capsys, f"export {tmp_path}/a {tmp_path}/units.npz")
    assert list(np.load(tmp_path / "units.npz")) == ["conv/kernel"]


def test_parts_are_merged(capsys: Capture, tmp_path: Path) -> None:
    run = f"run shapes.keras pictures --target long --out {tmp_path}"
    said(capsys, f"{run}/1 --shard 1/2")  # the layer is the card's
    said(capsys, f"{run}/2 --shard 2/2")
    out, _ = said(capsys, f"status {tmp_path}/1", code=3)
    assert out == "12 of 20 inputs, 2 of 3 shards: not finished."
    _, err = said(capsys, f"export {tmp_path}/1 {tmp_path}/half.parquet", code=3)
    assert "not finished" in err
    out, _ = said(capsys, f"merge {tmp_path}/1 {tmp_path}/2 --out {tmp_path}/whole")
    assert out == "20 of 20 inputs, 3 of 3 shards: finished."
    table = pd.read_parquet(tmp_path / "half.parquet")
    assert len(table) == 12
    assert set(table["target"]) == {2}


def test_what_is_in_the_quarantine_and_what_is_damaged_is_said(
    capsys: Capture, made: Path, tmp_path: Path
) -> None:
    shutil.copytree(made / "pictures", tmp_path / "in")
    (tmp_path / "in/round/07.png").write_bytes(b"")
    run = f"run shapes.keras {tmp_path}/in --out {tmp_path}/run --layer hidden"
    out, _ = said(capsys, run)
    assert out.endswith("finished. In the quarantine: 1.")
    out, _ = said(capsys, f"status {tmp_path}/run")
    assert "\n  round/07.png: " in out
    shard = tmp_path / "run/shards/00001.parquet"
    shard.write_bytes(shard.read_bytes()[:-9])
    out, _ = said(capsys, f"status {tmp_path}/run", code=3)
    assert "Damaged shards: 00001;" in out
    _, err = said(capsys, run)
    assert "Shard 00001 is damaged" in err
    assert said(capsys, f"status {tmp_path}/run")[0].startswith("20 of 20 inputs, 3 of 3 shards")


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("run shapes.keras nowhere --out x --layer hidden", "no file or folder 'nowhere'"),
        ("run none.keras pictures --out x --layer hidden", "none.keras"),
        ("run shapes.keras pictures --out x --layer no", "no layer 'no'"),
        ("run shapes.keras pictures --out x --shard 3/2", "'3/2' is no part such as 1/2"),
        ("run shapes.keras pictures --out x --target oval", "--target is 'oval'"),
        ("run shapes.keras pictures --out shapes.keras/x", "cannot be written"),
        ("status pictures", "holds no run.json"),
        ("merge pictures", "holds no run.json"),
        ("export pictures x.csv", "holds no run.json"),
    ],
)
def test_bad_input_is_one_line(line: str, what: str, capsys: Capture) -> None:
    assert what in refused(capsys, line)
    assert not Path("x").exists()
