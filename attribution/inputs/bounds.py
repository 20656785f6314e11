"""What is checked of arguments and files before anything is made of them."""

from __future__ import annotations

import operator
from typing import Any

from attribution.errors import AttributionError, InvalidRequest, one_line


def whole(name: str, value: Any, least: int, most: int | None = None) -> int:
    """A whole number of that range. Raises InvalidRequest."""
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if number < least or (most is not None and number > most):
        upper = "or more" if most is None else f"to {most:,}"
        raise InvalidRequest(f"{name} is {value!r}; it must be a whole number of {least} {upper}.")
    return number


def check_bytes(data: Any, name: str, most: int, error: type[AttributionError]) -> None:
    """Refuse, with an error of that class, what is no file's content, empty or too large."""
    if not isinstance(data, bytes):
        raise error(f"Expected the bytes of a file, got {type(data).__name__}.")
    if not data:
        raise error(f"{one_line(name)} is empty (0 bytes); choose a file of numbers.")
    if len(data) > most:
        raise error(
            f"{one_line(name)} has {len(data) / 2**20:.1f} MB; it may have at most {most >> 20} "
            "MB: split it."
        )
