"""Command lines that make no sense, or nearly none, in a folder with files of all kinds."""

import contextlib
import csv
import io
import json
import math
import os
import random
import re
from pathlib import Path

import keras
import numpy as np
from PIL import Image

from attribution import METHODS, Attribution, cli
from tests.hostile.models import refusal
from tests.hostile.mutate import damaged

_ODD = (
    "", " ", "nan", "inf", "-inf", "-1", "0", "1e400", "1e38", "9" * 40, "1_0", "\u0663", "\x1b[2J",
    "a\nb", "../..", "/dev/null", "/proc/self/mem", "x" * 5000, "\udcff", "%s%n", "--", "-", "'",
    "all", "x.npy", "folder", "pipe.csv", "True", "None", "0:1", "0,1", "a\0b",
)  # fmt: skip
_MODELS = ("vectors.keras", "vectors.h5", "tokens.keras", "pictures.keras", "letters.keras")
_FILES = (
    "x.npy", "large.npy", "tokens.npy", "wide.npy", "empty.npy", "objects.npy", "p.png", "s.fasta",
    "folder", "pipe.csv", "none.npy", "torn.npy", "torn.keras", "words.txt", "rows.csv",
    "mixed.csv", "full",
)  # fmt: skip
_GOOD: dict[str, tuple[str, ...]] = {
    "--layer": ("hidden", "hidden", "hidden", "all", "x"),
    "--target": ("0", "1", "-1", "0:1,1:-1", "1:1e37", "dog"),
    "--classes": ("names.txt", "names.json"),
    "--method": tuple(METHODS),
    "--baseline": (
        "zeros",
        "mean",
        "0.5",
        "blur:2",
        "noise:2",
        "shuffle:2",
        "frequencies",
        "x.npy",
    ),
    "--seed": ("0", "7"),
    "--output": ("logit", "output"),
    "--tolerance": ("0.05", "1", "0"),
    "--steps": ("3", "9", "33"),
    "--fit": ("crop", "letterbox", "window", "pad"),
    "--subtract": ("0", "127"),
    "--divide": ("255", "-1"),
    "--by": ("channel", "neuron"),
    "--top": ("1", "3", "9999999999999999999999"),
    "--out": ("s.csv", "s.json", "s.npz"),
}
_BAD: dict[str, tuple[str, ...]] = {
    "--layer": ("hiden", "out", "", "hidden\n", "--"),
    "--target": ("2", "0:nan", "0:1e400", "0:1,0:2", "0,1", "1:1e38", "0:", ","),
    "--classes": ("words.txt", "x.npy", "folder", "pipe.csv", "none.txt", "mixed.csv"),
    "--method": ("ig", ""),
    "--baseline": ("nan", "1e39", "blur:nan", "noise:0", "noise:9999999999", "large.npy", "mean:1"),
    "--seed": ("-1", "1.5"),
    "--output": ("loss",),
    "--tolerance": ("-1", "nan", "inf", "1e-300"),
    "--steps": ("0", "2", "-5", "1.5"),
    "--fit": ("stretch",),
    "--subtract": ("nan", "inf"),
    "--divide": ("0", "nan"),
    "--by": ("unit",),
    "--top": ("-1", "0", "nan"),
    "--out": (
        "s.txt", "folder", "pipe.csv", "none/s.csv", "/proc/s.csv", "/dev/full", "x.npy/s.csv",
        "y" * 300 + ".csv", ".csv", "--",
    ),
}  # fmt: skip


def make(rng: random.Random) -> list[str]:
    """The words after `python -m attribution`."""
    if rng.random() < 0.15:
        words = [rng.choice(("layers", "check", "explain", "expain", "")), *rng.sample(_ODD, 2)]
        return words[: rng.randint(0, 3)]
    calm = rng.random() < 0.5
    model = rng.choice((_MODELS[0], *_MODELS) if calm else (*_MODELS, *_FILES))
    if rng.random() < 0.1:
        return [rng.choice(("layers", "check")), model]
    fits = {"tokens.keras": "tokens.npy", "pictures.keras": "p.png", "letters.keras": "s.fasta"}
    if rng.random() < 0.05:
        return ["check", model, rng.choice(_FILES)]
    words = ["explain", model, fits.get(model, "x.npy") if calm else rng.choice(_FILES)]
    if rng.random() < 0.2:
        words.append(
            rng.choice(("x.npy", "rows.csv", "p.png", "full")) if calm else rng.choice(_FILES)
        )
    if model == "pictures.keras" and calm:
        words += ["--divide", "255"]
    for option, good in _GOOD.items():
        if rng.random() < (0.98 if option == "--layer" else 0.1):
            value = rng.choice(good if calm else rng.choice((good, _BAD[option], _ODD)))
            if not calm and rng.random() < 0.1:
                raw = damaged(value.encode("utf-8", "surrogateescape"), rng)
                value = raw.decode("utf-8", "surrogateescape")
            words += [option, value] if rng.random() < 0.9 else [f"{option}={value}"]
    return words


