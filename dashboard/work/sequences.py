"""Sequences: what else is asked of a network that reads bases, from the core."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from attribution import filters, motifs, sequences
from attribution.methods import METHODS
from dashboard.request.request import Query
from dashboard.work import mutations
from dashboard.work.answer import channels_last
from dashboard.work.engine import Engine
from dashboard.work.findings import Pattern
from dashboard.work.ground import Ground
from dashboard.work.item import Item
from dashboard.work.slot import Waiting
from dashboard.work.workshop import Progress, Refused

Array = npt.NDArray[Any]
WINDOWS = 40  # stretches that make up the logo of what excites a filter
NEAREST = 2  # known motifs that a filter is compared with on the page
_LONG = 64 * 1024  # bytes of a sequence file: longer ones are read as pictures are
_HYPOTHETICAL = frozenset({"nig"})


def read(engine: Engine, data: bytes | str, owner: str = "") -> tuple[sequences.Sequence, ...]:
    """The records of a text or a file. Raises Refused for anything else."""
    if len(data) > _LONG:
        raw = data.encode(errors="replace") if isinstance(data, str) else data
        return tuple(sequences.Sequence(*r) for r in engine.decoder.records(raw, owner))
    with engine.refusals():
        return tuple(sequences.read(data))


def fitted(engine: Engine, letters: str, length: int, how: str, start: int | None) -> str:
    """Letters of the model's length. Raises Refused where `how` does not say how."""
    asked: Any = None if how == "exact" else how
    with engine.refusals():
        return sequences.fit(letters, length, asked, start)


def encode(letters: str) -> npt.NDArray[np.float32]:
    """(1, length, 4)."""
    return np.asarray(sequences.encode(letters), np.float32)[None]


def one_hot(engine: Engine, data: bytes, alphabet: str, length: int) -> list[Array]:
    """The records of a file, (length, letters) each: of nucleotides as `encode` has them, in the
    order of the alphabet; of other alphabets a letter has its one column. Raises Refused."""
    bases = alphabet.upper().replace("U", "T")
    if sorted(bases) == sorted(sequences.BASES):
        columns = [sequences.BASES.index(base) for base in bases]
        records = [record.letters for record in read(engine, data)]
        return [
            encode(fitted(engine, one, length, "exact", None))[0][:, columns] for one in records
        ]
    lines = data.decode("utf-8-sig", errors="replace").split(">")
    plain = lines[0] if lines[0].strip() else ""
    records = ["".join(part.split("\n")[1:]) for part in lines[1:]] if not plain else [plain]
    found = []
    for record in records:
        letters = "".join(record.split())
        wrong = next((c for c in letters if c not in alphabet), None)
        if len(letters) != length or wrong:
            what = f"holds {wrong!r}" if wrong else f"has {len(letters):,} letters"
            raise Refused(f"A record {what}; {length:,} letters of {alphabet} are expected.")
        found.append(np.eye(len(alphabet), dtype=np.float32)[[alphabet.index(c) for c in letters]])
    if not found:
        raise Refused(f"There is no sequence here; {length:,} letters of {alphabet} are expected.")
    return found


def letters(x: Array) -> str:
    """The letters of an array (length, 4); N where a row is that of none."""
    codes = np.asarray([sequences.encode(code)[0] for code in sequences.IUPAC])
    near = np.abs(x[:, None, :] - codes).sum(axis=-1)
    names = [*sequences.IUPAC]
    return "".join(
        names[i] if d < 1e-3 else "N" for i, d in zip(near.argmin(1), near.min(1), strict=True)
    )


def multiplies(asked: Query) -> bool:
    """Whether the method has multipliers, so that bases that are not there have scores."""
    return asked.method in _HYPOTHETICAL or _rule(asked) is not None


def hypothetical_key(asked: Query) -> tuple[Any, ...]:
    """As the contributions need it."""
    return ("hypothetical", asked.question)


def hypothetical(
    engine: Engine, item: Item, asked: Query, progress: Progress, waiting: Waiting
) -> Array:
    """(length, 4): what each base would contribute, by a method that multiplies; in turn.

    Raises Refused where the core refuses.
    """

    def work(ground: Ground) -> Array:
        return _hypothetical(ground, asked, engine.paced(progress))

    return engine.study(hypothetical_key(asked), item, asked, work, waiting)


