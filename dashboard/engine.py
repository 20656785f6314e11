"""Engine: what is known of a picture, and the answers about it, from the core."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from dashboard.answer import Answer
from dashboard.catalogue import catalogue
from dashboard.decoder import Decoder, Frame
from dashboard.record import Pixels, Record, Reference, record_path, shrink
from dashboard.request import BASELINES, FITS, Request, as_text
from dashboard.slot import Waiting
from dashboard.workshop import Progress, Workshop

Floats = npt.NDArray[np.float32]

_DIGITS = 12  # of a digest


@dataclass(frozen=True)
class Source:
    """A picture. owner : empty for a public sample, else the session that alone may see it.

    file : the name of an upload's file as it came, for programs only.
    """

    name: str
    title: str
    owner: str
    read: Callable[[], bytes]
    file: str = ""


@dataclass(frozen=True)
class Facts:
    """What is known of a picture before anything is attributed.

    pixels : uint8 (height, width, 3), what the model sees. probabilities : (classes,).
    """

    pixels: Pixels
    probabilities: npt.NDArray[np.float32]

    @property
    def predicted(self) -> int:
        """The class with the largest probability."""
        return int(self.probabilities.argmax())

    def best(self, count: int) -> list[int]:
        """Classes by falling probability."""
        return [int(i) for i in np.argsort(-self.probabilities, kind="stable")[:count]]


class Kept(Protocol):
    """What the store may hold: it says how much memory it takes."""

    @property
    def nbytes(self) -> int:
        """Bytes."""


Finding = TypeVar("Finding", bound=Kept)


@dataclass(frozen=True)
class Ground:
    """What a study works on: the core, a network, and a request's arrays in its space.

    x : (1, height, width, channels). baseline : the same, or None for zeros. encoding : the
    model's images.ImageInput.
    """

    core: ModuleType
    net: Any
    x: Floats
    baseline: Any
    encoding: Any


class Engine(Workshop):
    """One for each process. Safe to use from several threads.

    recorded : whether samples may be answered from the records in assets/results.
    """

    def __init__(self, recorded: bool = True) -> None:
        super().__init__()
        self.recorded = recorded
        self._warming = False
        self._decoder = Decoder()

    def warm(self, model: str) -> None:
        """Import the core and load a model in the background, once.

        Python waits for this at its end: a thread that it abandons within TensorFlow aborts it.
        """
        if not self._warming:
            self._warming = True
            threading.Thread(target=self._warm, args=(model,)).start()

    def inspect(self, data: bytes, owner: str = "") -> tuple[str, tuple[str, ...]]:
        """sha256 and notes of an uploaded picture, whose pixels are kept for its owner.

        Raises Refused for a file that is none, or that is beyond a limit.
        """
        models = catalogue().of_kind("image")
        frames = [Frame.of(m.input["size"], fit) for m in models for fit in FITS]
        decoded = self._decoder.decode(data, frames, owner)
        for frame, pixels in decoded.frames.items() if owner else ():
            self.store.put(
                _pixels_key(owner, upload_name(decoded.digest), frame), pixels, pixels.nbytes
            )
        return decoded.digest, decoded.notes

    def facts(self, source: Source, model: str, fit: str) -> Facts:
        """The picture in the model's frame, and what the model says of it."""
        key = ("facts", source.owner, source.name, model, fit)
        found = self.store.get(key)
        if found is None:
            record = self._record(source, model) if fit == "crop" else None
            if record:
                found = Facts(record.picture, record.probabilities)
            else:
                encoding, x = self._encoded(source, model, fit)
                with self.slot.brief():
                    probabilities = self._network(model).predict(x)[0]
                found = Facts(encoding.decode(x[0]), np.asarray(probabilities, np.float32))
            self.store.put(key, found, found.pixels.nbytes + found.probabilities.nbytes)
        return found

    def references(self, source: Source, asked: Request, target: int) -> dict[str, Reference]:
        """Each baseline to look at, with the target's score there."""
        sigma, seed = asked.sigma or 16.0, asked.seed
        key = ("references", source.owner, source.name, asked.model, asked.fit, target, sigma, seed)
        found = self.store.get(key)
        if found is None:
            record = self._record(source, asked.model)
            usual = asked.fit == "crop" and sigma == 16.0 and seed == 0
            if record and usual and record.answer.target == target:
                found = record.references
            else:
                encoding, x = self._encoded(source, asked.model, asked.fit)
                with self.slot.brief():
                    found = self._references(encoding, x, replace(asked, sigma=sigma), target)
            self.store.put(key, found, sum(r.thumbnail.nbytes for r in found.values()))
        return found

    def seen(self, source: Source, asked: Request) -> Answer | None:
        """The answer if it is there already, else None."""
        key = ("answer", source.owner, asked)
        found = self.store.get(key)
        if found is None and (record := self._record(source, asked.model)):
            if asked.target == record.answer.target:
                asked = replace(asked, target=None)
            if record.query == as_text(asked):
                found = record.answer
        return found

    def answer(
        self, source: Source, asked: Request, progress: Progress, waiting: Waiting
    ) -> Answer:
        """Compute, in turn: one request at a time.

        waiting : called while others are served, with how many are ahead.
        progress : called as progress(done, total) between chunks.
        What either raises ends the work. Raises Refused where the core refuses.
        """
        _, x = self._encoded(source, asked.model, asked.fit)  # outside the slot: a file takes time
        with self.slot.turn(waiting):
            found = self.seen(source, asked)  # someone else may have asked the same
            if found is None:
                with self._refusals():
                    found = self._compute(x, asked, self.paced(progress))
                self.store.put(("answer", source.owner, asked), found, found.nbytes)
            return found

    def archive(self, answer: Answer) -> bytes:
        """The answer as attribution.Attribution.save writes it; Attribution.load reads it."""
        result = self._core().Attribution(
            scores=answer.in_the_layer(answer.scores)[None],
            gap=np.array([answer.gap]),
            error=np.array([answer.error]),
            converged=None if answer.converged is None else np.array([answer.converged]),
            evaluations=np.array([answer.evaluations]),
            f_input=np.array([answer.f_input]),
            f_baseline=np.array([answer.f_baseline]),
            target=np.array([answer.target]),
            layer=answer.layer,
            method=answer.method,
            is_cut=answer.is_cut,
            tolerance=answer.tolerance,
            notes=answer.notes,
            resolution=np.array([answer.resolution]),
            channel_axis=answer.axis,
        )
        buffer = io.BytesIO()
        result.save(buffer)
        return buffer.getvalue()

    def recall(self, key: Hashable, source: Source) -> Any | None:
        """What an earlier study found, or None."""
        return self.store.get(("study", source.owner, key))

    def study(
        self,
        key: Hashable,
        source: Source,
        asked: Request,
        work: Callable[[Ground], Finding],
        waiting: Waiting,
    ) -> Finding:
        """Anything beside an answer, in turn; kept under its key, which must hold all it needs.

        Raises Refused where the core refuses; what `work` or `waiting` raises ends the work.
        """
        encoding, x = self._encoded(source, asked.model, asked.fit)
        with self.slot.turn(waiting):
            found: Finding | None = self.recall(key, source)
            if found is None:
                with self._refusals():
                    net, baseline = self._network(asked.model), self._baseline(x, asked)
                    found = work(Ground(self._core(), net, x, baseline, encoding))
                self.store.put(("study", source.owner, key), found, found.nbytes)
            return found

    def _compute(self, x: Floats, asked: Request, progress: Progress) -> Answer:
        progress(0, 1)
        core, net = self._core(), self._network(asked.model)
        method = core.METHODS[asked.method]
        options = {"tolerance": asked.tolerance} if method.estimated else {}
        started = time.perf_counter()
        result = method.run(
            net,
            x,
            asked.layer,
            target=asked.target,
            baseline=self._baseline(x, asked),
            progress=progress,
            **options,
        )
        seconds = time.perf_counter() - started
        activations = net.activations(x, asked.layer)[0]
        return Answer.of(result, activations, method, seconds)

    def _baseline(self, x: Floats, asked: Request) -> Any:
        """(1, height, width, channels) in the model's space; None means zeros."""
        core = self._core()
        encoding = core.images.ImageInput(**catalogue().models[asked.model].input)
        shade = {"black": 0, "white": 255}
        if asked.baseline in shade:
            return encoding.encode(np.full((*encoding.size, 3), shade[asked.baseline], np.uint8))[
                None
            ]
        if asked.baseline == "mean":
            return core.baselines.mean(x)
        if asked.baseline == "blur":
            return core.baselines.blur(x, asked.sigma)
        if asked.baseline == "noise":
            return core.baselines.noise(x, asked.seed, 1)[0]
        return core.baselines.zeros(x)

    def _references(
        self, encoding: Any, x: Floats, asked: Request, target: int
    ) -> dict[str, Reference]:
        with self._refusals():
            arrays = [self._baseline(x, replace(asked, baseline=name))[0] for name in BASELINES]
            scores = self._network(asked.model).score(np.stack(arrays), target)
        return {
            name: Reference(shrink(encoding.decode(array)), float(score))
            for name, array, score in zip(BASELINES, arrays, scores, strict=True)
        }

    def _encoded(self, source: Source, model: str, fit: str) -> tuple[Any, Floats]:
        """The model's ImageInput, and the picture as its input (1, height, width, channels)."""
        images = self._core().images
        encoding = images.ImageInput(**catalogue().models[model].input)
        frame = Frame.of(encoding.size, fit)
        key = _pixels_key(source.owner, source.name, frame)
        pixels = self.store.get(key)
        if pixels is None:
            if source.owner:  # a stranger's file, which was too long ago or is for another model
                decoded = self._decoder.decode(source.read(), [frame], source.owner)
                pixels = decoded.frames[frame]
            else:
                pixels = images.fit(images.decode(source.read()), encoding.size, fit)
            self.store.put(key, pixels, pixels.nbytes)
        return encoding, encoding.encode(pixels)[None]

    def _record(self, source: Source, model: str) -> Record | None:
        """The record of a sample; None for an upload, or where there is none."""
        if source.owner or not self.recorded:
            return None
        key = ("record", model, source.name)
        found = self.store.get(key)
        path = record_path(model, source.name)
        if found is None and path.is_file():
            found = Record.load(path)
            self.store.put(key, found, found.answer.nbytes + found.picture.nbytes)
        return found

    def _warm(self, model: str) -> None:
        size = catalogue().models[model].input["size"]
        self._network(model).predict(np.zeros((1, *size, 3), np.float32))


def upload_name(digest: str) -> str:
    """The name of an uploaded picture in links and in the store, from its file's sha256."""
    return f"file-{digest[:_DIGITS]}"


def _pixels_key(owner: str, name: str, frame: Frame) -> Hashable:
    return ("pixels", owner, name, frame)
