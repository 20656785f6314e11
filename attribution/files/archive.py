"""Archive: arrays in an .npz file, written without pickle, and read without trusting the file.

Nothing is unpacked before the sizes of all members are known to agree with their .npy headers and
to stay within a bound: a file of a few bytes can otherwise ask for any amount of memory.
"""

from __future__ import annotations

import math
import os
import re
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

FREE = 2**27
"""Bytes that a file of any size may unpack to. Larger archives are written uncompressed."""
RATIO = 100
"""Beyond FREE, so many times the file's own size: other versions compressed these too."""
_MEMBERS = 16
_DIRECTORY = 2**12  # bytes of the list of members
_END = struct.Struct("<4s4H2LH")  # of a zip file without a comment
_HEADER = re.compile(
    rb"\{'descr': '([<>|][bfiuU]\d{1,9})', 'fortran_order': (True|False), "
    rb"'shape': \(((?:\d{1,18}, ?)*(?:\d{1,18})?)\), \} *\n"
)
_PREFIX = b"\x93NUMPY\x01\x00"
_CHUNK = 2**20
_ERRORS = (
    BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    ValueError,
    TypeError,
    OverflowError,
    RuntimeError,  # zipfile's word for encrypted, and for what it cannot unpack
)


class Damaged(ValueError):
    """Not an archive of this kind; the message says why, as the end of a sentence."""


def write(file: BinaryIO, arrays: Mapping[str, Array]) -> None:
    """Write arrays of numbers or text under their names."""
    small = sum(array.nbytes for array in arrays.values()) <= FREE
    (np.savez_compressed if small else np.savez)(file, allow_pickle=False, **arrays)


def read(path: str | os.PathLike[str] | BinaryIO, most: int | None = None) -> dict[str, Array]:
    """What `write` wrote, from a path or a file open for reading bytes.

    most : bytes that it may unpack to; None is `FREE`, or `RATIO` times its size.

    Raises Damaged for anything else, and FileNotFoundError where there is nothing at a path.
    """
    try:
        if not isinstance(path, str | os.PathLike):
            return _read(path, most)
        if Path(path).exists() and not Path(path).is_file():
            raise Damaged("it is no regular file")
        with Path(path).open("rb") as file:
            return _read(file, most)
    except (Damaged, FileNotFoundError):
        raise
    except PermissionError as error:
        raise Damaged("it may not be read") from error
    except AttributeError as error:
        raise Damaged("a path or a file open for reading bytes is expected") from error
    except _ERRORS as error:
        raise Damaged("it is no .npz archive, or a damaged one") from error


def _read(file: BinaryIO, most: int | None) -> dict[str, Array]:
    size = file.seek(0, os.SEEK_END)
    _check_directory(file, size)
    with ZipFile(file) as archive:
        members = _members(archive, max(FREE, RATIO * size) if most is None else most)
        forms = {name: _Form.of(archive, info) for name, info in members.items()}
        return {name: _array(archive, info, forms[name]) for name, info in members.items()}


def _check_directory(file: BinaryIO, size: int) -> None:
    """The list of members is short: zipfile reads all of it, whatever it counts."""
    file.seek(max(size - _END.size, 0))
    end = _END.unpack(file.read(_END.size))
    large = size >= 2**31  # only then is the list described in another, longer place
    file.seek(max(size - _END.size - 20, 0))
    elsewhere = file.read(4) == b"PK\x06\x07"
    if end[0] != b"PK\x05\x06" or end[5] > _DIRECTORY or (elsewhere and not large):
        raise Damaged("it is no .npz archive, or a damaged one")


def _members(archive: ZipFile, most: int) -> dict[str, ZipInfo]:
    """Members by the names of their arrays; all of them together within the bound."""
    infos = archive.infolist()
    members = {info.filename.removesuffix(".npy"): info for info in infos}
    if len(members) < len(infos) or len(infos) > _MEMBERS:
        raise Damaged("it holds too many arrays, or two of one name")
    if any(i.flag_bits & 0x61 or i.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for i in infos):
        raise Damaged("it is encrypted or packed in another way")
    if sum(info.file_size for info in infos) > most:
        raise Damaged("it would take too much memory when unpacked")
    return members


class _Form:
    """What an .npy header says: dtype, shape and order; start, where the numbers begin."""

    def __init__(self, header: re.Match[bytes], start: int) -> None:
        self.start = start
        self.dtype = np.dtype(header[1].decode())
        self.order: Any = "F" if header[2] == b"True" else "C"
        self.shape = tuple(int(n) for n in re.findall(rb"\d+", header[3]))

    @property
    def nbytes(self) -> int:
        return self.dtype.itemsize * math.prod(self.shape)

    @classmethod
    def of(cls, archive: ZipFile, info: ZipInfo) -> _Form:
        """Raises Damaged where the header is not as NumPy writes it, or does not fit the size."""
        with archive.open(info) as stream:
            prefix = stream.read(len(_PREFIX) + 2)
            length = int.from_bytes(prefix[-2:], "little")
            header = _HEADER.fullmatch(stream.read(length))
        if header is None or prefix[:-2] != _PREFIX or not info.filename.endswith(".npy"):
            raise Damaged("it holds something else than arrays of numbers")
        form = cls(header, len(prefix) + length)
        if form.start + form.nbytes != info.file_size:
            raise Damaged("its arrays are not as long as they say")
        return form


def _array(archive: ZipFile, info: ZipInfo, form: _Form) -> Array:
    """The numbers; reading to the end also checks their sum (CRC)."""
    data = bytearray()
    with archive.open(info) as stream:
        stream.read(form.start)
        while part := stream.read(_CHUNK):
            data += part
    if len(data) != form.nbytes:
        raise Damaged("its arrays are not as long as they say")
    return np.ndarray(form.shape, form.dtype, buffer=data, order=form.order)
