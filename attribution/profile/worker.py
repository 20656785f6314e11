"""Worker: what holds the model, and makes one shard after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

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
from attribution.profile.estimate import Adaptive, Estimates, estimate, kept_plan
from attribution.profile.intake import UNREADABLE, Example, Intake, form, stacked
from attribution.profile.job import Job
from attribution.profile.manifest import Manifest
from attribution.profile.reader import Reader
from attribution.profile.rows import Rows
from attribution.profile.shards import Refused, Shards

if TYPE_CHECKING:
    from attribution.network import Network
    from attribution.profile.plan import Plan

BATCH = 16
"""Inputs that are scored together. A shard is always cut into the same batches, so that its numbers
are the same whoever makes it."""
Batch = list[tuple[int, Example]]
"""Inputs of one shape, with their places in the manifest."""
Found = TypeVar("Found")
Find = Callable[[Batch, list[Refused]], Found]
Lost = Mapping[int, str]
"""Inputs that no worker survives, by their places, and how the last one ended."""
NONE: Lost = MappingProxyType({})
_SAID = 300  # characters of a reason
_LOST = "Every process that scores it ends, the last one with"
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

    def __init__(
        self,
        task: Task,
        run: Job,
        intake: Intake,
        listed: Manifest,
        fixed: Any = None,
        plan: Adaptive | Plan | None = None,
    ) -> None:
        self.job, self.manifest = run, listed
        self.net, self._task, self._fixed = intake.net, task, fixed
        self._shards = Shards(storage.directory(task.folder), run)
        self._reader = Reader(task.data, listed, intake)
        self.plan: Adaptive | Plan = plan or self._planned()

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
        return cls(task, run, Intake(net, card), listed, fixed, kept_plan(folder, run))

    def over(self, data: str, listed: Manifest) -> Worker:
        """The same for the inputs of another data set, of the same classes."""
        task = replace(self._task, data=data)
        return Worker(task, self.job, self.intake, listed, self._fixed, self.plan)

    @property
    def intake(self) -> Intake:
        """What the model takes."""
        return self._reader.intake

    def _planned(self) -> Adaptive | Plan:
        """How inputs are integrated, tried with some: told by the job, or by a pilot of its inputs.

        Raises AttributionError : what all inputs are refused for.
        """
        from attribution.profile.plan import PILOT, plan, vouched

        basis = self.job.basis
        places, examples = self._examples(PILOT if basis.sampled else 1)
        x = stacked(examples)
        asked = self.net, basis.layers, x, self.target(places), self.compared(x)
        if basis.method == "nig":
            vouched(*asked)
        if basis.sampled:
            return plan(*asked, basis.seed)
        self.plan = Adaptive(basis.method, basis.precision["tolerance"])
        self.estimates(places, x)
        return self.plan

    def _examples(self, count: int) -> tuple[list[int], list[Example]]:
        """The first that can be scored of all inputs in an order by chance, of one shape.

        Raises AttributionError : why none can.
        """
        from attribution.profile.plan import order

        refused: list[Exception] = []
        places: list[int] = []
        examples: list[Example] = []
        for place in map(int, order(len(self.manifest), self.job.basis.seed)):
            try:
                example = self._reader.read(place)
            except UNREADABLE as error:
                refused.append(error)
                continue
            if examples and form(example) != form(examples[0]):
                continue
            try:
                x = stacked([example])
                self.compared(x)
                self.net.score(x, self.target([place]))
            except _WRONG:
                raise
            except AttributionError as error:
                refused.append(error)
                if not examples and len(refused) > _TRIALS:
                    raise
                continue
            places.append(place)
            examples.append(example)
            if len(examples) == count:
                break
        if not examples:
            raise InvalidRequest(
                f"None of the {len(self.manifest)} inputs can be used. Of the first that was "
                f"tried: {_reason(refused[0])}"
            )
        return places, examples

    def work(
        self, shard: int, lost: Lost = NONE, at: Callable[[int], None] | None = None
    ) -> Receipt:
        """Make a shard and write it. Raises InvalidRequest where that cannot be, for any input.

        lost : are left out. at : called with the place of each input before that is tried alone,
            ahead of all; then with -1.
        """
        places = [place for place in map(int, self._shards.places(shard)) if place not in lost]
        if at:
            for place in places:
                at(place)
                self._scored([place], [])
            at(-1)
        refused = [(self.manifest.id[place], f"{_LOST} {why}.") for place, why in lost.items()]
        found = self._scored(places, refused)
        self._shards.write(shard, found, refused)
        return Receipt(shard, len(found), len(refused))

    def _scored(self, places: Sequence[int], refused: list[Refused]) -> Rows:
        parts = [rows.empty(self.job.units)]
        for batch in self.batches(places, refused):
            parts += self.tried(self._rows, batch, refused)
        return rows.joined(parts)

    def batches(self, places: Sequence[int] | Any, refused: list[Refused]) -> Iterator[Batch]:
        """Inputs of one shape, in the order of the manifest, `BATCH` at a time."""
        waiting: dict[Any, list[tuple[int, Example]]] = {}
        for place in map(int, places):
            try:
                if isinstance(self.job.basis.target, dict) and "label" in self.job.basis.target:
                    self.target([place])
                example = self._reader.read(place)
            except UNREADABLE as error:
                refused.append((self.manifest.id[place], _reason(error)))
                continue
            batch = waiting.setdefault(form(example), [])
            batch.append((place, example))
            if len(batch) == BATCH:
                yield waiting.pop(form(example))
        yield from waiting.values()

    def tried(self, find: Find[Found], batch: Batch, refused: list[Refused]) -> list[Found]:
        """What is found for a batch; where that fails, for each of its inputs alone."""
        import tensorflow as tf

        try:
            return [find(batch, refused)]
        except _WRONG:
            raise
        except (AttributionError, MemoryError, tf.errors.OpError) as error:
            if len(batch) == 1:
                refused.append((self.manifest.id[batch[0][0]], _reason(error)))
                return []
        return [part for one in batch for part in self.tried(find, [one], refused)]

    def _rows(self, batch: Batch, refused: list[Refused]) -> Rows:
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
        names, compared = self.job.basis.layers, self.compared(x)
        return estimate(self.net, names, x, places, self.target(places), compared, self.plan)

    def compared(self, x: Any) -> Any:
        """What a batch is compared with, as the methods take it."""
        word = self.job.basis.baseline.partition(" ")[0]
        return baseline.of(word, self._fixed, x, self.job.basis.seed)

    def target(self, places: Sequence[int] | Any) -> Any:
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
