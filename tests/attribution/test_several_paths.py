"""Several paths, of examples and references, share calls; each keeps its nodes and its numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import attribution
from attribution import Network, sequences, zoo
from attribution.integration import guide, stream
from attribution.trace.graph import Graph

LANDED = 18
"""Calls of the version before, one path at a time, for the question of the first test."""


@pytest.fixture(scope="module")
def dna() -> tuple[Network, np.ndarray, list[np.ndarray]]:
    """A trained network, a sequence and ten references."""
    (sample, *_) = zoo.cards()["tal1-gata1"].samples
    x = sequences.encode(sequences.read(sample.file.read_bytes())[0].letters)[None]
    rng = np.random.default_rng(0)
    references = [x[:, rng.permutation(x.shape[1])] for _ in range(10)]
    return attribution.load("tal1-gata1"), x, references


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A name for each call of a graph function that integrates."""
    seen: list[Any] = []
    original = Graph.function

    def function(self: Graph, key: Any, *rest: Any) -> Any:
        run = original(self, key, *rest)

        def counted(*arrays: Any) -> Any:
            seen.append(key[0])
            return run(*arrays)

        return counted if key[0] in ("read", "sums") else run

    monkeypatch.setattr(Graph, "function", function)
    return seen


def asked(dna: Any, layer: Any, **options: Any) -> Any:
    net, x, references = dna
    options = {"baseline": references, "target": 0, **options}
    return attribution.neuron_integrated_gradients(net, x, layer, **options)


def test_ten_references_over_all_layers_in_a_third_of_the_calls(dna: Any, calls: Any) -> None:
    results = asked(dna, "all")
    assert len(calls) <= LANDED / 3
    assert all(r.converged.all() for r in results.values())


@pytest.mark.parametrize("layer", ["all", "relu1"])
@pytest.mark.parametrize("narrow", [100_000, 0])
def test_together_they_score_what_each_scores_alone(
    dna: Any, calls: Any, layer: str, narrow: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where all layers are held, and where (narrow = 0) they stream."""
    monkeypatch.setattr(guide, "_NARROW", narrow)
    few = dna[2][:4]
    together = asked(dna, layer, baseline=few)
    spent = len(calls)
    single = [asked(dna, layer, baseline=reference) for reference in few]
    assert spent < 0.7 * (len(calls) - spent)
    if layer != "all":
        together, single = {layer: together}, [{layer: s} for s in single]
    for name, result in together.items():
        scores = np.stack([s[name].scores for s in single])
        norm = np.abs(scores).sum() / len(few)
        np.testing.assert_allclose(result.scores, scores.mean(0), atol=2e-6 * norm)
        np.testing.assert_allclose(
            result.standard_error, scores.std(0, ddof=1) / 2, atol=2e-5 * norm
        )
        assert result.evaluations == sum(s[name].evaluations for s in single)
        assert result.resolution == max(s[name].resolution for s in single)


@pytest.mark.parametrize("chunk", [2, 3, 8, 9, 64, 200])
def test_stretches_cover_each_path_once(chunk: int) -> None:
    rng = np.random.default_rng(chunk)
    paths = {(e, 0): sorted(rng.random(n)) for e, n in enumerate([3, 4, 17, 45, 46, 2, 115])}
    parts = list(stream._calls(paths, chunk))
    for place, nodes in paths.items():
        mine = [s for part in parts for s in part if s.place == place]
        assert [s.last for s in mine] == [False] * (len(mine) - 1) + [True]
        assert all(len(s.nodes) % 2 for s in mine[:-1])  # whole pairs of intervals
        assert [a for s in mine for a in s.nodes[1:]] == nodes[1:]
        assert [s.nodes[0] for s in mine] == [nodes[0], *(s.nodes[-1] for s in mine[:-1])]
    for part in parts:  # a call of one stretch has one row more: that it shares with the next
        assert max(len(s.nodes) for s in part) * len(part) <= max(chunk, 2) + (len(part) == 1)


def test_memory_is_that_of_a_call(dna: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sums of a path are handed over when its last stretch is done."""
    monkeypatch.setattr(guide, "_NARROW", 0)
    monkeypatch.setattr(Network, "chunk", lambda *_: 8)
    held = []
    original = stream.Refinement

    class Counted(original):  # type: ignore[misc, valid-type]
        alive = 0

        def __init__(self) -> None:
            super().__init__()
            Counted.alive += 1
            held.append(Counted.alive)

        def __del__(self) -> None:
            Counted.alive -= 1

    monkeypatch.setattr(stream, "Refinement", Counted)
    asked(dna, "all", baseline=dna[2][:3])
    layers = len(dna[0].graph().gradients)
    assert max(held) <= 3 * layers  # two paths touch a call, and one is being told
