"""What a data set is: every form in which it comes, and what is said of those that are none."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers
from PIL import Image

from attribution import AttributionError, InvalidRequest, Network, cards, sequences
from attribution.profile import data, labels
from attribution.profile.intake import Intake
from attribution.profile.manifest import Manifest
from attribution.profile.reader import Reader
from tests.attribution import profiles

KINDS = {
    "image": ((8, 8, 1), "{kind: image, size: [8, 8], colours: grey, range: [0, 1]}"),
    "sequence": ((6, 4), "{kind: sequence, length: 6, alphabet: TGCA}"),
    "table": ((2,), "{kind: table, features: [age, smoker], categories: {smoker: ['no', 'yes']}}"),
    "series": ((5, 2), "{kind: series, length: 5, channels: [a, b]}"),
    "tokens": ((3,), "{kind: tokens, vocabulary: ['', '[UNK]', good, bad], length: 3}"),
    "array": ((2, 3, 2), "{kind: array, shape: [2, 3, 2]}"),
}


@pytest.fixture(scope="module")
def intakes() -> dict[str, Intake]:
    found = {}
    for kind, (shape, entry) in KINDS.items():
        dtype = "int32" if kind == "tokens" else "float32"
        x = h = keras.Input(shape, name="x", dtype=dtype)
        if kind == "tokens":
            h = layers.Embedding(4, 3)(h)
        h = layers.Flatten()(h) if len(h.shape) > 2 else h
        net = Network(keras.Model(x, layers.Dense(2, name="out")(h)))
        found[kind] = Intake(net, cards.parse(f"inputs: {{x: {entry}}}"))
    a, b = keras.Input((2,), name="a"), keras.Input((3,), name="b")
    found["several"] = Intake(
        Network(keras.Model([a, b], layers.Dense(2)(layers.Concatenate()([a, b]))))
    )
    return found


def surveyed(
    path: Path, intake: Intake, label_file: Path | None = None
) -> tuple[Manifest, Reader, tuple[str, ...]]:
    file = None if label_file is None else str(label_file)
    manifest, notes = data.survey(str(path), file, intake)
    return manifest, Reader(str(path), manifest, intake), notes


def said(manifest: Manifest) -> dict[str, str]:
    names = [*manifest.classes, ""]
    return {i: names[n] for i, n in zip(manifest.id, manifest.label, strict=True)}


def png(path: Path, value: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((8, 8), value, np.uint8)).save(path)


def test_a_folder_for_each_class(tmp_path: Path, intakes: dict[str, Intake]) -> None:
    for name, value in (("b/2.png", 51), ("b/1.png", 0), ("a/deep/3.PNG", 255)):
        png(tmp_path / name, value)
    (tmp_path / "a/.hidden.png").write_bytes(b"x")
    (tmp_path / "a/notes.md").write_text("x")
    manifest, reader, _ = surveyed(tmp_path, intakes["image"])
    assert said(manifest) == {"a/deep/3.PNG": "a", "b/1.png": "b", "b/2.png": "b"}
    assert [float(reader.read(n).max()) for n in range(3)] == pytest.approx([1, 0, 0.2])
    again, *_ = surveyed(tmp_path, intakes["image"])
    assert again.fingerprint() == manifest.fingerprint()
    png(tmp_path / "b/1.png", 1)
    assert surveyed(tmp_path, intakes["image"])[0].fingerprint() != manifest.fingerprint()


def test_a_folder_and_a_csv_with_attributes(tmp_path: Path, intakes: dict[str, Intake]) -> None:
    for name in ("x/1.png", "x/2.png", "3.png", "4.png"):
        png(tmp_path / "in" / name, 9)
    (tmp_path / "labels.csv").write_text(
        "file,colour,label\nx/1.png,red,cat\n2.png,,cat;indoors\n3.png,grey,dog\nno.png,red,dog\n"
    )
    manifest, reader, notes = surveyed(tmp_path / "in", intakes["image"], tmp_path / "labels.csv")
    assert said(manifest) == {"3.png": "dog", "no.png": "dog", "x/1.png": "cat", "x/2.png": "cat"}
    assert manifest.attributes["colour"] == ("grey", "red", "red", "")
    assert manifest.attributes["indoors"] == ("", "", "", "yes")
    with pytest.raises(InvalidRequest, match="no such file"):
        reader.read(1)
    assert any("1 of 4 lines" in note and "no.png" in note for note in notes)
    assert any("1 of 4 inputs are left out" in note and "4.png" in note for note in notes)


@pytest.mark.parametrize(
    "text", ["cat.png,cat\ndog.png,dog\n", "path,class\ncat.png,cat\ndog.png,dog\n"]
)
def test_a_csv_of_files(text: str, tmp_path: Path, intakes: dict[str, Intake]) -> None:
    for name in ("cat.png", "dog.png", "other.png"):
        png(tmp_path / name, 9)
    (tmp_path / "list.csv").write_text(text)
    manifest, reader, notes = surveyed(tmp_path / "list.csv", intakes["image"])
    assert said(manifest) == {"cat.png": "cat", "dog.png": "dog"}
    assert not notes
    assert reader.read(1).shape == (8, 8, 1)


FASTA = ">one site\nACG\nTTA\n>two label=no strand=minus\nACGTTT\n>one site\nCCCCCC\n"


@pytest.mark.parametrize("name", ["all.fasta", "all.fa.gz"])
def test_fasta_with_labels(name: str, tmp_path: Path, intakes: dict[str, Intake]) -> None:
    text = FASTA.encode()
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    manifest, reader, _ = surveyed(tmp_path / name, intakes["sequence"])
    assert said(manifest) == {"one": "site", "two": "no", "one (2)": "site"}
    assert manifest.attributes == {"strand": ("", "minus", "")}
    np.testing.assert_array_equal(reader.read(0), sequences.encode("ACGTTA")[:, ::-1])  # TGCA
    (tmp_path / "labels.csv").write_text("name,label\none,yes\ntwo,yes\none (2),no\n")
    manifest, *_ = surveyed(tmp_path / name, intakes["sequence"], tmp_path / "labels.csv")
    assert list(said(manifest).values()) == ["yes", "yes", "no"]


def test_folders_of_fasta_and_texts(tmp_path: Path, intakes: dict[str, Intake]) -> None:
    for name, text in (("no/a.fa", ">1\nACGTTT\n>2\nACG\n"), ("yes/b.txt", "CCCCCC\n")):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    manifest, reader, _ = surveyed(tmp_path, intakes["sequence"])
    assert said(manifest) == {"no/a.fa#1": "no", "no/a.fa#2": "no", "yes/b.txt": "yes"}
    with pytest.raises(AttributionError, match="3 letters, and the model takes 6"):
        reader.read(1)
    manifest, reader, _ = surveyed(tmp_path, intakes["tokens"])
    assert said(manifest) == {"yes/b.txt": "yes"}
    assert reader.read(0).tolist() == [1, 0, 0]


def npz(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


def test_arrays(tmp_path: Path, intakes: dict[str, Intake]) -> None:
    pixels = np.arange(4 * 64).reshape(4, 8, 8).astype(np.uint8)
    grey = npz(tmp_path / "g.npz", pictures=pixels, labels=[1, 0, 1, 0], split=["a", "b", "a", "b"])
    manifest, reader, _ = surveyed(grey, intakes["image"])
    assert said(manifest) == {"0": "1", "1": "0", "2": "1", "3": "0"}
    assert manifest.attributes == {"split": ("a", "b", "a", "b")}
    np.testing.assert_allclose(reader.read(2)[..., 0], pixels[2] / 255, rtol=1e-6)
    values = np.random.default_rng(0).normal(size=(3, 2, 3, 2))
    floats = npz(tmp_path / "f.npz", x=values, y=np.array(["u", "v", "u"]))
    manifest, reader, _ = surveyed(floats, intakes["array"])
    np.testing.assert_allclose(reader.read(1), values[1].astype("f4"))
    both = npz(tmp_path / "b.npz", a=np.ones((3, 2)), b=np.full((3, 3), 2.0), label=[0, 1, 0])
    manifest, reader, _ = surveyed(both, intakes["several"])
    example = reader.read(2)
    assert isinstance(example, dict)
    assert {n: v.tolist() for n, v in example.items()} == {"a": [1, 1], "b": [2, 2, 2]}
    np.save(tmp_path / "bare.npy", values)
    (tmp_path / "l.csv").write_text("id,label\n0,u\n1,v\n2,v\n")
    manifest, *_ = surveyed(tmp_path / "bare.npy", intakes["array"], tmp_path / "l.csv")
    assert list(said(manifest).values()) == ["u", "v", "v"]
    bad = npz(
        tmp_path / "n.npz",
        x=np.where(np.arange(2).reshape(2, 1, 1, 1), np.nan, values[:2]),
        y=[0, 1],
    )
    _, reader, _ = surveyed(bad, intakes["array"])
    with pytest.raises(AttributionError, match="NaN"):
        reader.read(1)


def test_tables_and_series(tmp_path: Path, intakes: dict[str, Intake]) -> None:
    frame = pd.DataFrame(
        {"site": ["x", "y", "x"], "smoker": ["yes", "no", "maybe"], "label": ["ill", "well", "ill"],
         "age": [50, 61.5, 3]}
    )  # fmt: skip
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_parquet(tmp_path / "t.parquet", row_group_size=2)
    for name in ("t.csv", "t.parquet"):
        manifest, reader, _ = surveyed(tmp_path / name, intakes["table"])
        assert list(said(manifest).values()) == ["ill", "well", "ill"]
        assert manifest.attributes == {"site": ("x", "y", "x")}
        assert [reader.read(n).tolist() for n in (0, 1)] == [[50, 1], [61.5, 0]]
        with pytest.raises(AttributionError, match="'maybe' for 'smoker'"):
            reader.read(2)
    series = pd.DataFrame({"b": range(5), "a": range(10, 15)})
    for folder in ("calm", "wild"):
        (tmp_path / "s" / folder).mkdir(parents=True)
        series.to_csv(tmp_path / "s" / folder / "1.csv", index=False)
    manifest, reader, _ = surveyed(tmp_path / "s", intakes["series"])
    assert said(manifest) == {"calm/1.csv": "calm", "wild/1.csv": "wild"}
    assert reader.read(0).tolist() == [[10 + n, n] for n in range(5)]


def bytes_of(value: int) -> bytes:
    import io

    sink = io.BytesIO()
    Image.fromarray(np.full((8, 8), value, np.uint8)).save(sink, "png")
    return sink.getvalue()


PARQUET: dict[str, tuple[list[Any], Callable[[Any], bool]]] = {
    "image": ([bytes_of(51), bytes_of(255)], lambda x: abs(float(x.max()) - 0.2) < 1e-6),
    "sequence": (["ACGTTA", "CCCCCC"], lambda x: x.shape == (6, 4)),
    "tokens": (["Good, bad!", "odd"], lambda x: x.tolist() == [2, 3, 0]),
    "series": ([[[1.0, 2.0]] * 5, [[0.0, 1.0]] * 5], lambda x: x[3].tolist() == [1, 2]),
    "array": ([[[[1, 2]] * 3] * 2, [[[0, 1]] * 3] * 2], lambda x: x[1, 2].tolist() == [1, 2]),
}


@pytest.mark.parametrize("kind", PARQUET)
def test_parquet_of_every_kind(kind: str, tmp_path: Path, intakes: dict[str, Intake]) -> None:
    cells, right = PARQUET[kind]
    frame = pd.DataFrame({"x": cells, "class": ["p", "q"], "hue": [1, None]})
    frame.to_parquet(tmp_path / "all.parquet")
    manifest, reader, _ = surveyed(tmp_path / "all.parquet", intakes[kind])
    assert list(said(manifest).values()) == ["p", "q"]
    assert manifest.attributes["hue"][0].startswith("1")
    assert right(reader.read(0))


def test_parquet_of_files(tmp_path: Path, intakes: dict[str, Intake]) -> None:
    png(tmp_path / "in/1.png", 255)
    frame = pd.DataFrame({"path": ["in/1.png", "in/no.png"], "label": ["a", "b"]})
    frame.to_parquet(tmp_path / "all.parquet")
    manifest, reader, _ = surveyed(tmp_path / "all.parquet", intakes["image"])
    assert said(manifest) == {"in/1.png": "a", "in/no.png": "b"}
    assert reader.read(0).max() == 1
    with pytest.raises((AttributionError, OSError)):
        reader.read(1)


def test_classes_stand_in_the_order_of_the_outputs(tmp_path: Path) -> None:
    x = keras.Input((2,), name="x")
    card = "inputs: {x: {kind: array}}\noutputs: {kind: classes, names: [zebra, Ape, cow]}"
    intake = Intake(Network(keras.Model(x, layers.Dense(3)(x))), cards.parse(card))
    given = npz(tmp_path / "a.npz", x=np.ones((4, 2)), label=["cow", "ape", "zebra", "bat"])
    assert surveyed(given, intake)[0].classes == ("zebra", "ape", "cow", "bat")


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def flat(path: Path) -> Path:
    png(path / "1.png", 3)
    return path


def file(path: Path, content: str) -> Path:
    path.write_text(content)
    return path


BAD: dict[str, Callable[[Path], tuple[Path, Path | None]]] = {
    "holds no input of this model": lambda t: (folder(t / "empty"), None),
    "There is no file or folder": lambda t: (t / "none", None),
    "Nothing says which class": lambda t: (flat(t / "flat"), None),
    "is no data set of this model": lambda t: (file(t / "a.txt", "x"), None),
    "names none of the 1 inputs": lambda t: (flat(t / "f"), file(t / "l.csv", "z.png,cat\n")),
    "is empty": lambda t: (flat(t / "f"), file(t / "l.csv", "\n")),
    "Line 3 of l.csv": lambda t: (flat(t / "f"), file(t / "l.csv", "file,label\n1.png,a\n2.png\n")),
    "twice": lambda t: (flat(t / "f"), file(t / "l.csv", "1.png,a\n1.png,b\n")),
    "a line of names": lambda t: (flat(t / "f"), file(t / "l.csv", "1.png,a,b\n")),
    "one column": lambda t: (flat(t / "f"), file(t / "l.csv", "file\n1.png\n")),
    "cannot be read": lambda t: (flat(t / "f"), t / "none.csv"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_data_set(what: str, tmp_path: Path, intakes: dict[str, Intake]) -> None:
    with pytest.raises(InvalidRequest, match=what) as refused:
        surveyed(*_turned(*BAD[what](tmp_path), intakes["image"]))
    assert "\n" not in str(refused.value)


def _turned(path: Path, label_file: Path | None, intake: Intake) -> tuple[Any, ...]:
    return path, intake, label_file


def test_one_class_is_a_note(tmp_path: Path, intakes: dict[str, Intake]) -> None:
    png(tmp_path / "only/1.png", 1)
    *_, notes = surveyed(tmp_path, intakes["image"])
    assert "one class, only" in notes[0]


def test_pictures_need_a_card() -> None:
    with pytest.raises(InvalidRequest, match="card guess"):
        Intake(Network(profiles.network()))


def test_a_label_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidRequest, match="no CSV in UTF-8"):
        labels.read(tmp_path / "l.csv")
