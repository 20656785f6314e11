"""Tables, series and texts nobody should open: whole ones, damaged, and headers that lie."""

import io
import random
import struct
import wave
from pathlib import Path

import numpy as np

from attribution import InvalidSeries, InvalidTable, InvalidTokens, series, tables, tokens
from tests.hostile import arrays
from tests.hostile.models import refusal
from tests.hostile.mutate import damaged

_CELLS = (
    "1",
    "-2.5",
    "3e2",
    "yes",
    "no",
    "",
    "nan",
    "1e39",
    "1e400",
    "0x1",
    '"',
    "1;2",
    "\u0663",
    " 4",
)
_WORDS = (
    "not",
    "bad",
    "Film!",
    "\u00e9t\u00e9",
    "\0",
    "\ufeff",
    "?",
    "4",
    "-1",
    "9" * 12,
    "x" * 300,
    "\n",
    ",",
)
_VOCABULARIES = (
    None,
    tokens.Vocabulary(("", "[UNK]", "not", "bad"), 0, 1),
    tokens.Vocabulary(("", "not", "bad", "film")),
)


def make_table(rng: random.Random) -> bytes:
    """A CSV file."""
    header = rng.choice(("age,smoker", "smoker,id,age", "age,smoker,age", "age;smoker", "a,b", ""))
    good = rng.random() < 0.5
    rows = [
        ",".join(
            ("yes" if "smoker" in name else "1") if good else rng.choice(_CELLS)
            for name in header.split(",")
        )
        for _ in range(rng.randint(0, 4))
    ]
    data = "\n".join([header, *rows]).encode()
    return damaged(data, rng) if data and rng.random() < 0.4 else data


def attempt_table(data: bytes, folder: Path) -> bool:
    """Whether the file is read, as finite rows of the two features."""
    try:
        found = tables.read(data, "x.csv", ("age", "smoker"), {"smoker": ("no", "yes")})
    except InvalidTable as error:
        refusal(str(error))
        return False
    assert found.rows.shape[1] == 2
    assert np.isfinite(tables.pick(found, len(found.rows))).all()
    assert np.isfinite(tables.typical(found, "median", ["smoker"])).all()
    return True


def make_series(rng: random.Random) -> tuple[str, bytes]:
    """The name and the content of a file of values along time."""
    match rng.randrange(4):
        case 0:
            return "x.npy", arrays.make(rng)
        case 1:
            header = rng.choice(("", "x,y\n", "t,x,y\n", "y,time,x\n"))
            width = header.count(",") + 1 if header else 2
            rows = [",".join([str(i / 50)] * width) for i in range(rng.randint(1, 5))]
            data = (header + "\n".join(rows)).encode()
        case 2:
            file = io.BytesIO()
            with wave.open(file, "wb") as out:
                out.setnchannels(rng.choice((1, 2, 2)))
                out.setsampwidth(rng.randint(1, 4))
                out.setframerate(rng.choice((50, 8000)))
                out.writeframes(rng.randbytes(24))
            data = file.getvalue()
        case _:
            size = rng.choice((16, 18, 40, 0, 2**31))
            coding, bits = rng.choice((1, 3, 7, 0xFFFE)), rng.choice((0, 8, 16, 32, 64))
            channels, block = rng.choice((0, 1, 2, 65535)), rng.choice((0, 2, 8, 16))
            about = struct.pack("<HHIIHH", coding, channels, 50, 0, block, bits) + rng.randbytes(24)
            body = b"fmt " + struct.pack("<I", size) + about[: min(size, 40)]
            body += b"data" + struct.pack("<I", rng.choice((0, 16, 2**32 - 1))) + rng.randbytes(16)
            data = b"RIFF" + struct.pack("<I", len(body)) + b"WAVE" + body
    name = "x.wav" if data.startswith(b"RIFF") else "x.csv"
    return name, damaged(data, rng) if rng.random() < 0.5 else data


def attempt_series(given: tuple[str, bytes], folder: Path) -> bool:
    """Whether the file is read, as finite series of two channels."""
    name, data = given
    try:
        found = series.read(data, name, channels=("x", "y"))
    except InvalidSeries as error:
        refusal(str(error))
        return False
    for recording in found:
        assert recording.values.shape[1] == 2
        assert recording.values.dtype == np.float32
        assert np.isfinite(recording.values).all()
        assert recording.rate is None or recording.rate > 0
    return True


def make_tokens(rng: random.Random) -> tuple[bytes, tokens.Vocabulary | None]:
    """A text, and what it is looked up in."""
    words = rng.choices(_WORDS if rng.random() < 0.5 else ("not", "bad", "4"), k=rng.randint(0, 9))
    data = " ".join(words).encode()
    return damaged(data, rng) if data and rng.random() < 0.3 else data, rng.choice(_VOCABULARIES)


def attempt_tokens(given: tuple[bytes, tokens.Vocabulary | None], folder: Path) -> bool:
    """Whether the text is read, as eight ids that the vocabulary holds."""
    data, vocabulary = given
    try:
        found = tokens.read(data, vocabulary, length=8)
    except InvalidTokens as error:
        refusal(str(error))
        return False
    assert (found.ids.shape, found.ids.dtype) == ((8,), np.int32)
    assert found.ids.min() >= 0
    assert vocabulary is None or found.ids.max() < len(vocabulary.words)
    return True
