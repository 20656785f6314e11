"""Known motifs: scores and chances against brute force, places against the simulator's truth."""

import itertools

import numpy as np
import pytest

from assets.simulate import MOTIFS, simulate
from attribution import InvalidRequest
from attribution.motifs import (
    Motif,
    best_windows,
    bundled,
    frequencies,
    information,
    nearest,
    scan,
)
from attribution.sequences import encode, reverse_complement

SMALL = Motif(
    "small", "X1", "none", np.array([[0.7, 0.1, 0.1, 0.1], [0, 0, 0.5, 0.5], [0.1, 0.8, 0.1, 0]])
)


def by_accession(accession: str) -> Motif:
    return next(m for m in bundled() if m.accession == accession)


def test_bundled_matrices_read_as_their_consensus() -> None:
    assert by_accession("MA0035.3").consensus == "TTCTTATCTGT"  # JASPAR's page for Gata1
    assert by_accession("MA0091.1").consensus == "CGACCATCTGTT"
    for motif in bundled():
        np.testing.assert_allclose(motif.frequencies.sum(axis=1), 1)


def test_information_of_a_sure_an_even_and_a_halved_column() -> None:
    columns = [[1, 0, 0, 0], [0.25] * 4, [0.5, 0.5, 0, 0]]
    expected = [[2, 0, 0, 0], [0] * 4, [0.5, 0.5, 0, 0]]
    np.testing.assert_allclose(information(columns), expected, atol=1e-12)


@pytest.mark.parametrize("background", [(0.25,) * 4, (0.3, 0.2, 0.2, 0.3)])
def test_a_chance_is_that_of_all_words_that_score_as_much(background: tuple) -> None:
    odds = np.log2((SMALL.frequencies + 0.01) / 1.04 / background)
    words = list(itertools.product(range(4), repeat=3))
    scores = {w: sum(odds[i, b] for i, b in enumerate(w)) for w in words}
    chances = {w: float(np.prod([background[b] for b in w])) for w in words}
    for word in [(0, 2, 1), (0, 3, 1), (1, 2, 1), (3, 0, 3)]:
        letters = "".join("ACGT"[b] for b in word)
        found = scan(encode(letters), [SMALL], p_value=0.999999, background=background)
        forward = [m for m in found if m.strand == "+"]
        backward = tuple(3 - b for b in reversed(word))
        best = word if scores[word] >= scores[backward] else backward
        match = forward[0] if best == word else found[0]
        expected = sum(c for w, c in chances.items() if scores[w] >= scores[best] - 1e-9)
        assert match.score == pytest.approx(scores[best], abs=2e-3)
        assert match.p_value == pytest.approx(expected)


def test_scan_finds_nearly_all_embedded_motifs_where_they_are() -> None:
    simulation = simulate(60, seed=314)
    names = {m: by_accession(a).name for m, a in MOTIFS.items()}
    found = total = chance = 0
    for x, sites in zip(simulation.one_hot(), simulation.sites, strict=True):
        matches = scan(x, p_value=2e-4)
        places = {(m.motif, m.start, m.end) for m in matches if m.strand == "+"}
        total += len(sites)
        found += sum((names[s.motif], s.start, s.end) in places for s in sites)
        chance += sum(all(m.end <= s.start or m.start >= s.end for s in sites) for m in matches)
    assert found >= 0.8 * total
    assert chance / 60 < 2 * 2 * 200 * len(bundled()) * 2e-4  # twice what chance would give


def test_the_other_strand_has_the_same_matches_mirrored() -> None:
    letters = "ACGTTGCA" * 3 + "TTCTTATCTGT" + "GGCATTAC" * 2 + reverse_complement("CGACCATCTGTT")
    here, there = scan(encode(letters)), scan(encode(reverse_complement(letters)))
    mirrored = {
        (m.motif, len(letters) - m.end, len(letters) - m.start, "-+"[m.strand == "-"])
        for m in there
    }
    assert {(m.motif, m.start, m.end, m.strand) for m in here} == mirrored
    assert ("Gata1", 24, 35, "+") in mirrored
    assert ("TAL1::TCF3", 51, 63, "-") in mirrored


def test_unknown_bases_and_short_sequences_match_nothing() -> None:
    assert scan(encode("N" * 60)) == []
    assert scan(encode("ACGT")) == []


def test_a_motif_is_its_own_nearest_wherever_it_lies() -> None:
    for motif in bundled():
        kernel = np.zeros((motif.width + 5, 4))
        kernel[3 : 3 + motif.width] = motif.log_odds() + 7  # a constant tells no bases apart
        best = nearest(kernel)[0]
        assert (best.motif, best.strand, best.offset) == (motif, "+", 3)
        assert best.similarity == pytest.approx(1)
        turned = nearest(kernel[::-1, ::-1])[0]
        assert (turned.motif, turned.strand, turned.offset) == (motif, "-", 2)
        assert turned.similarity == pytest.approx(1)


def test_an_empty_kernel_is_like_nothing() -> None:
    assert [likeness.similarity for likeness in nearest(np.zeros((11, 4)))] == [0] * len(bundled())


def test_best_windows_by_hand() -> None:
    x = np.stack([encode("ACGTACGT"), encode("TTTTCCCC")])
    activations = np.zeros((2, 8))
    activations[0, 0], activations[0, 1], activations[0, 5] = 3, 2, 1
    activations[1, 7] = 4
    windows = best_windows(x, activations, width=3, offset=-1)
    assert [(w.example, w.start, w.letters, w.activation) for w in windows] == [
        (1, 6, "CCN", 4),
        (0, -1, "NAC", 3),  # position 1 overlaps it by two thirds and is left out
        (0, 4, "ACG", 1),
    ]
    assert len(best_windows(x, activations, width=3, offset=-1, count=1)) == 1
    assert best_windows(x, -activations, width=3, offset=0) == []


def test_frequencies_of_windows() -> None:
    expected = [[0.5, 0.5, 0, 0], [0, 0, 0, 1], [0.25] * 4]
    np.testing.assert_allclose(frequencies(["ATN", "CNN"]), expected)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: scan(np.zeros((5, 3))), r"\(5, 3\).*order ACGT"),
        (lambda: scan(np.zeros((20, 4)), p_value=2), "p_value is 2"),
        (lambda: scan(np.zeros((20, 4)), background=(1, 0, 0, 0)), "four frequencies above 0"),
        (lambda: nearest(np.zeros(4)), r"\(4,\)"),
        (lambda: best_windows(np.zeros((2, 5, 4)), np.zeros((3, 5)), 3, 0), r"\(3, 5\)"),
    ],
)
def test_errors_say_what_was_given(call, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        call()
