"""Seen: inputs of a run, read again where they still lie, and where in them units have scores."""

from __future__ import annotations

import io
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution import cards
from attribution.errors import AttributionError, InvalidRequest
from attribution.methods import METHODS
from attribution.profile import baseline, data, job, storage
from attribution.profile.intake import Intake, form, stacked
from attribution.profile.reader import Reader
from dashboard.text import stem
from dashboard.work.answer import channels_last
from dashboard.work.engine import Engine
from dashboard.work.findings import Glimpse
from dashboard.work.profiles import BUNDLED
from dashboard.work.ran import Ran
from dashboard.work.slot import Waiting
from dashboard.work.workshop import Progress, Refused

Array = npt.NDArray[Any]
Pair = tuple[int, int]
"""A place in the manifest, and a unit."""
_BATCH = 8
_USUAL = 0.05  # tolerance of a map


@dataclass(frozen=True)
class Reread:
    """An input as its file holds it. name : of the file; data : all of it; record : its number
    there. x : as the model takes it, without the batch axis."""

    id: str
    name: str
    data: bytes
    record: int
    x: Any


def known(engine: Engine, ran: Ran, layer: str, pairs: Iterable[Pair]) -> dict[Pair, Glimpse]:
    """What was found of these before, or written down."""
    found = {}
    for pair in pairs:
        seen = engine.store.get(_key(ran, layer, pair))
        if seen is None:
            seen = _written(engine, ran, layer).get(pair)
        if seen is not None:
            found[pair] = seen
    return found


def known_all(
    engine: Engine, ran: Ran, layer: str, pairs: Sequence[Pair]
) -> dict[Pair, Glimpse] | None:
    """The same; None where any of it is not there."""
    found = known(engine, ran, layer, pairs)
    return found if len(found) == len(set(pairs)) else None


def find(
    engine: Engine,
    ran: Ran,
    layer: str,
    pairs: Sequence[Pair],
    targets: Mapping[int, int],
    progress: Progress,
    waiting: Waiting,
) -> dict[Pair, Glimpse]:
    """Read inputs and score them once more, each position apart; in turn.

    targets : place -> the output that was explained. progress, waiting : as of Engine.answer.
    Raises Refused where the model is not here, or the core refuses.
    """
    places = list(dict.fromkeys(place for place, _ in pairs))
    with _reading(engine, ran, waiting) as (net, reader):
        examples: dict[int, Any] = {}
        failed: dict[int, str] = {}
        for place in places:
            try:
                examples[place] = reader.read(place)
            except (AttributionError, OSError) as error:
                failed[place] = str(error)
        pictures = {place: _picture(reader.intake, x) for place, x in examples.items()}
        maps: dict[int, Array] = {}
        for batch in _batches(examples):
            progress(len(maps), len(examples))
            maps |= _maps(engine, ran, net, layer, batch, examples, targets)
        progress(len(examples), len(examples))
    found = {}
    for place, unit in pairs:
        scores = maps.get(place)
        of_unit = None if scores is None or scores.ndim < 2 else scores[..., unit]
        seen = Glimpse(pictures.get(place), of_unit, failed.get(place, ""))
        engine.store.put(_key(ran, layer, (place, unit)), seen)
        found[place, unit] = seen
    return found


def read(engine: Engine, ran: Ran, place: int, waiting: Waiting) -> Reread:
    """An input, to be handed on. Raises Refused where it is not there, or has changed."""
    listed = ran.run.manifest
    path = listed.path[place]
    with _reading(engine, ran, waiting) as (_, reader):
        root = data.place(engine.profiles.place(ran.name))
        try:
            x = reader.read(place)
            held = root.read(path)
        except (AttributionError, OSError) as error:
            raise Refused(f"{listed.id[place]} cannot be opened: {error}") from error
    return Reread(listed.id[place], PurePosixPath(path).name, held, int(listed.record[place]), x)


def compared(ran: Ran, x: Any) -> Any:
    """What inputs (batch, *shape) were compared with, as the methods take it. Raises Refused."""
    word, _, own = ran.baseline.partition(" ")
    folder = storage.directory(ran.run.folder)
    try:
        fixed = baseline.from_bytes(folder.read(job.BASELINE)) if own else None
        return baseline.of(word, fixed, x, ran.run.job.basis.seed)
    except (InvalidRequest, OSError) as error:
        raise Refused(f"The baseline of {ran.title} cannot be made: {error}") from error


def same_baseline(ran: Ran, x: Any, references: Sequence[Any]) -> bool:
    """Whether an input (1, *shape) is compared with the same as in a run."""
    theirs = compared(ran, x)
    theirs = theirs if isinstance(theirs, list) else [theirs]
    return len(theirs) == len(references) and all(map(_same, theirs, references))


