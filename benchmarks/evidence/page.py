"""The page docs/evidence.md: its text with every number and table put in from the kept results."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.evidence import figures, tables
from benchmarks.evidence.plan import Plan

TEXT = Path(__file__).with_name("page.md")
"""The page before it is filled: [[what | of which | ...]] stands for a number or a table."""
RESULTS = Path(__file__).with_name("results") / "full.parquet"
PAGE = Path(__file__).parents[2] / "docs" / "evidence.md"
_FIELD = re.compile(r"\[\[(.+?)\]\]")


def write(plan: Plan) -> None:
    """The page and its figures, from the results that are kept."""
    frame = tables.results(RESULTS, plan)
    PAGE.write_text(filled(frame, plan), encoding="utf-8")
    folder = PAGE.with_suffix("")
    folder.mkdir(exist_ok=True)
    figures.write(frame, plan, folder)


def filled(frame: pd.DataFrame, plan: Plan) -> str:
    """The text of the page. Raises KeyError for a field that names what is not in the results."""
    fields: dict[str, Callable[..., str]] = {
        "value": lambda *of: _value(frame, plan, *of),
        "networks": lambda name, *only: tables.plain(tables.across(frame, name, plan, only)),
        "layers": lambda name, *only: tables.plain(tables.across(frame, name, plan, only, True)),
        "against NIG": lambda *names: tables.plain(_beside(tables.differences(frame, names, plan))),
        "settled": lambda *only: tables.plain(_settled(tables.stable(frame, plan), only)),
        "plan": lambda name: str(getattr(plan, name)),
        "of all": lambda: f"{len(frame):,}",
        "fingerprint": lambda: str(frame.fingerprint.iloc[0]),
        "machine": lambda: str(frame.machine.iloc[-1]),
    }

    def put(found: re.Match[str]) -> str:
        what, *of = found[1].split(" | ")
        return fields[what](*of)

    return _FIELD.sub(put, TEXT.read_text(encoding="utf-8"))


def _value(
    frame: pd.DataFrame, plan: Plan, name: str, ranking: str, network: str, layer: str = ""
) -> str:
    """A number with its interval; without a layer, over all of them."""
    table = tables.cells(frame, tables.METRICS[name], plan, pooled=not layer)
    row = table.set_index(["network", "layer", "ranking"]).loc[(network, layer, ranking)]
    return tables.told(*row[["mean", "low", "high"]].to_numpy(float))


def _beside(table: pd.DataFrame) -> pd.DataFrame:
    """A line for each ranking, a column for each metric and network; * where Holm's p is small."""
    sure = np.where(table.p < 0.05, "*", "")
    words = [f"{gap:+.3g}{star}" for gap, star in zip(table.difference, sure, strict=True)]
    where: Any = table.metric + ", " + table.network
    wide = table.assign(told=words, where=where).pivot_table(
        index="ranking", columns="where", values="told", aggfunc="first", sort=False
    )
    return wide.reset_index().fillna("")


def _settled(table: pd.DataFrame, only: Sequence[str]) -> pd.DataFrame:
    """A line for each layer, a column for each of some rankings."""
    found = table[table.ranking.isin(only)]
    words = [tables.told(*v) for v in found[["mean", "low", "high"]].to_numpy()]
    wide = found.assign(told=words).pivot_table(
        index=["network", "layer"], columns="ranking", values="told", aggfunc="first", sort=False
    )
    return wide.reset_index().fillna("")
