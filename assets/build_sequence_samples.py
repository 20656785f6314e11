"""Write the sample sequences, ``samples/*.fasta``.

For the TAL1/GATA1 network: sequences of one seeded simulation (not its training data), chosen
because each shows one thing clearly; the header says where each motif was put. For the donor model:
a strong site and three departures from it. Run: ``python -m assets.build_sequence_samples``.
"""

from pathlib import Path

import numpy as np

from assets.simulate import ALPHABET, simulate

TARGET = Path(__file__).parent / "samples"
SEED = 7
SIMULATED = {
    "tal1-gata1-both": 97,
    "tal1-gata1-gata1": 1,
    "tal1-gata1-tal1": 6,
    "tal1-gata1-none": 4,
    "tal1-gata1-chance": 0,
}

# Five bases of the exon, then thirteen of the intron.
DONORS = {
    "donor-strong": ("ACCAGGTAAGTACTTGGT", "the exon ends CAG, the intron starts GTAAGT"),
    "donor-gc": ("ACCAGGCAAGTACTTGGT", "donor-strong with GC for GT"),
    "donor-ct": ("ACCAGCTAAGTACTTGGT", "donor-strong with CT for GT"),
}


def simulated_records() -> dict[str, tuple[str, str]]:
    """Sequence and description of each simulated sample."""
    data = simulate(400, SEED)
    records = {}
    for name, example in SIMULATED.items():
        sites = ", ".join(f"{s.motif} {s.start}-{s.end}" for s in data.sites[example])
        description = f"simulated, seed {SEED}, example {example}; embedded: {sites or 'nothing'}"
        records[name] = data.text(example), description
    return records


def random_donor() -> dict[str, tuple[str, str]]:
    """Eighteen bases drawn at random, each base equally often."""
    codes = np.random.default_rng(SEED).integers(4, size=18)
    return {"donor-random": ("".join(ALPHABET[code] for code in codes), f"random, seed {SEED}")}


def main() -> None:
    """Write one FASTA file for each record, 60 letters a line."""
    for name, (sequence, text) in (simulated_records() | DONORS | random_donor()).items():
        lines = [sequence[start : start + 60] for start in range(0, len(sequence), 60)]
        content = "\n".join([f">{name} {text}", *lines]) + "\n"
        (TARGET / f"{name}.fasta").write_text(content, encoding="ascii")
        print(f"{name}: {text}")


if __name__ == "__main__":
    main()
