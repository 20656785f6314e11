"""Arrays from .npy files whose header is believed only as far as the file bears it out."""

from __future__ import annotations

import os
from pathlib import Path
from tokenize import TokenError
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from attribution.errors import InvalidRequest, one_line

_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
_MALFORMED = (OSError, ValueError, EOFError, SyntaxError, TypeError, TokenError, RecursionError)


def read(path: Path) -> npt.NDArray[Any]:
    """The array of numbers in an .npy file.

    Raises
    ------
    InvalidRequest : another kind of file, a damaged one, one whose header announces more or less
        than the file holds, or values that are no numbers (Python objects are never unpickled).
    """
    with path.open("rb") as file:
        return parse(path.name, file)


def parse(name: str, file: BinaryIO) -> npt.NDArray[Any]:
    """As `read`, from a file that is open for reading bytes; `name` is for messages."""
    name = one_line(name)
    try:
        version = npy.read_magic(file)
        if version not in _HEADERS:
            raise InvalidRequest(f"{name} is of .npy version {version}; save numbers as 1.0.")
        shape, _, dtype = _HEADERS[version](file)
        start = file.tell()
        _check(name, shape, dtype, file.seek(0, os.SEEK_END) - start)
        file.seek(0)
        array: npt.NDArray[Any] = np.load(file, allow_pickle=False)
    except InvalidRequest:
        raise
    except MemoryError as error:
        raise InvalidRequest(f"{name} is too large for the memory of this machine.") from error
    except _MALFORMED as error:
        raise InvalidRequest(f"{name} cannot be read as an .npy array of numbers.") from error
    return array


def _check(name: str, shape: tuple[int, ...], dtype: np.dtype[Any], held: int) -> None:
    if dtype.kind not in "biuf":
        raise InvalidRequest(f"{name} holds {one_line(str(dtype))} values; numbers are expected.")
    bytes_announced = dtype.itemsize
    for length in shape:
        if type(length) is not int or length < 0:
            raise InvalidRequest(f"{name} has a damaged header: save the array again.")
        bytes_announced *= length
    if bytes_announced != held:
        raise InvalidRequest(
            f"{name} should hold {bytes_announced:,} bytes of numbers by its header, but holds "
            f"{held:,}: it is damaged or incomplete."
        )
