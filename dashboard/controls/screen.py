"""Screen: what every page gets: the engine, the session, and the request with its input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from dashboard.controls.session import Session
from dashboard.export.setting import Setting
from dashboard.request.form import Known
from dashboard.request.request import View
from dashboard.work.findings import Prediction


@dataclass(frozen=True)
class Screen(Setting):
    """known : as chosen. asked : of the item that is really shown, which `known` may not name:
    one's own that is not here, or that cannot be read.
    problems : sentences on what a link or a control asked for and could not have.
    status : writes the line at the foot of the request."""

    session: Session
    view: View
    prediction: Prediction
    problems: tuple[str, ...]
    status: Callable[[str], object]

    @property
    def shown(self) -> Known:
        """The values with the input that is really shown: files must not name a missing one."""
        really = {"input": self.asked.input, **dict(self.asked.reading)}
        return replace(self.known, values={**self.known.values, **really})
