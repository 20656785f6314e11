"""Data set on paper: what a run says of a class or a unit, as tables, a page and arrays."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pandas as pd

from dashboard.export import brief, web
from dashboard.export.brief import Inputs
from dashboard.export.drawing import Drawing
from dashboard.export.file import File, table
from dashboard.figures import profile as draw
from dashboard.request.outputs import Outputs
from dashboard.text import html, stem
from dashboard.words import profile as words
from dashboard.words.quantity import LOGIT, quantity
from dashboard.work import profiled
from dashboard.work.profiled import Profiled, Proven, Settled
from dashboard.work.ran import Ran

BARS = 18
MOST_UNITS = 60  # of a heatmap
ROWS = 40
_CAUTION = "Attribution is not causation: it divides one number among neurons by a rule."


@dataclass(frozen=True)
class Evidence:
    """What the page shows. name : of the class. unit : the one that is looked at, or None. one :
    what a unit is called. outputs : of the network, where it is here. link : of the view.
    settled : whether the first units are. importance : of the weights, as a file; None where the
    network is not here. proven : what became of inputs without units. known : what has been seen of
    inputs at (place, unit).

    drawings : the figures that the page has drawn, by their names.
    """

    ran: Ran
    found: Profiled
    name: str
    unit: int | None
    one: str
    palette: str
    outputs: Outputs | None
    link: str
    settled: Settled
    importance: Callable[[], bytes] | None = None
    proven: Proven = field(default_factory=Proven)
    known: Callable[[Sequence[tuple[int, int]]], Inputs] = lambda _: {}
    drawings: dict[str, Drawing] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The answer in a sentence."""
        if self.unit is None:
            return words.headline(self.found, self.name, self.one, self.goal)
        return words.unit_head(self.found, self.name, self.unit, self.goal)

    @property
    def goal(self) -> str:
        """What was explained, where that is one output for all inputs; else empty."""
        if not isinstance(self.ran.target, int):
            return ""
        return self.outputs[self.ran.target] if self.outputs else str(self.ran.target)

    @property
    def of(self) -> str:
        """What the number is called that was explained."""
        targets = [self.ran.target] if isinstance(self.ran.target, int) else [0]
        return quantity(self.outputs, targets[0]) if self.outputs else LOGIT

    def noted(self, drawing: Drawing) -> Drawing:
        """A figure of the page, which its report holds too."""
        self.drawings[drawing.name] = drawing
        return drawing


def ranking(evidence: Evidence) -> Drawing:
    """The first units of the class with their intervals."""
    found, frame = evidence.found, evidence.found.of_class(evidence.name)
    order = found.ranked(evidence.name)[:BARS]
    rows = frame.loc[order]
    return evidence.noted(
        Drawing(
            "units",
            words.ranked(rows, found, evidence.name),
            lambda: draw.intervals(
                rows, [found.called(u) for u in order], None, evidence.palette, evidence.of
            ),
        )
    )


def over_classes(evidence: Evidence) -> Drawing:
    """The unit in every class."""
    found, unit = evidence.found, evidence.unit or 0
    frame = found.of_unit(unit)
    names = list(frame["class"])
    return evidence.noted(
        Drawing(
            "classes",
            words.intervals(frame, found.called(unit)),
            lambda: draw.intervals(
                frame, names, names.index(evidence.name), evidence.palette, evidence.of
            ),
        )
    )


def spread(evidence: Evidence) -> Drawing:
    """What the unit contributes to each input of the class."""
    found, unit = evidence.found, evidence.unit or 0
    values = found.values(evidence.name, unit)
    return evidence.noted(
        Drawing(
            "spread",
            words.histogram(values, found.called(unit), evidence.name),
            lambda: draw.histogram(values, evidence.palette, of=evidence.of),
        )
    )


def heatmap(evidence: Evidence) -> Drawing:
    """Classes and units, like ones side by side."""
    found = evidence.found
    means, names, units = profiled.likeness(found, MOST_UNITS)
    called = [found.called(unit) for unit in units]
    return evidence.noted(
        Drawing(
            "likeness",
            words.heatmap(means, names, found.units, called),
            lambda: draw.heatmap(means, names, called, evidence.palette),
        )
    )


def listing(evidence: Evidence) -> pd.DataFrame:
    """Every unit of the class, the largest first, with its name beside its number."""
    found = evidence.found
    frame = found.of_class(evidence.name).loc[found.ranked(evidence.name)].reset_index(drop=True)
    frame.insert(2, "name", [found.names.get(int(u), "") for u in frame["unit"]])
    return frame


def files(evidence: Evidence) -> tuple[File, ...]:
    """Everything that the menu offers."""
    ran, found = evidence.ran, evidence.found
    name = stem("profile", ran.name, found.layer)
    about = f"Every class and unit of {found.layer}: {len(found.table):,} lines."
    return (
        File(
            "html",
            "Report (HTML)",
            f"{name}.html",
            "text/html",
            "The figures and sentences of this page, and the cards of every class whose examples "
            "it has shown, in one page that opens without a network.",
            lambda: page(evidence).encode(),
        ),
        table("csv", "Statistics", name, about, lambda: found.table),
        File(
            "parquet",
            "Statistics (Parquet)",
            f"{name}.parquet",
            "application/vnd.apache.parquet",
            about,
            lambda: parquet(found.table),
        ),
        *_importance(evidence, name),
    )


def _importance(evidence: Evidence, name: str) -> tuple[File, ...]:
    if evidence.importance is None:
        return ()
    return (
        File(
            "npz",
            "Importance of weights (NPZ)",
            f"{name}-importance.npz",
            "application/octet-stream",
            "How much each unit counts, by the Keras weight that makes it: for pruning and "
            "regularisers.",
            evidence.importance,
        ),
    )


def parquet(frame: pd.DataFrame) -> bytes:
    """A table as a file that keeps its types."""
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


def page(evidence: Evidence) -> str:
    """What the page says, with the figures that it has drawn."""
    drawings = list(evidence.drawings.values())
    name = stem("profile", evidence.ran.name)
    figures = [web.figure(drawing, name, "svg") for drawing in drawings]
    frame = listing(evidence)[["unit", "name", "mean", "standard_error", *_ENDS, "first_10"]]
    rows = [[_cell(value) for value in row] for row in frame.head(ROWS).itertuples(index=False)]
    link = html(evidence.link)
    sentences = [*words.run(evidence.ran, evidence.goal), *said(evidence), *evidence.ran.notes]
    parts = [
        f"<h1>{html(evidence.title)}</h1>",
        *(f"<p>{html(sentence)}</p>" for sentence in sentences),
        f'<div class="figures">{"".join(figures)}</div>',
        f"<h2>The first units of {html(evidence.name)}</h2>",
        web.table(frame.columns, rows),
        *brief.sections(evidence),
        f'<p><a href="{link}">{link}</a></p>' if link else "",
        f"<p>{_CAUTION}</p>",
    ]
    return web.document(evidence.title, parts, figures)


_ENDS = ("low", "high", "simultaneous_low", "simultaneous_high")


def said(evidence: Evidence) -> tuple[str, ...]:
    """How sure it is, in sentences."""
    found, name = evidence.found, evidence.name
    told = (
        words.settled(found, evidence.settled, evidence.one),
        words.errors(found.of_class(name)),
        words.jaccard(evidence.settled, evidence.one),
        *words.promises(found),
        words.left_out(len(evidence.ran.left_out)),
    )
    return tuple(filter(None, told))


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
