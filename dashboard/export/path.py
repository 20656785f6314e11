"""Path on paper: one channel from the baseline to the input, and the program that follows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from dashboard.export.report import Listing
from dashboard.export.setting import Setting
from dashboard.export.sheet import Sheet
from dashboard.request.request import placed
from dashboard.text import plain
from dashboard.words import answer as words
from dashboard.work.answer import Place
from dashboard.work.findings import Split, Trail
from dashboard.work.studies import FINEST, SPLIT_STEPS, SPLIT_TOLERANCE, trail_request

if TYPE_CHECKING:
    from attribution import Convergence  # the module itself needs TensorFlow


def sheet(
    setting: Setting,
    title: str,
    place: Place,
    found: Trail,
    split: Split | None,
    race: Convergence | None,
) -> Sheet:
    """One channel along the path, and the studies that were asked for."""
    whose = words.whose_path(setting.asked.method)
    setting = replace(setting, asked=trail_request(setting.asked))
    walk, channel, target = found.walk, place.channel, setting.outputs[found.target]
    frame = pd.DataFrame(
        {
            "a": walk.nodes,
            "F": walk.f,
            "activation": walk.activations[:, channel],
            "gradient": walk.gradients[:, channel],
            "score_so_far": walk.accumulated[:, channel],
        }
    )
    tables = [Listing("path", "Path", frame)]
    names = "nodes", "f", "activations", "gradients", "accumulated"
    arrays: dict[str, Any] = {name: getattr(walk, name) for name in names}
    if split:
        arrays["over_the_input"] = split.result.scores[0]
    if race:
        lines = [
            (rule, int(n), float(e))
            for rule, (counts, errors) in race.curves.items()
            for n, e in zip(counts, errors, strict=True)
        ]
        race_frame = pd.DataFrame(lines, columns=["rule", "evaluations", "error"])
        tables.append(Listing("rules", "Rules", race_frame))
    parts = [name for name, part in (("split", split), ("race", race)) if part]
    neuron = split.neuron if split else None
    return Sheet.of(
        setting,
        "path",
        found.target,
        {"channel": channel, **placed(place.position)},
        title=title,
        sentences=(whose,) if whose else (),
        numbers={
            "score": float(walk.accumulated[-1, channel]),
            "f_input": float(walk.f[-1]),
            "f_baseline": float(walk.f[0]),
            "nodes": len(walk.nodes),
        },
        tables=tuple(tables),
        arrays=arrays,
        program=_program(setting, found.target, target, place, neuron, parts),
    )


def _program(
    setting: Setting,
    target: int,
    label: str,
    place: Place,
    neuron: Any,
    parts: Sequence[str],
) -> str:
    """Ends with the curves in `table`, and `split` and `race` where `parts` name them."""
    asked = setting.asked
    common = ["    net,", "    x,", f"    {asked.layer!r},"]
    asks = [
        f"    target={setting.outputs.target(target)!r},  # {plain(label)}",
        "    baseline=baseline,",
    ]
    body = [
        *(["baseline = baseline[0]  # a path has one end"] if setting.kind.several(asked) else []),
        "trail = attribution.walk(",
        *common,
        f"    position={place.position},",
        *asks,
        f"    tolerance={asked.tolerance!r},",
        ")",
        "table = pd.DataFrame(",
        "    {",
        '        "a": trail.nodes,',
        '        "F": trail.f,',
        f'        "activation": trail.activations[:, {place.channel}],',
        f'        "gradient": trail.gradients[:, {place.channel}],',
        f'        "score_so_far": trail.accumulated[:, {place.channel}],',
        "    }",
        ")",
        "print(table.to_string())",
    ]
    if "split" in parts:
        several = len(setting.model.shapes) > 1
        said = 'f"over {name}"' if several else '"over the input"'
        body += [
            "",
            "split = attribution.conductance_by_input(",
            *common,
            f"    {neuron},",
            *asks,
            f"    tolerance={SPLIT_TOLERANCE},",
            f"    steps={SPLIT_STEPS},",
            ")",
            *(["for name, split in split.items():"] if several else []),
            f'{"    " * several}print({said}, split.total[0], "error", split.error[0])',
        ]
    if "race" in parts:
        body += [
            "",
            f"race = attribution.convergence(\n{chr(10).join(common)}",
            *asks,
            f"    finest={FINEST},",
            ")",
            "for rule, (evaluations, errors) in race.curves.items():",
            "    print(rule, dict(zip(evaluations.tolist(), errors.tolist())))",
        ]
    about = f"{str(place).capitalize()} of {asked.layer} from the baseline to the input."
    return setting.program(about, body, ["import pandas as pd"])
