"""Snippet: the Python that computes what a page shows again. It runs as printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attribution.methods import Method
from dashboard.request.catalogue import Model
from dashboard.request.outputs import Outputs
from dashboard.request.request import Query
from dashboard.text import docstring, plain
from dashboard.work.answer import Answer
from dashboard.work.item import Item

if TYPE_CHECKING:
    from dashboard.export.subject import Subject
    from dashboard.kinds.kind import Kind

HOW_TO_RUN = (
    "Run it in the project's folder, which holds the library and the networks:\n\n"
    "    PYTHONPATH=. .venv/bin/python path/to/this.py"
)


def snippet(subject: Subject) -> str:
    """A program of the public library that ends with the scores in `result`."""
    answer = subject.answer
    return program(
        f"{subject.method.title} of {answer.layer}: what makes it {subject.target!r}.",
        subject.kind,
        subject.item,
        subject.asked,
        [
            *answered("result", subject.asked, subject.model, subject.item),
            *_inputs(subject.item, answer.layer),
            f"print(result.top(20, by={subject.by if answer.has_channels else 'neuron'!r}))",
            *trust(subject.method),
        ],
    )


def _inputs(item: Item, layer: str) -> list[str]:
    """A line that prints the scores of the input itself, where they belong to the answer."""
    if not item.entry:
        return []
    found = "result" if item.entry == layer else f"results[{item.entry!r}]"
    return [f"print({found}.scores[0])  # of the input itself"]


def program(
    about: str,
    kind: Kind,
    item: Item,
    asked: Query,
    body: Sequence[str],
    imports: Sequence[str] = (),
) -> str:
    """A program whose `body` finds the network as `net`, the input as `x`, and `baseline`.

    imports : of the body, such as "import numpy as np".
    """
    given, needed = kind.given(item, asked)
    compared = kind.compared(asked)
    others = {*imports, *needed, *(["import numpy as np"] if "np." in compared else [])}
    standard = sorted(line for line in others if line.startswith("from "))
    foreign = sorted(others - {*standard})
    card = f"card = attribution.zoo.cards()[{asked.model!r}]"
    lines = [
        f'"""{docstring(about)}\n\n{HOW_TO_RUN}\n"""',
        "",
        *([*standard, ""] if standard else []),
        *([*foreign, ""] if foreign else []),
        "import attribution",
        "",
        *([card] if any("card." in line for line in (*given, compared)) else []),
        *given,
        f"baseline = {compared}",
        "",
        f"net = attribution.load({asked.model!r})",
        *body,
        "",
    ]
    return "\n".join(lines)


def run(
    name: str,
    asked: Query,
    layers: str | list[str],
    outputs: Outputs,
    options: str = "",
) -> list[str]:
    """Lines that put a method's result under a name. options : in place of the tolerance."""
    index = asked.target or 0
    options = options or (f"tolerance={asked.tolerance!r}" if asked.tolerance else "")
    return [
        f"{name} = attribution.METHODS[{asked.method!r}].run(",
        "    net,",
        "    x,",
        f"    {layers!r},",
        f"    target={outputs.target(index)!r},  # {plain(outputs[index])}",
        "    baseline=baseline,",
        *([f"    {options},"] if options else []),
        ")",
    ]


def answered(name: str, asked: Query, model: Model, item: Item) -> list[str]:
    """Lines that put the scores of a request's layer under a name.

    Where those of the input belong to an answer, they are computed beside: one pass, and with it
    the nodes of the path, serves both.
    """
    if item.entry in ("", asked.layer):
        return run(name, asked, asked.layer, model.outputs)
    body = run(f"{name}s", asked, [item.entry, asked.layer], model.outputs)
    return [*body, f"{name} = {name}s[{asked.layer!r}]"]


def trust(method: Method) -> list[str]:
    """Lines that print how far the numbers in `result` can be trusted."""
    gap = 'print("gap", result.gap[0])'
    return {
        "estimated": [
            gap,
            'print("estimated error", result.error[0])',
            'print("finest features seen", result.resolution[0], "of the path")',
        ],
        "closes": [gap, 'print("the sums close:", result.converged[0])'],
        "unknown": [f"{gap}  # no error is known for this method"],
    }[method.accuracy]


def totals(name: str, answer: Answer) -> str:
    """An expression for the scores of a result by channel, or of each neuron without channels."""
    return f"{name}.channels()[0]" if answer.has_channels else f"{name}.scores[0].reshape(-1)"
