"""A model that is sent to the page: off, then for one session, and never more than a model."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.testing.v1 import AppTest

from dashboard.controls import quota
from dashboard.work.engine import Engine
from dashboard.work.shelf import MOST_FILES, MOST_SENT
from dashboard.work.workshop import Refused
from tests.attribution.test_model_code import MARKER, MODULE, PARTS, PLACES
from tests.dashboard.conftest import APP, says
from tests.dashboard.test_shelf import _save, _scans
from tests.hostile.models import with_config


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTRIBUTION_UPLOAD_MODELS", "1")


@pytest.fixture
def data(tmp_path: Path) -> bytes:
    return _save(_scans(), tmp_path / "scans.keras").read_bytes()


def page() -> AppTest:
    app = AppTest.from_file(APP, default_timeout=120)
    app.query_params["model"] = "tal1-gata1"
    app.run()
    assert not app.exception
    return app


def send(app: AppTest, name: str, data: bytes) -> AppTest:
    app.file_uploader(key="model_file").set_value((name, data, "application/octet-stream")).run()
    assert not app.exception
    return app


@pytest.mark.parametrize("value", [None, "", "0", "yes"])
def test_it_is_off(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if value is not None:
        monkeypatch.setenv("ATTRIBUTION_UPLOAD_MODELS", value)
    assert not [u for u in page().file_uploader if u.key == "model_file"]


@pytest.mark.usefixtures("on")
def test_a_model_is_there_for_who_has_its_link(data: bytes) -> None:
    app = send(page(), "My Scans.keras", data)
    assert not says(app)
    last = app.session_state["session"].last
    assert last.known.model.title == "My_Scans"
    assert last.known.model.name.startswith("own-")
    assert last.known.model.name not in page().selectbox(key="model").options


@pytest.mark.usefixtures("on")
def test_hostile_files_are_refused_and_leave_nothing(
    data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "evil_module.py").write_text(MODULE)
    app = page()
    for what in ("os.system", "a module"):
        bad = with_config(data, lambda config, what=what: PLACES["a layer"](config, PARTS[what]))
        app = send(app, "bad.keras", bad)
        assert "bad.keras" in says(app)
        assert app.session_state["session"].last.known.model.name == "tal1-gata1"
    assert not (tmp_path / MARKER).exists()


def test_what_is_refused_is_deleted_and_what_is_old_goes(data: bytes) -> None:
    engine = Engine()
    engine.shelf.take("own-bad", "bad.keras", data[:1000], "someone")
    with pytest.raises(Refused, match=r"bad\.keras"):
        engine.open("own-bad", print)
    assert "own-bad" not in engine.shelf
    assert not [*engine.shelf.room.iterdir()]
    for i in range(2 * (MOST_SENT + 1)):
        engine.shelf.take(f"own-{i}", "a.keras", data, "someone" if i % 2 else "another")
    assert len([*engine.shelf.room.iterdir()]) == 2 * MOST_SENT
    assert "own-0" not in engine.shelf
    assert "own-2" in engine.shelf  # nobody's files push out those of another
    engine.forget("someone")
    assert "own-3" not in engine.shelf
    assert "own-4" in engine.shelf
    for i in range(MOST_FILES + 2):
        engine.shelf.take(f"own-all-{i}", "a.keras", data, f"visitor {i}")
    assert len([*engine.shelf.room.iterdir()]) == MOST_FILES
    for i in range(MOST_FILES + 2):
        engine.forget(f"visitor {i}")
    engine.forget("another")
    assert not [*engine.shelf.room.iterdir()]


@pytest.mark.parametrize(
    ("solid", "air"), [(0, 32), (1, 48), (20, 192)], ids=["free", "ratio", "total"]
)
def test_a_file_that_unpacks_to_far_more_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, solid: int, air: int
) -> None:
    """solid, air : MB of what does not pack, and of zeros."""
    engine, bomb, room = Engine(), tmp_path / "bomb.keras", tmp_path / "room"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("noise", np.random.default_rng(0).bytes(solid * 2**20))
        with archive.open("model.weights.h5", "w", force_zip64=True) as member:
            for _ in range(air // 16):
                member.write(bytes(2**24))
    room.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(room))
    engine.shelf.take("own-bomb", "bomb.keras", bomb.read_bytes(), "someone")
    with pytest.raises(Refused, match=f"unpacks from .* to {solid + air} MB"):
        engine.open("own-bomb", print)
    assert not [*room.iterdir()]


def test_the_mend_is_that_of_a_page(tmp_path: Path) -> None:
    """Visitors have no program to pass a model in."""
    given = keras.Input((3,))
    out = keras.layers.Lambda(lambda x: x * 2, name="twice")(keras.layers.Dense(2)(given))
    engine = Engine()
    data = _save(keras.Model(given, out), tmp_path / "l.keras").read_bytes()
    engine.shelf.take("own-l", "l.keras", data, "someone")
    with pytest.raises(Refused, match="Python code in a Lambda layer") as refused:
        engine.open("own-l", print)
    assert "attribution." not in str(refused.value)
    assert "build it anew of Keras's own layers" in str(refused.value)


def test_a_name_cannot_leave_the_room(data: bytes) -> None:
    engine = Engine()
    engine.shelf.take("own-a", "../../../evil\0.keras", data, "someone")
    book = engine.shelf.book("own-a")
    assert book
    assert book.path.parent == engine.shelf.room / "own-a"


def test_large_files_are_for_models_alone_and_only_where_they_are_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = quota.bounded(MemoryUploadedFileManager("/"))

    def kind(name: str, megabytes: int) -> str:
        record = UploadedFileRec(f"id-{name}", name, "any", bytes(megabytes * quota.MEGABYTE))
        store.add_file("one", record)
        (found,) = store.get_files("one", [f"id-{name}"])
        store.remove_file("one", f"id-{name}")
        return found.type

    assert kind("a.keras", 40) == "refused/large"
    monkeypatch.setenv("ATTRIBUTION_UPLOAD_MODELS", "1")
    assert kind("a.keras", 40) == "any"
    assert kind("a.png", 40) == "refused/large"
    assert kind("b.keras", quota.MODEL_MEGABYTES + 1) == "refused/model"
