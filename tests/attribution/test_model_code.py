"""Model files that would run code: each is refused with its sentence, and nothing runs."""

from __future__ import annotations

import io
import json
import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import keras
import pytest

import attribution
from attribution.errors import UnsupportedModel
from tests.hostile.models import with_config, with_hdf5

L = keras.layers
MARKER = "executed"
MODULE = f"""open({MARKER!r}, "w").close()
class Thing:
    from_config = classmethod(lambda cls, config: cls())
"""


def _saved(suffix: str) -> bytes:
    given = keras.Input((4,), name="given")
    hidden = L.Dense(5, activation="relu", kernel_initializer="ones", name="hidden")(given)
    path = Path(f"whole{suffix}")
    keras.Model(given, L.Dense(2, name="said")(hidden)).save(path)
    return path.read_bytes()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a module that leaves a marker when it is imported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "evil_module.py").write_text(MODULE)
    yield tmp_path
    sys.modules.pop("evil_module", None)


def part(module: str | None, name: str, config: Any = None, **more: Any) -> dict[str, Any]:
    """As Keras writes an object."""
    return {"module": module, "class_name": name, "config": config, "registered_name": None, **more}


CALL = f"touch {MARKER}"
PARTS = {
    "os.system": part("os", "system", CALL),
    "posix.system": part("posix", "system", CALL),
    "subprocess": part("subprocess", "Popen", {"args": ["touch", MARKER]}),
    "a module": part("evil_module", "Thing", {}),
    "a module under another name": part("evil_module", "Thing", {}, registered_name="evil>Thing"),
    "a function of a module": part("evil_module", "function", "Thing"),
    "a package of Keras's that is not there": part("keras_hub.evil_module", "Thing", {}),
    "eval": part("builtins", "function", f"open('{MARKER}', 'w')"),
    "exec": part("builtins", "exec", f"open('{MARKER}', 'w')"),
    "a download": part("keras.utils", "get_file", {"origin": "file:///etc/passwd"}),
    "the way around safe mode": part("keras.config", "enable_unsafe_deserialization", {}),
    "within Keras": part("keras.src.utils.file_utils", "os", {}),
    "no module": part(None, "evil_module.Thing", {}),
    "marshalled code": {"class_name": "__lambda__", "config": {"value": "4wAAAA"}},
}
PLACES: dict[str, Callable[[dict[str, Any], Any], None]] = {
    "a layer": lambda config, it: config["config"]["layers"][1].update(it),
    "an activation": lambda c, it: c["config"]["layers"][1]["config"].update(activation=it),
    "a start": lambda c, it: c["config"]["layers"][1]["config"].update(kernel_initializer=it),
    "the model": lambda config, it: config.update(it),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("what", PARTS)
def test_what_names_other_code_is_refused(what: str, place: str, here: Path) -> None:
    for suffix, write in ((".keras", with_config), (".h5", _in_hdf5)):
        data = write(_saved(suffix), lambda config: PLACES[place](config, PARTS[what]))
        (here / f"bad{suffix}").write_bytes(data)
        _refused(here / f"bad{suffix}")


def test_code_in_a_lambda_layer(here: Path) -> None:
    given = keras.Input((4,))
    said = L.Lambda(lambda x: [x, os.system(CALL)][0])(given)
    keras.Model(given, said).save("lambda.keras")
    (here / MARKER).unlink()  # Keras has called it once
    assert "Lambda" in _refused(here / "lambda.keras")


def test_a_pickle_under_another_name(here: Path) -> None:
    (here / "pickle.keras").write_bytes(b"cposix\nsystem\n(S'" + CALL.encode() + b"'\ntR.")
    _refused(here / "pickle.keras")


def test_members_that_lead_out_write_nothing(here: Path) -> None:
    data = io.BytesIO(_saved(".keras"))
    with zipfile.ZipFile(data, "a") as archive:
        archive.writestr(f"../{here.name}/{MARKER}", "x")
    (here / "out.keras").write_bytes(data.getvalue())
    assert "outside the archive" in _refused(here / "out.keras")


def test_the_marker_would_be_seen(here: Path) -> None:
    """The module does what it says once somebody imports it."""
    __import__("evil_module")
    assert (here / MARKER).exists()


def _in_hdf5(data: bytes, change: Callable[[Any], Any]) -> bytes:
    def rewrite(file: h5py.File) -> None:
        config = json.loads(file.attrs["model_config"])
        change(config)
        file.attrs["model_config"] = json.dumps(config)

    return with_hdf5(data, rewrite)


def _refused(path: Path) -> str:
    before = sorted(os.listdir())
    with pytest.raises(UnsupportedModel) as refused:
        attribution.load(path)
    said = str(refused.value)
    assert said.startswith(path.name)
    assert said.isprintable()
    assert len(said) < 500
    assert sorted(os.listdir()) == before  # no marker
    assert "evil_module" not in sys.modules
    return said
