"""A folder of models with one run over a table, whose every number is known.

The network is linear: of each row the contribution of a hidden unit is its weight to the output
times what its activation differs from that of a row of zeros.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from attribution import profile

if TYPE_CHECKING:
    import keras

COUNT = 30  # rows
CLASSES = ("ill", "well")


@dataclass(frozen=True)
class Room:
    """models, profiles : folders. rows : (COUNT, 3); labels : (COUNT,) places in CLASSES."""

    models: Path
    profiles: Path
    data: Path
    rows: np.ndarray
    labels: np.ndarray
    model: keras.Model

    def scores(self, name: str) -> np.ndarray:
        """(rows of the class, 4) by the weights alone; the last row of the table is broken."""
        (first, _), (last, _) = (self.model.get_layer(n).get_weights() for n in ("hidden", "said"))
        mine = np.flatnonzero(self.labels[:-1] == CLASSES.index(name))
        return (self.rows[mine] @ first) * last[:, CLASSES.index(name)]


def fill(room: Path) -> Room:
    """The models, the table, and the run "patients"."""
    from tests.dashboard import folder  # which needs Keras

    models, profiles = room / "models", room / "profiles"
    models.mkdir()
    made = folder.fill(models)
    card = (models / "patients.yaml").read_text()
    outputs = f"outputs: {{kind: classes, names: [{', '.join(CLASSES)}]}}\n"
    (models / "patients.yaml").write_text(card + outputs)
    rng = np.random.default_rng(5)
    rows, labels = rng.normal(size=(COUNT, 3)).round(3), rng.integers(0, 2, COUNT)
    rows[:, 2] = rng.integers(0, 2, COUNT)
    data = room / "patients.csv"
    with data.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*folder.FEATURES, "label"])
        for number, (row, label) in enumerate(zip(rows, labels, strict=True)):
            cells = [
                "nothing" if number == COUNT - 1 else row[0],
                row[1],
                ("no", "yes")[int(row[2])],
            ]
            writer.writerow([*cells, CLASSES[label]])
    found = Room(models, profiles, data, rows, labels, made["patients"])
    run(found, "patients")
    return found


def run(room: Room, name: str, **more: object) -> profile.Run:
    """Another run over the table."""
    options = {"layers": ["hidden"], "target": "label", "tolerance": 0.05, **more}
    return profile.run(room.models / "patients.keras", room.data, room.profiles / name, **options)
