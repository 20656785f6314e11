"""Lessons on the command line: check, collect, export; and a classroom's address."""

import io
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from dashboard import classroom
from dashboard.lessons import collected, commands, hand_in, prose, reading
from dashboard.lessons.hand_in import NoAnswers
from dashboard.lessons.replies import mark, questions, said
from dashboard.work.engine import Engine
from tests.dashboard.test_lessons import GOOD


def run(*arguments: str) -> tuple[int, str]:
    console = Console(file=io.StringIO(), width=200, highlight=False, soft_wrap=True)
    code = commands.run(arguments, console)
    return code, console.file.getvalue()  # type: ignore[attr-defined]


def test_check_says_of_each_step_whether_it_holds(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(GOOD)
    code, said_ = run("check", str(file))
    assert code == 0
    assert re.search(r"✓ step 1, One: the answer is #\d+\n", said_)
    assert said_.endswith("Mine: all 1 steps hold.\n")
    file.write_text(GOOD.replace("input: digit-7", "input: digit-77"))
    code, said_ = run("check", str(file))
    assert code == 2
    assert "✗ step 1, One: There is no sample 'digit-77'; the closest are: digit-7" in said_
    file.write_text(GOOD.replace("minutes: 5", "minutes: -5"))
    code, said_ = run("check", str(file))
    assert code == 2
    assert said_ == "mine.yaml, line 4: minutes is -5; expected is a whole number.\n"


def test_a_name_that_is_none_is_one_sentence() -> None:
    code, said_ = run("check", "digit")
    assert code == 2
    assert said_.startswith("There is no lesson 'digit'; there are: digits, saturation")
    assert said_.count("\n") == 1


def test_checks_are_listed() -> None:
    code, said_ = run("checks")
    assert code == 0
    assert "share_of: k (number): Percent of all" in said_


def handed(folder: Path, name: str, cell: tuple[int, int], percent: float) -> None:
    answers = [
        {"step": 3, "given": list(cell), "right": True, "answer": "a lie"},
        {"step": 4, "given": percent, "right": True, "answer": "a lie"},
        {"step": 33, "given": "beyond"},
    ]
    text = {"format": hand_in.FORM, "lesson": "digits", "name": name, "answers": answers}
    (folder / f"{name}.json").write_text(json.dumps(text))


def test_collect_marks_anew_and_says_where_the_class_went_wrong(tmp_path: Path) -> None:
    handed(tmp_path, "Ada", (5, 8), 41.0)
    handed(tmp_path, "Bob", (0, 0), 90.0)
    handed(tmp_path, "=cmd()", (1, 1), 90.0)
    (tmp_path / "other.json").write_text("{}")
    (tmp_path / "deep.json").write_text("[" * 100_000)
    (tmp_path / "large.json").write_bytes(b" " * (2**20 + 1))
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe")
    code, said_ = run("collect", str(tmp_path), "--out", str(tmp_path / "out"))
    assert code == 0
    for name in ("other", "deep", "bytes"):
        assert f"{name}.json: It holds no answers" in said_
    assert "large.json: It is larger than 1 MB" in said_
    answers = pd.read_csv(tmp_path / "out" / "digits-answers.csv").set_index("name")
    assert answers.loc["Ada", "3"] == "✓ row 5, column 8"
    assert answers.loc["Bob", "4"] == "✗ 90 percent"
    assert answers.loc["Bob", "right"] == 0
    assert answers.loc["Ada", "right"] == 2
    assert "'=cmd()" in answers.index  # no formula for a spreadsheet
    by_step = pd.read_csv(tmp_path / "out" / "digits-questions.csv").set_index("step")
    assert by_step.loc["4. How many does it take?", "most said instead"] == "90 percent (2)"
    assert list(by_step.loc["3. Where in the picture", ["answered", "right"]]) == [3, 1]


def test_collect_of_an_empty_folder_is_one_sentence(tmp_path: Path) -> None:
    code, said_ = run("collect", str(tmp_path))
    assert code == 2
    assert said_.startswith("There are no answers in ")


HOSTILE = [
    {"answers": [{"step": 1, "given": {"a": 1}}]},
    {"answers": [{"step": 0}]},
    {"answers": [{"step": 1, "note": "x" * 5_000}]},
    {"answers": [{}] * 41},
    {"name": "x" * 1_000},
    {"format": "another"},
]


@pytest.mark.parametrize("change", HOSTILE)
def test_a_hostile_file_of_answers_is_refused(change: dict[str, object]) -> None:
    whole = {"format": hand_in.FORM, "lesson": "digits", "name": "A", "answers": []}
    hand_in.read(json.dumps(whole).encode())
    with pytest.raises(NoAnswers):
        hand_in.read(json.dumps({**whole, **change}).encode())


def test_answers_of_another_kind_than_was_asked_are_wrong_and_not_a_crash() -> None:
    lesson = reading.bundled()["digits"]
    for number, question in questions(lesson).items():
        for given in ("words", 1e300, float("nan"), (1, 2), -1):
            answer = {"unit": (1,), "cell": (5, 7), "number": 40.0}.get(question.kind, "4")
            assert not mark(question, given, answer).right, (number, given)
        assert said(question, answer)
    handed_in = hand_in.HandIn(
        format=hand_in.FORM,
        lesson="digits",
        answers=tuple(hand_in.HandedAnswer(step=s, given="words") for s in range(1, 7)),
    )
    found = collected.table(Engine(), lesson, [("a.json", handed_in)])
    assert found.answers.loc[0, "right"] == 0


def test_an_export_is_one_page_that_asks_nothing_of_a_network(tmp_path: Path) -> None:
    out = tmp_path / "out.html"
    code, said_ = run("export", "disagree", str(out))
    assert code == 0
    assert "opens without a server" in said_
    text = out.read_text()
    lesson = reading.bundled()["disagree"]
    for step in lesson.steps:
        assert step.title in text
    assert text.count("<details>") == 2 * len(lesson.steps)  # a hint and an answer each
    assert "default-src 'none'" in text
    bare = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r'(?:src|href)="(?!data:)', bare)
    shown = sum(len(step.view.show) + len(step.first) for step in lesson.steps if step.view)
    assert text.count("<figcaption>") == shown


def test_an_export_to_where_nobody_may_write_is_one_sentence(tmp_path: Path) -> None:
    code, said_ = run("export", "disagree", str(tmp_path / "none" / "out.html"))
    assert code == 2
    assert said_.endswith("cannot be used: No such file or directory.\n")


def test_prose_keeps_its_marks_and_nothing_else_is_live() -> None:
    text = "One **two** *three* `four`\nsame line\n\n- a\n- b <b>\n\n[x](http://y) $z$ # no"
    assert prose.html(text) == (
        "<p>One <strong>two</strong> <em>three</em> <code>four</code> same line</p>"
        "<ul><li>a</li><li>b &lt;b&gt;</li></ul><p>[x](http://y) $z$ # no</p>"
    )
    from tests.dashboard.conftest import acts, seen

    for block in prose.markdown("[x](http://y) $z$ :smile: <b> **w**").split("\n\n"):
        assert acts(block) <= {"strong_open", "strong_close"}
        assert seen(block) == "[x](http://y) $z$ :smile: <b> w"


def test_a_classroom_has_an_address_that_its_code_holds() -> None:
    url = classroom.address(classroom.here(), 8501)
    assert re.fullmatch(r"http://\d+\.\d+\.\d+\.\d+:8501/learn", url)
    assert url in classroom.announce(url)
    assert classroom.code(url).count("\n") > 10
    assert classroom.picture(url).startswith("<svg")
