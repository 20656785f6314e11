"""Pictures and sequences as strangers send them: whole files of each form, changed."""

import functools
import gzip
import io
import random
from pathlib import Path
from types import ModuleType

import numpy as np
from PIL import Image

from attribution import InvalidImage, InvalidSequence, images, sequences
from tests.hostile import pictures
from tests.hostile import sequences as fasta
from tests.hostile.models import refusal
from tests.hostile.mutate import damaged

_SEQUENCES = (
    b">one\nACGTACGTNN\nACGT\n>two\nTTTTRYK\n",
    b"ACGTACGTACGT\nTTTT\n",
    b">" * 500,
    b">a\n" * 300,
    "\ufeff>one\r\nacguacgu\r\n".encode(),
    gzip.compress(b">one\n" + b"ACGT" * 1000, mtime=0),
    gzip.compress(b"A" * 5_000_000, mtime=0),
)


@functools.cache
def _pictures() -> tuple[bytes, ...]:
    rng = np.random.default_rng(0)
    colours = Image.fromarray(rng.integers(0, 255, (24, 20, 3), np.uint8))
    deep = Image.fromarray(rng.integers(0, 2**16, (16, 16), np.uint16))
    found = []
    for image, form, options in (
        (colours, "PNG", {}),
        (colours.convert("P"), "PNG", {"transparency": 3}),
        (colours.convert("RGBA"), "PNG", {}),
        (deep, "PNG", {}),
        (colours, "JPEG", {"progressive": True}),
        (colours.convert("CMYK"), "JPEG", {}),
        (colours, "WEBP", {"lossless": True}),
        (colours, "WEBP", {}),
        (colours, "BMP", {}),
        (colours.convert("P"), "GIF", {"save_all": True, "append_images": [colours.convert("P")]}),
    ):
        buffer = io.BytesIO()
        image.save(buffer, form, **options)
        found.append(buffer.getvalue())
    return tuple(found)


def _made(corpus: ModuleType, rng: random.Random) -> bytes:
    """One of the files that were built to ask for much, some of 10 MB."""
    return _built(corpus, rng.choice(sorted(corpus.makers())))


@functools.lru_cache(maxsize=32)
def _built(corpus: ModuleType, name: str) -> bytes:
    content: bytes = corpus.makers()[name]()
    return content


def _after(data: bytes, rng: random.Random) -> bytes:
    return data if rng.random() < 0.1 else damaged(data, rng)


def make_picture(rng: random.Random) -> bytes:
    """The content of a picture's file, of a photograph or of one that was hostile before."""
    if rng.random() < 0.02:
        return _after(_made(pictures, rng), rng)
    return damaged(rng.choice(_pictures()), rng)


def attempt_picture(data: bytes, folder: Path) -> bool:
    """Whether there is a picture in it, of the size that is asked for."""
    try:
        picture = images.decode(data)
    except InvalidImage as error:
        refusal(str(error))
        return False
    assert picture.pixels.dtype == np.uint8
    assert images.fit(picture, (32, 32)).shape == (32, 32, 3)
    return True


def make_sequence(rng: random.Random) -> bytes:
    """The content of a sequence's file."""
    return _after(_made(fasta, rng) if rng.random() < 0.02 else rng.choice(_SEQUENCES), rng)


def attempt_sequence(data: bytes, folder: Path) -> bool:
    """Whether there are sequences in it, whose letters are codes."""
    try:
        records = sequences.read(data)
    except InvalidSequence as error:
        refusal(str(error))
        return False
    for record in records:
        assert record.name.isprintable()
        assert set(record.letters) <= set(sequences.IUPAC)
    return bool(records)
