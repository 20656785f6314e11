"""Profiles: runs over data sets, as they lie in folders; opened when they are asked for.

There are the bundled ones, those of the server's folder, and those that were started from the page,
which only who knows their names may choose.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attribution import profile
from attribution.bundled import ASSETS, MODELS
from attribution.errors import AttributionError, one_line
from attribution.profile import job, storage
from attribution.profile.job import Job
from attribution.profile.shards import Shards
from attribution.zoo import cards
from dashboard import settings
from dashboard.work import jobs
from dashboard.work.profiled import Profiled, Proven, Settled
from dashboard.work.ran import Ran, refusals
from dashboard.work.refused import Refused
from dashboard.work.shelf import Shelf
from dashboard.work.store import Store

if TYPE_CHECKING:
    pass

BUNDLED = ASSETS / "profiles"
STARTED = re.compile(r"run-[0-9a-f]{16}")
MOST_STARTED = 40  # folders of runs that were started from the page
_FILE = "run.json"
_NAMES = "names.yaml"  # of one's own


class Profiles:
    """Safe to use from several threads. Tables are kept in the store, within its bounds."""

    def __init__(self, store: Callable[[], Store], shelf: Shelf) -> None:
        self._store = store
        self._shelf = shelf

    @property
    def room(self) -> Path:
        """Where runs that are started go."""
        given = settings.text(settings.PROFILES)
        return Path(given) if given else self._shelf.room / "profiles"

    def folders(self) -> Mapping[str, Path]:
        """Every run by name; of two of one name that of the server's folder."""
        found: dict[str, Path] = {}
        for room in (BUNDLED, self.room):
            if room.is_dir():
                found |= {p.name: p for p in sorted(room.iterdir()) if (p / _FILE).is_file()}
        return found

    def offered(self, known: Iterable[str] = ()) -> list[str]:
        """Those to choose from. known : the started ones that may be among them."""
        allowed = set(known)
        return [n for n in self.folders() if not STARTED.fullmatch(n) or n in allowed]

    def bundled(self, name: str) -> bool:
        """Whether a run came with the program."""
        return self.folders().get(name, Path()).parent == BUNDLED

    def started(self, name: str) -> bool:
        """Whether a name is one of those that runs from the page have."""
        return STARTED.fullmatch(name) is not None

    def looked_at(self, name: str) -> tuple[int, int]:
        """How many inputs of a run are done or left out, and how many there are; quickly."""
        folder = self.room / name
        try:
            found = job.read(storage.directory(folder))
        except AttributionError:
            return 0, 0
        return (_done(folder, found), found.inputs) if found else (0, 0)

    def finished(self, name: str) -> bool:
        """Whether every input of a run has been looked at."""
        done, total = self.looked_at(name)
        return 0 < total <= done

    def fresh(self, name: str) -> Path:
        """The folder of a run that is to be started. Raises Refused where there are too many."""
        room = self.room
        if sum(bool(STARTED.fullmatch(n)) for n in self.folders()) >= MOST_STARTED:
            if settings.text(settings.PROFILES):
                raise Refused(
                    f"{MOST_STARTED} started runs lie in the server's folder, as many as it may "
                    "have: ask its operator to remove some."
                )
            self._forget_oldest(room)
        return room / name

    def run(self, name: str) -> Ran:
        """A run as it is now. Raises Refused for one that is not there, damaged, or of another
        version."""
        folder = self.folders().get(name)
        if folder is None:
            raise Refused(f"There is no run {one_line(name)!r} on this server.")
        return self._kept(name, folder, ("ran",), lambda: self._read(name, folder), 20_000)

    def layer(self, name: str, layer: str) -> Profiled:
        """What a run found in one of its layers, with its statistics. Raises Refused as `run`."""
        ran, found = self.run(name), self.scores(name, layer)
        folder = self.folders()[name]
        table = self._kept(name, folder, ("table", layer), lambda: ran.table(layer), None)
        return replace(found, table=table)

    def scores(self, name: str, layer: str) -> Profiled:
        """The same without the statistics, whose table is empty."""
        ran = self.run(name)
        if layer not in ran.layers:
            raise Refused(f"The run {ran.title} has no layer {one_line(layer)!r}.")
        folder = self.folders()[name]
        found = self._kept(name, folder, ("scores", layer), lambda: ran.scores(layer), None)
        return replace(found, names=self._names(ran, layer))

    def settled(self, name: str, layer: str, class_: str) -> Settled:
        """Which units of a class are its first, and how sure that is. Raises Refused as `run`."""
        found, folder = self.scores(name, layer), self.folders()[name]
        key = ("settled", layer, class_)
        return self._kept(name, folder, key, lambda: found.settled(class_), 1000)

    def proof(self, name: str, layer: str) -> Proven:
        """What became of unused inputs without units of a layer. Raises Refused as `run`."""
        ran, folder = self.run(name), self.folders()[name]
        return self._kept(name, folder, ("proof", layer), lambda: ran.proof(layer), 20_000)

    def names(self, digest: str, layer: str, known: Iterable[str] = ()) -> Mapping[int, str]:
        """What the units of a network's layer are called, by its finished runs; the first wins."""
        found: dict[int, str] = {}
        for ran in self.of(digest, layer, known):
            if ran.complete:
                found = {**self._names(ran, layer), **found}
        return found

    def of(self, digest: str, layer: str, known: Iterable[str] = ()) -> list[Ran]:
        """The runs of a network of these weights with this layer; damaged ones are passed over."""
        found = []
        for name in self.offered(known):
            try:
                ran = self.run(name)
            except Refused:
                continue
            if ran.digest == digest and layer in ran.layers and ran.done:
                found.append(ran)
        return found

    def place(self, name: str) -> str:
        """Where the inputs of a run lie now: bundled ones beside the program."""
        ran = self.run(name)
        if self.bundled(name):
            return str(ASSETS / "data" / Path(ran.data).name)
        return ran.data

    def _names(self, ran: Ran, layer: str) -> Mapping[int, str]:
        folder, key = self.folders()[ran.name], ("names", layer)
        return self._kept(ran.name, folder, key, lambda: ran.names(layer), 20_000)

    def _kept(
        self, name: str, folder: Path, key: Hashable, make: Callable[[], Any], size: int | None
    ) -> Any:
        store, whole = self._store(), ("profile", name, _stamp(folder), key)
        found = store.get(whole)
        if found is None:
            found = make()
            store.put(whole, found, getattr(found, "nbytes", 0) if size is None else size)
        return found

    def _read(self, name: str, folder: Path) -> Ran:
        with refusals(name, str(folder)):
            run = profile.open(folder)
            made, left_out = run.job, run.quarantine()
            return Ran(
                name=name,
                title=self._title(name, folder, made.model),
                model=self._model(made.model),
                digest=made.basis.model,
                method=made.basis.method,
                baseline=made.basis.baseline,
                target=made.basis.target,
                data=made.data,
                classes=tuple(run.classes),
                layers=dict(made.units),
                inputs=made.inputs,
                done=max(0, _done(folder, made) - len(left_out)),
                left_out=left_out,
                notes=tuple(made.notes),
                run=run,
            )

    def _title(self, name: str, folder: Path, model: str) -> str:
        if folder.parent == BUNDLED and model in MODELS:
            return cards()[model].title or name
        noted = jobs.noted(folder, "")
        return noted.title if noted else name

    def _model(self, named: str) -> str:
        """The name on the shelf of a model that a run names by its own, or by its file."""
        if named in MODELS:
            return named
        path = Path(named).resolve()
        books = self._shelf.books()
        return next((n for n, book in books.items() if book.path.resolve() == path), "")

    def _forget_oldest(self, room: Path) -> None:
        """Of the folder that goes with the server."""
        started = [p for p in room.iterdir() if STARTED.fullmatch(p.name)]
        oldest = min(started, key=lambda p: p.stat().st_mtime)
        shutil.rmtree(oldest, ignore_errors=True)
        shutil.rmtree(room / f".{oldest.name}.data", ignore_errors=True)


def _stamp(folder: Path) -> tuple[Any, ...]:
    """Changes with the files of a run."""
    found = []
    for room in (folder, *(folder / name for name in ("shards", "quarantine", "proof", _NAMES))):
        try:
            found.append(room.stat().st_mtime_ns)
        except OSError:
            found.append(0)
    return tuple(found)


def _done(folder: Path, found: Job) -> int:
    shards = Shards(storage.directory(folder), found)
    return sum(len(shards.places(shard)) for shard in shards.there())
