"""The command line with folders, records and tables that do not fit: what is said of which."""

import gzip
import json
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from attribution import InvalidRequest, cards, cli
from attribution.commands import folders, reading
from attribution.inputs import table


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models of pictures, of DNA of 8 letters, of DNA of any length, of three features."""
    folder = tmp_path_factory.mktemp("made")
    keras.utils.set_random_seed(3)
    for name, shape in (("pictures", (8, 8, 3)), ("dna", (8, 4)), ("any", (None, 4))):
        x = keras.Input(shape, name="x")
        pool = layers.GlobalAveragePooling2D if len(shape) == 3 else layers.GlobalAveragePooling1D
        keras.Model(x, layers.Dense(2, name="out")(pool(name="pooled")(x))).save(
            folder / f"{name}.keras"
        )
    x = keras.Input((3,), name="x")
    keras.Model(x, layers.Dense(2, name="out")(layers.Dense(4, "relu", name="pooled")(x))).save(
        folder / "rows.keras"
    )
    shared = keras.Input((6,), name="x")
    split = layers.Reshape((3, 2), name="split")(shared)
    mixed = layers.EinsumDense("abc,cde->abde", (3, 2, 2), name="mixed")
    keras.Model(shared, layers.Dense(2)(layers.Flatten()(mixed(split)))).save(
        folder / "unknown.keras"
    )
    np.save(folder / "six.npy", np.ones((1, 6), "f4"))
    return folder


@pytest.fixture(autouse=True)
def _here(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made)


Capture = pytest.CaptureFixture[str]


def sources(line: str, out: Path) -> list[str]:
    assert cli.main(f"explain {line} --layer pooled --target 0 --out {out}".split()) == 0
    examples = json.loads(out.read_text())["layers"]["pooled"]["examples"]
    return list(dict.fromkeys(Path(e["input"]).name for e in examples))


def refused(capsys: Capture, line: str) -> str:
    with pytest.raises(SystemExit) as stopped:
        cli.main(line.split())
    assert stopped.value.code == 2
    said = capsys.readouterr()
    assert not said.out
    (told,) = said.err.splitlines()
    return str(told)


def mixed_folder(folder: Path) -> Path:
    """A folder as people have them: every kind of input, and what is none."""
    (folder / "inner").mkdir(parents=True)
    Image.fromarray(np.full((9, 9, 3), 90, np.uint8)).save(folder / "a.png")
    (folder / "notes.txt").write_text("taken on Sunday, by Zoe\n")
    (folder / "empty.txt").write_text(" \n")
    (folder / "labels.csv").write_text("1,2,3\n")
    (folder / "README.md").write_text("words")
    (folder / "plain.txt").write_text("\nacgt ACGT\n")
    (folder / "wild.txt").write_text(">one\nACGTACGT\n")
    (folder / "more.fa.gz").write_bytes(gzip.compress(b">two\nACGTACGA\n"))
    (folder / "backup.tar.gz").write_bytes(gzip.compress(b"no sequence"))
    (folder / ".hidden.png").write_bytes(b"")
    return folder


@pytest.mark.parametrize(
    ("model", "kept", "skipped"),
    [
        ("pictures.keras --divide 255", ["a.png"], 8),
        ("dna.keras", ["more.fa.gz", "plain.txt", "wild.txt"], 6),
        ("rows.keras", ["labels.csv"], 8),
    ],
)
def test_a_folder_gives_the_files_of_the_models_kind(
    model: str, kept: list[str], skipped: int, tmp_path: Path, capsys: Capture
) -> None:
    folder = mixed_folder(tmp_path / "f")
    assert sources(f"{model.replace('.keras', f'.keras {folder}')}", tmp_path / "s.json") == kept
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith(f"{folder}: {skipped} of 9 files skipped, which are no inputs of this")
    others = [p.name for p in sorted(folder.glob("[!.]*.*")) if p.name not in kept]
    assert len(others) == skipped
    assert all(name in told for name in others[:6])
    assert told.endswith("." if skipped <= 6 else f" and {skipped - 6} more.")


def test_a_folder_of_inputs_alone_says_nothing(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "a.csv").write_text("1,2,3\n")
    sources(f"rows.keras {tmp_path / 'f'}", tmp_path / "s.json")
    assert not capsys.readouterr().err


def test_what_looks_like_an_input_and_is_none_is_refused(tmp_path: Path, capsys: Capture) -> None:
    """It is not skipped: a picture or sequence that broke must not vanish."""
    folder = mixed_folder(tmp_path / "f")
    (folder / "torn.png").write_bytes(b"no picture")
    (folder / "typo.txt").write_text(">one\nACGTACGT\n>two\nACGTAC!T\n")
    for line, name in (("pictures.keras --divide 255", "torn.png"), ("dna.keras", "typo.txt")):
        given = f"explain {line} --layer pooled --out {tmp_path}/s.csv".replace(
            ".keras", f".keras {folder}", 1
        )
        assert cli.main(given.split()) == 2
        _, told = capsys.readouterr().err.splitlines()
        assert name in told


def test_a_folder_without_an_input(tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "f"
    folder.mkdir()
    (folder / "notes.txt").write_text("words")
    told = refused(capsys, f"explain rows.keras {folder} --layer pooled")
    assert "holds no input of this model: files that end in .csv or .npy are" in told
    told = refused(capsys, f"explain rows.keras {folder}/notes.txt --layer pooled")
    assert "notes.txt is read as a sequence, but the model takes arrays of shape (3)" in told


def test_one_input_of_a_folder_fits_an_npz_file(tmp_path: Path) -> None:
    folder = mixed_folder(tmp_path / "f")
    out = tmp_path / "s.npz"
    assert cli.main(f"explain rows.keras {folder} --layer pooled --out {out}".split()) == 0
    assert out.exists()


def test_kinds_of_files_by_the_models_shape() -> None:
    assert ".png" in reading.suffixes((None, None, 1))
    assert reading.suffixes((5, 5, 7)) == (".npy",)
    assert reading.suffixes((9, 4)) == (*reading.SEQUENCES, ".npy")
    assert reading.suffixes((4,)) == (".csv", ".npy")
    card = cards.bundled()["splice-donor"]
    assert folders.list_inputs(["donor-strong", "none.fa"], card, (18, 4)) == [
        "donor-strong",
        "none.fa",
    ]


# Records of a sequence file


@pytest.mark.parametrize(
    ("records", "line", "parts"),
    [
        (
            [">one\nACGTACGT", ">a short one\nACG", ">three\nACGTACGT"],
            "dna.keras",
            ("Record 2 of 3, 'a short one', in s.fa has 3 letters", "takes 8: --fit pad"),
        ),
        (["ACGTACGT", "ACGTACGTAA"], "dna.keras", ("Record 2 of 2, 'sequence 2'", "--fit window")),
        (
            [">one\nACGTACGTAA", ">two\nACG"],
            "dna.keras --fit window",
            ("Record 2 of 2, 'two'", "--fit window is for longer ones", "--fit pad surrounds"),
        ),
        ([">alone\nACG"], "dna.keras", ("The sequence 'alone', in s.fa has 3 letters",)),
        (
            [">one\nACGTACGT", ">two\nACG"],
            "any.keras",
            ("Record 2 of 2, 'two', in s.fa has 3 letters, and the first has 8",),
        ),
    ],
)
def test_the_record_that_does_not_fit_is_named(
    records: list[str], line: str, parts: tuple[str, ...], capsys: Capture
) -> None:
    Path("s.fa").write_text("\n".join(records) + "\n")
    told = refused(capsys, "explain " + line.replace(".keras", ".keras s.fa") + " --layer pooled")
    for part in parts:
        assert part in told
    assert "choose" not in told


def test_the_option_that_is_named_fits_the_record(tmp_path: Path) -> None:
    for text, fit in (
        (">a\nACGTACGT\n>b\nACG\n", "pad"),
        (">a\nACGTACGT\n>b\nACGTACGTAA\n", "window"),
    ):
        Path("s.fa").write_text(text)
        assert sources(f"dna.keras s.fa --fit {fit}", tmp_path / "s.json") == ["s.fa"]


# Other words that no option had


def test_a_model_that_is_missing_comes_before_a_layer_that_is(capsys: Capture) -> None:
    assert "There is no file 'none.keras'" in refused(capsys, "explain none.keras six.npy")
    assert "--layer is missing" in refused(capsys, "explain rows.keras six.npy")


@pytest.mark.parametrize("word", ["nan", "inf", "-inf"])
def test_a_baseline_that_is_no_number(word: str, capsys: Capture) -> None:
    line = f"explain unknown.keras six.npy --layer split --baseline={word}"
    assert refused(capsys, line).endswith(f"--baseline is '{word}'; a finite number is expected.")


def test_a_baseline_that_cannot_be_made_names_its_option(capsys: Capture) -> None:
    line = "explain unknown.keras six.npy --layer split --baseline blur:2"
    assert "--baseline is 'blur:2': x has shape (1, 6)" in refused(capsys, line)


def test_channels_on_an_unknown_axis(tmp_path: Path, capsys: Capture) -> None:
    line = "explain unknown.keras six.npy --layer mixed"
    told = refused(capsys, line)
    assert "say --axis" in told
    assert "--by neuron" in told
    for more in ("--axis 0", "--axis -1", "--by neuron", f"--out {tmp_path}/s.npz"):
        assert cli.main(f"{line} {more}".split()) == 0
    capsys.readouterr()
    assert "axis is 7" in refused(capsys, f"{line} --axis 7")
    out = tmp_path / "s.json"
    for axis, count in ((0, 3), (1, 2)):
        assert cli.main(f"{line} --axis {axis} --out {out}".split()) == 0
        (example,) = json.loads(out.read_text())["layers"]["mixed"]["examples"]
        assert len(example["scores"]) == count
        total = sum(row["score"] for row in example["scores"])
        assert total == pytest.approx(example["delta"], rel=0.05)
    capsys.readouterr()
    assert cli.main(f"explain unknown.keras six.npy --layer all --out {out}".split()) == 0
    (told,) = capsys.readouterr().err.splitlines()
    assert "left out" in told
    assert "mixed" in told
    assert "mixed" not in json.loads(out.read_text())["layers"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a;b;c\n1;2;3\n", "Semicolons"),
        ("a\tb\tc\n1\t2\t3\n", "Tabs"),
        ("1;2;3\n", "Semicolons"),
        ("1,5;2,5;3,5;4\n", "Semicolons"),
        ("a;b\n1;2\n", "Semicolons"),
    ],
)
def test_cells_that_something_else_separates(text: str, name: str) -> None:
    for features in (3, None, 1):
        with pytest.raises(
            InvalidRequest, match=f"{name} seem to separate its cells: save it with"
        ):
            table.read("t.csv", text.encode(), features)
    with pytest.raises(InvalidRequest, match=r"and nothing else\.$"):
        table.read("t.csv", b"1,2\n", 3)
    assert table.read("t.csv", b"dose; mg,age\n1,2\n", 2).names == ("dose; mg", "age")
