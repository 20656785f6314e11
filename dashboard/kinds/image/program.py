"""Program: the Python that reads a picture as the page did."""

from __future__ import annotations

from dashboard.kinds.image.form import SHADES
from dashboard.request.request import OWN, Query
from dashboard.work.item import Item


def given(item: Item, asked: Query) -> tuple[list[str], list[str]]:
    """Lines that make `card` into `x`: a sample from the bundle, an upload from its file."""
    own = bool(OWN.fullmatch(asked.input))
    how = ", alpha=True" if item.shown.encoding.channels == 4 else ""
    data = [
        f"sample = next(s for s in card.samples if s.name == {asked.input!r})",
        f"picture = attribution.images.decode(sample.file.read_bytes(){how})",
    ]
    if own:
        start = asked.input.removeprefix("file-")
        data = [
            f"data = Path({item.file!r}).read_bytes()  # the file that was uploaded",
            f"picture = attribution.images.decode(data{how})",
            f'assert picture.digest.startswith("{start}"), "another file"',
        ]
    lines = [
        *data,
        "frame = card.encoding()",
        f"pixels = attribution.images.fit(picture, frame.size, {asked['fit']!r})",
        "x = frame.encode(pixels)[None]",
    ]
    return lines, ["from pathlib import Path"] if own else []


def compared(asked: Query) -> str:
    """An expression for the baseline of `x`."""
    if asked.baseline in SHADES:
        shade = SHADES[asked.baseline]
        return f"frame.encode(np.full((*frame.size, 3), {shade}, np.uint8))[None]"
    if asked.baseline == "blur":
        return f"attribution.baselines.blur(x, {asked['sigma']!r})"
    if asked.baseline == "noise":
        return f"attribution.baselines.noise(x, seed={asked['seed']}, count=1)[0]"
    return f"attribution.baselines.{asked.baseline}(x)"
