"""The bundled cards as plain values, read without the project's own code, and what was measured."""

import json
from pathlib import Path

import yaml

ASSETS = Path(__file__).parents[2] / "assets"
CARDS = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in sorted((ASSETS / "models").glob("*.yaml"))
}
SAMPLES = {
    Path(sample["file"]).stem: {**sample, "file": (ASSETS / "models" / sample["file"]).resolve()}
    for card in CARDS.values()
    for sample in card["samples"]
}
EXPECTED = json.loads((Path(__file__).parent / "expected.json").read_text(encoding="utf-8"))
"""Of each sample: the first class of a photograph; the probabilities of a sequence, and where a
simulated one has motifs; of the others the answers for each example."""


def entry(name: str) -> dict:
    """What the card of that model says of its one input."""
    (found,) = CARDS[name]["inputs"].values()
    return found
