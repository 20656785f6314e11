"""What is tried with one value in every run, and with the others in `make test-all`."""

from collections.abc import Iterable
from typing import Any

import pytest


def one_of(values: Iterable[Any]) -> list[Any]:
    """The values for `parametrize`: the first as it is, the others marked as slow."""
    first, *others = values
    return [first, *(pytest.param(*_parts(value), marks=pytest.mark.slow) for value in others)]


def _parts(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)
