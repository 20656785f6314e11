"""The page docs/evidence.md: its text with every number and table put in from the kept results."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
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

    @functools.cache
    def cells(name: str, pooled: bool) -> pd.DataFrame:
        return tables.cells(frame, tables.METRICS[name], plan, pooled)

    def value(name: str, ranking: str, network: str, layer: str = "") -> str:
        """A number with its interval; without a layer, over all of them."""
        table = cells(name, not layer).set_index(["network", "layer", "ranking"])
        row = table.loc[(network, layer, ranking)]
        return tables.told(*row[["mean", "low", "high"]].to_numpy(float))

    def least(name: str, ranking: str, *networks: str) -> str:
        """The lowest mean of any layer of these networks."""
        table = cells(name, False)
        own = table[(table.ranking == ranking) & table.network.isin(networks)]
        return tables.number(float(own["mean"].min()))

    fields: dict[str, Callable[..., str]] = {
        "value": value,
        "least": least,
        "networks": lambda name, *only: tables.plain(tables.across(cells(name, True), only)),
        "layers": lambda name, *only: tables.plain(tables.across(cells(name, False), only, True)),
        "against NIG": lambda *names: tables.plain(_beside(tables.differences(frame, names, plan))),
        "settled": lambda *only: tables.plain(
            tables.across(tables.stable(frame, plan), only, True)
        ),
        "plan": lambda name: str(getattr(plan, name)),
        "of all": lambda: f"{len(frame):,}",
        "fingerprint": lambda: str(frame.fingerprint.iloc[0]),
        "machine": lambda: str(frame.machine.iloc[-1]),
    }

    def put(found: re.Match[str]) -> str:
        what, *of = found[1].split(" | ")
        return fields[what](*of)

    return _FIELD.sub(put, TEXT.read_text(encoding="utf-8"))


def _beside(table: pd.DataFrame) -> pd.DataFrame:
    """A line for each ranking, a column for each metric and network; * where Holm's p is small."""
    there = table.difference.abs() >= tables.ROUNDING
    sure = np.where(table.p < 0.05, "*", "")
    words = [
        f"{gap:+.3g}{star}" if seen else "0"
        for gap, star, seen in zip(table.difference, sure, there, strict=True)
    ]
    where: Any = table.metric + ", " + table.network
    wide = table.assign(told=words, where=where).pivot_table(
        index="ranking", columns="where", values="told", aggfunc="first", sort=False
    )
    return wide.reset_index().fillna("")