def _same(one: Any, other: Any) -> bool:
    """Whether two baselines are, of each input where there are several; None is zeros."""
    if isinstance(other, Mapping):
        return all(_same(None if one is None else one[name], other[name]) for name in other)
    return bool(np.allclose(0.0 if one is None else one, other))


def importance(engine: Engine, ran: Ran) -> bytes:
    """How much units count, by the Keras weights that make them, as .npz. Raises Refused."""
    from attribution.profile.exports import importances  # for this alone

    engine.open(ran.model, _ignore)
    with engine.brief(ran.model) as net:
        found = importances(ran.run, net)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **found)
    return buffer.getvalue()


def _ignore(_: int) -> None:
    """Nobody sees the line."""


@contextmanager
def _reading(engine: Engine, ran: Ran, waiting: Waiting) -> Iterator[tuple[Any, Reader]]:
    """The network of a run in turn, and what reads its inputs."""
    if not ran.model:
        raise Refused(
            f"The network of {ran.title} is not on this server, so its inputs cannot be shown: put "
            "its file into ATTRIBUTION_MODELS."
        )
    engine.open(ran.model, waiting)
    with engine.turn(ran.model, waiting) as net:
        if net.digest() != ran.digest:
            raise Refused(f"{ran.model} has changed since {ran.title} was made.")
        folder = storage.directory(ran.run.folder)
        card = cards.parse(folder.read(job.CARD).decode()) if folder.exists(job.CARD) else None
        place = engine.profiles.place(ran.name)
        yield net, Reader(place, ran.run.manifest, Intake(net, card))


def _batches(examples: Mapping[int, Any]) -> Iterator[list[int]]:
    """Places of inputs of one shape."""
    of_form: dict[Hashable, list[int]] = {}
    for place, x in examples.items():
        of_form.setdefault(form(x), []).append(place)
    for places in of_form.values():
        for start in range(0, len(places), _BATCH):
            yield places[start : start + _BATCH]


def _maps(
    engine: Engine,
    ran: Ran,
    net: Any,
    layer: str,
    places: Sequence[int],
    examples: Mapping[int, Any],
    targets: Mapping[int, int],
) -> dict[int, Array]:
    """place -> (*positions, units); none where what was explained is no single output."""
    explained = [targets[place] for place in places]
    if min(explained) < 0:
        return {}
    x, method = stacked([examples[place] for place in places]), METHODS[ran.method]
    options: dict[str, Any] = {"tolerance": _USUAL} if method.estimated else {}
    found = method.run(
        net,
        x,
        layer,
        target=np.array(explained),
        baseline=compared(ran, x),
        progress=lambda *_: engine.slot.step(),
        **options,
    )
    parts = (channels_last(s, found.channel_axis).astype(np.float16) for s in found.scores)
    return dict(zip(places, parts, strict=True))


def _picture(intake: Intake, x: Any) -> Array | None:
    if intake.kind != "image":
        return None
    size = x.shape[1:] if intake.entry.order == "channels_first" else x.shape[:2]
    return np.asarray(intake.entry.encoding(size).decode(x))


def _key(ran: Ran, layer: str, pair: Pair) -> Hashable:
    return ("seen", ran.run.job.fingerprint, layer, *pair)


def _written(engine: Engine, ran: Ran, layer: str) -> Mapping[Pair, Glimpse]:
    """What was found beforehand of a bundled run."""
    key = ("seen record", ran.run.job.fingerprint, layer)
    found: Mapping[Pair, Glimpse] | None = engine.store.get(key)
    if found is None:
        path = _record(ran, layer)
        found = _loaded(path) if engine.profiles.bundled(ran.name) and path.is_file() else {}
        engine.store.put(key, found)
    return found


def _record(ran: Ran, layer: str) -> Path:
    return BUNDLED / f"{ran.name}-{stem(layer)}.npz"


def _loaded(path: Path) -> dict[Pair, Glimpse]:
    with np.load(path, allow_pickle=False) as file:
        scores, seen = file["scores"], file["pictures"]
        pictures = dict(zip(file["places"].tolist(), seen, strict=True)) if len(seen) else {}
        return {
            (place, unit): Glimpse(pictures.get(place), each)
            for (place, unit), each in zip(file["pairs"].tolist(), scores, strict=True)
        }


def write(ran: Ran, layer: str, found: Mapping[Pair, Glimpse]) -> Path:
    """Keep what was found of a bundled run; where."""
    pictures = {place: s.picture for (place, _), s in found.items() if s.picture is not None}
    path = _record(ran, layer)
    np.savez_compressed(
        path,
        allow_pickle=False,
        pairs=np.array(list(found), np.int32),
        scores=np.stack([s.scores for s in found.values() if s.scores is not None]),
        places=np.array(list(pictures), np.int32),
        pictures=np.stack(list(pictures.values())) if pictures else np.zeros(0, np.uint8),
    )
    return path
