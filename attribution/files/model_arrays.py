"""The arrays of an HDF5 file, checked before one of them is read: none lies elsewhere, and none
unpacks to more than the file can fill.

HDF5 unpacks whole chunks, however small the array is that they belong to, and a packed chunk up to
its end, however small the chunk says that it is.
"""

from __future__ import annotations

import functools
import math
import re
import zlib
from collections.abc import Iterator

import h5py

from attribution.errors import UnsupportedModel

MAX_RATIO = 100
"""Unpacked over packed size: trained weights do not compress by much, zeros do."""
FREE_BYTES = 16 * 2**20  # whatever the ratio
FREE_TEXT = 256 * 2**20  # bytes of one list of names: the names may be one long text, many times
AGAIN = "save the model again with model.save."

_PACKINGS: tuple[list[int], ...] = (
    [],
    [h5py.h5z.FILTER_SHUFFLE],
    [h5py.h5z.FILTER_DEFLATE],
    [h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_DEFLATE],
)


def check_arrays(file: h5py.File, size: int, name: str) -> None:
    """Raise UnsupportedModel for a file of so many bytes that is more than what it holds."""
    declared, longest = 0, functools.cache(lambda: _longest_text(file))
    for item in _items(file, name):
        for key in item.attrs:
            attribute = item.attrs.get_id(key)
            texts = math.prod(attribute.shape) if attribute.dtype.hasobject else 1
            if texts > 1 and texts * longest() > FREE_TEXT + MAX_RATIO * size:
                raise UnsupportedModel(bomb(name))
        if isinstance(item, h5py.Dataset) and item.shape is not None:
            if item.external or item.is_virtual:
                raise UnsupportedModel(_elsewhere(name))
            chunk = item.chunks or (1,) * len(item.shape)
            sides = (-(-n // c) * c for n, c in zip(item.shape, chunk, strict=True))
            declared += math.prod(sides) * item.dtype.itemsize
            if swollen(declared, size):
                raise UnsupportedModel(bomb(name))
            _check_chunks(item, name)


def swollen(unpacked: int, packed: int) -> bool:
    """Whether so many bytes unpack to more than trained weights do."""
    return unpacked > FREE_BYTES + MAX_RATIO * packed


def bomb(name: str) -> str:
    """The refusal of such a file."""
    return f"{name} unpacks to far more than its size, as no trained model does: {AGAIN}"


def _items(file: h5py.File, name: str) -> Iterator[h5py.HLObject]:
    """The file and all groups, arrays and types in it, once each."""
    seen, rest = set(), [file]
    yield file
    while rest:  # h5py's own visitors turn errors in damaged files into SystemError
        group = rest.pop()
        for key in group:
            if not isinstance(group.get(key, getlink=True), h5py.HardLink):
                raise UnsupportedModel(_elsewhere(name))
            item = group[key]
            address = h5py.h5o.get_info(item.id).addr
            if address in seen:
                continue
            seen.add(address)
            if isinstance(item, h5py.Group):
                rest.append(item)
            if not isinstance(item, h5py.Datatype):
                yield item


def _longest_text(file: h5py.File) -> int:
    """The bytes of the longest place where a text of any length may be: a collection of them, which
    says its length after eight bytes."""
    image = file.id.get_file_image()
    starts = (found.end() + 4 for found in re.finditer(b"GCOL", image))
    lengths = (int.from_bytes(image[start : start + 8], "little") for start in starts)
    return max((length for length in lengths if length <= len(image)), default=0)


def _check_chunks(array: h5py.Dataset, name: str) -> None:
    """Refuse packed chunks that unpack to more or less than they say."""
    layout = array.id.get_create_plist()
    packing = [layout.get_filter(i)[0] for i in range(layout.get_nfilters())]
    if packing not in _PACKINGS or array.dtype.hasobject:
        raise UnsupportedModel(_unlike(name))
    if h5py.h5z.FILTER_DEFLATE not in packing:
        return
    bit, length = 1 << (len(packing) - 1), math.prod(array.chunks) * array.dtype.itemsize
    offsets: list[tuple[int, ...]] = []
    array.id.chunk_iter(lambda chunk: offsets.append(chunk.chunk_offset))
    for offset in offsets:
        skipped, packed = array.id.read_direct_chunk(offset)
        if not skipped & bit and len(zlib.decompressobj().decompress(packed, length + 1)) != length:
            raise UnsupportedModel(bomb(name))


def _unlike(name: str) -> str:
    return f"{name} holds weights in a form in which Keras writes none: {AGAIN}"


def _elsewhere(name: str) -> str:
    return (
        f"{name} takes its weights from other files or places, which are not opened: save the "
        "model again with model.save."
    )
