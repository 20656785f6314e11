"""The command line: it says and writes what the library says, and bad input is one line."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

import attribution
from attribution import Attribution, cli, zoo
from attribution.commands import words, writing
from attribution.commands.answer import Explanation

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of vectors, one of pictures, and inputs for both."""
    folder = tmp_path_factory.mktemp("files")
    keras.utils.set_random_seed(3)
    inputs = keras.Input((3,), name="x")
    hidden = keras.layers.Dense(4, activation="relu", name="hidden")(inputs)
    outputs = keras.layers.Dense(2, activation="softmax", name="out")(hidden)
    keras.Model(inputs, outputs).save(folder / "vectors.keras")
    pixels = keras.Input((8, 12, 3), name="picture")
    pooled = keras.layers.GlobalAveragePooling2D(name="pooled")(pixels)
    keras.Model(pixels, keras.layers.Dense(2, name="out")(pooled)).save(folder / "pictures.keras")
    rng = np.random.default_rng(0)
    np.save(folder / "x.npy", rng.normal(size=(2, 3)).astype("float32"))
    np.save(folder / "wrong.npy", np.zeros((2, 4)))
    np.savez(folder / "many.npz", a=np.zeros(3))
    Image.fromarray(rng.integers(0, 255, (16, 24, 3), np.uint8)).save(folder / "picture.png")
    (folder / "notes.txt").write_text("not a sequence, 123")
    (folder / "words.doc").write_text("words")
    return folder


def explained(folder: Path, **options: object) -> Attribution:
    net = attribution.load(folder / "vectors.keras")
    x = np.load(folder / "x.npy")
    return attribution.neuron_integrated_gradients(net, x, "hidden", **options)


