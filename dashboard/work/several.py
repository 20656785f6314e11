"""Several: what a network is given: one array or, of several inputs, one for each by name."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Given = Array | Mapping[str, Array]


def packed(examples: Sequence[Mapping[str, Array]]) -> bytes:
    """An .npz file of them, the same bytes each time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in examples[0]:
            array = io.BytesIO()
            np.save(array, np.stack([each[name] for each in examples]), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), array.getvalue())
    return buffer.getvalue()


def each(work: Callable[..., Any], *given: Any) -> Any:
    """What it makes of one array of each of these, or that by name."""
    if isinstance(given[0], Mapping):
        return {name: work(*(arrays[name] for arrays in given)) for name in given[0]}
    return work(*given)


def arrays(given: Given) -> list[Array]:
    """All of them, in their order."""
    return [*given.values()] if isinstance(given, Mapping) else [given]


def joined(given: list[Any]) -> Any:
    """Examples one after the other, each (1, *shape)."""
    return each(lambda *parts: np.concatenate(parts), *given)


def written(given: Given) -> bytes:
    """An .npz file of it."""
    buffer = io.BytesIO()
    named = given if isinstance(given, Mapping) else {"x": given}
    np.savez_compressed(buffer, allow_pickle=False, **named)
    return buffer.getvalue()


def repeated(given: Given, count: int) -> Any:
    """The same example so often."""
    return each(lambda array: np.repeat(array, count, axis=0), given)
