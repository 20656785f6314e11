"""Lab: the engine for sequences. Like the engine, it alone calls the core."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from dashboard.answer import channels_last
from dashboard.catalogue import catalogue
from dashboard.dna import means
from dashboard.dna.answer import (
    Answer,
    Array,
    Excited,
    Match,
    Pattern,
    Prediction,
    Reach,
    Record,
)
from dashboard.dna.request import Question, frequencies
from dashboard.engine import Engine
from dashboard.figures.glyphs import BASES
from dashboard.slot import Waiting
from dashboard.workshop import Progress

WINDOWS = 40  # stretches that make up the logo of what excites a filter
_LONG = 64 * 1024  # bytes of a sequence file: longer ones are read as pictures are
_HYPOTHETICAL = frozenset({"nig"})

Found = TypeVar("Found")


class Lab(Engine):
    """One for each process. Results of sequences are kept by their letters, never by a name.

    owner : as of a picture's Source: empty for a public sample, else the session that alone may see
    what is found, and with which it is forgotten.
    """

    def read(self, data: bytes | str, owner: str = "") -> tuple[Record, ...]:
        """The records of a text or a file. Raises Refused for anything else."""
        if len(data) > _LONG:
            raw = data.encode(errors="replace") if isinstance(data, str) else data
            return tuple(Record(*found) for found in self._decoder.records(raw, owner))
        with self._refusals():
            found = self._core().sequences.read(data)
        return tuple(Record(r.name, r.letters) for r in found)

    def strand(self, letters: str) -> str:
        """The reverse complement."""
        return str(self._core().sequences.reverse_complement(letters))

    def fitted(self, letters: str, length: int, how: str, start: int | None) -> str:
        """Letters of the model's length. Raises Refused where `how` does not say how."""
        asked = None if how == "exact" else how
        with self._refusals():
            return str(self._core().sequences.fit(letters, length, asked, start))

    def prediction(self, owner: str, letters: str, model: str) -> Prediction:
        """What the network says."""

        def work() -> Prediction:
            net, x = self._network(model), self._input(letters)
            outputs = np.asarray(net.predict(x)[0], np.float64)
            count = len(outputs)
            scores = net.score(np.repeat(x, count, axis=0), list(range(count)))
            return Prediction(outputs, np.asarray(scores, np.float64))

        return self._kept(
            owner, ("prediction", letters, model), work, lambda p: 16 * len(p.outputs)
        )

    def known_answer(self, owner: str, letters: str, asked: Question) -> Answer | None:
        """The answer if it is there already."""
        found: Answer | None = self.store.get(("dna", owner, letters, asked))
        return found

    def answer_sequence(
        self, owner: str, letters: str, asked: Question, progress: Progress, waiting: Waiting
    ) -> Answer:
        """Compute, in turn. Raises Refused where the core refuses."""
        with self.slot.turn(waiting):
            found = self.known_answer(owner, letters, asked)
            if found is None:
                with self._refusals():
                    found = self._attribute(letters, asked, self.paced(progress))
                self.store.put(("dna", owner, letters, asked), found, found.nbytes)
            return found

    def hypothetical(self, owner: str, letters: str, asked: Question) -> Array | None:
        """(length, 4): what each base would contribute; None for a method without multipliers."""
        rule, integrated = self._rule(asked), asked.method in _HYPOTHETICAL
        if rule is None and not integrated:
            return None

        def work() -> Array:
            core, net, x = self._core(), self._network(asked.model), self._input(letters)
            references = self._references_of(x, asked)
            if rule is not None:
                from attribution import hypothetical_contributions

                found = hypothetical_contributions(
                    net, x, target=self._target(net, x, asked), baseline=references, rule=rule
                )
                return np.asarray(found[0], np.float64)
            stacked = np.concatenate(references)
            influence = core.internal_influence(
                net,
                np.repeat(x, len(stacked), axis=0),
                next(iter(net.input_shapes)),
                target=self._target(net, x, asked),
                baseline=stacked,
                tolerance=asked.tolerance,
            ).scores.astype(np.float64)
            return np.asarray(
                (influence - (influence * stacked).sum(axis=2, keepdims=True)).mean(axis=0)
            )

        return self._kept(owner, ("hypothetical", letters, asked), work, lambda a: a.nbytes)

    def effects(self, owner: str, letters: str, model: str, target: int) -> Array:
        """(length, 4): the change of the target's logit by each single change of a base."""

        def work() -> Array:
            net, x = self._network(model), self._input(letters)
            changed = np.repeat(x, 4 * len(letters), axis=0)
            rows = np.arange(len(changed))
            changed[rows, rows // 4] = np.eye(4, dtype=np.float32)[rows % 4]
            scores = np.asarray(net.score(np.concatenate([x, changed]), target), np.float64)
            return np.asarray((scores[1:] - scores[0]).reshape(-1, 4))

        return self._kept(owner, ("effects", letters, model, target), work, lambda a: a.nbytes)

    def matches(self, owner: str, letters: str, chance: float) -> tuple[Match, ...]:
        """Known motifs in the letters."""

        def work() -> tuple[Match, ...]:
            from attribution import motifs

            found = motifs.scan(self._input(letters)[0], p_value=chance)
            names = Match.__dataclass_fields__
            return tuple(Match(**{n: getattr(m, n) for n in names}) for m in found)

        return self._kept(owner, ("matches", letters, chance), work, lambda m: 200 * len(m) + 100)

    def reach(self, model: str, layer: str, length: int) -> Reach:
        """Which bases the positions of a layer see."""

        def work() -> Reach:
            from attribution.filters import receptive_field

            field = receptive_field(self._network(model), layer, length)
            return Reach(field.positions, field.width, field.offset, field.stride)

        return self._kept("", ("reach", model, layer, length), work, lambda _: 100)

    def pattern(self, model: str, layer: str, filter_: int) -> Pattern:
        """What a filter looks for: its kernel, and what excites it in the model's samples."""
        samples = self._samples(model)
        reach = self.reach(model, layer, len(samples[0].letters))
        return self._kept(
            "",
            ("pattern", model, layer, filter_),
            lambda: self._pattern(model, layer, filter_, samples, reach),
            lambda p: p.nbytes,
        )

    def _attribute(self, letters: str, asked: Question, progress: Progress) -> Answer:
        """Each reference as an example of its own: means, and standard errors of any sum."""
        progress(0, 1)
        core, net = self._core(), self._network(asked.model)
        method, x = core.METHODS[asked.method], self._input(letters)
        references = np.concatenate(self._references_of(x, asked))
        count = len(references)
        first = next(iter(net.input_shapes))
        options = {"tolerance": asked.tolerance} if method.estimated else {}
        target = self._target(net, x, asked)
        started = time.perf_counter()
        results = method.run(
            net,
            np.repeat(x, count, axis=0),
            list(dict.fromkeys([first, asked.layer])),
            target=target,
            baseline=references,
            progress=progress,
            **options,
        )
        seconds = time.perf_counter() - started
        inputs, layer = results[first], results[asked.layer]
        both = list(results.values())
        error = float(np.max([means.error(result, method) for result in both]))
        scores = np.stack([channels_last(s, layer.channel_axis) for s in layer.scores])
        of_filters = scores.reshape(count, -1, scores.shape[-1]).sum(axis=1)
        bases = inputs.scores.sum(axis=2, dtype=np.float64)
        return Answer(
            letters=letters,
            contributions=bases.mean(axis=0),
            inputs=inputs.scores.mean(axis=0),
            scores=scores.mean(axis=0),
            activations=channels_last(net.activations(x, asked.layer)[0], layer.channel_axis),
            base_errors=means.standard_error(bases),
            filter_errors=means.standard_error(of_filters),
            references=count,
            f_input=float(layer.f_input[0]),
            f_baseline=float(layer.f_baseline.mean()),
            gap=float(layer.gap.mean()),
            error=error,
            converged=means.converged(both, error, asked.tolerance if method.estimated else None),
            evaluations=int(layer.evaluations.sum()),
            seconds=seconds,
            target=target,
            layer=asked.layer,
            method=method.name,
            is_cut=layer.is_cut,
            estimated=method.estimated,
            tolerance=asked.tolerance if method.estimated else None,
            notes=tuple(dict.fromkeys((*layer.notes, *inputs.notes))),
            resolution=float(np.max([result.resolution for result in both])),
            channel_axis=layer.channel_axis,
            shape=layer.scores.shape[1:],
        )

    def _pattern(
        self, model: str, layer: str, filter_: int, samples: list[Record], reach: Reach
    ) -> Pattern:
        from attribution import filters, motifs

        net = self._network(model)
        kernels = filters.kernel(net, layer)
        kernel = None if kernels is None else kernels[:, :, filter_]
        if kernel is not None:
            kernel = kernel - kernel.mean(axis=1, keepdims=True)
        x = np.concatenate([self._input(record.letters) for record in samples])
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
            windows=tuple(
                Excited(samples[w.example].name, w.start, w.letters, w.activation) for w in found
            ),
            frequencies=shares,
            likenesses=tuple((x.motif.name, x.similarity, x.strand, x.offset) for x in likenesses),
            known=likenesses[0].motif.information() if likenesses else None,
        )

    def _samples(self, model: str) -> list[Record]:
        """The model's samples, by their titles."""
        found = []
        for sample in catalogue().models[model].samples:
            (record, *_) = self.read(sample.path.read_bytes())
            found.append(Record(sample.title, record.letters))
        return found

    def _references_of(self, x: npt.NDArray[np.float32], asked: Question) -> list[Array]:
        """The references, each (1, length, 4)."""
        baselines = self._core().baselines
        if asked.baseline == "zeros":
            return [baselines.zeros(x)]
        if asked.baseline == "own":
            return [baselines.base_frequencies(x)]
        if asked.baseline == "given":
            return [baselines.base_frequencies(x, frequencies(asked.acgt))]
        if asked.baseline == "shuffle":
            return list(baselines.dinucleotide_shuffle(x, asked.seed, asked.shuffles))
        return [baselines.constant(x, 1 / len(BASES))]

    def _target(self, net: Any, x: Array, asked: Question) -> int:
        """The asked class, or the one with the largest output."""
        return int(net.predict(x)[0].argmax()) if asked.target is None else asked.target

    def _rule(self, asked: Question) -> str | None:
        """The rule of a DeepLIFT method; None for another."""
        rule: str | None = self._core().METHODS[asked.method].options.get("rule")
        return rule

    def _input(self, letters: str) -> npt.NDArray[np.float32]:
        """(1, length, 4)."""
        return np.asarray(self._core().sequences.encode(letters), np.float32)[None]

    def _kept(
        self,
        owner: str,
        key: Sequence[Any],
        work: Callable[[], Found],
        size: Callable[[Found], int],
    ) -> Found:
        """Brief work, once for each owner."""
        found: Found | None = self.store.get(("dna", owner, *key))
        if found is None:
            with self.slot.brief(), self._refusals():
                found = work()
            self.store.put(("dna", owner, *key), found, size(found))
        return found
