"""Container: the result of reading one, the limits of all formats, and how they are refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from struct import error as StructError

from attribution.errors import InvalidImage

MAX_PIXELS = 40_000_000  # 160 MB while they are decoded
MIN_SIDE = 8
MAX_SIDE = 65_535  # of a JPEG or GIF none can be longer; a strip of rows must stay small


@dataclass(frozen=True)
class Container:
    """A picture that is not decoded yet.

    data : a file of the same format that holds what makes the pixels of the first frame.
    width, height : of the stored picture, before it is turned upright.
    orientation : as EXIF counts it, 1 to 8; 1 where nothing is said.
    animated : whether there are further frames, which ``data`` does not hold.
    """

    format: str
    data: bytes
    width: int
    height: int
    orientation: int = 1
    animated: bool = False


def check_size(width: int, height: int, most: int = MAX_PIXELS, kind: str = "picture") -> None:
    """Raise InvalidImage for a side that is too short or too long, or too many pixels.

    most : the limit of this kind of file, where it is lower than that of all.
    """
    if min(width, height) < MIN_SIDE:
        raise InvalidImage(
            f"The picture has {width} x {height} pixels; "
            f"it must have at least {MIN_SIDE} x {MIN_SIDE}."
        )
    if width * height > MAX_PIXELS:
        kind, most = "picture", MAX_PIXELS
    if width * height > most:
        raise InvalidImage(
            f"The {kind} has {width:,} x {height:,} pixels: "
            f"more than the {most / 10**6:g} million pixels we accept; make it smaller."
        )
    if max(width, height) > MAX_SIDE:
        raise InvalidImage(
            f"The picture has {width:,} x {height:,} pixels; "
            f"no side may be longer than {MAX_SIDE:,}: cut out the part that matters."
        )


def too_many(what: str, most: int, format: str) -> InvalidImage:
    """A file in more parts than any program has a reason to write."""
    return InvalidImage(
        f"The {format} file has more than {most:,} {what}, the most we read; "
        "open it in an image program and save it again."
    )


def damaged() -> InvalidImage:
    """A file that ends too early, or contradicts itself."""
    return InvalidImage(
        "The picture is damaged or incomplete; download or save it again and retry."
    )


@contextmanager
def whole() -> Iterator[None]:
    """What a file ends before, or what has no valid form, is damage."""
    try:
        yield
    except (StructError, IndexError) as error:
        raise damaged() from error
