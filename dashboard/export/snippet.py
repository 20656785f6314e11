"""Snippet: the Python that computes what a page shows again. It runs as printed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attribution import cards
from attribution.cards import Card
from attribution.methods import Method
from dashboard.request.catalogue import Model
from dashboard.request.outputs import Outputs
from dashboard.request.request import Query
from dashboard.text import docstring, plain
from dashboard.work.answer import Answer
from dashboard.work.item import Item

if TYPE_CHECKING:
    from dashboard.export.setting import Setting
    from dashboard.export.subject import Subject

_BUNDLED = (
    "Run it in the project's folder, which holds the library and the networks:\n\n"
    "    PYTHONPATH=. .venv/bin/python path/to/this.py"
)
_OWN = (
    "Run it with the library installed, in the folder that holds {}:\n\n    python path/to/this.py"
)
_MODULES = {"import numpy as np": "np.", "import tempfile": "tempfile."}
_STANDARD = ("import tempfile", "from pathlib import Path")


def snippet(subject: Subject) -> str:
    """A program of the public library that ends with the scores in `result`."""
    answer = subject.answer
    return program(
        f"{subject.method.title} of {answer.layer}: what makes it {subject.target!r}.",
        subject,
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


def program(about: str, setting: Setting, body: Sequence[str], imports: Sequence[str] = ()) -> str:
    """A program whose `body` finds the network as `net`, the input as `x`, and `baseline`.

    imports : of the body, such as "import numpy as np".
    """
    asked, path = setting.asked, setting.model.path
    given, needed = setting.kind.given(setting.item, asked)
    compared = _compared(setting)
    needs_card = any("card." in line for line in (*given, compared))
    if path:
        how = _OWN.format(docstring(path.name))
        before = [f"net = attribution.load({path.name!r})"]
        before += _card(setting.model, path.parent, asked.input) if needs_card else []
        after = []
    else:
        how = _BUNDLED
        before = [f"card = attribution.zoo.cards()[{asked.model!r}]"] if needs_card else []
        after = [f"net = attribution.load({asked.model!r})"]
    made = [*before, *given, f"baseline = {compared}"]
    others = {line for line, name in _MODULES.items() if any(name in x for x in made)}
    others |= {*imports, *needed}
    standard = [line for line in _STANDARD if line in others]
    foreign = sorted(others - {*standard})
    lines = [
        f'"""{docstring(about)}\n\n{how}\n"""',
        "",
        *([*standard, ""] if standard else []),
        *([*foreign, ""] if foreign else []),
        "import attribution",
        "",
        *made,
        "",
        *after,
        *body,
        "",
    ]
    return "\n".join(lines)


def _compared(setting: Setting) -> str:
    """An expression for the baseline of `x`: of several inputs one for each, by name."""
    found, padding = setting.kind.compared(setting.asked), setting.model.padding
    if not setting.model.shapes:
        return found
    if padding:
        found = f"np.full_like(x, {padding}[name]) if name in {padding} else {found}"
    return f"{{name: {found} for name, x in x.items()}}"


def _card(model: Model, folder: Path, sample: str) -> list[str]:
    """Lines that make the `card` of a model that is not bundled: what it says of the inputs, and
    the sample; one that no card names is made as the page has made it."""
    chosen = model.card.sample(sample)
    named = chosen and chosen.file.resolve().is_relative_to(folder.resolve())
    said: dict[str, Any] = {"inputs": model.card.inputs}
    if chosen and named:
        said["samples"] = [{"file": chosen.file}]
    _, *text = cards.text(Card(**said), folder).splitlines(keepends=True)
    lines = ["card = attribution.cards.parse(", *(f"    {line!r}" for line in text), ")"]
    if chosen and not named:
        lines.append("drawn = attribution.cards.noise(net)")
        made = "attribution.cards.ready(card, net.input_shapes, tempfile.mkdtemp(), drawn)"
        lines.append(f"card = {made}")
    return lines


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
