"""Saved files for tests: what a result may hold, what version 0.1 wrote, what is no such file."""

import io
import json
import warnings
import zipfile
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from attribution import Attribution, InvalidRequest

Members = dict[str, bytes]


def made(rng: np.random.Generator) -> Attribution:
    """Any Attribution that the library could make."""
    batch, axes = int(rng.integers(1, 4)), int(rng.integers(0, 4))
    shape = (batch, *(int(n) for n in rng.integers(1, 5, axes)))

    def some(*unusual: float, shape: tuple[int, ...] = (batch,)) -> np.ndarray:
        values = np.exp(rng.normal(size=shape))
        return np.where(rng.random(shape) < 0.3, rng.choice([0.0, *unusual], size=shape), values)

    index, weights = (int(rng.integers(9)), -1), {3: 0.1, 5: -1.0 / 3.0}
    targets: list[Any] = [
        rng.integers(0, 9, batch),
        rng.integers(0, 9, (batch, 2)),
        int(rng.integers(9)),
        index,
        weights,
        {index: 1e-300, (0, 0): -0.0},
        ("out", index),
        ("out", rng.integers(0, 9, (batch, 2)).tolist()),
        ("out", {index: 2.5}),
    ]
    known = rng.random() < 0.5
    return Attribution(
        scores=some(np.nan, -1.5, -0.0, shape=shape).astype("float32"),
        gap=some(np.nan, -0.5),
        error=some(np.inf, np.nan),
        converged=rng.random(batch) < 0.5 if known else None,
        evaluations=rng.integers(0, 200, batch),
        f_input=some(-3.0, np.nan),
        f_baseline=some(-3.0),
        target=targets[rng.integers(len(targets))],
        layer=str(rng.choice(["conv", "a/b#2", "ü\u202e\n", ""])),
        method="nig",
        is_cut=bool(rng.random() < 0.5),
        tolerance=float(rng.random()) if known else None,
        standard_error=some(np.nan, shape=shape).astype("float32") if known else None,
        notes=("One.", "Ünd nöch \x00 'eine'")[: rng.integers(3)],
        resolution=rng.random(batch) if known else None,
        channel_axis=int(rng.integers(axes)) if axes and known else None,
    )


def saved(result: Attribution) -> bytes:
    file = io.BytesIO()
    result.save(file)
    return file.getvalue()


def load(data: bytes) -> Attribution:
    return Attribution.load(io.BytesIO(data))


def same(a: Attribution, b: Attribution) -> bool:
    """Whether every field has the same type and the same bits."""

    def bits(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return value.dtype, value.shape, value.tobytes()
        return type(value), repr(value)

    return all(bits(getattr(a, f.name)) == bits(getattr(b, f.name)) for f in fields(Attribution))


def unpacked(data: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members: Members, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def about(members: Members) -> dict[str, Any]:
    return json.loads(str(np.load(io.BytesIO(members["about.npy"]))))


def version_1(**changes: Any) -> bytes:
    """What version 0.1 wrote, by NumPy alone."""
    words = {
        "format": 1,
        "layer": "relu",
        "method": "neuron_integrated_gradients",
        "is_cut": True,
        "tolerance": 0.05,
        "notes": ["A note."],
        "target": None,
    }
    arrays = {
        "scores": np.arange(12, dtype="float32").reshape(1, 2, 2, 3),
        "gap": np.array([0.5]),
        "error": np.array([0.01]),
        "converged": np.array([True]),
        "evaluations": np.array([33]),
        "f_input": np.array([4.0]),
        "f_baseline": np.array([1.0]),
        "target": np.array([2]),
    }
    words |= {k: v for k, v in changes.items() if k in words and k not in arrays}
    arrays |= {k: np.asarray(v) for k, v in changes.items() if k in arrays}
    file = io.BytesIO()
    np.savez_compressed(file, about=np.array(json.dumps(words)), **arrays)
    return file.getvalue()


def refused(path: Any) -> str:
    """The sentence, which is one line that names the file."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a file that is left open, or a warning of NumPy
        with pytest.raises(InvalidRequest) as found:
            Attribution.load(path)
    sentence = str(found.value)
    assert sentence.splitlines() == [sentence]
    assert sentence.endswith(".")
    assert len(sentence) < 500
    if isinstance(path, Path) and len(path.name) < 200:
        assert path.name in sentence
    return sentence
