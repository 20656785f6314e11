"""Lessons: what a file may say, and that each check finds what the library alone finds."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dashboard import settings
from dashboard.lessons import proof, reading, scenes
from dashboard.lessons.lesson import Lesson, LessonStep
from dashboard.lessons.reading import InvalidLesson
from dashboard.lessons.vocabulary import CHECKS, FIGURES, KINDS
from dashboard.work.engine import Engine
from tests.dashboard.lesson_truth import find

LESSONS = reading.bundled()
STEPS = [
    pytest.param(
        step,
        id=f"{name}-{number}",
        marks=[pytest.mark.slow] if step.view.link.get("model") == "efficientnet-lite0" else [],
    )
    for name, lesson in LESSONS.items()
    for number, step in enumerate(lesson.steps, 1)
    if step.view and step.question
]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def test_the_seven_lessons_are_in_their_order() -> None:
    assert list(LESSONS) == [
        "digits", "saturation", "baseline", "disagree", "steps", "switch-off", "motif"
    ]  # fmt: skip
    for lesson in LESSONS.values():
        assert lesson.minutes == 10
        assert lesson.audience
        assert lesson.teaches
        assert all(step.question and step.hint and step.look for step in lesson.steps)


@pytest.mark.parametrize("step", STEPS)
def test_a_check_finds_what_the_library_alone_finds(engine: Engine, step: LessonStep) -> None:
    view, asked = step.view, step.question
    assert view
    assert asked
    found = scenes.scene(engine, view, scenes.known(engine, view)).answer(asked)
    truth = find(view.page, asked.check.name, asked.check.about, view.link)
    if asked.kind == "unit":
        assert set(found) == set(truth)
    elif asked.kind == "number":
        spread = max(asked.within / 4, 1e-3)  # that nobody is marked wrong for a rounding
        assert found == pytest.approx(truth, abs=spread)
    else:
        assert found == truth


def test_what_a_lesson_shows_is_there_without_a_network(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("a lesson asks the core: run python -m assets.build_results")

    cold = Engine()
    monkeypatch.setattr(cold, "_core", refuse)
    for name, lesson in LESSONS.items():
        for number, answer, wrong in proof.prove(cold, lesson):
            assert not wrong, (name, number, wrong)
            assert answer


def test_every_unit_that_is_right_is_among_those_to_choose_from(engine: Engine) -> None:
    for lesson in LESSONS.values():
        for step in lesson.steps:
            if step.view and step.question and step.question.kind == "unit":
                scene = scenes.scene(engine, step.view, scenes.known(engine, step.view))
                units = scenes.candidates(scene, step.question)
                assert set(scene.answer(step.question)) <= set(units)
                assert len(units) == len(set(units)) == step.question.among


GOOD = """\
title: Mine
teaches: Something
for: Us
minutes: 5
steps:
  - title: One
    text: Look.
    view:
      page: explore
      link: {model: digits, input: digit-7}
      show: [ranking]
    question:
      ask: Which?
      kind: unit
      check: top_unit
