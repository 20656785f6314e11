"""Shelf: the models that may be asked: the bundled ones, and those of the server's folder.

A model of the folder is opened when somebody first chooses it: only then is known what it takes
and says. Its name in links is that of its file without the ending.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shutil
import tempfile
import threading
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from attribution import cards
from attribution.bundled import MODELS
from attribution.cards import Card
from attribution.cards.reading import beside
from attribution.errors import UnsupportedModel
from dashboard import settings
from dashboard.request.catalogue import Catalogue, Model, catalogue

SUFFIXES = (".keras", ".h5", ".hdf5")  # of two files of one name, the first of these
MOST_GIVEN, MOST_SENT, MOST_FILES = 200, 3, 16  # the newest: in all; sent by one session, by all
MODEL_MEGABYTES = settings.megabytes(settings.MODEL_MB)  # of a file that is sent, packed or not
_SWOLLEN, _FREE = 10, 16 * 2**20  # as trained weights pack by little; bytes whatever the ratio
Stamp = tuple[tuple[str, int, int], ...]
_FILES = 1000  # that a card names


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
    def bytes(self) -> int:
        """Of the model's file; 0 where it has gone."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def check(self) -> None:
        """Refuse what somebody has sent that says to be far larger than it is. UnsupportedModel."""
        if not self.owner:
            return
        with contextlib.suppress(zipfile.BadZipFile), zipfile.ZipFile(self.path) as archive:
            size = sum(member.file_size for member in archive.infolist())
            if size > min(MODEL_MEGABYTES * 2**20, _FREE + _SWOLLEN * self.bytes):
                raise UnsupportedModel(
                    f"{self.path.name} unpacks from {self.bytes >> 20:,} to {size >> 20:,} MB; of "
                    f"a model that is sent, at most {MODEL_MEGABYTES} MB are written, and "
                    f"{_SWOLLEN} times its size: save it with model.save, or a smaller one."
                )

    @property
    def stamp(self) -> Stamp:
        """Changes with the model, its card, and the files that the card names."""
        own = [path for path in (self.path, self.card) if path]
        named = cards.named(self.card)[:_FILES] if self.card else ()
        return tuple(
            (str(path), about.st_mtime_ns, about.st_size)
            for path in (*own, *named)
            if (about := path.stat())
        )


@dataclass(frozen=True)
class Opened:
    """A model as its files were. mark : of this opening, in the keys of its results."""

    model: Model
    stamp: Stamp
    mark: str


class Shelf:
    """Safe to use from several threads.

    folder : as of `folders`; None: where the environment says.
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        self._folder = folder
        self._room = tempfile.TemporaryDirectory(prefix="attribution-")
        self._given: dict[str, Book] = {}
        self._opened: dict[str, Opened] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()

    @property
    def folders(self) -> list[Path]:
        """Where models lie beside the bundled ones: one folder, or several as in PATH."""
        found = str(self._folder or settings.text(settings.MODELS))
        several = [found] if Path(found).is_dir() else found.split(os.pathsep)
        return [path for part in several if part and (path := Path(part)).is_dir()]

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
                beside_it = path.parent == first.path.parent
                other = f"{path.name} lies beside it" if beside_it else f"{path} is called so too"
                note = f"{other}, and is not read."
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
            opened = {name: each.model for name, each in self._opened.items()}
            private = frozenset(self._given)
        models = {**catalogue().models, **opened}
        closed = tuple(name for name in self.books() if name not in models)
        return Catalogue(MappingProxyType(models), closed, private)

    def opened(self, name: str) -> bool:
        """Whether the pages know the model as its file is now."""
        return name in MODELS or name in self._opened

    def mark(self, name: str) -> str:
        """What the keys of a model's results hold: its name, and of which opening they are."""
        found = self._opened.get(name)
        return found.mark if found else name

    def put(self, model: Model, stamp: Stamp) -> None:
        """A model that was opened, unless it was taken off the shelf meanwhile."""
        with self._lock:
            if model.name in self:
                mark = f"{model.name} {next(self._numbers)}"
                self._opened[model.name] = Opened(model, stamp, mark)

    def give(self, name: str, book: Book) -> None:
        """A model that only those who know its name may choose."""
        with self._lock:
            self._given[name] = book
            self._opened.pop(name, None)
            sent = [n for n, b in self._given.items() if book.owner and b.owner == book.owner]
            files = [n for n, each in self._given.items() if each.owner]
            old = {*[*self._given][:-MOST_GIVEN], *files[:-MOST_FILES]}
            for gone in old | {*(sent[:-MOST_SENT] if book.owner else ())}:
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
        with self._lock:
            sent = [n for n, book in self._given.items() if book.owner == owner]
        for name in sent:
            self.withdraw(name)

    def stale(self) -> list[Opened]:
        """Opened models whose files have changed or gone; they are closed with this."""
        with self._lock:
            now = {name: self._stamp(name) for name in self._opened}
            gone = [each for name, each in self._opened.items() if now[name] != each.stamp]
            for each in gone:
                del self._opened[each.model.name]
                if now[each.model.name] is None:
                    self._given.pop(each.model.name, None)
        return gone

    def _stamp(self, name: str) -> Any:
        book = self.book(name)
        try:
            return book.stamp if book else None
        except OSError:  # it goes at this moment
            return None

    def _files(self) -> list[Path]:
        found = []
        for folder in self.folders:
            files = [p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file()]
            found += sorted(files, key=lambda p: (p.stem, SUFFIXES.index(p.suffix.lower())))
        return found
