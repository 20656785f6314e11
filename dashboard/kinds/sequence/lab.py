"""Lab: the engine for sequences. Like the engine, it alone calls the core."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from attribution import baselines, filters, motifs, sequences
from attribution.methods import METHODS
from attribution.request import digest
from dashboard.figures.glyphs import BASES
from dashboard.kinds.sequence import means, mutations
from dashboard.kinds.sequence.findings import Array, Pattern, Prediction, Reading
from dashboard.kinds.sequence.request import Question, frequencies
from dashboard.request.catalogue import catalogue
from dashboard.work.answer import Answer, channels_last
from dashboard.work.engine import Engine, Paced
from dashboard.work.slot import Waiting
from dashboard.work.workshop import Progress

WINDOWS = 40  # stretches that make up the logo of what excites a filter
NEAREST = 2  # known motifs that a filter is compared with on the page
_LONG = 64 * 1024  # bytes of a sequence file: longer ones are read as pictures are
_HYPOTHETICAL = frozenset({"nig"})

Found = TypeVar("Found")


class Lab(Engine):
    """One for each process. Results of sequences are kept by their letters, never by a name.

    owner : as of a picture's Source: empty for a public sample, else the session that alone may see
    what is found, and with which it is forgotten.
    """

    def read(self, data: bytes | str, owner: str = "") -> tuple[sequences.Sequence, ...]:
        """The records of a text or a file. Raises Refused for anything else."""
        if len(data) > _LONG:
            raw = data.encode(errors="replace") if isinstance(data, str) else data
            return tuple(sequences.Sequence(*r) for r in self._decoder.records(raw, owner))
        with self._refusals():
            return tuple(sequences.read(data))

    def strand(self, letters: str) -> str:
        """The reverse complement."""
        return sequences.reverse_complement(letters)

    def fitted(self, letters: str, length: int, how: str, start: int | None) -> str:
        """Letters of the model's length. Raises Refused where `how` does not say how."""
        asked: Any = None if how == "exact" else how
        with self._refusals():
            return sequences.fit(letters, length, asked, start)

    def prediction(self, owner: str, letters: str, model: str) -> Prediction:
        """What the network says."""

        def work() -> Prediction:
            net, x = self._network(model), _input(letters)
            outputs = np.asarray(net.predict(x)[0], np.float64)
            count = len(outputs)
            scores = net.score(np.repeat(x, count, axis=0), list(range(count)))
            return Prediction(outputs, np.asarray(scores, np.float64))

        return self._briefly(owner, model, ("prediction", letters), work)

    def known_reading(self, owner: str, letters: str, asked: Question) -> Reading | None:
        """What is read of the letters, if it is there already."""
        found: Reading | None = self._sequences(owner, asked.model, ("reading", letters, asked))
        return found

    def read_bases(
        self, owner: str, letters: str, asked: Question, progress: Progress, waiting: Waiting
    ) -> Reading:
        """Compute, in turn. Raises Refused where the core refuses."""
        with self.turn(asked.model, waiting):
            found = self.known_reading(owner, letters, asked)
            if found is None:
                found = self._attribute(letters, asked, self.paced(progress))
                self.store.put(("dna", owner, "reading", letters, asked), found)
            return found

    def multiplies(self, asked: Question) -> bool:
        """Whether the method has multipliers, so that bases that are not there have scores."""
        return asked.method in _HYPOTHETICAL or _rule(asked) is not None

    def known_hypothetical(self, owner: str, letters: str, asked: Question) -> Array | None:
        """What `hypothetical` found, if it is there already."""
        found: Array | None = self._sequences(owner, asked.model, ("hypothetical", letters, asked))
        return found

    def hypothetical(
        self, owner: str, letters: str, asked: Question, progress: Progress, waiting: Waiting
    ) -> Array:
        """(length, 4): what each base would contribute, by a method that multiplies; in turn.

        Raises Refused where the core refuses.
        """
        with self.turn(asked.model, waiting) as net:
            found = self.known_hypothetical(owner, letters, asked)
            if found is None:
                found = self._hypothetical(net, letters, asked, self.paced(progress))
                self.store.put(("dna", owner, "hypothetical", letters, asked), found)
            return found

    def effects(self, owner: str, letters: str, model: str, target: int) -> Array:
        """(length, 4): the change of the target's logit by each single change of a base."""

        def work() -> Array:
            return mutations.effects(self._network(model), _input(letters), target)

        return self._briefly(owner, model, ("effects", letters, target), work)

    def matches(self, owner: str, letters: str, chance: float) -> tuple[motifs.Match, ...]:
        """Known motifs in the letters."""
        return self._briefly(
            owner,
            "",
            ("matches", letters, chance),
            lambda: tuple(motifs.scan(_input(letters)[0], p_value=chance)),
        )

    def reach(self, model: str, layer: str, length: int) -> filters.Field:
        """Which bases the positions of a layer see."""
        return self._briefly(
            "",
            model,
            ("reach", layer, length),
            lambda: filters.receptive_field(self._network(model), layer, length),
        )

    def pattern(self, model: str, layer: str, filter_: int) -> Pattern:
        """What a filter looks for: its kernel, and what excites it in the model's samples."""
        samples = self._samples(model)
        reach = self.reach(model, layer, len(samples[0].letters))
        return self._briefly(
            "",
            model,
            ("pattern", layer, filter_),
            lambda: self._pattern(model, layer, filter_, samples, reach),
        )

    def _attribute(self, letters: str, asked: Question, progress: Paced) -> Reading:
        """Each reference as an example of its own: means, and standard errors of any sum."""
        progress(0, 1)
        net, method, x = self._network(asked.model), METHODS[asked.method], _input(letters)
        references = _references_of(x, asked)
        count = len(references)
        first = next(iter(net.input_shapes))
        options: dict[str, Any] = {"tolerance": asked.tolerance} if method.estimated else {}
        started = time.perf_counter()
        results = method.run(
            net,
            np.repeat(x, count, axis=0),
            list(dict.fromkeys([first, asked.layer])),
            target=_target(net, x, asked),
            baseline=np.concatenate(references),
            progress=progress,
            **options,
        )
        seconds = time.perf_counter() - started
        inputs, layer = results[first], results[asked.layer]
        mean = means.mean(layer, results.values(), method)
        if count > 1 and mean.request:
            each = tuple(digest([r]) for r in references)
            mean = replace(mean, request=replace(mean.request, input=digest([x]), baseline=each))
        channels = np.stack([channels_last(s, layer.channel_axis) for s in layer.scores])
        of_filters = channels.reshape(count, -1, channels.shape[-1]).sum(axis=1)
        bases = inputs.scores.sum(axis=2, dtype=np.float64)
        return Reading(
            answer=Answer.of(mean, net.activations(x, asked.layer)[0], seconds),
            letters=letters,
            contributions=bases.mean(axis=0),
            inputs=inputs.scores.mean(axis=0),
            base_errors=means.standard_error(bases),
            filter_errors=means.standard_error(of_filters),
            references=count,
        )

    def _hypothetical(
        self, net: Any, letters: str, asked: Question, progress: Callable[[int, int], None]
    ) -> Array:
        progress(0, 1)
        core, x = self._core(), _input(letters)
        references, target = _references_of(x, asked), _target(net, x, asked)
        if (rule := _rule(asked)) is not None:
            found = core.hypothetical_contributions(
                net, x, target=target, baseline=references, rule=rule, progress=progress
            )
            return np.asarray(found[0], np.float64)
        stacked = np.concatenate(references)
        influence = core.internal_influence(
            net,
            np.repeat(x, len(stacked), axis=0),
            next(iter(net.input_shapes)),
            target=target,
            baseline=stacked,
            tolerance=asked.tolerance,
            progress=progress,
        ).scores.astype(np.float64)
        return np.asarray(
            (influence - (influence * stacked).sum(axis=2, keepdims=True)).mean(axis=0)
        )

    def _pattern(
        self,
        model: str,
        layer: str,
        filter_: int,
        samples: list[sequences.Sequence],
        reach: filters.Field,
    ) -> Pattern:
        net = self._network(model)
        kernels = filters.kernel(net, layer)
        kernel = None if kernels is None else kernels[:, :, filter_]
        if kernel is not None:
            kernel = kernel - kernel.mean(axis=1, keepdims=True)
        x = np.concatenate([_input(record.letters) for record in samples])
        axis = net.layer(layer).channel_axis
        active = np.stack([channels_last(h, axis) for h in net.activations(x, layer)])
        active = active.reshape(len(x), -1, active.shape[-1])[:, :, filter_]
        found = motifs.best_windows(x, active, reach.width, reach.offset, WINDOWS)
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

    def _samples(self, model: str) -> list[sequences.Sequence]:
        """The model's samples, by their titles."""
        samples = catalogue().models[model].samples
        first = [(s.title, self.read(s.path.read_bytes())[0].letters) for s in samples]
        return [sequences.Sequence(title, letters) for title, letters in first]

    def _sequences(self, owner: str, model: str, key: tuple[Any, ...]) -> Any | None:
        """What is kept under a key, or was computed beforehand of one of the model's samples."""
        samples = catalogue().models[model].samples if model and not owner else ()
        return self._kept(("dna", owner, *key), model, (s.name for s in samples))

    def _briefly(
        self, owner: str, model: str, key: tuple[Any, ...], work: Callable[[], Found]
    ) -> Found:
        """Brief work, once for each owner. model : whose network it asks, or empty."""
        key = (*key, model)
        found: Found | None = self._sequences(owner, model, key)
        if found is None:
            with self.brief(model):
                found = work()
            self.store.put(("dna", owner, *key), found)
        return found


def _references_of(x: npt.NDArray[np.float32], asked: Question) -> list[Array]:
    """The references, each (1, length, 4)."""
    if asked.baseline == "zeros":
        return [baselines.zeros(x)]
    if asked.baseline == "own":
        return [baselines.base_frequencies(x)]
    if asked.baseline == "given":
        return [baselines.base_frequencies(x, frequencies(asked.acgt))]
    if asked.baseline == "shuffle":
        return list(baselines.dinucleotide_shuffle(x, asked.seed, asked.shuffles))
    return [baselines.constant(x, 1 / len(BASES))]


def _target(net: Any, x: Array, asked: Question) -> int:
    """The asked class, or the one with the largest output."""
    return int(net.predict(x)[0].argmax()) if asked.target is None else asked.target


def _rule(asked: Question) -> Any:
    """The rule of a DeepLIFT method; None for another."""
    return METHODS[asked.method].options.get("rule")


def _input(letters: str) -> npt.NDArray[np.float32]:
    """(1, length, 4)."""
    return np.asarray(sequences.encode(letters), np.float32)[None]
