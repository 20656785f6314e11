"""The command line's inputs: tables, scales of pictures, names of classes, many files."""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

import attribution
from attribution import cli, zoo
from attribution.commands import words

FEATURES = ("age", "[dose]", "pulse")
ROWS = np.array([[1.0, 2.0, -3.0], [3.0, 0.5, 1.0], [2.0, 2.0, 2.0]])
NAMES = ("cat", "Dog")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of three features, two of pictures, and files for them."""
    folder = tmp_path_factory.mktemp("made")
    keras.utils.set_random_seed(3)
    layers = keras.layers
    x = keras.Input((3,), name="x")
    scaled = layers.Rescaling(2.0, name="scaled")(x)
    same = layers.Dense(3, "relu", name="hidden")(scaled)  # as wide as the input, and no feature
    again = layers.ReLU(name="again")(same)
    keras.Model(x, layers.Dense(2, "softmax", name="out")(again)).save(folder / "rows.keras")
    keras.Model(x, layers.Dense(2, name="out")(again)).save(folder / "logits.keras")
    keras.Model(x, layers.Dense(1, "sigmoid", name="out")(again)).save(folder / "one.keras")
    log = layers.LogSoftmax() if hasattr(layers, "LogSoftmax") else layers.Activation("log_softmax")
    keras.Model(x, log(layers.Dense(2, name="out")(again))).save(folder / "log.keras")
    pixels = keras.Input((8, 8, 3), name="picture")
    pooled = layers.GlobalAveragePooling2D(name="pooled")(pixels)
    keras.Model(pixels, layers.Dense(2, name="out")(pooled)).save(folder / "pictures.keras")
    picture = Image.fromarray(np.full((16, 16, 3), 100, np.uint8))
    for name in ("a", "b"):
        picture.save(folder / f"{name}.png")
    np.save(folder / "x.npy", ROWS.astype("f4"))
    lines = "".join(",".join(map(str, row)) + "\n" for row in ROWS)
    (folder / "rows.csv").write_text(",".join(FEATURES) + "\n" + lines)
    (folder / "bare.csv").write_text(lines)
    (folder / "single.csv").write_text("1,2,3\n")
    (folder / "wide.csv").write_text("1,2,3,4\n")
    (folder / "names.txt").write_text("\n".join(NAMES) + "\n")
    (folder / "names.json").write_text(json.dumps(NAMES))
    return folder


@pytest.fixture(autouse=True)
def _here(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made)


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What was loaded, as often as it was."""
    found: list[Any] = []
    load = zoo.load
    monkeypatch.setattr(zoo, "load", lambda source: found.append(source) or load(source))
    return found


Capture = pytest.CaptureFixture[str]


def run(line: str, code: int = 0) -> None:
    assert cli.main(line.split()) == code


def refused(capsys: Capture, line: str) -> str:
    with pytest.raises(SystemExit) as stopped:
        cli.main(line.split())
    assert stopped.value.code == 2
    said = capsys.readouterr()
    assert not said.out
    (told,) = said.err.splitlines()
    return told


def written(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def shown(line: str, path: Path) -> Any:
    run(f"{line} --out {path}")
    return json.loads(path.read_text())["layers"]


# Tables


def test_a_table_is_the_array_of_its_rows(tmp_path: Path) -> None:
    found = [
        shown(f"explain rows.keras {name} --layer hidden --target 1", tmp_path / "s.json")
        for name in ("rows.csv", "bare.csv", "x.npy")
    ]
    for layers in found:
        for example in layers["hidden"]["examples"]:
            del example["input"]
    assert found[0] == found[1] == found[2]
    assert len(found[0]["hidden"]["examples"]) == len(ROWS)


def test_features_have_their_names_where_they_are_features(tmp_path: Path) -> None:
    out = tmp_path / "s.csv"
    run(f"explain rows.keras rows.csv --layer all --by neuron --out {out}")
    named = {"x", "scaled"}
    rows = written(out)
    assert {row["layer"] for row in rows} >= {"x", "scaled", "hidden", "again"}
    for row in rows:
        expected = FEATURES[int(row["neuron"])] if row["layer"] in named else ""
        assert row["name"] == expected, row
    for row in shown("explain rows.keras rows.csv --layer x", tmp_path / "s.json")["x"]["examples"]:
        assert [r["name"] for r in row["scores"]] == [FEATURES[r["index"]] for r in row["scores"]]
    run(f"explain rows.keras bare.csv --layer x --out {out}")
    assert {row["name"] for row in written(out)} == {""}


def test_features_on_the_screen(capsys: Capture) -> None:
    run("explain rows.keras rows.csv --layer x")
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if " channel " in line]
    assert len(lines) == 9
    assert all(line[-1] == FEATURES[int(line[1])] for line in lines)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("rows.keras wide.csv", "wide.csv has 4 columns, and the model takes 3 features"),
        ("pictures.keras rows.csv", "is a table of features, but the model takes arrays"),
        ("rows.keras rows.csv --fit crop", "--fit is for pictures and sequences"),
        ("rows.keras rows.csv --divide 2", "--subtract and --divide are for pictures"),
        ("rows.keras none.csv", "There is no file"),
    ],
)
def test_tables_that_do_not_fit(line: str, sentence: str, capsys: Capture) -> None:
    assert sentence in refused(capsys, f"explain {line} --layer out")


