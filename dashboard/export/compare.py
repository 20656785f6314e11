"""Compare on paper: two answers, and the program that computes both."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboard.export import file
from dashboard.export.report import Listing
from dashboard.export.setting import Setting
from dashboard.export.sheet import Sheet
from dashboard.export.snippet import answered, totals
from dashboard.request.request import Query
from dashboard.words import answer as words
from dashboard.words import studies as sentences
from dashboard.work.answer import Answer
from dashboard.work.comparison import Agreement


def sheet(
    setting: Setting,
    second_asked: Query,
    answers: tuple[Answer, Answer],
    names: tuple[str, str],
    found: Agreement | None,
) -> Sheet:
    """Two answers. found : where they have one layer."""
    first_asked = setting.asked.flat()
    b = {f"b_{name}": value for name, value in second_asked.flat().items()}
    changed = {k: v for k, v in b.items() if v != first_asked.get(k.removeprefix("b_"))}
    unit = words.unit(answers[0], "channel")
    values = answers[0].values("channel"), answers[1].values("channel")
    tables = []
    numbers: dict[str, Any] = {f"delta_{k}": a.delta for k, a in zip("ab", answers, strict=True)}
    for name in ("error", "converged", "resolution"):
        numbers |= {f"{name}_{k}": getattr(a, name) for k, a in zip("ab", answers, strict=True)}
    title = f"Two layers: {answers[0].layer} and {answers[1].layer}"
    if found:
        title = sentences.agreement_head(found, unit)
        frame = pd.DataFrame({unit: range(len(values[0])), "A": values[0], "B": values[1]})
        frame["difference"] = frame["A"] - frame["B"]
        by_size = frame["difference"].abs().sort_values(ascending=False, kind="stable").index
        tables.append(Listing("channels", f"{unit.capitalize()}s", frame.loc[by_size]))
        numbers |= {n: getattr(found, n) for n in ("k", "overlap", "spearman", "same_sign")}
    return Sheet.of(
        setting,
        "compare",
        answers[0].target,
        changed,
        title=title,
        sentences=(f"A: {names[0]}. B: {names[1]}.",),
        numbers=numbers,
        tables=tuple(tables),
        arrays={
            name: array
            for which, answer in zip(("first", "second"), answers, strict=True)
            for name, array in (
                (which, answer.result.scores[0]),
                (f"request_{which}", file.asked(answer.result)),
            )
        },
        program=_program(setting, second_asked, answers),
    )


def _program(setting: Setting, second: Query, answers: tuple[Answer, Answer]) -> str:
    """Ends with the scores of every channel in `table`, where the two have one layer."""
    first, compared = setting.asked, setting.kind.compared(second)
    same = setting.kind.compared(first) == compared
    body = [
        *answered("first", first, setting.model, setting.item),
        *([] if same else [f"baseline = {compared}"]),
        *answered("second", second, setting.model, setting.item),
    ]
    a, b = (totals(n, x) for n, x in zip(("first", "second"), answers, strict=True))
    if first.layer != second.layer:
        body += [
            f"print({name}.top(10, by={words.unit(answer, 'channel')!r}))"
            for name, answer in zip(("first", "second"), answers, strict=True)
        ]
    else:
        body += [
            f'table = pd.DataFrame({{"A": {a}, "B": {b}}})',
            "steps = 1e-5 * table.abs().max()  # noise around zero has no rank",
            "ranks = (table / steps.where(steps > 0, 1)).round().rank()",
            'spearman = ranks["A"].corr(ranks["B"])',
            'apart = (table["A"] - table["B"]).abs()',
            "print(table.loc[apart.sort_values(ascending=False).index].head(10))",
            'print("rank correlation", spearman)',
        ]
    imports = ["import numpy as np"] if "np." in compared else []
    imports += ["import pandas as pd"] if first.layer == second.layer else []
    return setting.program("Two attributions side by side.", body, imports)
