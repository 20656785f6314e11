"""Pictures: a file as the pixels that a model sees, decoded once."""

from __future__ import annotations

import io
from collections.abc import Callable, Hashable, Sequence
from typing import Any, cast

import numpy as np
from PIL import Image

from attribution import images
from dashboard.work.decoder import Frame, Pixels
from dashboard.work.engine import Engine

THUMBNAIL = 64
_DIGITS = 12  # of a digest


def inspect(
    engine: Engine, data: bytes, frames: Sequence[Frame], owner: str
) -> tuple[str, tuple[str, ...]]:
    """Name and notes of an uploaded picture, whose pixels in these frames are kept for its owner.

    The name is that in links and in the store, from the sha256 of the file. Raises Refused for a
    file that is no picture, or that is beyond a limit.
    """
    decoded = engine.decoder.decode(data, frames, owner)
    name = f"file-{decoded.digest[:_DIGITS]}"
    for frame, pixels in decoded.frames.items():
        engine.store.put(_key(owner, name, frame), pixels, pixels.nbytes)
    return name, decoded.notes


def pixels(
    engine: Engine, owner: str, model: str, name: str, read: Callable[[], bytes], frame: Frame
) -> Pixels:
    """A picture in a model's frame; no network is needed. owner : empty for a sample, which is
    that of this model: another has another file of that name.

    Raises Refused as `inspect` does.
    """
    key = _key(owner or engine.shelf.mark(model), name, frame)
    found: Pixels | None = engine.store.get(key)
    if found is None:
        if owner:  # a stranger's file, which was too long ago or is for another model
            found = engine.decoder.decode(read(), [frame], owner).frames[frame]
        else:
            picture = images.decode(read(), frame.channels == 4)
            found = images.fit(picture, (frame.height, frame.width), cast("Any", frame.fit))
        engine.store.put(key, found)
    return found


def png(pixels: Pixels) -> bytes:
    """The file of a picture, which loses nothing."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def shrink(pixels: Pixels) -> Pixels:
    """A square thumbnail of pixels that fill the model's frame."""
    image = Image.fromarray(pixels).resize((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    return np.asarray(image, dtype=np.uint8)


def _key(owner: str, name: str, frame: Frame) -> Hashable:
    return ("pixels", owner, name, frame)
