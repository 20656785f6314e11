"""Ground: what a study works on."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

from dashboard.request.outputs import Outputs


@dataclass(frozen=True)
class Ground:
    """What a study works on: the core, a network, and a request's arrays in its space.

    x : (1, *input shape), by name where there are several inputs. baselines : what it is compared
    with, each of the same form. index : the
    target among the outputs; target : the same as the core takes it.
    """

    core: ModuleType
    net: Any
    x: Any
    baselines: list[Any]
    outputs: Outputs
    index: int

    @property
    def target(self) -> Any:
        """What is explained, as the core takes it."""
        return self.outputs.target(self.index)

    @property
    def baseline(self) -> Any:
        """The first, for a study of one path."""
        return self.baselines[0]

    @property
    def averaged(self) -> Any:
        """As the core takes one baseline, or several to average over."""
        return self.baseline if len(self.baselines) == 1 else self.baselines
