"""What the dashboard is started on: a file under the name that it has there, or a saved model."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import keras
import pytest

import attribution
from attribution import showing
from attribution.errors import InvalidRequest, UnsupportedModel
from dashboard.work.shelf import Shelf


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path | None, str]]:
    """The folder and the name that a server would be started with."""
    found: list[tuple[Path | None, str]] = []

    def start(folder: Path | None, name: str, port: int, aloud: bool) -> str:
        found.append((folder, name))
        return "a dashboard"

    monkeypatch.setattr(showing, "_started", start)
    return found


def _model(name: str = "mine") -> keras.Model:
    given = keras.Input((3,))
    return keras.Model(given, keras.layers.Dense(2, name="out")(given), name=name)


def test_a_model_is_saved_with_its_card_to_be_read_as_any(started, tmp_path: Path) -> None:
    model = _model()
    card = attribution.cards.guess(model).model_copy(update={"title": "Mine"})
    attribution.show(model, card, block=False)
    ((folder, name),) = started
    assert folder
    assert name == "mine"
    assert attribution.cards.read(folder / "mine.yaml").title == "Mine"
    net = attribution.load(folder / "mine.keras")
    assert net.output_shapes == {"out": (2,)}


@pytest.mark.parametrize(
    ("files", "shown", "name"),
    [
        (["mine.keras"], "mine.keras", "mine"),
        (["digits.keras"], "digits.keras", "digits (yours)"),
        (["mine.keras", "mine.h5"], "mine.keras", "mine"),
    ],
)
def test_a_file_has_the_name_that_the_dashboard_gives_it(
    started, tmp_path: Path, files: list[str], shown: str, name: str
) -> None:
    for file in files:
        (tmp_path / file).write_bytes(b"")
    attribution.show(tmp_path / shown, block=False)
    assert started == [(tmp_path, name)]


def test_several_files_and_folders_are_shown_together(started, tmp_path: Path) -> None:
    for name in ("a/one.keras", "b/two.h5", "c/one.h5"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"")
    one, two = tmp_path / "a" / "one.keras", tmp_path / "b"
    attribution.show([one, two, "wine"], block=False)
    attribution.show(two, block=False)
    both = f"{tmp_path / 'a'}{os.pathsep}{two}"
    assert started == [(both, "one"), (two, "two")]
    assert {*Shelf(both).books()} == {"one", "two"}
    with pytest.raises(InvalidRequest, match="Two of the models are called 'one'"):
        attribution.show([one, tmp_path / "c"], block=False)
    with pytest.raises(InvalidRequest, match="holds no model"):
        attribution.show(tmp_path, block=False)
    with pytest.raises(InvalidRequest, match="card goes with one model"):
        attribution.show([one, two], tmp_path / "card.yaml", block=False)


def test_a_file_that_another_stands_in_for_is_refused(started, tmp_path: Path) -> None:
    for file in ("mine.keras", "mine.h5"):
        (tmp_path / file).write_bytes(b"")
    with pytest.raises(InvalidRequest, match=r"mine\.keras lies beside mine\.h5"):
        attribution.show(tmp_path / "mine.h5", block=False)
    with pytest.raises(InvalidRequest, match="There is no file"):
        attribution.show(tmp_path / "none.keras", block=False)
    assert not started


def test_a_bundled_model_goes_by_its_name(started) -> None:
    attribution.show("wine", block=False)
    assert started == [(None, "wine")]


def test_what_cannot_be_read_back_is_refused(started) -> None:
    given = keras.Input((3,))
    model = keras.Model(given, keras.layers.Lambda(lambda x: 2 * x)(given))
    with pytest.raises(UnsupportedModel, match="cannot be shown once it is saved"):
        attribution.show(model, block=False)
    assert not started


def test_a_port_that_is_taken_is_refused(started) -> None:
    with socket.socket() as taken:
        taken.bind(("localhost", 0))
        taken.listen()
        with pytest.raises(InvalidRequest, match="is taken"):
            attribution.show(_model(), port=taken.getsockname()[1], block=False)
    assert not started
