"""Showing: a model on the dashboard, which runs in a process of its own."""

from __future__ import annotations

import atexit
import html
import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import webbrowser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from attribution.bundled import MODELS
from attribution.errors import AttributionError, InvalidRequest, one_line

if TYPE_CHECKING:
    import keras

    from attribution.cards import Card
    from attribution.network import Network

_FOLDER = "ATTRIBUTION_MODELS"
_SUFFIXES = (".keras", ".h5", ".hdf5")  # of two files of one name, the first of these is read
_LIMIT = 120.0  # seconds until the server must answer
_FRAME = 800  # pixels


@dataclass(frozen=True)
class Dashboard:
    """A dashboard that runs. url : of the model's page. In a notebook it shows that page."""

    url: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """End it; nothing happens where it has ended."""
        self.process.terminate()
        self.process.wait(30)

    def _repr_html_(self) -> str:
        source = html.escape(f"{self.url}&embed=true", quote=True)
        return f'<iframe src="{source}" width="100%" height="{_FRAME}" frameborder="0"></iframe>'


def show(
    model: keras.Model | Network | str | Path | Sequence[str | Path],
    card: Card | str | Path | None = None,
    port: int = 8501,
    block: bool | None = None,
) -> Dashboard:
    """Open the dashboard on a model, for this machine alone.

    A Keras model or a Network is saved with its card to a temporary folder, and read from there as
    any model file: custom layers must be registered with
    `keras.saving.register_keras_serializable`, in a module that the file's reader imports too. A
    file is shown with the others in its folder; a bundled model goes by its name. Of a folder, or
    of several files, the first is opened and the others stand beside it.

    card : what the model takes and says, or its file; None: the one beside a model's file, or else
        a guess.
    block : wait until the dashboard ends, as a script must; None: not in a notebook, which shows
        what this returns.

    Raises
    ------
    UnsupportedModel : the model cannot be saved and read again.
    InvalidRequest : no such file, or no model in the folder; several of one name, or with one card;
        the port is taken; the dashboard is not installed (its extra "dashboard"); it
        does not start.
    """
    if not all(map(importlib.util.find_spec, ("dashboard", "streamlit"))):
        raise InvalidRequest(
            "The dashboard is not installed: pip install 'neuron-attribution[dashboard]'."
        )
    with socket.socket() as probe:
        if probe.connect_ex(("localhost", port)) == 0:
            raise InvalidRequest(f"Port {port} is taken; give another, such as port={port + 1}.")
    waits = "ipykernel" not in sys.modules if block is None else block
    folder, name = _placed(model, card)
    shown = _started(folder, name, port, aloud=waits)
    if waits:
        webbrowser.open(shown.url)
        try:
            shown.process.wait()
        except KeyboardInterrupt:
            shown.stop()
    return shown


def _placed(model: Any, card: Any) -> tuple[Path | str | None, str]:
    """The folder that the model lies in, or several as in PATH, and the first one's name there."""
    from attribution import cards

    if isinstance(model, list | tuple):
        return _several(model, card)
    if isinstance(model, str | Path):
        if str(model) in MODELS:
            return None, str(model)
        path = Path(model).resolve()
        if path.is_dir():
            inside = sorted(p.stem for p in path.iterdir() if p.suffix.lower() in _SUFFIXES)
            if not inside or card is not None:
                raise InvalidRequest(
                    f"{one_line(str(model))!r} is a folder: a card goes with one model's file."
                    if inside
                    else f"The folder {one_line(str(model))!r} holds no model: files that end in "
                    f"{', '.join(_SUFFIXES)} are."
                )
            return path, _named(inside[0])
        if not path.is_file():
            raise InvalidRequest(f"There is no file {one_line(str(model))!r}.")
        if card is None:
            _first(path)
            return path.parent, _named(path.stem)
        from attribution.zoo import load

        model, name = load(path), path.stem
    else:
        name = str(getattr(getattr(model, "model", model), "name", "model"))
    folder = Path(tempfile.mkdtemp(prefix="attribution-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    name = re.sub(r"[^\w.-]", "_", name) or "model"
    if name in MODELS:
        name += "_yours"
    _saved(getattr(model, "model", model), folder / f"{name}.keras")
    if card is not None:
        known = card if isinstance(card, cards.Card) else cards.read(card)
        # Files of samples lie elsewhere, and a card may only name those beside it.
        cards.write(known.model_copy(update={"samples": ()}), folder / f"{name}.yaml")
    return folder, name


def _named(stem: str) -> str:
    """A file's name in links."""
    return f"{stem} (yours)" if stem in MODELS else stem


def _several(models: Sequence[Any], card: Any) -> tuple[str, str]:
    if card is not None or not models:
        raise InvalidRequest("A card goes with one model: give one, or leave the card out.")
    placed = [_placed(model, None) for model in models]
    names = [name for _, name in placed]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise InvalidRequest(f"Two of the models are called {one_line(twice)!r}: rename one.")
    folders = dict.fromkeys(str(folder) for folder, _ in placed if folder is not None)
    return os.pathsep.join(folders), names[0]


def _first(path: Path) -> None:
    """Refuse a file of whose name there is another that the dashboard reads in its place."""
    for suffix in _SUFFIXES[: _SUFFIXES.index(path.suffix) if path.suffix in _SUFFIXES else 0]:
        if (other := path.with_suffix(suffix)).is_file():
            raise InvalidRequest(
                f"{one_line(other.name)} lies beside {one_line(path.name)} and would be shown in "
                "its place: rename one of the two."
            )


def _saved(model: Any, path: Path) -> None:
    """Save it, and read it back as the dashboard will."""
    from attribution.files import model_file

    model.save(path)
    try:
        model_file.read(path)
    except AttributionError as error:
        raise type(error)(f"The model cannot be shown once it is saved. {error}") from error


def _started(folder: Path | str | None, name: str, port: int, aloud: bool) -> Dashboard:
    environment = dict(os.environ)
    if folder is not None:
        environment[_FOLDER] = str(folder)
    home = str(Path(__file__).resolve().parent.parent)
    paths = [home, environment.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    options = ["--server.port", str(port), "--server.address", "localhost"]
    options += ["--server.headless", "true"]
    process = subprocess.Popen(
        [sys.executable, "-m", "dashboard", "serve", *options],
        env=environment,
        stdout=None if aloud else subprocess.DEVNULL,
        stderr=None if aloud else subprocess.DEVNULL,
    )
    atexit.register(process.terminate)
    url = f"http://localhost:{port}"
    deadline = time.monotonic() + _LIMIT
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5):
                return Dashboard(f"{url}/?{urlencode({'model': name})}", process)
        except OSError:
            time.sleep(0.2)
    process.terminate()
    raise InvalidRequest("The dashboard did not start: see what python -m dashboard serve says.")
