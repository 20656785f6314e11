"""Nonsense on the command line: exit code 2 and one line, whatever it is; never half an answer."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest

from attribution import Network, cli
from attribution.commands import writing
from tests.hostile.models import refusal

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    keras.utils.set_random_seed(3)
    x = keras.Input((3,), name="x")
    hidden = keras.layers.Dense(4, "relu", name="hidden")(x)
    keras.Model(x, keras.layers.Dense(2, "softmax", name="out")(hidden)).save(folder / "m.keras")
    words = keras.Input((3,), name="x", dtype="int32")
    hidden = keras.layers.Flatten()(keras.layers.Embedding(5, 2, name="hidden")(words))
    keras.Model(words, keras.layers.Dense(2)(hidden)).save(folder / "tokens.keras")
    arrays = {
        "x": np.ones((2, 3), "f4"),
        "fortran": np.asfortranarray(np.ones((2, 3), "f4")),
        "large": np.full((2, 3), 1e300),
        "brim": np.full((2, 3), 3e38, "f4"),
        "token": np.array([[1, 2, 10**6]]),
        "empty": np.ones((0, 3)),
        "complex": np.ones((2, 3), complex),
        "text": np.array([["a", "b", "c"]]),
    }
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    np.save(folder / "objects.npy", np.array([[{}, 1, 2]], object), allow_pickle=True)
    good = (folder / "x.npy").read_bytes()
    (folder / "cut.npy").write_bytes(good[:-5])
    (folder / "longer.npy").write_bytes(good + b"more")
    huge = good.replace(b"(2, 3), }          ", b"(999999999, 3), }  ")
    assert huge != good
    (folder / "huge.npy").write_bytes(huge)
    (folder / "words.npy").write_text("words")
    (folder / "folder.csv").mkdir()
    os.mkfifo(folder / "pipe.npy")
    os.mkfifo(folder / "pipe.csv")
    return folder


GOOD = ["explain", "m.keras", "x.npy", "--layer", "hidden"]
REFUSED: dict[str, tuple[str, ...]] = {
    "--target 0:nan": ("--target is '0:nan'",),
    "--target 0:1e400": ("--target is '0:1e400'",),
    "--target 0:1e39": ("float32", "finite"),
    "--target 0:1,0:2": ("--target is '0:1,0:2'", "twice"),
    "--target 1_0": ("--target is '1_0'",),
    "--target 99999999999999999999": ("--target is",),
    "--top -1": ("whole number of 1 or more",),
    "--top 0": ("whole number of 1 or more",),
    "--top nan": ("whole number of 1 or more",),
    "--tolerance nan": ("tolerance is nan",),
    "--tolerance inf": ("tolerance is inf",),
    "--steps 0": ("steps is 0",),
    "--seed -1": ("whole number of 0 or more",),
    "--baseline nan": ("finite",),
    "--baseline 1e39": ("finite", "large"),
    "--baseline noise:9999999999": ("at most 1,000",),
    "--baseline noise:0": ("count is 0",),
    "--baseline large.npy": ("finite", "large"),
    "--baseline objects.npy": ("object values",),
    "--baseline pipe.npy": ("a pipe",),
    "--baseline mean:3": ("--baseline is 'mean:3'",),
    "--subtract 1": ("are for pictures",),
    "--fit crop": ("is for pictures and sequences",),
    "--layer=": ("no layer ''",),
    "--layer=--": ("expected a value",),
    "--out=--": ("expected a value",),
    "--out folder.csv": ("a folder, a device or a pipe",),
    "--out pipe.csv": ("a folder, a device or a pipe",),
    "--out x.npy/s.csv": ("cannot be the name of a file",),
    "--out none/s.csv": ("no such folder",),
    "--out /proc/s.csv": ("nothing can be written",),
    "--out .csv": ("must end in",),
    f"--out {'y' * 300}.csv": ("cannot be the name of a file",),
    "--out a\0b.csv": ("cannot be the name of a file",),
}
INPUTS = {
    "large": ("large", "finite"),
    "brim": ("finite",),
    "empty": ("shape (0, 3)",),
    "complex": ("complex128 values",),
    "text": ("<U1 values",),
    "objects": ("object values",),
    "cut": ("should hold 24 bytes",),
    "longer": ("should hold 24 bytes",),
    "huge": ("should hold 11,999,999,988 bytes",),
    "words": ("cannot be read as an .npy array",),
    "pipe": ("a device or a pipe",),
    "none": ("There is no file",),
    "\udcff": ("There is no file",),
    "a\0b": ("There is no file",),
    "y" * 5000: ("There is no file",),
}
LINES = {
    **{(*GOOD, *words.split(" ")): sentence for words, sentence in REFUSED.items()},
    **{("explain", "m.keras", f"{n}.npy", "--layer", "x"): s for n, s in INPUTS.items()},
    ("explain", "m.keras", "brim.npy", "--layer", "hidden"): ("finite",),
    ("explain", "m.keras", "brim.npy", "--layer", "all"): ("finite",),
    ("explain", "tokens.keras", "token.npy", "--layer", "hidden"): ("1000000 is not in [0, 5)",),
    ("explain", "m.keras", "", "--layer", "x"): ("There is no file ''",),
    ("check", "m.keras", "folder.csv"): ("is a folder",),
    ("explain", "m.keras", "folder.csv", "--layer", "x"): ("holds no input",),
    ("layers", ""): ("is a folder",),
    ("layers", "folder.csv"): ("is a folder",),
    ("layers", "pipe.npy"): ("a device or a pipe",),
    ("layers", "x.npy"): ("neither a bundled model",),
    ("layers", "a\n\x1b[2J"): ("neither a bundled model",),
    ("layers", "m.keras", "x" * 9999): ("unrecognized arguments",),
}


@pytest.mark.parametrize("words", LINES, ids=lambda words: ascii(" ".join(words))[-50:])
def test_one_line(
    words: tuple[str, ...],
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(folder)
    before = sorted(folder.iterdir())
    with pytest.raises(SystemExit) as stopped:
        cli.main(list(words))
    said = capsys.readouterr()
    assert stopped.value.code == 2
    assert not said.out
    assert said.err.endswith("\n")
    refusal(said.err[:-1])
    assert any(sentence in said.err for sentence in LINES[words]), said.err
    assert sorted(folder.iterdir()) == before


def test_fortran_order_is_an_order(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    answers = []
    for name in ("x.npy", "fortran.npy"):
        assert cli.main(["explain", "m.keras", name, "--layer", "hidden"]) == 0
        answers.append(capsys.readouterr().out)
    assert answers[0] == answers[1]


def test_a_failed_run_leaves_the_old_file(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    out = tmp_path / "s.json"
    assert cli.main([*GOOD, "--out", str(out)]) == 0
    whole = out.read_text()
    json.loads(whole)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing.json, "dumps", full)
    with pytest.raises(SystemExit):
        cli.main([*GOOD, "--out", str(out)])
    assert out.read_text() == whole
    assert [p.name for p in tmp_path.iterdir()] == ["s.json"]


def test_interrupted_at_work(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.chdir(folder)
    monkeypatch.setattr(Network, "arrays", interrupt)
    assert cli.main([*GOOD, "--out", str(tmp_path / "s.csv")]) == 130
    assert capsys.readouterr() == ("", "")
    assert not list(tmp_path.iterdir())


# As a command, in processes of their own


def interruptible() -> None:
    """What a shell has put into the background ignores Ctrl-C, and so does what that starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def command(*words: str | bytes, **options: object) -> subprocess.Popen[bytes]:
    known = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    start = [sys.executable, "-m", "attribution", *words]
    return subprocess.Popen(start, cwd=ROOT, env=known, **pipes)  # type: ignore[call-overload]


