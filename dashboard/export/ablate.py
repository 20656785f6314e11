"""Ablate on paper: channels switched off, and the program that does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dashboard.export import file
from dashboard.export.report import Listing
from dashboard.export.setting import Setting
from dashboard.export.sheet import Sheet
from dashboard.export.snippet import answered, totals
from dashboard.request import picks
from dashboard.words import ablation as sentences
from dashboard.words import answer as words
from dashboard.work.answer import Answer
from dashboard.work.findings import Ablation, Curve

_TO = {"baseline": "None", "zero": "0.0", "mean": '"mean"'}
_ORDERS = {
    "supporting": "np.argsort(-values, kind='stable')",
    "largest": "np.argsort(-np.abs(values), kind='stable')",
    "activation": "np.argsort(-active, kind='stable')",
    "smallest": "np.argsort(np.abs(values), kind='stable')",
}


def sheet(
    setting: Setting,
    answer: Answer,
    found: Ablation,
    curves: Mapping[str, Curve] | None,
    hold: str,
    seed: int,
) -> Sheet:
    """One set of channels held, and the curves where they are there."""
    outputs, target = setting.outputs, answer.target
    head, labels = outputs.head(target), [outputs[i] for i in outputs.beside(target)]
    before, after = found.probabilities
    scores = answer.values("channel")
    unit = words.unit(answer, "channel")
    off = pd.DataFrame({unit: found.channels, "score": scores[list(found.channels)]})
    beside = {"index": outputs.beside(target), "name": labels, "before": before, "after": after}
    ordered = pd.DataFrame(beside).sort_values("before", ascending=False, kind="stable")
    tables = [Listing("off", "Switched off", off), Listing("classes", "Classes", ordered)]
    arrays: dict[str, Any] = {
        "probabilities": found.probabilities,
        "scores": answer.result.scores[0],
        "request": file.asked(answer.result),
    }
    if curves:
        frame = pd.DataFrame({name: c.scores for name, c in curves.items()})
        frame.insert(0, "off", range(len(frame)))
        tables.append(Listing("curves", "Curves", frame))
        arrays["curves"] = frame.to_numpy()
    return Sheet.of(
        setting,
        "ablate",
        target,
        {"off": list(found.channels), "hold": hold, "draw": seed},
        title=sentences.ablation_head(found, labels, head.form, unit),
        sentences=(),
        numbers={
            "before": found.before,
            "after": found.after,
            "predicted": found.predicted,
            "measured": found.measured,
            "flips": {name: c.flips for name, c in curves.items()} if curves else None,
        },
        tables=tuple(tables),
        arrays=arrays,
        program=_program(setting, answer, outputs[target], found.channels, hold, seed),
    )


def _program(
    setting: Setting,
    answer: Answer,
    label: str,
    channels: Sequence[int],
    hold: str,
    seed: int,
) -> str:
    """Ends with `predicted`, `before`, `after`, `probabilities`, and the curves in `table`."""
    asked, outputs, most = setting.asked, setting.outputs, min(picks.MOST, answer.width)
    at = outputs.within(answer.target)
    of = f", 'target': {outputs.target(answer.target)!r}" if len(outputs.heads) > 1 else ""
    places = "" if answer.has_channels else "places = list(np.ndindex(*result.scores.shape[1:]))"
    off = "{}" if answer.has_channels else "[places[n] for n in {}]"
    orders = [f"    {name!r}: {_ORDERS.get(name) or _random(name, seed)}," for name in picks.CURVES]
    body = [
        *answered("result", asked, setting.model, setting.item),
        f"values = {totals('result', answer)}",
        *([places] if places else []),
        "",
        "# one set of channels",
        f"channels = {list(channels)}",
        f"held = {{'to': {_TO[hold]}, 'baseline': baseline{of}}}",
        f"question = (net, x, {asked.layer!r}, [[], {off.format('channels')}])",
        "logits = attribution.ablated_outputs(*question, **held, output='logit')",
        f"before, after = logits.reshape(2, -1)[:, {at}]",
        "predicted = -values[channels].sum()",
        "probabilities = attribution.ablated_outputs(*question, **held).reshape(2, -1)",
        'print("predicted", predicted, "measured", after - before)',
        "",
        "# one after another, in several orders",
        f"h = np.abs(net.activations(x, {asked.layer!r})[0])",
        *([f"h = np.moveaxis(h, {answer.result.channel_axis}, -1)"] if answer.has_channels else []),
        "active = h.reshape(-1, len(values)).sum(0, dtype=float)",
        "orders = {",
        *orders,
        "}",
        f"counts = range({most + 1})",
        f"sets = [{off.format('list(order[:k])')} for order in orders.values() for k in counts]",
        f"logits = attribution.ablated_outputs(net, x, {asked.layer!r}, sets, **held, "
        "output='logit')",
        f"scores = logits.reshape(len(orders), len(counts), -1)[..., {at}]",
        "table = pd.DataFrame(dict(zip(orders, scores)))",
        "print(table.to_string())",
    ]
    unit = words.unit(answer, "channel").capitalize()
    about = f"{unit}s of {asked.layer} switched off: what becomes of {label!r}."
    return setting.program(about, body, ["import numpy as np", "import pandas as pd"])


def _random(name: str, seed: int) -> str:
    moved = seed + int(name.partition(" ")[2])
    return f"np.random.default_rng({moved}).permutation(len(values))"