def logits(engine: Engine, item: Item) -> Array:
    """(outputs,): the scores before the final sigmoid or softmax."""

    def work(net: Any) -> Array:
        count = len(engine.models[item.model].outputs)
        x = np.repeat(item.encode(), count, axis=0)
        return np.asarray(net.score(x, list(range(count))), np.float64)

    return engine.briefly(item, item.model, ("logits",), work)


def effects(engine: Engine, item: Item, target: int) -> Array:
    """(length, 4): the change of the target's logit by each single change of a base."""
    return engine.briefly(
        item,
        item.model,
        ("effects", target),
        lambda net: mutations.effects(net, item.encode(), target),
    )


def matches(engine: Engine, item: Item, chance: float) -> tuple[motifs.Match, ...]:
    """Known motifs in the letters."""
    return engine.briefly(
        item,
        "",
        ("matches", chance),
        lambda _: tuple(motifs.scan(item.encode()[0], p_value=chance)),
    )


def reach(engine: Engine, model: str, layer: str, length: int) -> filters.Field:
    """Which bases the positions of a layer see."""
    return engine.briefly(
        None,
        model,
        ("reach", layer, length),
        lambda net: filters.receptive_field(net, layer, length),
    )


def pattern(engine: Engine, model: str, layer: str, filter_: int) -> Pattern:
    """What a filter looks for: its kernel, and what excites it in the model's samples."""
    samples = _samples(engine, model)
    field = reach(engine, model, layer, len(samples[0].letters))
    return engine.briefly(
        None,
        model,
        ("pattern", layer, filter_),
        lambda net: _pattern(net, layer, filter_, samples, field),
    )


def kernels(engine: Engine, model: str, layer: str) -> Array:
    """(width, 4, filters): what filters over the bases weigh, each base against the mean of the
    four. No filters in a layer that has no such kernel."""
    found: Array = engine.briefly(None, model, ("kernels", layer), lambda net: _kernels(net, layer))
    return found


def _kernels(net: Any, layer: str) -> Array:
    found = filters.kernel(net, layer)
    if found is None:
        return np.zeros((0, 4, 0), np.float16)
    return np.asarray(found - found.mean(axis=1, keepdims=True), np.float16)


def _hypothetical(ground: Ground, asked: Query, progress: Any) -> Array:
    progress(0, 1)
    stacked = np.concatenate(ground.baselines)
    if (rule := _rule(asked)) is not None:
        found = ground.core.hypothetical_contributions(
            ground.net,
            ground.x,
            target=asked.target,
            baseline=ground.baselines,
            rule=rule,
            progress=progress,
        )
        return np.asarray(found[0], np.float64)
    influence = ground.core.internal_influence(
        ground.net,
        np.repeat(ground.x, len(stacked), axis=0),
        next(iter(ground.net.input_shapes)),
        target=asked.target,
        baseline=stacked,
        tolerance=asked.tolerance,
        progress=progress,
    ).scores.astype(np.float64)
    return np.asarray((influence - (influence * stacked).sum(axis=2, keepdims=True)).mean(axis=0))


def _pattern(
    net: Any, layer: str, filter_: int, samples: list[sequences.Sequence], field: filters.Field
) -> Pattern:
    kernels = filters.kernel(net, layer)
    kernel = None if kernels is None else kernels[:, :, filter_]
    if kernel is not None:
        kernel = kernel - kernel.mean(axis=1, keepdims=True)
    x = np.concatenate([encode(record.letters) for record in samples])
    axis = net.layer(layer).channel_axis
    active = np.stack([channels_last(h, axis) for h in net.activations(x, layer)])
    active = active.reshape(len(x), -1, active.shape[-1])[:, :, filter_]
    found = motifs.best_windows(x, active, field.width, field.offset, WINDOWS)
    shares = motifs.frequencies([w.letters for w in found]) if found else None
    compared = kernel
    if compared is None and shares is not None:
        compared = np.log2((shares + 0.05) / 0.3)
    likenesses = [] if compared is None else motifs.nearest(compared)
    return Pattern(
        kernel=kernel,
        windows=tuple(found),
        samples=tuple(sample.name for sample in samples),
        frequencies=shares,
        likenesses=tuple(likenesses[:NEAREST]),
    )


def _samples(engine: Engine, model: str) -> list[sequences.Sequence]:
    """The model's samples, by their titles."""
    samples = engine.models[model].card.samples
    first = [(s.title, read(engine, s.file.read_bytes())[0].letters) for s in samples]
    return [sequences.Sequence(title, letters) for title, letters in first]


def _rule(asked: Query) -> Any:
    """The rule of a DeepLIFT method; None for another."""
    return METHODS[asked.method].options.get("rule")