def test_an_answer_without_a_word_on_stderr(folder: Path) -> None:
    """Of TensorFlow's log, of devices and of Keras's warnings nothing is seen."""
    run = command("explain", str(folder / "m.keras"), str(folder / "x.npy"), "--layer", "hidden")
    out, err = run.communicate()
    assert (run.returncode, err) == (0, b"")
    assert out.startswith(b"hidden (Dense), example 0")


def test_places_that_cannot_be_written_to() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with open("/dev/full", "wb") as full:
        runs = {
            "Broken pipe": command("layers", "splice-donor", stdout=writer),
            "No space left": command("layers", "splice-donor", stdout=full),
        }
        for words, run in runs.items():
            _, err = run.communicate()
            assert run.returncode == 2
            (line,) = err.decode().splitlines()
            assert words in line
    os.close(writer)


def test_a_name_that_is_no_text() -> None:
    run = command("layers", b"\xff\xfe.keras")
    out, err = run.communicate()
    assert (run.returncode, out) == (2, b"")
    (line,) = err.decode().splitlines()
    assert "There is no file '??.keras'" in line


def test_interrupted_while_tensorflow_loads() -> None:
    run = command("layers", "efficientnet-lite0", preexec_fn=interruptible)
    mapped, late = Path(f"/proc/{run.pid}/maps"), time.monotonic() + 30
    while "tensorflow" not in mapped.read_text() and time.monotonic() < late:
        time.sleep(0.05)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate()
    assert (run.returncode, out, err) == (130, b"", b"")