"""


def test_a_good_lesson_is_read() -> None:
    lesson = reading.parse(GOOD, "mine.yaml")
    assert lesson.steps[0].question
    assert lesson.steps[0].question.check.name == "top_unit"


WRONG = [
    ("title: Mine", "titel: Mine", "line 1", "did you mean title?"),
    ("minutes: 5", "minutes: soon", "line 4", "a whole number"),
    ("minutes: 5", "minutes: 5\nminutes: 6", "line 5", "stands twice"),
    ("teaches: Something\n", "", "line 1", "has no teaches; give a text"),
    ("page: explore", "page: exlpore", "line 9", "expected is one of explore"),
    ("show: [ranking]", "show: [rankings]", "line 8", "no figure 'rankings'; it has"),
    ("show: [ranking]", "show: []", "line 11", "a list of figures"),
    ("kind: unit", "kind: number", "line 6", "answers a question of kind unit"),
    ("check: top_unit", "check: top_secret", "line 6", "no check 'top_secret'; it has top_unit"),
    ("check: top_unit", "check: {top_unit: 3}", "line 6", "takes no value"),
    ("check: top_unit", "check: top_units", "line 6", "needs k: write {top_units: ...}"),
    ("check: top_unit", "check: top_unit\n      choices: [a]", "line 12", "has no choices"),
    ("    text: Look.", "    text: ''", "line 7", "a text"),
    ("    text: Look.", "    text: [a", "line", "no YAML"),
    ("    text: Look.", "    text: &a Look.", "line 7", "anchors"),
    ("    text: Look.", "    text: !!python/name:os.system x", "line 7", "tag"),
    (GOOD, "[]", "", "is no lesson"),
    (GOOD, "", "", "has no title"),
    (GOOD, "title: \x00", "", "no YAML"),
    (GOOD, "- " * 300 + "a", "", "levels"),
    ("steps:\n", "steps: []\nmore:\n", "line", ""),
]


@pytest.mark.parametrize(("old", "new", "line", "mend"), WRONG)
def test_a_bad_lesson_is_one_sentence_with_file_line_and_mend(
    old: str, new: str, line: str, mend: str
) -> None:
    assert old in GOOD
    with pytest.raises(InvalidLesson) as refused:
        reading.parse(GOOD.replace(old, new, 1), "mine.yaml")
    said = str(refused.value)
    assert said.startswith("mine.yaml")
    assert line in said
    assert mend in said
    assert said.endswith((".", "?"))
    assert "\n" not in said
    assert len(said) < 700
    assert "card" not in said


def test_files_that_are_no_text_are_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    for data in (b"\xff\xfe\x00", b"a" * (2**20 + 1)):
        file.write_bytes(data)
        with pytest.raises(InvalidLesson, match=r"^x\.yaml is "):
            reading.read(file)
    with pytest.raises(InvalidLesson, match="is no file"):
        reading.read(tmp_path)


LINKS = [
    ({"model": "digit"}, "There is no model 'digit'"),
    ({"model": "digits", "layer": "relu9"}, "There is no layer 'relu9'"),
    ({"model": "digits", "input": "digit-5"}, "There is no sample 'digit-5'"),
    ({"model": "digits", "colour": "red"}, "a link has no 'colour'"),
    ({"model": "digits", "input": "file-0123456789ab"}, "has no sample"),
]


@pytest.mark.parametrize(("link", "said"), LINKS)
def test_a_link_that_does_not_fit_is_a_sentence(
    engine: Engine, link: dict[str, str], said: str
) -> None:
    lesson = reading.parse(GOOD, "mine.yaml").model_dump(by_alias=True)
    lesson["steps"][0]["view"]["link"] = link
    ((number, _, wrong),) = proof.prove(engine, Lesson.model_validate(lesson))
    assert number == 1
    assert said in wrong


def test_a_check_that_has_no_answer_is_a_sentence(engine: Engine) -> None:
    text = GOOD.replace("kind: unit", "kind: number").replace("top_unit", "{score_of: 640}")
    ((_, _, wrong),) = proof.prove(engine, reading.parse(text, "mine.yaml"))
    assert wrong == "The check score_of has no answer for 640 here."


def test_choices_without_the_right_one_are_found(engine: Engine) -> None:
    text = GOOD.replace("kind: unit", "kind: choice\n      choices: [ja, nein]")
    ((_, _, wrong),) = proof.prove(
        engine, reading.parse(text.replace("top_unit", "converged"), "mine.yaml")
    )
    assert wrong == "the check finds 'yes', which is none of: ja, nein"


def test_lessons_of_a_folder_stand_first_and_cards_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.yaml").write_text(GOOD)
    (tmp_path / "net.yaml").write_text("title: A card")
    (tmp_path / "net.keras").write_bytes(b"")
    (tmp_path / "bad.yaml").write_text("title: [")
    (tmp_path / "digits.yaml").write_text(GOOD)
    monkeypatch.setenv(settings.LESSONS, str(tmp_path))
    lessons, problems = reading.shelf()
    assert [*lessons][:2] == ["digits", "mine"]
    assert lessons["digits"].title == "Mine"
    assert len(lessons) == 8
    assert len(problems) == 1
    assert problems[0].startswith("bad.yaml, line ")


def test_every_page_has_figures_and_every_check_says_what_it_finds() -> None:
    assert set(CHECKS) == set(FIGURES)
    for checks in CHECKS.values():
        assert checks
        assert all(c.kind in KINDS and c.says.endswith(".") for c in checks.values())


def test_checks_of_a_made_up_answer() -> None:
    """Those that no bundled lesson uses, on numbers that one can read."""
    from dashboard.lessons import checks

    class Of:
        class answer:
            width, inputs, converged = 4, None, False
            delta, f_baseline = 2.0, 0.5
            activations = np.array([[[1.0, -9.0, 0.0, 2.0]]])
            scores = np.array([[[3.0, -4.0, 0.0, 1.0]]])

            class result:
                total = np.array([0.0])

            @staticmethod
            def values(_by: str) -> np.ndarray:
                return np.array([3.0, -4.0, 0.0, 1.0])

            @staticmethod
            def total_map() -> np.ndarray:
                return np.array([[0.0]])

    asked = {
        ("top_unit", None): (0,),
        ("most_opposing", None): (1,),
        ("most_active", None): (1,),
        ("score_of", 3): 1.0,
        ("units_for", 50): 1.0,
        ("units_for", 80): 2.0,
        ("opposing", None): 1.0,
        ("top_cell_of", 0): (0, 0),
        ("converged", None): "no",
        ("difference", None): 2.0,
        ("total", None): 0.0,
    }
    for (name, about), truth in asked.items():
        assert checks.answer("explore", name, about, Of) == truth, name


TEACHING = (Path(__file__).parents[2] / "docs" / "teaching.md").read_text(encoding="utf-8")


def test_the_documentation_names_every_figure_check_and_lesson() -> None:
    rows = {line.split("`")[1]: line for line in TEACHING.splitlines() if line.startswith("| `")}
    for page, checks in CHECKS.items():
        row = TEACHING[TEACHING.index("| Page | Figures") :].split(f"| `{page}` |")[1]
        row = row.splitlines()[0]
        assert all(f"`{name}" in row for name in (*FIGURES[page], *checks)), page
    assert set(LESSONS) <= set(rows)