def attempt(words: list[str], folder: Path) -> bool:
    """Whether there is an answer, sure (exit code 0) or not; else it is 2, with one line.

    Of several inputs each that is refused has its line, and the others may be answered.
    """
    _furnish(folder)
    before = set(folder.iterdir())
    said, complained = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(complained),
    ):
        try:
            code = cli.main(words)
        except SystemExit as end:
            code = end.code
    written = set(folder.iterdir()) - before
    if code == 2:
        *lines, end = complained.getvalue().split("\n")
        assert not end
        refusals = [line for line in lines if line.startswith("python -m attribution")]
        assert refusals
        for line in refusals:
            refusal(line)
        if "full" not in words and (len(words) < 4 or words[3].startswith("-")):
            assert len(lines) == 1
            assert not written
            assert not said.getvalue()
        if not written and not said.getvalue():
            return False
    assert code in (0, 2, cli.UNSURE), code
    for path in written:
        _check(path)
        path.unlink()
    assert written or said.getvalue()
    assert all(
        math.isfinite(float(n)) for n in re.findall(r" ([-+.\w]+) +[-+.\w]+%", said.getvalue())
    )
    return True


def _check(path: Path) -> None:
    """A written file is whole, and its numbers are numbers."""
    match path.suffix:
        case ".npz":
            scores = Attribution.load(path).scores
        case ".csv":
            with path.open(newline="", encoding="utf-8") as file:
                scores = [float(row["score"]) for row in csv.DictReader(file)]
        case _:
            layers = json.loads(path.read_text(encoding="utf-8"))["layers"].values()
            examples = [example for layer in layers for example in layer["examples"]]
            scores = [row["score"] for example in examples for row in example["scores"]]
    assert np.isfinite(scores).all()
    assert len(scores)


def _furnish(folder: Path) -> None:
    """Models and inputs, good and bad, built once."""
    if (folder / "vectors.keras").exists():
        return
    layers = keras.layers
    keras.utils.set_random_seed(3)
    forms = {
        "vectors": (keras.Input((3,), name="x"), layers.Identity()),
        "tokens": (keras.Input((3,), name="x", dtype="int32"), layers.Embedding(5, 2)),
        "pictures": (keras.Input((8, 12, 3), name="x"), layers.AveragePooling2D(4)),
        "letters": (keras.Input((12, 4), name="x"), layers.Identity()),
    }
    for name, (x, first) in forms.items():
        y = layers.Dense(4, "relu", name="hidden")(layers.Flatten()(first(x)))
        model = keras.Model(x, layers.Dense(2, "softmax", name="out")(y))
        model.save(folder / f"{name}.keras")
        if name == "vectors":
            model.save(folder / f"{name}.h5")
    arrays = {
        "x": np.ones((2, 3), "f4"),
        "large": np.full((1, 3), 1e300),
        "tokens": np.array([[0, 1, 4]]),
        "wide": np.full((2, 4), 3e38, "f4"),
        "empty": np.ones((0, 3)),
    }
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    np.save(folder / "objects.npy", np.array([[None, 1, 2]], object), allow_pickle=True)
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 255, (16, 24, 3), np.uint8)).save(folder / "p.png")
    (folder / "s.fasta").write_text(">one\nACGTACGTACGT\n")
    (folder / "words.txt").write_text("no letters of DNA, 123")
    (folder / "rows.csv").write_text("a,b,c\n1,2,3\n4,5,6\n")
    (folder / "mixed.csv").write_text("a,1\n2,3\n")
    (folder / "names.txt").write_text("cat\ndog\n")
    (folder / "names.json").write_text('["cat", "dog"]')
    (folder / "full").mkdir()
    for name in ("x.npy", "rows.csv", "p.png", "words.txt"):
        (folder / "full" / name).write_bytes((folder / name).read_bytes())
    for name in ("x.npy", "vectors.keras"):
        whole = (folder / name).read_bytes()
        (folder / f"torn{Path(name).suffix}").write_bytes(whole[:-7])
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe.csv")
