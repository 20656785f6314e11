"""A teacher's own network, pictures and lesson, as docs/teaching.md shows them, first to last."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

import attribution
from dashboard import settings
from dashboard.lessons import hand_in, reading
from dashboard.lessons.lesson import Lesson
from dashboard.lessons.replies import Learning, Reply, questions
from tests.dashboard.conftest import headline, seen
from tests.dashboard.test_learn import answer, press, told, turn_to_learn
from tests.dashboard.test_lesson_commands import run

TEACHING = (Path(__file__).parents[2] / "docs" / "teaching.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(py|yaml)\n(.*?)```", TEACHING, re.DOTALL)
PROGRAM, CARD, LESSON = (text for _, text in BLOCKS)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder, made by the program of the documentation, and served."""
    home = tmp_path_factory.mktemp("class")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        exec(compile(PROGRAM, "teaching.md", "exec"), {})
        folder = home / "ours"
        (folder / "shapes.yaml").write_text(CARD)
        (folder / "corners.yaml").write_text(LESSON)
        patch.setenv(settings.LESSONS, str(folder))
        patch.setenv(settings.MODELS, str(folder))
        yield folder


def truth(folder: Path) -> list[Any]:
    """The right answers, from the library alone."""
    net = attribution.load(folder / "shapes.keras")
    x = np.asarray(Image.open(folder / "a-triangle.png"), np.float32)[None, ..., None] / 255
    scores = attribution.neuron_integrated_gradients(net, x, "corners", target=2).scores[0]
    cells, units = scores.sum(axis=-1), scores.sum(axis=(0, 1))
    said = ["circle", "square", "triangle"][int(np.asarray(net.predict(x))[0].argmax())]
    return [said, divmod(int(cells.argmax()), cells.shape[1]), int(units.argmax())]


def test_check_finds_what_the_library_finds_and_says_what_is_wrong(ours: Path) -> None:
    word, (row, column), unit = truth(ours)
    code, said_ = run("check", "corners")
    assert code == 0, said_
    lines = said_.splitlines()
    assert lines[0] == f"✓ step 1, What does it say?: the answer is {word}"
    assert lines[1].endswith(f"the answer is row {row}, column {column}")
    assert lines[2].partition("the answer is ")[2].startswith(f"#{unit} or #")
    assert lines[3] == "What makes a triangle?: all 3 steps hold."
    for old, new, told_ in [
        ("input: a-triangle", "input: a-hexagon", "There is no sample 'a-hexagon'"),
        ("model: shapes", "model: shape", "There is no model 'shape'"),
        ("layer: corners", "layer: corner", "There is no layer 'corner'"),
        ("target: 2", "target: 9", "'9'"),
        ("[circle, square, triangle]", "[round, square]", f"finds '{word}', which is none of"),
        ("kind: cell", "kind: cel", "line 31: steps.1.question.kind is 'cel'; expected is choice"),
        ("cover: 2", "cover: 9", "cover is 9, and that is no step with a view"),
    ]:
        assert old in LESSON
        (ours.parent / "wrong.yaml").write_text(LESSON.replace(old, new))
        code, said_ = run("check", str(ours.parent / "wrong.yaml"))
        assert code == 2
        assert told_ in said_, (new, said_)


def test_a_learner_walks_it_and_the_teacher_collects(
    app: AppTest, ours: Path, tmp_path: Path
) -> None:
    app.run()
    turn_to_learn(app)
    assert seen(app.subheader[0].value) == "What makes a triangle?"
    press(app, "begin_corners")
    lesson: Lesson = reading.shelf()[0]["corners"]
    asked, mine = questions(lesson), Learning()
    for number, right in enumerate(truth(ours), 1):
        assert headline(app) == f"{number}. {lesson.steps[number - 1].title}"
        answer(app, asked[number], f"corners-{number}", right)
        assert told(app, True).startswith("Right: ")
        mine.replies[number] = Reply(right)
        press(app, "next")
    assert headline(app) == "3 of 3 right"
    handed = hand_in.build("corners", lesson, mine, "Ada")
    (tmp_path / "ada.json").write_text(hand_in.as_json(handed))
    code, said_ = run("collect", str(tmp_path))
    assert code == 0
    assert re.search(r"Ada .*✓ triangle.*✓ row \d+, column \d+.*✓ #\d+.* 3 ", said_)


@pytest.mark.slow
def test_the_export_asks_nothing_of_a_network(ours: Path, tmp_path: Path) -> None:
    code, said_ = run("export", "corners", str(tmp_path / "corners.html"))
    assert code == 0, said_
    text = (tmp_path / "corners.html").read_text()
    assert all(word in text for word in ("What makes a triangle?", "Where does it look?"))
    assert text.count("<figcaption>") == 7  # six figures and the tiles to choose from
    bare = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r'(?:src|href)="(?!data:)', bare)


def test_a_card_of_what_was_not_computed_yet_computes_nothing(
    app: AppTest, ours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dashboard.figures import cover
    from dashboard.lessons import covers
    from dashboard.work.engine import Engine

    monkeypatch.setattr(Engine, "answer", lambda *_: pytest.fail("it was computed"))
    with pytest.raises(covers.NothingFound):
        covers.cover(Engine(), reading.shelf()[0]["corners"])
    assert "circle" in cover.nothing()
