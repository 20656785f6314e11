"""Shelf: the models that may be asked: the bundled ones, and those of the server's folder.

A model of the folder is opened when somebody first chooses it: only then is known what it takes
and says. Its name in links is that of its file without the ending.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from attribution.bundled import MODELS
from attribution.cards import Card
from attribution.cards.reading import beside
from dashboard.request.catalogue import Catalogue, Model, catalogue

FOLDER, UPLOADS = "ATTRIBUTION_MODELS", "ATTRIBUTION_UPLOAD_MODELS"
SUFFIXES = (".keras", ".h5", ".hdf5")  # of two files of one name, the first of these
MOST_GIVEN, MOST_SENT = 200, 8  # the newest; on a disk, up to 200 MB each
Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Book:
    """A model's file, and the card beside it if there is one. note : what to know of the choice.

    said : a card that holds in place of that file's. owner : who has sent the file, which then lies
    in a folder of its own in the shelf's room.
    """

    path: Path
    card: Path | None
    note: str = ""
    said: Card | None = None
    owner: str = ""

    @property
    def stamp(self) -> Stamp:
        """Changes with either file."""
        return tuple(
            (str(path), about.st_mtime_ns, about.st_size)
            for path in (self.path, self.card)
            if path and (about := path.stat())
        )


class Shelf:
    """Safe to use from several threads.

    folder : where models lie beside the bundled ones; None: where the environment says.
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        self._folder = folder
        self._room = tempfile.TemporaryDirectory(prefix="attribution-")
        self._given: dict[str, Book] = {}
        self._opened: dict[str, tuple[Model, Stamp]] = {}
        self._lock = threading.RLock()

    @property
    def folder(self) -> Path | None:
        """Where models lie beside the bundled ones."""
        found = self._folder or os.environ.get(FOLDER)
        return Path(found) if found else None

    @property
    def room(self) -> Path:
        """A folder of this process's own, which goes with it."""
        return Path(self._room.name)

    def books(self) -> Mapping[str, Book]:
        """The models of the folder as they are now, by name."""
        found: dict[str, Book] = {}
        for path in self._files():
            name = path.stem
            if name in MODELS:
                name = f"{name} (yours)"
            if name in found:
                first = found[name]
                note = f"{path.name} lies beside it, and is not read."
                found[name] = Book(first.path, first.card, note)
            else:
                found[name] = Book(path, beside(path))
        return found

    def __contains__(self, name: str) -> bool:
        return name in MODELS or name in self._given or name in self.books()

    def book(self, name: str) -> Book | None:
        """The file of a model of that name; None for a bundled one and where there is none."""
        return self._given.get(name) or self.books().get(name)

    def source(self, name: str) -> str | Path:
        """What the core loads under this name."""
        found = None if name in MODELS else self.book(name)
        return found.path if found else name

    def catalogue(self) -> Catalogue:
        """The bundled models and those that were opened; the names of the others."""
        with self._lock:
            opened = {name: model for name, (model, _) in self._opened.items()}
        models = {**catalogue().models, **opened}
        closed = tuple(name for name in self.books() if name not in models)
        private = frozenset(self._given)
        return Catalogue(MappingProxyType(models), closed, private)

    def opened(self, name: str) -> bool:
        """Whether the pages know the model as its file is now."""
        return name in MODELS or name in self._opened

    def put(self, model: Model, stamp: Stamp) -> None:
        """A model that was opened."""
        with self._lock:
            self._opened[model.name] = model, stamp

    def give(self, name: str, book: Book) -> None:
        """A model that only those who know its name may choose."""
        with self._lock:
            self._given[name] = book
            self._opened.pop(name, None)
            sent = [n for n, book in self._given.items() if book.owner]
            for gone in (*[*self._given][:-MOST_GIVEN], *sent[:-MOST_SENT]):
                self.withdraw(gone)

    def take(self, name: str, file: str, data: bytes, owner: str) -> None:
        """A model that somebody sends, in a file of this name; as of `give`."""
        folder = self.room / name
        folder.mkdir(exist_ok=True)
        stem = re.sub(r"[^\w-]", "_", Path(file).stem)[:80]
        path = folder / f"{stem or 'model'}.keras"
        path.write_bytes(data)
        self.give(name, Book(path, None, owner=owner))

    def withdraw(self, name: str) -> None:
        """Forget a model that was given, with the file where it was sent."""
        with self._lock:
            book = self._given.pop(name, None)
            self._opened.pop(name, None)
        if book and book.owner:
            shutil.rmtree(book.path.parent, ignore_errors=True)

    def forget(self, owner: str) -> None:
        """Withdraw what somebody has sent."""
        for name in [n for n, book in self._given.items() if book.owner == owner]:
            self.withdraw(name)

    def stale(self) -> list[str]:
        """Opened models whose file or card has changed or gone; they are closed with this."""
        with self._lock:
            gone = [name for name, (_, stamp) in self._opened.items() if self._stamp(name) != stamp]
            for name in gone:
                del self._opened[name]
        return gone

    def _stamp(self, name: str) -> Any:
        book = self.book(name)
        try:
            return book.stamp if book else None
        except OSError:  # it goes at this moment
            return None

    def _files(self) -> list[Path]:
        folder = self.folder
        if folder is None or not folder.is_dir():
            return []
        files = [p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file()]
        return sorted(files, key=lambda p: (p.stem, SUFFIXES.index(p.suffix.lower())))
