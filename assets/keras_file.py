"""Write a Keras model as a small ``.keras`` file that is the same bytes on every run.

A ``.keras`` file is a zip archive of two JSON files and one HDF5 file. Keras writes the weights
as plain float32 and stamps the date. Half precision loses nothing that a prediction shows and
halves the file; compression is transparent to whoever opens it.
"""

import io
import json
import tempfile
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np

_EPOCH = (1980, 1, 1, 0, 0, 0)
# Shuffling puts the bytes that hold sign and exponent side by side, where they compress.
_DEFLATE = {"compression": "gzip", "compression_opts": 9, "shuffle": True}


def save(model: keras.Model, path: Path, *, half: bool = False) -> None:
    """Save ``model`` at ``path``; it opens with ``keras.models.load_model``, in float32.

    With ``half``, weights of two or more dimensions are stored as float16. Biases and
    normalisation statistics stay float32: they are few, and small errors there add up.
    """
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "model.keras"
        model.save(plain)
        with zipfile.ZipFile(plain) as archive:
            config = _renumber(archive.read("config.json"))
            weights = archive.read("model.weights.h5")
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        metadata = {"keras_version": keras.__version__, "date_saved": "1980-01-01@00:00:00"}
        _write(archive, "metadata.json", json.dumps(metadata).encode(), zipfile.ZIP_DEFLATED)
        _write(archive, "config.json", json.dumps(config).encode(), zipfile.ZIP_DEFLATED)
        _write(archive, "model.weights.h5", _compress(weights, half), zipfile.ZIP_DEFLATED)


def _renumber(config: bytes) -> dict:
    """Replace the identities of shared objects, which are memory addresses, by 0, 1, 2, ..."""
    numbers: dict[int, int] = {}

    def renumber(item: dict) -> dict:
        if "shared_object_id" in item:
            number = numbers.setdefault(item["shared_object_id"], len(numbers))
            item["shared_object_id"] = number
        return item

    return json.loads(config, object_hook=renumber)


def _write(archive: zipfile.ZipFile, name: str, content: bytes, method: int) -> None:
    archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, compress_type=method)


def _compress(weights: bytes, half: bool) -> bytes:
    """Copy an HDF5 file with its larger arrays deflated (and halved, if asked)."""
    target = io.BytesIO()
    with h5py.File(io.BytesIO(weights)) as old, h5py.File(target, "w") as new:

        def copy(name: str, item: h5py.Group | h5py.Dataset) -> None:
            if isinstance(item, h5py.Group):
                new.require_group(name).attrs.update(item.attrs)
            elif item.ndim < 2:
                new.create_dataset(name, data=item[()])
            else:
                values = item[()].astype(np.float16) if half else item[()]
                new.create_dataset(name, data=values, chunks=values.shape, **_DEFLATE)

        new.attrs.update(old.attrs)
        old.visititems(copy)
    return target.getvalue()
