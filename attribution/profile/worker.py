"""Worker: one process that holds the model, and makes one shard after the other.

`python -m attribution.profile.worker` is told what to do in lines on its standard input, answers in
lines on its standard output, and ends when the input does: with whoever started it.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution import cards, zoo
from attribution.errors import (
    AttributionError,
    InvalidRequest,
    UnknownLayer,
    UnsupportedModel,
    UnsupportedOperation,
    one_line,
)
from attribution.files import targets
from attribution.profile import baseline, job, manifest, rows, storage
from attribution.profile.estimate import Adaptive, Estimates, estimate
from attribution.profile.intake import UNREADABLE, Example, Intake, form, stacked
from attribution.profile.job import Job
from attribution.profile.manifest import Manifest
from attribution.profile.reader import Reader
from attribution.profile.rows import Rows
from attribution.profile.shards import Refused, Shards

if TYPE_CHECKING:
    from attribution.network import Network

BATCH = 16
"""Inputs that are scored together. A shard is always cut into the same batches, so that its numbers
are the same whoever makes it."""
_SAID = 300  # characters of a reason
_TRIALS = 8  # inputs that are refused before a run is
_WRONG = (UnknownLayer, UnsupportedModel, UnsupportedOperation)  # for every input alike


@dataclass(frozen=True)
class Task:
    """What a worker must know: the rest is in the run's folder.

    model, data : where they lie for this worker. fingerprint : of the run that is meant.
    """

    folder: str
    model: str
    data: str
    fingerprint: str


@dataclass(frozen=True)
class Receipt:
    """What became of a shard.

    error : why there is none; the run cannot go on where `fatal`.
    """

    shard: int
    inputs: int = 0
    quarantined: int = 0
    error: str = ""
    fatal: bool = False


class Worker:
    """Makes shards: reads inputs, scores them, writes what was found."""

    def __init__(self, task: Task, run: Job, intake: Intake, listed: Manifest, fixed: Any) -> None:
        self.job, self.manifest = run, listed
        self._net, self._fixed = intake.net, fixed
        self._shards = Shards(storage.directory(task.folder), run)
        self._reader = Reader(task.data, listed, intake)

    @classmethod
    def of(cls, task: Task, net: Network | None = None) -> Worker:
        """One for a run as it lies in its folder. net : the model, where it is loaded already.

        Raises
        ------
        InvalidRequest : a folder of another run, a model that has changed.
        """
        folder = storage.directory(task.folder)
        run = job.read(folder)
        if run is None or run.fingerprint != task.fingerprint:
            raise InvalidRequest(f"{one_line(task.folder)} holds another run by now.")
        net = net or zoo.load(task.model)
        if net.digest() != run.basis.model:
            raise InvalidRequest(
                f"The model {one_line(task.model)} has changed since the run began: put the file "
                "back, or give another folder."
            )
        card = cards.parse(folder.read(job.CARD).decode()) if folder.exists(job.CARD) else None
        listed = manifest.from_bytes(folder.read(job.MANIFEST))
        there = folder.exists(job.BASELINE)
        fixed = baseline.from_bytes(folder.read(job.BASELINE)) if there else None
        return cls(task, run, Intake(net, card), listed, fixed)

    def trial(self) -> None:
        """Score one input, so that what is wrong with all of them is said at once.

        Raises AttributionError : what the first inputs that can be read were refused for; none can.
        """
        refused: list[Exception] = []
        for place in range(len(self.manifest)):
            try:
                example = self._reader.read(place)
            except UNREADABLE as error:
                refused.append(error)
                continue
            try:
                self.estimates([place], stacked([example]))
                return
            except _WRONG:
                raise
            except AttributionError as error:
                refused.append(error)
                if len(refused) > _TRIALS:
                    raise
        raise InvalidRequest(
            f"None of the {len(self.manifest)} inputs can be used. Of the first: "
            f"{_reason(refused[0])}"
        )

    def work(self, shard: int) -> Receipt:
        """Make a shard and write it. Raises InvalidRequest where that cannot be, for any input."""
        refused: list[Refused] = []
        parts = [rows.empty(self.job.units)]
        for batch in self._batches(self._shards.places(shard), refused):
            parts += self._scored(batch, refused)
        found = rows.joined(parts)
        self._shards.write(shard, found, refused)
        return Receipt(shard, len(found), len(refused))

    def _batches(
        self, places: Sequence[int] | Any, refused: list[Refused]
    ) -> Iterator[list[tuple[int, Example]]]:
        """Inputs of one shape, in the order of the manifest, `BATCH` at a time."""
        waiting: dict[Any, list[tuple[int, Example]]] = {}
        for place in map(int, places):
            try:
                if isinstance(self.job.basis.target, dict) and "label" in self.job.basis.target:
                    self._target([place])
                example = self._reader.read(place)
            except UNREADABLE as error:
                refused.append((self.manifest.id[place], _reason(error)))
                continue
            batch = waiting.setdefault(form(example), [])
            batch.append((place, example))
            if len(batch) == BATCH:
                yield waiting.pop(form(example))
        yield from waiting.values()

    def _scored(self, batch: list[tuple[int, Example]], refused: list[Refused]) -> list[Rows]:
        """The rows of a batch; where it fails, of each of its inputs alone."""
        import tensorflow as tf

        try:
            return [self._rows(batch, refused)]
        except _WRONG:
            raise
        except (AttributionError, MemoryError, tf.errors.OpError) as error:
            if len(batch) == 1:
                refused.append((self.manifest.id[batch[0][0]], _reason(error)))
                return []
        return [part for one in batch for part in self._scored([one], refused)]

    def _rows(self, batch: list[tuple[int, Example]], refused: list[Refused]) -> Rows:
        places = np.array([place for place, _ in batch], np.int64)
        found = self.estimates(places, stacked([example for _, example in batch]))
        good = np.isfinite(found.score) & np.isfinite(found.reference)
        for values in found.units.values():
            good &= np.isfinite(values).all(axis=1)
        for place in places[~good]:
            refused.append((self.manifest.id[place], "Its scores are not finite."))
        narrow = {
            name: {k: np.asarray(v, np.float32) for k, v in getattr(found, name).items()}
            for name in rows.WIDE
        }
        return Rows(
            index=places,
            label=self.manifest.label[places],
            target=np.asarray(found.target, np.int64),
            score=np.asarray(found.score, np.float32),
            reference=np.asarray(found.reference, np.float32),
            evaluations=np.asarray(found.evaluations, np.int64),
            **narrow,
        ).take(good)

    def estimates(self, places: Any, x: Any) -> Estimates:
        """The scores of inputs at places of the manifest, (batch, *shape)."""
        basis = self.job.basis
        word = basis.baseline.partition(" ")[0]
        compared = baseline.of(word, self._fixed, x, basis.seed)
        plan = Adaptive(basis.method, basis.precision["tolerance"])
        return estimate(self._net, basis.layers, x, places, self._target(places), compared, plan)

    def _target(self, places: Sequence[int] | Any) -> Any:
        """As the methods take it: of each input that of its class, or the same for all."""
        rule = self.job.basis.target
        if rule == "predicted":
            return None
        if not (isinstance(rule, dict) and "label" in rule):
            return targets.from_json(rule)
        outputs = rule["label"]
        labels = [int(self.manifest.label[place]) for place in places]
        if -1 in labels:
            raise InvalidRequest("It has no label, and the output of its label is asked for.")
        return np.array([outputs[label] for label in labels])


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and not isinstance(error, AttributionError):
        return f"It cannot be read: {one_line(error.strerror or str(error), _SAID)}."
    if isinstance(error, MemoryError):
        return "There is not enough memory for it."
    said = one_line(getattr(error, "message", None) or str(error), _SAID)
    return said if isinstance(error, AttributionError) else f"It cannot be read: {said}."


def main() -> None:
    """Answer orders until there are no more."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what others print is no answer
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started this ends it
    orders: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(orders,), daemon=True).start()
    worker, task = None, Task(**json.loads(orders.get()))
    while True:
        shard = int(orders.get())
        try:
            worker = worker or Worker.of(task)
            receipt = worker.work(shard)
        except (AttributionError, OSError) as error:
            receipt = Receipt(shard, error=one_line(str(error), 600), fatal=True)
        answers.write(json.dumps(asdict(receipt)) + "\n")


def _listen(orders: queue.SimpleQueue[str]) -> None:
    """Hand on the lines of standard input; with the last one, the process ends at once."""
    for line in sys.stdin:
        orders.put(line)
    os._exit(0)


if __name__ == "__main__":
    main()