def test_the_mean_of_features_is_over_the_rows(tmp_path: Path, capsys: Capture) -> None:
    """Each feature in its own unit: the mean of age and dose is no input."""
    found = shown("explain rows.keras rows.csv --layer x --baseline mean", tmp_path / "s.json")
    net = attribution.load("rows.keras")
    wanted = net.score(np.broadcast_to(ROWS.mean(0), ROWS.shape), net.predict(ROWS).argmax(1))
    for example, score in zip(found["x"]["examples"], wanted, strict=True):
        assert example["f_baseline"] == pytest.approx(float(score), rel=1e-5)
    np.testing.assert_array_equal(words.read_baseline("single.csv", ROWS, 0), [1, 2, 3])
    np.testing.assert_array_equal(words.read_baseline("rows.csv", ROWS, 0), ROWS)
    told = refused(capsys, "explain rows.keras single.csv --layer x --baseline mean")
    assert "has a single row" in told
    for kind in ("f4", "i4"):
        rows = words.read_baseline("mean", ROWS.astype(kind), 0)
        np.testing.assert_allclose(rows, np.tile(ROWS.astype(kind).mean(0), (3, 1)))
        assert rows.dtype == "f4"
    channels = np.arange(24.0).reshape(1, 2, 4, 3)  # a picture's mean colour, as before
    found = words.read_baseline("mean", channels, 0)
    np.testing.assert_allclose(found[0, 1, 2], channels[0].mean((0, 1)))


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (
            "rows.keras rows.csv --baseline wide.csv",
            "wide.csv has 4 columns, and the model takes 3",
        ),
        ("pictures.keras a.png --divide 1 --baseline rows.csv", "is a table of features, but"),
        (
            "rows.keras rows.csv --baseline turned.csv",
            "--baseline is turned.csv, whose column 1 is '[dose]', and that of the input is 'age'",
        ),
    ],
)
def test_a_table_as_baseline_has_the_columns_of_the_input(
    line: str, sentence: str, capsys: Capture
) -> None:
    Path("turned.csv").write_text("[dose],age,pulse\n1,2,3\n")
    assert sentence in refused(capsys, f"explain {line} --layer out")
    run("explain rows.keras bare.csv --layer hidden --baseline turned.csv")  # says no names


def test_tables_of_one_call_have_their_columns_in_one_order(capsys: Capture) -> None:
    Path("turned.csv").write_text("[dose],age,pulse\n1,2,3\n")
    run("explain rows.keras bare.csv rows.csv bare.csv turned.csv --layer hidden", 2)
    said = capsys.readouterr()
    (told,) = said.err.splitlines()
    assert "turned.csv: Its column 1 is '[dose]', and that of rows.csv is 'age': give " in told
    assert said.out.count("(Dense), ") == 3 * len(ROWS)


# Pictures


def test_a_picture_of_a_foreign_model_needs_its_scale(capsys: Capture) -> None:
    for command in ("check pictures.keras a.png", "explain pictures.keras a.png --layer pooled"):
        told = refused(capsys, command)
        for part in ("a.png", "--subtract", "--divide 255", "127.5", "123.675 116.28 103.53"):
            assert part in told


