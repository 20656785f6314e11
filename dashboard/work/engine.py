"""Engine: what is known of a picture, and the answers about it, from the core."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from attribution import baselines, images
from attribution.methods import METHODS
from dashboard.request.catalogue import catalogue
from dashboard.request.request import BASELINES, FITS, Request
from dashboard.work import records
from dashboard.work.answer import Answer
from dashboard.work.decoder import Decoder, Frame
from dashboard.work.picture import Facts, Pixels, Reference, shrink
from dashboard.work.slot import Waiting
from dashboard.work.workshop import Progress, Refused, Workshop

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


Paced = Callable[[int, int], None]
Finding = TypeVar("Finding")


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
        self._warming: set[str] = set()
        self._decoder = Decoder()

    def warm(self, model: str) -> None:
        """Import the core and load a model in the background, once.

        Python waits for this at its end: a thread that it abandons within TensorFlow aborts it.
        """
        if model not in self._warming:
            self._warming.add(model)
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
        found: Facts | None = self._known(key, model, source)
        if found is None:
            encoding, x = self._encoded(source, model, fit)
            with self.brief(model) as net:
                probabilities = net.predict(x)[0]
            found = Facts(encoding.decode(x[0]), np.asarray(probabilities, np.float32))
            self.store.put(key, found)
        return found

    def picture(self, source: Source, model: str, fit: str) -> Pixels:
        """The picture in the model's frame, as it was decoded; no network is needed."""
        size = catalogue().models[model].input["size"]
        frame = Frame.of(size, fit)
        key = _pixels_key(source.owner, source.name, frame)
        pixels: Pixels | None = self.store.get(key)
        if pixels is None:
            if source.owner:  # a stranger's file, which was too long ago or is for another model
                decoded = self._decoder.decode(source.read(), [frame], source.owner)
                pixels = decoded.frames[frame]
            else:
                pixels = images.fit(images.decode(source.read()), size, cast("Any", fit))
            self.store.put(key, pixels)
        return pixels

    def references(self, source: Source, asked: Request, target: int) -> Mapping[str, Reference]:
        """Each baseline to look at, with the target's score there.

        Brief: whatever is asked, it is six pictures sent forward once.
        """
        sigma, seed = asked.sigma or 16.0, asked.seed
        key = ("references", source.owner, source.name, asked.model, asked.fit, target, sigma, seed)
        found: Mapping[str, Reference] | None = self._known(key, asked.model, source)
        if found is None:
            encoding, x = self._encoded(source, asked.model, asked.fit)
            with self.brief(asked.model):
                found = self._references(encoding, x, replace(asked, sigma=sigma), target)
            self.store.put(key, found)
        return found

    def seen(self, source: Source, asked: Request) -> Answer | None:
        """The answer if it is there already, else None."""
        key = ("answer", source.owner, source.name, asked)
        found: Answer | None = self._known(key, asked.model, source)
        if found is None and asked.target is not None:
            predicted = self.seen(source, replace(asked, target=None))
            found = predicted if predicted and predicted.target == asked.target else None
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
        with self.turn(asked.model, waiting):
            found = self.seen(source, asked)  # someone else may have asked the same
            if found is None:
                found = self._compute(x, asked, self.paced(progress))
                self.store.put(("answer", source.owner, source.name, asked), found)
            return found

    def recall(self, key: tuple[Any, ...], source: Source) -> Any | None:
        """What an earlier study found, or None. key : the second of its parts is a Request."""
        return self._known(("study", source.owner, source.name, key), key[1].model, source)

    def study(
        self,
        key: tuple[Any, ...],
        source: Source,
        asked: Request,
        work: Callable[[Ground], Finding],
        waiting: Waiting,
    ) -> Finding:
        """Anything beside an answer, in turn; kept under its key, which must hold all it needs.

        Raises Refused where the core refuses; what `work` or `waiting` raises ends the work.
        """
        encoding, x = self._encoded(source, asked.model, asked.fit)
        with self.turn(asked.model, waiting) as net:
            found: Finding | None = self.recall(key, source)
            if found is None:
                baseline = self._baseline(x, asked)
                found = work(Ground(self._core(), net, x, baseline, encoding))
                self.store.put(("study", source.owner, source.name, key), found)
            return found

    def _compute(self, x: Floats, asked: Request, progress: Paced) -> Answer:
        progress(0, 1)
        net, method = self._network(asked.model), METHODS[asked.method]
        options: dict[str, Any] = {"tolerance": asked.tolerance} if method.estimated else {}
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
        return Answer.of(result, activations, seconds)

    def _baseline(self, x: Floats, asked: Request) -> Any:
        """(1, height, width, channels) in the model's space; None means zeros."""
        encoding = images.ImageInput(**catalogue().models[asked.model].input)
        shade = {"black": 0, "white": 255}
        if asked.baseline in shade:
            return encoding.encode(np.full((*encoding.size, 3), shade[asked.baseline], np.uint8))[
                None
            ]
        if asked.baseline == "mean":
            return baselines.mean(x)
        if asked.baseline == "blur":
            return baselines.blur(x, asked.sigma)
        if asked.baseline == "noise":
            return baselines.noise(x, asked.seed, 1)[0]
        return baselines.zeros(x)

    def _references(
        self, encoding: Any, x: Floats, asked: Request, target: int
    ) -> dict[str, Reference]:
        arrays = [self._baseline(x, replace(asked, baseline=name))[0] for name in BASELINES]
        scores = self._network(asked.model).score(np.stack(arrays), target)
        return {
            name: Reference(shrink(encoding.decode(array)), float(score))
            for name, array, score in zip(BASELINES, arrays, scores, strict=True)
        }

    def _encoded(self, source: Source, model: str, fit: str) -> tuple[Any, Floats]:
        """The model's ImageInput, and the picture as its input (1, height, width, channels)."""
        encoding = images.ImageInput(**catalogue().models[model].input)
        return encoding, encoding.encode(self.picture(source, model, fit))[None]

    def _known(self, key: Hashable, model: str, source: Source) -> Any | None:
        """What is kept under a key, or was computed beforehand; None where nothing is."""
        return self._kept(key, model, () if source.owner else (source.name,))

    def _kept(self, key: Hashable, model: str, samples: Iterable[str]) -> Any | None:
        """What the store holds under a key, or else the records of these samples."""
        found = self.store.get(key)
        if found is None and self.recorded:
            written = (self._record(model, sample).get(repr(key)) for sample in samples)
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
            shapes = {name: [n or 1 for n in shape] for name, shape in net.input_shapes.items()}
            net.predict({n: np.zeros((1, *shape), np.float32) for n, shape in shapes.items()})


def upload_name(digest: str) -> str:
    """The name of an uploaded picture in links and in the store, from its file's sha256."""
    return f"file-{digest[:_DIGITS]}"


def _pixels_key(owner: str, name: str, frame: Frame) -> Hashable:
    return ("pixels", owner, name, frame)