def run(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    assert cli.main([str(w) for w in words]) == 0
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    with pytest.raises(SystemExit) as stopped:
        cli.main([str(w) for w in words])
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_exact_scores_are_said_to_be_certified(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder / "exact.npz"
    words = ("explain", folder / "vectors.keras", folder / "x.npy", "--layer", "hidden", "--exact")
    assert "Exact, certified: " in run(capsys, *words)
    run(capsys, *words, "--out", out)
    found = Attribution.load(out)
    assert found.certified
    np.testing.assert_array_equal(found.scores, explained(folder, exact=True).scores)


def test_layers(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = run(capsys, "layers", folder / "vectors.keras").splitlines()
    assert [line.split() for line in lines] == [
        ["layer", "kind", "shape", "cut"],
        ["x", "InputLayer", "3", "yes"],
        ["hidden", "Dense", "4", "yes"],
        ["out", "Dense", "2", "no"],
    ]


def test_explain_on_the_screen(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = run(
        capsys, "explain", folder / "vectors.keras", folder / "x.npy",
        "--layer", "hidden", "--target", "1", "--baseline", "0.5", "--top", "2",
    )  # fmt: skip
    result = explained(folder, target=1, baseline=np.full(3, 0.5))
    for example in range(2):
        for row in result.top(2, example=example).itertuples(index=False):
            assert f"channel {row.index!s:12} {row.score:+12.5g} {row.share:8.1%}" in out
        assert f"delta       {result.delta[example]:.6g}" in out


def test_npz_holds_everything(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(
        capsys, "explain", folder / "vectors.keras", folder / "x.npy",
        "--layer", "hidden", "--target", "0:1,1:-1", "--out", folder / "scores.npz",
    )  # fmt: skip
    saved, wanted = Attribution.load(folder / "scores.npz"), explained(folder, target={0: 1, 1: -1})
    np.testing.assert_array_equal(saved.scores, wanted.scores)
    assert saved.target == {0: 1.0, 1: -1.0}


@pytest.mark.parametrize("name", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", " =1", "＝1"])
def test_no_name_in_a_csv_file_is_a_formula(name: str, tmp_path: Path) -> None:
    """(Most of these TensorFlow refuses as names of layers; not all, and not for ever.)"""
    keras.utils.set_random_seed(0)
    net = attribution.Network(
        keras.Sequential([keras.Input((3,)), keras.layers.Dense(8, name="dense")])
    )
    found = attribution.gradient_times_difference(net, np.ones((1, 3)), "dense", target=0)
    results = {name: found, "dense": found}
    answer = Explanation(name, results, {}, features=[name] * 8, named=frozenset({name}))
    with writing.output(tmp_path / "s.csv", {"by": "neuron"}, None) as add:
        add(answer)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "s.csv").read_text(encoding="utf-8"))))
    assert {row["input"] for row in rows} == {f"'{name}"}
    assert {row["layer"] for row in rows} == {"dense", f"'{name}"}
    assert {row["name"] for row in rows} == {"", f"'{name}"}
    assert [float(r["score"]) for r in rows[:8]] == [float(r["score"]) for r in rows[8:]]


def test_numbers_in_a_csv_file_keep_their_sign(folder: Path, tmp_path: Path) -> None:
    found = explained(folder, target=1)
    with writing.output(tmp_path / "s.csv", {"by": "neuron"}, None) as add:
        add(Explanation("x.npy", {"hidden": found}, {}))
    rows = list(csv.DictReader(io.StringIO((tmp_path / "s.csv").read_text())))
    assert {float(r["score"]) for r in rows} == set(found.scores.reshape(-1).tolist())
    assert found.scores.min() < 0


def test_csv_lists_every_neuron(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(
        capsys, "explain", folder / "vectors.keras", folder / "x.npy", "--by", "neuron",
        "--layer", "hidden", "--layer", "x", "--target", "1", "--out", folder / "scores.csv",
    )  # fmt: skip
    rows = list(csv.DictReader(io.StringIO((folder / "scores.csv").read_text())))
    assert len(rows) == 2 * (4 + 3)
    result = explained(folder, target=1)
    for row in rows:
        if row["layer"] == "hidden":
            score = result.scores[int(row["example"]), int(row["neuron"])]
            np.testing.assert_allclose(float(row["score"]), score, rtol=1e-2, atol=1e-4)


def test_json_says_how_sure(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(
        capsys, "explain", folder / "vectors.keras", folder / "x.npy", "--layer", "hidden",
        "--method", "internal_influence", "--tolerance", "0.01", "--out", folder / "scores.json",
    )  # fmt: skip
    found = json.loads((folder / "scores.json").read_text())["layers"]["hidden"]
    assert found["shape"] == [4]
    assert "does not sum" in found["notes"][0]
    for example in found["examples"]:
        assert example["gap"] is None
        assert example["converged"]
        assert example["error"] <= 0.01
        assert example["delta"] == example["f_input"] - example["f_baseline"]


def test_a_picture_is_fitted_and_encoded(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "picture.npz"
    run(
        capsys, "explain", folder / "pictures.keras", folder / "picture.png", "--layer", "pooled",
        "--target", "1", "--subtract", "0", "--divide", "255", "--out", out,
    )  # fmt: skip
    kernel = keras.models.load_model(folder / "pictures.keras").get_layer("out").get_weights()[0]
    with Image.open(folder / "picture.png") as picture:  # the central 7/8, as the docs say
        window = picture.crop((1, 1, 22, 15)).resize((12, 8), Image.Resampling.BICUBIC)
    mean = np.asarray(window).mean((0, 1)) / 255
    np.testing.assert_allclose(Attribution.load(out).scores[0], mean * kernel[:, 1], rtol=1e-4)


def test_bundled_names_of_model_sample_and_class(capsys: pytest.CaptureFixture[str]) -> None:
    card = zoo.cards()["splice-donor"]
    out = run(
        capsys, "explain", "splice-donor", "donor-strong", "--target", card.labels[0].upper(),
        "--baseline", "frequencies",
    )  # fmt: skip
    assert out.startswith(card.layer)
    assert f"target 0 ({card.labels[0]})" in out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("explain no.keras x.npy --layer hidden", "There is no file"),
        ("explain vectors.pt x.npy --layer hidden", "neither a bundled model"),
        ("explain vectors.keras no.npy --layer hidden", "There is no file"),
        ("explain vectors.keras x.npy", "--layer is missing"),
        ("explain vectors.keras x.npy --layer hiden", "Did you mean 'hidden'"),
        ("explain vectors.keras wrong.npy --layer hidden", "has shape (2, 4)"),
        ("explain vectors.keras many.npz --layer hidden", "not an input that is understood"),
        ("explain vectors.keras words.doc --layer hidden", "not an input that is understood"),
        ("explain vectors.keras picture.png --layer hidden", "is a picture, but the model takes"),
        ("explain vectors.keras notes.txt --layer hidden", "is read as a sequence, but the model"),
        ("explain pictures.keras picture.png --layer out --fit pad", "crop or letterbox"),
        ("explain vectors.keras x.npy --layer hidden --target 2", "outside the output"),
        ("explain vectors.keras x.npy --layer hidden --target cat", "--target is 'cat'"),
        ("explain vectors.keras x.npy --layer hidden --baseline grey", "--baseline is 'grey'"),
        ("explain vectors.keras x.npy --layer hidden --tolerance -1", "tolerance is -1"),
        ("explain vectors.keras x.npy --layer hidden --steps 2", "steps is 2"),
        ("explain vectors.keras x.npy --layer hidden --steps two", "invalid int value"),
        ("explain vectors.keras x.npy --layer hidden --method ig", "invalid choice"),
        ("explain vectors.keras x.npy --layer hidden --out s.txt", "must end in"),
        ("explain vectors.keras x.npy --layer hidden --out no/s.csv", "no such folder"),
        ("explain vectors.keras x.npy --layer all --out s.npz", "holds one layer"),
        (
            "explain vectors.keras x.npy --layer x --method activation_difference --steps 9",
            "takes no steps",
        ),
        ("explain vectors.keras x.npy --layer hidden --exact --steps 9", "--exact takes no steps"),
        (
            "explain vectors.keras x.npy --layer hidden --exact --method deeplift_rescale",
            "--exact takes the method nig, not deeplift_rescale",
        ),
        ("explain vectors.keras x.npy --layer hidden --exact --output output", "Softmax"),
        ("layers", "required"),
    ],
)
def test_bad_input_is_one_line(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    sentence: str,
) -> None:
    monkeypatch.chdir(folder)
    assert sentence in refused(capsys, *words.split())


def test_the_words_for_baselines(folder: Path) -> None:
    x = np.eye(4, dtype="float32")[None, [0, 1, 2, 3, 0, 1]]
    np.testing.assert_array_equal(words.read_baseline("-1.5", x, 0), np.full_like(x, -1.5))
    shuffles = words.read_baseline("shuffle:3", x, 1)
    assert len(shuffles) == 3
    for shuffle in shuffles:
        np.testing.assert_array_equal(shuffle.sum(-2), x.sum(-2))
    assert len(words.read_baseline("noise:2", x, 1)) == 2


def test_a_bar_only_on_a_terminal(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = ["explain", str(folder / "vectors.keras"), str(folder / "x.npy"), "--layer", "hidden"]
    assert cli.main(given) == 0
    assert not capsys.readouterr().err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "dumb")
    assert cli.main(given) == 0
    assert not capsys.readouterr().err
    monkeypatch.setenv("TERM", "xterm")
    assert cli.main(given) == 0
    shown = capsys.readouterr().err
    assert "Neuron Integrated Gradients" in shown
    assert re.search("[1-9][0-9]*/[1-9][0-9]*", shown)
    *_, last = re.split(r"\x1b\[2K", shown)  # the line is erased at the end
    assert not last.strip()


def test_as_a_command(folder: Path) -> None:
    """In a process of its own: TensorFlow's log stays out of the answer."""
    known = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run(
        [sys.executable, "-m", "attribution", "layers", str(folder / "notes.txt")],
        cwd=ROOT, env=known, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert not done.stdout
    (line,) = done.stderr.splitlines()
    assert line.startswith("python -m attribution: error: ")
