"""Snippet: the Python that computes an answer again. It runs as printed."""

from __future__ import annotations

from dashboard.export.subject import Subject

_SHADES = {"black": 0, "white": 255}


def snippet(subject: Subject) -> str:
    """A program of the public library that ends with the scores in `result`.

    A sample is read from the bundle; an upload from a file of its name beside the program.
    """
    asked, answer = subject.asked, subject.answer
    imports = ["from pathlib import Path", ""] if subject.is_upload else []
    if asked.baseline in _SHADES:
        imports += ["import numpy as np", ""]
    arguments = [
        "net",
        "x",
        f"{answer.layer!r}",
        f"target={answer.target},  # {subject.target}",
        f"baseline={_baseline(subject)}",
    ]
    if subject.method.certified:
        arguments.append(f"tolerance={asked.tolerance!r}")
    call = "\n".join(
        f"    {a}" if ",  #" in a else f"    {a}," for a in arguments
    )  # a comment ends its line
    lines = [
        f'"""{subject.method.title} of {answer.layer}: what makes it {subject.target!r}."""',
        "",
        *imports,
        "import attribution",
        "",
        f"card = attribution.zoo.cards()[{asked.model!r}]",
        *_data(subject),
        "picture = attribution.images.decode(data)",
        *_check(subject),
        "frame = attribution.images.ImageInput(**card.input)",
        f"pixels = attribution.images.fit(picture, frame.size, {asked.fit!r})",
        "x = frame.encode(pixels)[None]",
        "",
        f"net = attribution.load({asked.model!r})",
        f"result = attribution.METHODS[{asked.method!r}].run(",
        call,
        ")",
        f"print(result.top(20, by={subject.by!r}))",
        'print("gap", result.gap[0], "error", result.error[0])',
        "",
    ]
    return "\n".join(lines)


def _data(subject: Subject) -> list[str]:
    if subject.is_upload:
        return [f"data = Path({subject.title!r}).read_bytes()  # the file that was uploaded"]
    return [
        f"sample = next(s for s in card.samples if s.name == {subject.asked.input!r})",
        "data = sample.path.read_bytes()",
    ]


def _check(subject: Subject) -> list[str]:
    if not subject.is_upload:
        return []
    digits = subject.asked.input.removeprefix("file-")
    return [f'assert picture.digest.startswith("{digits}"), "another file"']


def _baseline(subject: Subject) -> str:
    asked = subject.asked
    if asked.baseline in _SHADES:
        shade = _SHADES[asked.baseline]
        return f"frame.encode(np.full((*frame.size, 3), {shade}, np.uint8))[None]"
    if asked.baseline == "blur":
        return f"attribution.baselines.blur(x, {asked.sigma!r})"
    if asked.baseline == "noise":
        return f"attribution.baselines.noise(x, seed={asked.seed}, count=1)"
    return f"attribution.baselines.{asked.baseline}(x)"
