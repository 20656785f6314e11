"""Engine: what networks say of inputs, and the answers about them, from the core."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from attribution.bundled import MODELS
from attribution.methods import METHODS
from attribution.request import digest
from dashboard.request.catalogue import Model
from dashboard.request.request import Query
from dashboard.work import means, records, several
from dashboard.work.answer import Answer, channels_last
from dashboard.work.decoder import Decoder
from dashboard.work.findings import Prediction
from dashboard.work.ground import Ground
from dashboard.work.item import Item
from dashboard.work.joined import Joined
from dashboard.work.shelf import Book
from dashboard.work.slot import Waiting
from dashboard.work.workshop import Progress, Refused, Workshop

Paced = Callable[[int, int], None]
Finding = TypeVar("Finding")


class Engine(Workshop):
    """One for each process. Safe to use from several threads.

    Results are kept by what an item's array is, and for its owner. recorded : whether samples may
    be answered from the records in assets/results.
    """

    def __init__(self, recorded: bool = True) -> None:
        super().__init__()
        self.recorded = recorded
        self.decoder = Decoder()
        self.joined = Joined()
        self._warming: set[str] = set()
        self._ready = threading.Event()

    @property
    def models(self) -> Mapping[str, Model]:
        """Those that are bundled or were opened, by name."""
        return self.shelf.catalogue().models

    def open(self, name: str, waiting: Waiting) -> None:
        """Load a model of the shelf and look at what it takes and says, in turn: some seconds.

        waiting : as of `answer`. Raises Refused where it cannot be loaded.
        """
        if self.shelf.opened(name) or not (book := self.shelf.book(name)):
            return
        try:
            self._open(name, book, waiting)
        except Refused:
            self.networks.drop(name)
            if book.owner:
                self.shelf.withdraw(name)
            raise
        except OSError as error:
            self.shelf.withdraw(name)
            raise Refused(f"{book.path.name} cannot be read: {error.strerror}.") from error

    def _open(self, name: str, book: Book, waiting: Waiting) -> None:
        with self.refusals():
            book.check()
            stamp = book.stamp
            self.networks.drop(name)  # one of an earlier file
            with self.turn(name, waiting) as net:
                if self.shelf.opened(name):  # by someone else meanwhile
                    return
                from dashboard.work import describe  # which needs Keras

                self.shelf.put(describe.model(name, net, book, self.shelf.room), stamp)

    def forget_changed(self) -> None:
        """Drop what is known of models whose files have changed."""
        for closed in self.shelf.stale():
            self.networks.drop(closed.model.name)
            self.store.drop(closed.mark)

    @property
    def ready(self) -> bool:
        """Whether a network was loaded by `warm`, and has answered."""
        return self._ready.is_set()

    def warm(self, model: str) -> None:
        """Import the core and load a model in the background, once.

        Python waits for this at its end: a thread that it abandons within TensorFlow aborts it.
        """
        if model not in self._warming:
            self._warming.add(model)
            threading.Thread(target=self._warm, args=(model,)).start()

    def prediction(self, item: Item) -> Prediction:
        """What the network says of an input. Raises Refused where it cannot be read."""

        def work(net: Any) -> Prediction:
            said = net.predict(item.encode())
            parts = said.values() if isinstance(said, dict) else [said]
            row = np.concatenate([np.ravel(part[0]) for part in parts])
            return Prediction(np.asarray(row, np.float32))

        return self.briefly(item, item.model, ("prediction",), work)

    def seen(self, item: Item, asked: Query) -> Answer | None:
        """The answer if it is there already, else None."""
        found: Answer | None = self._known(item, asked.model, ("answer", asked.question))
        return found

    def answer(self, item: Item, asked: Query, progress: Progress, waiting: Waiting) -> Answer:
        """Compute, in turn: one request at a time.

        waiting : called while others are served, with how many are ahead.
        progress : called as progress(done, total) between chunks.
        What either raises ends the work. Raises Refused where the core refuses.
        """

        def work(ground: Ground) -> Answer:
            return _answer(ground, item.entry, asked, self.paced(progress))

        return self._in_turn(item, ("answer", asked.question), asked, work, waiting)

    def recall(self, key: tuple[Any, ...], item: Item) -> Any | None:
        """What an earlier study found, or None. key : the second of its parts is a Query."""
        return self._known(item, key[1].model, ("study", *key))

    def study(
        self,
        key: tuple[Any, ...],
        item: Item,
        asked: Query,
        work: Callable[[Ground], Finding],
        waiting: Waiting,
    ) -> Finding:
        """Anything beside an answer, in turn; kept under its key, which must hold all it needs.

        Raises Refused where the core refuses; what `work` or `waiting` raises ends the work.
        """
        return self._in_turn(item, ("study", *key), asked, work, waiting)

    def briefly(
        self, item: Item | None, model: str, key: tuple[Any, ...], work: Callable[[Any], Finding]
    ) -> Finding:
        """Work of less than a second on a network, or on none where model is empty; kept.

        item : what it is about; None for what is about the network alone.
        """
        mark = self.shelf.mark(model)
        found: Finding | None = self._known(item, model, key)
        if found is None:
            if item and model:
                item.encode()  # outside the slot: a file takes time
            with self.brief(model) as net:
                self._same(model, mark)
                found = work(net)
            self.store.put(_key(item, mark, key), found)
        return found

    def _same(self, model: str, mark: str) -> None:
        """Refuse a network whose file has changed since the page began to ask it."""
        if self.shelf.mark(model) != mark:
            raise Refused("The model's file has changed meanwhile: ask again.")

    def _in_turn(
        self,
        item: Item,
        key: tuple[Any, ...],
        asked: Query,
        work: Callable[[Ground], Finding],
        waiting: Waiting,
    ) -> Finding:
        mark = self.shelf.mark(asked.model)

        def alone(waiting: Waiting) -> Finding:
            x = item.encode()  # outside the slot: a file takes time
            with self.turn(asked.model, waiting) as net:
                self._same(asked.model, mark)
                outputs = self._model(asked.model).outputs
                references = [*item.references(x, asked)]
                index = asked.target or 0
                found = work(Ground(self._core(), net, x, references, outputs, index))
                self.store.put(_key(item, mark, key), found)
            return found

        return self.joined.once(
            _key(item, mark, key), lambda: self._known(item, asked.model, key), alone, waiting
        )

    def _model(self, name: str) -> Model:
        found = self.models.get(name)
        if found is None:
            raise Refused("The model's file has changed meanwhile: ask again.")
        return found

    def _known(self, item: Item | None, model: str, key: tuple[Any, ...]) -> Any | None:
        """What is kept under a key, or was computed beforehand; None where nothing is."""
        whole = _key(item, self.shelf.mark(model), key)
        found = self.store.get(whole)
        bundled = model in MODELS
        if found is None and self.recorded and bundled and not (item and item.owner):
            samples = [s.name for s in self.models[model].card.samples]
            about = [item.name] if item and item.name in samples else samples
            lessons = (f"{sample}{records.LESSONS}" for sample in about)
            written = (self._record(model, name).get(repr(whole)) for name in (*about, *lessons))
            found = next((each for each in written if each is not None), None)
        return found

    def _record(self, model: str, sample: str) -> Mapping[str, Any]:
        """What was computed of a sample beforehand, under the text of its keys."""
        key = ("record", model, sample)
        found: Mapping[str, Any] | None = self.store.get(key)
        if found is None:
            path = records.path(model, sample)
            found = records.load(path) if path.is_file() else {}
            self.store.put(key, found)
        return found

    def _warm(self, model: str) -> None:
        with contextlib.suppress(Refused), self.brief(model) as net:  # the page will say so
            if not self.shelf.book(model):  # else it was asked when it was opened
                shapes = {name: [n or 1 for n in shape] for name, shape in net.input_shapes.items()}
                net.predict({n: np.zeros((1, *shape), np.float32) for n, shape in shapes.items()})
            self._ready.set()


def _key(item: Item | None, model: str, key: Iterable[Any]) -> Hashable:
    """model : its mark."""
    return (item.owner, item.name, item.key, model, *key) if item else ("", "", "", model, *key)


def _answer(ground: Ground, entry: str, asked: Query, progress: Paced) -> Answer:
    """Each reference as an example of its own: means, and standard errors of any sum."""
    progress(0, 1)
    net, method, count = ground.net, METHODS[asked.method], len(ground.baselines)
    names = [*dict.fromkeys(filter(None, [entry, asked.layer]))]
    options: dict[str, Any] = {"tolerance": asked.tolerance} if method.estimated else {}
    started = time.perf_counter()
    results = method.run(
        net,
        several.repeated(ground.x, count),
        names,
        target=ground.target,
        baseline=several.joined(ground.baselines),
        progress=progress,
        **options,
    )
    seconds = time.perf_counter() - started
    layer = results[asked.layer]
    mean = means.mean(layer, results.values(), method) if len(names) * count > 1 else layer
    if count > 1 and mean.request:
        each = tuple(digest(several.arrays(reference)) for reference in ground.baselines)
        mean = replace(
            mean,
            request=replace(mean.request, input=digest(several.arrays(ground.x)), baseline=each),
        )
    inputs = results[entry].scores if entry else None
    channels = np.stack([channels_last(s, layer.channel_axis) for s in layer.scores])
    of_units = channels.reshape(count, -1, channels.shape[-1]).sum(axis=1)
    return Answer.of(
        mean,
        net.activations(ground.x, asked.layer)[0],
        seconds,
        explained=ground.index,
        references=count,
        unit_errors=means.standard_error(of_units),
        inputs=None if inputs is None else inputs.mean(axis=0),
        input_errors=None
        if inputs is None
        else means.standard_error(inputs.sum(axis=-1, dtype=np.float64)),
    )
