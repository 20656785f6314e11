"""Snippet: the Python that computes what a page shows again. It runs as printed."""

from __future__ import annotations

from collections.abc import Sequence

from attribution.methods import Method
from dashboard.export.subject import Subject
from dashboard.request.request import UPLOAD, Request
from dashboard.text import docstring, plain
from dashboard.work.answer import Answer

_SHADES = {"black": 0, "white": 255}


HOW_TO_RUN = (
    "Run it in the project's folder, which holds the library and the networks:\n\n"
    "    PYTHONPATH=. .venv/bin/python path/to/this.py"
)


def snippet(subject: Subject) -> str:
    """A program of the public library that ends with the scores in `result`."""
    answer = subject.answer
    call = run("result", subject.asked, answer.layer, answer.target, subject.target)
    return program(
        f"{subject.method.title} of {answer.layer}: what makes it {subject.target!r}.",
        subject.asked,
        subject.file,
        [
            *call,
            f"print(result.top(20, by={subject.by if answer.has_channels else 'neuron'!r}))",
            *trust(subject.method),
        ],
    )


def program(
    about: str, asked: Request, file: str, body: Sequence[str], imports: Sequence[str] = ()
) -> str:
    """A program whose `body` finds the network as `net`, the input as `x`, and `baseline`.

    A sample is read from the bundle; an upload from `file` beside the program.
    imports : of the body, such as "import numpy as np".
    """
    upload = bool(UPLOAD.fullmatch(asked.input))
    others = {*imports, *(["import numpy as np"] if asked.baseline in _SHADES else [])}
    lines = [
        f'"""{docstring(about)}\n\n{HOW_TO_RUN}\n"""',
        "",
        *(["from pathlib import Path", ""] if upload else []),
        *([*sorted(others), ""] if others else []),
        "import attribution",
        "",
        f"card = attribution.zoo.cards()[{asked.model!r}]",
        *_data(asked, file, upload),
        "frame = attribution.images.ImageInput(**card.input)",
        f"pixels = attribution.images.fit(picture, frame.size, {asked.fit!r})",
        "x = frame.encode(pixels)[None]",
        f"baseline = {baseline(asked)}",
        "",
        f"net = attribution.load({asked.model!r})",
        *body,
        "",
    ]
    return "\n".join(lines)


def run(
    name: str, asked: Request, layer: str, target: int, label: str, options: str = ""
) -> list[str]:
    """Lines that put a method's result under a name. options : in place of the tolerance."""
    options = options or (f"tolerance={asked.tolerance!r}" if asked.tolerance else "")
    return [
        f"{name} = attribution.METHODS[{asked.method!r}].run(",
        "    net,",
        "    x,",
        f"    {layer!r},",
        f"    target={target},  # {plain(label)}",
        "    baseline=baseline,",
        *([f"    {options},"] if options else []),
        ")",
    ]


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


def baseline(asked: Request) -> str:
    """An expression for the baseline of `x`."""
    if asked.baseline in _SHADES:
        shade = _SHADES[asked.baseline]
        return f"frame.encode(np.full((*frame.size, 3), {shade}, np.uint8))[None]"
    if asked.baseline == "blur":
        return f"attribution.baselines.blur(x, {asked.sigma!r})"
    if asked.baseline == "noise":
        return f"attribution.baselines.noise(x, seed={asked.seed}, count=1)[0]"
    return f"attribution.baselines.{asked.baseline}(x)"


def _data(asked: Request, file: str, upload: bool) -> list[str]:
    if not upload:
        return [
            f"sample = next(s for s in card.samples if s.name == {asked.input!r})",
            "picture = attribution.images.decode(sample.path.read_bytes())",
        ]
    return [
        f"data = Path({file!r}).read_bytes()  # the file that was uploaded",
        "picture = attribution.images.decode(data)",
        f'assert picture.digest.startswith("{asked.input.removeprefix("file-")}"), "another file"',
    ]
