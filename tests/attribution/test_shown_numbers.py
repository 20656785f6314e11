"""Numbers of the documentation: those in its sentences are printed, those printed are exact."""

import re
from pathlib import Path

import numpy as np
import pytest

import attribution
from attribution import baselines, motifs, sequences
from tests.documentation import FENCE, PAGES, fences

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
BOLD = re.compile(r"\*\*(\d[^*]*)\*\*")


def bold(page: Path) -> list[str]:
    """What stands in bold in the sentences of a page and begins with a number."""
    return BOLD.findall(FENCE.sub("", page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", [p for p in PAGES if fences(p)], ids=lambda p: p.stem)
def test_bold_numbers_are_printed_on_the_page(page: Path) -> None:
    printed = {
        n for language, text in fences(page) if language == "text" for n in NUMBER.findall(text)
    }
    for said in bold(page):
        assert set(NUMBER.findall(said)) <= printed, f"{page.name}: {said}"


def test_there_are_such_numbers() -> None:
    assert sum(len(bold(page)) for page in PAGES if fences(page)) >= 4


def test_the_contributions_of_the_motifs_are_the_genomics_rule_by_hand() -> None:
    """docs/dna.md to its last digit, by DeepLIFT in NumPy alone, in double precision."""
    (page,) = (p for p in PAGES if p.name == "dna.md")
    (shown,) = (
        text for language, text in fences(page) if language == "text" and "all bases" in text
    )
    card = attribution.zoo.cards()["tal1-gata1"]
    letters = sequences.read(card.samples[0].file.read_bytes())[0].letters
    x = sequences.encode(letters)[None]
    bases = by_hand(x[0].astype(float), baselines.constant(x, 0.25)[0].astype(float))
    lines = ["(200,) True"]
    for match in motifs.scan(x[0]):
        score = bases[match.start : match.end].sum()
        lines.append(f"{match.motif} at {match.start} to {match.end - 1}: {score:.2f}")
    lines.append(f"all bases: {bases.sum():.2f}")
    assert shown.splitlines() == lines


def by_hand(x: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """(length,) contributions of the bases: Rescale at the convolutions, RevealCancel behind."""
    model = attribution.load("tal1-gata1").model
    weights = {layer.name: [w.astype(float) for w in layer.get_weights()] for layer in model.layers}
    kernel = weights["dense"][0]
    at, ref = [states(v, weights) for v in (x, reference)]
    # What is above and what is below the reference goes through the dense layer apart.
    moved = at["pool"] - ref["pool"]
    up, down = np.maximum(moved, 0), np.minimum(moved, 0)
    plus, minus = np.maximum(kernel, 0), np.minimum(kernel, 0)
    rise, fall, start = up @ plus + down @ minus, up @ minus + down @ plus, ref["dense"]

    def relu(v: np.ndarray) -> np.ndarray:
        return np.maximum(v, 0)

    gain = (relu(start + rise) - relu(start) + relu(start + fall + rise) - relu(start + fall)) / 2
    loss = (relu(start + fall) - relu(start) + relu(start + rise + fall) - relu(start + rise)) / 2
    out = weights["logits"][0][:, 0]
    of_rise, of_fall = gain / rise * out, loss / fall * out
    slope = np.where(moved >= 0, plus @ of_rise + minus @ of_fall, minus @ of_rise + plus @ of_fall)
    back = np.broadcast_to(slope / len(x), at["conv2"].shape)
    for name in ("conv2", "conv1"):
        back = back * ratio(at[name], ref[name])
        back = transposed(back, weights[name][0])
    found: np.ndarray = (back * (x - reference)).sum(-1)
    return found


def states(x: np.ndarray, weights: dict[str, list[np.ndarray]]) -> dict[str, np.ndarray]:
    """What stands before each activation, and the pooled channels."""
    found = {}
    for name in ("conv1", "conv2"):
        kernel, bias = weights[name]
        left = (len(kernel) - 1) // 2
        padded = np.pad(x, ((left, len(kernel) - 1 - left), (0, 0)))
        found[name] = bias + [
            np.tensordot(padded[i : i + len(kernel)], kernel, 2) for i in range(len(x))
        ]
        x = np.maximum(found[name], 0)
    found["pool"] = x.mean(0)
    found["dense"] = found["pool"] @ weights["dense"][0] + weights["dense"][1]
    return found


def ratio(at: np.ndarray, ref: np.ndarray) -> np.ndarray:
    """Of ReLU, from one end to the other."""
    moved = at - ref
    still = np.abs(moved) < 1e-12
    slope = (np.maximum(at, 0) - np.maximum(ref, 0)) / np.where(still, 1, moved)
    return np.where(still, at > 0, slope)


def transposed(values: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Back through a convolution that keeps the length."""
    left = (len(kernel) - 1) // 2
    out = np.zeros((len(values) + len(kernel) - 1, kernel.shape[1]))
    for i, value in enumerate(values):
        out[i : i + len(kernel)] += kernel @ value
    return out[left : left + len(values)]
