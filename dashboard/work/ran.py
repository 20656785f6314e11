"""Ran: a run over a data set as it is now; what it says of a layer, or a sentence on why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from attribution.errors import AttributionError, one_line
from attribution.methods import METHODS
from dashboard.work.profiled import Profiled, Proven
from dashboard.work.refused import Refused

if TYPE_CHECKING:
    from attribution.profile.results import Run


@dataclass(frozen=True)
class Ran:
    """A run as it is now. name : of its folder, in links. title : on the page. model : its name on
    the shelf, or "" where this server has it not; digest : of its weights.

    baseline : its word. target : "label", "predicted" or a number. data : where the inputs lie.
    layers : with how many units each. done : inputs with a row. left_out : those without, and why.
    """

    name: str
    title: str
    model: str
    digest: str
    method: str
    baseline: str
    target: Any
    data: str
    classes: tuple[str, ...]
    layers: Mapping[str, int]
    inputs: int
    done: int
    left_out: pd.DataFrame
    notes: tuple[str, ...]
    run: Run

    @property
    def complete(self) -> bool:
        """Whether every input has been looked at."""
        return self.done + len(self.left_out) >= self.inputs

    @property
    def method_title(self) -> str:
        """The method as it is called on pages."""
        return METHODS[self.method].title if self.method in METHODS else self.method

    def scores(self, layer: str) -> Profiled:
        """Every input's, without the statistics, whose table is empty. Raises Refused.

        Classes are as the statistics have them: the label's, or else that of what was explained.
        """
        with refusals(self.name, self.run.folder):
            held = [(r.index, r.label, r.target, r.units[layer]) for r in self.run.rows() if len(r)]
        whole, none = np.zeros(0, np.int64), np.zeros((0, self.layers[layer]), np.float32)
        held = held or [(whole, whole, whole, none)]
        index, label, target, units = (np.concatenate(part) for part in zip(*held, strict=True))
        sound = np.isfinite(units).all(axis=1)
        group = np.where(label >= 0, label, target)
        return Profiled(
            layer,
            self.classes,
            index[sound],
            group[sound],
            target[sound],
            units[sound],
            pd.DataFrame({"class": [], "unit": []}),
        )

    def table(self, layer: str) -> pd.DataFrame:
        """The statistics. Raises Refused."""
        with refusals(self.name, self.run.folder):
            return self.run.table(layer)

    def names(self, layer: str) -> Mapping[int, str]:
        """What units are called, of those that have a name. Raises Refused."""
        with refusals(self.name, self.run.folder):
            return self.run.names(layer)

    def proof(self, layer: str) -> Proven:
        """What became of unused inputs without these units. Raises Refused."""
        with refusals(self.name, self.run.folder):
            run = self.run
            return Proven(run.proof(layer), run.pruning(layer), run.ablation(layer))


@contextmanager
def refusals(name: str, folder: str) -> Iterator[None]:
    """What the library refuses, as a sentence of the page, which says no path of the server."""
    try:
        yield
    except AttributionError as refused:
        why = str(refused).replace(folder, name)
        raise Refused(f"The run {one_line(name)} cannot be shown: {why}") from refused
    except OSError as error:
        raise Refused(f"The run {one_line(name)} cannot be read: {error.strerror}.") from error
