"""Commands: `python -m dashboard lesson check FILE | collect FOLDER | export NAME out.html`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from dashboard.lessons import collected, paper, proof, reading
from dashboard.lessons.lesson import Lesson
from dashboard.lessons.reading import InvalidLesson
from dashboard.lessons.vocabulary import CHECKS, Unanswerable
from dashboard.text import cells, plain, stem
from dashboard.work.engine import Engine
from dashboard.work.workshop import Refused

OK, WRONG = 0, 2


def parser() -> argparse.ArgumentParser:
    """Of what comes after `lesson`."""
    found = argparse.ArgumentParser(prog="python -m dashboard lesson", description=__doc__)
    commands = found.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="what is wrong with a lesson's file, if anything")
    check.add_argument("lesson", help="a .yaml file, or the name of a lesson")
    listed = commands.add_parser("checks", help="what a question may be about, page by page")
    listed.set_defaults(lesson="")
    collect = commands.add_parser("collect", help="a table of the answers in a folder")
    collect.add_argument("folder", type=Path)
    collect.add_argument("--out", type=Path, help="a folder for the tables as CSV")
    export = commands.add_parser("export", help="a lesson as one page that needs no server")
    export.add_argument("lesson", help="a .yaml file, or the name of a lesson")
    export.add_argument("out", type=Path)
    return found


def run(arguments: Sequence[str], console: Console | None = None) -> int:
    """Do it; 0 where all is well, 2 where a sentence says what is not."""
    asked, out = parser().parse_args(arguments), console or Console(highlight=False, soft_wrap=True)
    try:
        if asked.command == "check":
            return _check(asked.lesson, out)
        if asked.command == "checks":
            return _checks(out)
        if asked.command == "collect":
            return _collect(asked.folder, asked.out, out)
        return _export(asked.lesson, asked.out, out)
    except (InvalidLesson, Refused, Unanswerable) as refused:
        _say(out, str(refused))
    except OSError as error:
        _say(out, f"{plain(error.filename)} cannot be used: {error.strerror}.")
    return WRONG


def _say(out: Console, words: str) -> None:
    out.print(Text(plain(words)))


def _find(name: str) -> tuple[str, Lesson]:
    if name.endswith((".yaml", ".yml")):
        return Path(name).stem, reading.read(Path(name))
    lessons, _ = reading.shelf()
    if name not in lessons:
        listed = ", ".join(lessons)
        raise InvalidLesson(f"There is no lesson {name!r}; there are: {listed}; or give a file.")
    return name, lessons[name]


def _check(name: str, out: Console) -> int:
    _, lesson = _find(name)
    bad = 0
    for number, answer, wrong in proof.prove(Engine(), lesson):
        bad += bool(wrong)
        said = wrong or (f"the answer is {answer}" if answer else "it can be shown")
        _say(
            out, f"{'✗' if wrong else '✓'} step {number}, {lesson.steps[number - 1].title}: {said}"
        )
    _say(
        out,
        f"{lesson.title}: {bad} of {len(lesson.steps)} steps do not hold."
        if bad
        else f"{lesson.title}: all {len(lesson.steps)} steps hold.",
    )
    return WRONG if bad else OK


def _checks(out: Console) -> int:
    for page, checks in CHECKS.items():
        _say(out, page)
        for name, check in checks.items():
            about = f": {check.about}" if check.about else ""
            _say(out, f"  {name}{about} ({check.kind}): {check.says}")
    return OK


def _collect(folder: Path, kept: Path | None, out: Console) -> int:
    handed, problems = collected.gather(folder)
    lessons, _ = reading.shelf()
    for problem in problems:
        _say(out, problem)
    if not handed:
        _say(out, f"There are no answers in {folder}; give a folder of files that learners sent.")
        return WRONG
    for name, files in handed.items():
        if name not in lessons:
            _say(out, f"{len(files)} files are about a lesson {name!r}, which is not here.")
            continue
        found = collected.table(Engine(), lessons[name], files)
        for problem in found.problems:
            _say(out, problem)
        _print(out, found.answers, lessons[name].title)
        _print(out, found.questions, "Where the class went wrong")
        if kept:
            kept.mkdir(parents=True, exist_ok=True)
            for part, frame in (("answers", found.answers), ("questions", found.questions)):
                cells(frame).to_csv(kept / f"{stem(name, part)}.csv", index=False)
    return OK


def _print(out: Console, frame: pd.DataFrame, title: str) -> None:
    grid = Grid(title=Text(plain(title)))
    for name in frame.columns:
        grid.add_column(Text(str(name)))
    for row in frame.itertuples(index=False):
        grid.add_row(*(Text(plain(value)) for value in row))
    out.print(grid)


def _export(name: str, path: Path, out: Console) -> int:
    _, lesson = _find(name)
    text = paper.page(Engine(), lesson)
    path.write_text(text, encoding="utf-8")
    _say(out, f"{path}: {len(text.encode()) / 2**20:.1f} MB, opens without a server.")
    return OK