@pytest.mark.parametrize(
    ("scale", "value"),
    [
        ("--divide 255", 100 / 255),
        ("--divide 1", 100.0),
        ("--subtract 127.5", 100 - 127.5),
        ("--subtract 127.5 --divide 127.5", (100 - 127.5) / 127.5),
        ("--subtract 90 100 110 --divide 2 4 5", [5.0, 0.0, -2.0]),
    ],
)
def test_the_scale_that_is_said_is_the_models(scale: str, value: Any, tmp_path: Path) -> None:
    """A picture of one colour, through a mean and a matrix: score = value * weight."""
    found = shown(
        f"explain pictures.keras a.png --layer pooled --target 0 {scale}", tmp_path / "s.json"
    )
    weights = keras.models.load_model("pictures.keras").get_layer("out").get_weights()[0][:, 0]
    scores = {row["index"]: row["score"] for row in found["pooled"]["examples"][0]["scores"]}
    wanted = np.broadcast_to(value, 3) * weights
    np.testing.assert_allclose([scores[i] for i in range(3)], wanted, rtol=1e-4, atol=1e-6)


# Classes and probabilities


@pytest.mark.parametrize("file", ["names.txt", "names.json"])
def test_names_of_classes(file: str, tmp_path: Path, capsys: Capture) -> None:
    line = f"explain rows.keras x.npy --layer hidden --classes {file} --top 1"
    run(f"{line} --target dOG")
    assert capsys.readouterr().out.count("target 1 (Dog)") == len(ROWS)
    found = shown(f"{line} --target cat:1,Dog:-1", tmp_path / "s.json")["hidden"]["examples"]
    wanted = shown(f"{line} --target 0:1,1:-1", tmp_path / "t.json")["hidden"]["examples"]
    assert found == wanted
    assert {(e["class"], e["probability"]) for e in found} == {(None, None)}
    predicted = shown(line, tmp_path / "s.json")["hidden"]["examples"]
    assert [e["class"] for e in predicted] == [NAMES[e["target"]] for e in predicted]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"cat\n", "with 1 names; the output has 2 classes"),
        (b"cat\ndog\nbird", "with 3 names; the output has 2"),
        (b"cat\n\ndog", "name 2 is empty"),
        (b"", "name 1 is empty"),
        (b'["cat", ""]', "name 2 is empty"),
        (b"\xff\xfe", "no text in UTF-8"),
    ],
)
def test_names_that_do_not_fit(text: bytes, sentence: str, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "n.txt"
    path.write_bytes(text)
    line = f"explain rows.keras x.npy --layer hidden --classes {path}"
    assert sentence in refused(capsys, line)


@pytest.mark.parametrize("text", ['{"cat": 0}', "[1, 2]", "[" * 100_000, '["a", "b"', "cat\ndog"])
def test_a_list_that_is_none(text: str, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "n.json"
    path.write_text(text)
    line = f"explain rows.keras x.npy --layer hidden --classes {path}"
    assert "a JSON list of names is expected" in refused(capsys, line)


def test_names_are_taken_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "n.txt"
    path.write_bytes("[unk]\r\nein Hund, 1:2 \u2028x\r\n".encode("utf-8-sig"))
    names = words.read_classes(path, (2,))
    assert names == ("[unk]", "ein Hund, 1:2 \u2028x")
    assert words.read_target("EIN hund, 1:2 \u2028x", names) == 1
    assert words.read_classes(path, (5, None)) == names


def test_a_target_by_name() -> None:
    labels = ("cat", "dog", "Cat", "crane", "crane", "7")
    for given, index in {"cat": 0, "Cat": 2, "DOG": 1, "7": 5, "3": 3}.items():
        assert words.read_target(given, labels) == index
    assert words.read_target("4,dog", labels) == (4, 1)
    assert words.read_target("cat:1, dog:-2.5,3:1", labels) == {0: 1.0, 1: -2.5, 3: 1.0}
    for given in ("CAT", "crane", "1,crane", "crane:1,dog:1"):
        with pytest.raises(attribution.InvalidRequest, match="the name of classes"):
            words.read_target(given, labels)
    with pytest.raises(attribution.InvalidRequest, match="index or name"):
        words.read_target("bird", labels)


def test_a_name_that_is_the_index_of_another_class_is_refused() -> None:
    labels = ("1", "2", "3", "-1", "x")
    for given in ("1", "2", "-1", "1:1,4:-1", "0,2"):
        with pytest.raises(attribution.InvalidRequest, match="the index of class") as told:
            words.read_target(given, labels)
        assert "rename" in str(told.value)
    assert words.read_target("4", labels) == 4
    assert words.read_target("X", labels) == 4
    assert words.read_target("1", ("0", "1", "2")) == 1
    assert words.read_target("7", ("7", "8")) == 0  # no class has that index


def test_the_probability_is_the_networks_own(tmp_path: Path, capsys: Capture) -> None:
    x = ROWS.astype("f4")
    for name, invert in (("rows", None), ("one", None), ("log", np.exp)):
        said = keras.models.load_model(f"{name}.keras")(x).numpy()
        for output in ("logit", "output"):
            line = f"explain {name}.keras x.npy --layer hidden --target 0 --output {output}"
            found = shown(line, tmp_path / "s.json")["hidden"]["examples"]
            wanted = (invert or np.asarray)(said)[:, 0]
            np.testing.assert_allclose([e["probability"] for e in found], wanted, rtol=1e-5)
    line = "explain logits.keras x.npy --layer hidden --target 0"
    found = shown(line, tmp_path / "s.json")["hidden"]["examples"]
    assert {e["probability"] for e in found} == {None}
    run(line)
    assert "probability" not in capsys.readouterr().out
    run(line.replace("logits", "rows"))
    wanted = keras.models.load_model("rows.keras")(x).numpy()[:, 0]
    shares = re.findall(r"  probability (\S+)", capsys.readouterr().out)
    np.testing.assert_allclose([float(s) for s in shares], wanted, rtol=1e-4)


# Several inputs


def test_each_of_several_inputs_is_what_it_is_alone(
    tmp_path: Path, capsys: Capture, loads: list[Any]
) -> None:
    both, out = ("rows.csv", "single.csv"), tmp_path / "s.csv"
    run(f"explain rows.keras {' '.join(both)} --layer hidden --target 0 --out {out}")
    assert loads == ["rows.keras"]
    together = written(out)
    apart = []
    for name in both:
        run(f"explain rows.keras {name} --layer hidden --target 0 --out {out}")
        apart += written(out)
    assert together == apart
    assert [row["input"] for row in together] == ["rows.csv"] * 9 + ["single.csv"] * 3
    found = shown(f"explain rows.keras {' '.join(both)} --layer hidden", tmp_path / "s.json")
    places = [(e["input"], e["example"]) for e in found["hidden"]["examples"]]
    assert places == [*(("rows.csv", i) for i in range(3)), ("single.csv", 0)]
    capsys.readouterr()
    run(f"explain rows.keras {' '.join(both)} --layer hidden")
    heads = [line for line in capsys.readouterr().out.splitlines() if not line.startswith(" ")]
    assert ["rows.csv" in h for h in heads] == [True] * 3 + [False]
    assert "single.csv, example 0" in heads[-1]


def test_a_folder_is_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    (folder / "more").mkdir(parents=True)
    for name in ("b.PNG", "a.png", ".hidden.png", "more/c.png", "notes.md"):
        (folder / name).write_bytes(Path("a.png").read_bytes())
    line = f"explain pictures.keras {folder} b.png --layer pooled --divide 255"
    examples = shown(line, tmp_path / "s.json")["pooled"]["examples"]
    assert [e["input"] for e in examples] == [f"{folder}/a.png", f"{folder}/b.PNG", "b.png"]


def test_a_refused_file_does_not_stop_the_others(tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "s.csv"
    (tmp_path / "torn.npy").write_bytes(Path("x.npy").read_bytes()[:-5])
    files = f"wide.csv single.csv none.csv {tmp_path}/torn.npy a.png"
    run(f"explain rows.keras {files} --layer hidden --out {out}", code=2)
    assert {row["input"] for row in written(out)} == {"single.csv"}
    told = capsys.readouterr().err.splitlines()
    parts = ("wide.csv has 4", "no file 'none.csv'", "should hold", "a.png is a picture")
    assert len(told) == len(parts)
    for line, part in zip(told, parts, strict=True):
        assert line.startswith("python -m attribution: error: ")
        assert part in line


def test_where_all_are_refused_nothing_is_written(tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "s.csv"
    with pytest.raises(SystemExit) as stopped:
        run(f"explain rows.keras wide.csv none.csv --layer hidden --out {out}")
    assert stopped.value.code == 2
    said = capsys.readouterr()
    assert not said.out
    assert "None of the 2 inputs" in said.err.splitlines()[-1]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("explain rows.keras x.npy rows.csv --layer hidden --out s.npz", "one layer of one input"),
        ("explain rows.keras x.npy rows.csv --layer hiden", "Did you mean 'hidden'"),
        ("explain rows.keras x.npy rows.csv --layer hidden --target dog", "--target is 'dog'"),
        ("explain rows.keras x.npy rows.csv --layer hidden --classes no.txt", "no file 'no.txt'"),
    ],
)
def test_what_is_wrong_for_all_is_said_once(line: str, sentence: str, capsys: Capture) -> None:
    assert sentence in refused(capsys, line)


# Exit codes and the version


def test_an_unsure_answer_ends_with_3(tmp_path: Path, capsys: Capture) -> None:
    """Whichever of the inputs it is; where it went to a file, standard error says which."""
    keras.utils.set_random_seed(0)
    x = keras.Input((3,), name="x")
    steep = keras.layers.Dense(64, "tanh", name="steep")
    steep.build((None, 3))
    steep.set_weights([40 * steep.get_weights()[0], np.linspace(-20, 20, 64)])
    model = tmp_path / "steep.keras"
    keras.Model(x, keras.layers.Dense(1)(steep(x))).save(model)
    np.save(tmp_path / "near.npy", 1e-4 * ROWS)
    near, line = tmp_path / "near.npy", f"--layer x --target 0 --out {tmp_path}/s.csv"
    run(f"explain {model} {near} {line} --steps 33")
    run(f"explain {model} x.npy {line} --steps 5", code=cli.UNSURE)
    assert cli.UNSURE == 3
    run(f"explain {model} x.npy {line} --steps 5000")
    capsys.readouterr()
    for order in (f"{near} x.npy", f"x.npy {near}"):
        run(f"explain {model} {order} {line} --steps 33", code=3)
        (told,) = capsys.readouterr().err.splitlines()
        assert told.startswith("x.npy, x: ")
        assert "allow more --steps" in told


@pytest.mark.parametrize("method", ["nig", "gradient_times_difference"])
def test_an_example_that_overflows_is_unsure_and_the_others_are_answered(
    method: str, tmp_path: Path, capsys: Capture
) -> None:
    """The input is doubled by the first layer, where the second row is no float32 any more."""
    table, out = tmp_path / "large.csv", tmp_path / "s.json"
    table.write_text("1,2,-3\n3e38,3e38,3e38\n")
    line = f"explain logits.keras {table} --layer scaled --target 0 --method {method}"
    run(f"{line} --out {out}", code=cli.UNSURE)
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith("scaled: Some scores are not finite")

    def no_number(word: str) -> Any:
        raise AssertionError(word)

    good, bad = json.loads(out.read_text(), parse_constant=no_number)["layers"]["scaled"][
        "examples"
    ]
    alone = shown(f"explain logits.keras bare.csv --layer scaled --target 0 --method {method}", out)
    assert [r["score"] for r in good["scores"]] == pytest.approx(
        [r["score"] for r in alone["scaled"]["examples"][0]["scores"]], rel=1e-5
    )
    assert None in [row["score"] for row in bad["scores"]] + [row["share"] for row in bad["scores"]]
    capsys.readouterr()
    run(line, code=cli.UNSURE)
    assert capsys.readouterr().out.count("Some scores are not finite") == 1
    table.write_text("3e38,3e38,3e38\n")
    assert "are not finite" in refused(capsys, line)


def test_the_version_is_the_packages(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["--version"])
    assert not stopped.value.code
    assert capsys.readouterr().out == f"neuron-attribution {attribution.__version__}\n"
    assert re.fullmatch(r"\d+\.\d+\.\d+", attribution.__version__)
