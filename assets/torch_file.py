"""Read a state dictionary in PyTorch's legacy file format, without PyTorch.

The format (before PyTorch 1.6) is a sequence of pickles followed by the raw storages. A pickle can
run any code, so the unpickler here knows exactly the four names such a file needs and refuses
everything else.
"""

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class _Tensor(NamedTuple):
    """Where a tensor lies: a key of a storage that follows the pickles, and a view on it."""

    storage: str
    dtype: np.dtype
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


def _rebuild_tensor(storage: tuple, offset: int, shape: tuple, stride: tuple, *_: Any) -> _Tensor:
    """Stand-in for ``torch._utils._rebuild_tensor_v2``: note the view, the data comes later."""
    _, dtype, key, _, _, _ = storage
    return _Tensor(key, dtype, offset, shape, stride)


_ALLOWED = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
    **{("torch", name): dtype for name, dtype in _DTYPES.items()},
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"refused to load {module}.{name}") from None

    def persistent_load(self, pid: Any) -> Any:
        return pid


def _read_storage(file: BinaryIO, dtype: np.dtype) -> np.ndarray:
    """One storage: its length as a 64-bit integer, then that many numbers."""
    length = int(np.frombuffer(file.read(8), "<i8")[0])
    return np.frombuffer(file.read(length * dtype.itemsize), dtype)


def read_state_dict(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a legacy ``.pth`` file, by name.

    Raises ``ValueError`` for a file of another format, ``pickle.UnpicklingError`` for one that
    holds anything but tensors of float32 or int64.
    """
    with path.open("rb") as file:
        if _Unpickler(file).load() != _MAGIC or _Unpickler(file).load() != _PROTOCOL:
            raise ValueError(f"{path.name} is not a legacy PyTorch file")
        _Unpickler(file).load()  # the byte order and type sizes of the machine that wrote it
        tensors: dict[str, _Tensor] = _Unpickler(file).load()
        dtypes = {tensor.storage: tensor.dtype for tensor in tensors.values()}
        storages = {key: _read_storage(file, dtypes[key]) for key in _Unpickler(file).load()}
    return {name: _view(storages[tensor.storage], tensor) for name, tensor in tensors.items()}


def _view(storage: np.ndarray, tensor: _Tensor) -> np.ndarray:
    """The tensor as a contiguous array. Strides count elements in PyTorch, bytes in NumPy."""
    strides = [step * storage.itemsize for step in tensor.stride]
    view = np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.shape, strides)
    return np.ascontiguousarray(view)
