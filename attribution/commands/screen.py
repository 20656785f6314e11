"""Answers on the screen: plain lines; on a terminal, what rich makes of tables and progress."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from attribution.commands.answer import NUMBERS, Explanation, finite
from attribution.commands.refusals import spoken
from attribution.errors import one_line
from attribution.result import Attribution

SHOWN = 10
"""Rows for each example where no number is given."""
_NOT_FINITE = "Some scores are not finite: numbers are too large for float32 on the way."
_WIDE = 100_000
"""Columns of what is no terminal: nothing is cut or folded."""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns under their names on standard output: as wide as they are, or as the terminal is."""
    columns = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in head:
        columns.add_column(name, overflow="fold")
    for row in rows:
        columns.add_row(*map(Text, row))  # names are no markup
    terminal = sys.stdout.isatty()
    _Screen(force_terminal=terminal, width=None if terminal else _WIDE).print(columns)


class _Screen(Console):
    def on_broken_pipe(self) -> None:
        """An output that nobody reads is the command's error, as with any other line."""
        raise  # what rich has just caught


def show(answer: Explanation, *, by: Any, top: int | None, named: bool) -> None:
    """Print each example's numbers and its first rows.

    named : whether the input is named, as where there are several.
    """
    where = f", {one_line(answer.source, 200)}" if named else ""
    for name, result in answer.results.items():
        for example in range(len(result.scores)):
            about = answer.about(name, example)
            target = about["target"]
            called = "" if about["class"] is None else f" ({one_line(about['class'], 200)})"
            print(
                f"{one_line(name, 200)} ({answer.kinds[name]}){where}, example {example}, "
                f"target {target}{called}"
            )
            for key in NUMBERS:
                value = about[key]
                if key != "probability" or value is not None:
                    print(f"  {key:12}{'-' if value is None else format(value, '.6g')}")
            if not finite(result)[example]:
                print(f"  {_NOT_FINITE}")
            elif about["converged"] is False:
                print(f"  {_doubt(result)}")
            for note in result.notes:
                print(f"  {spoken(note)}")
            for row in answer.rows(name, by, example, SHOWN if top is None else top):
                line = f"  {by} {row.index!s:12} {row.score:+12.5g} {row.share:8.1%}"
                print(f"{line}  {row.name}".rstrip())


def doubts(answer: Explanation, *, named: bool) -> None:
    """Say on standard error which layers of an answer that went to a file are unsure."""
    where = f"{one_line(answer.source, 200)}, " if named else ""
    for name, result in answer.results.items():
        good = finite(result)
        said = [] if good.all() else [_NOT_FINITE]
        if result.converged is not None and not result.converged[good].all():
            said.append(_doubt(result))
        for doubt in said if sys.stderr is not None else ():
            sys.stderr.write(f"{where}{one_line(name, 200)}: {doubt}\n")


def _doubt(result: Attribution) -> str:
    """What is unsure about a result that did not converge, and the mend."""
    if result.tolerance is None:
        return "The scores do not sum to F(x) - F(baseline), as this method promises."
    return "The budget ended before the tolerance was met: allow more --steps."


@contextmanager
def bar(title: str) -> Iterator[Callable[[int, int], None] | None]:
    """What a method tells of its progress; shown, until it is done, on a terminal alone."""
    console = Console(stderr=True, force_terminal=True)
    if not (sys.stderr and sys.stderr.isatty()) or console.is_dumb_terminal:
        yield None
        return
    shown = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        auto_refresh=False,  # no thread: it is drawn when there is news
        redirect_stdout=False,
        redirect_stderr=False,
        transient=True,
    )
    with shown:
        task = shown.add_task(one_line(title), total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total, refresh=True)
