"""Covers: the pictures of lessons' cards, drawn from what is found."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from dashboard.figures import cover
from dashboard.lessons import covers, reading
from dashboard.work.engine import Engine
from tests.dashboard.conftest import ENGINE

NAME = "{http://www.w3.org/2000/svg}"


def parts(svg: str, tag: str) -> list[ElementTree.Element]:
    root = ElementTree.fromstring(svg)
    assert root.tag == f"{NAME}svg"
    return root.findall(f"{NAME}{tag}")


def test_every_lesson_has_one_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    cold = Engine()
    monkeypatch.setattr(cold, "_core", lambda *_: pytest.fail("a card asks the core"))
    found = {name: covers.cover(cold, lesson) for name, lesson in reading.bundled().items()}
    assert len(set(found.values())) == len(found)
    assert len(parts(found["digits"], "image")) == 1
    assert len(parts(found["baseline"], "image")) == 2  # compared with black, and with a blur
    assert len(parts(found["disagree"], "circle")) == 32  # one for each filter of the layer
    assert len(parts(found["motif"], "rect")) == 200 + 1  # one for each letter, and the ground
    assert max(map(len, found.values())) < 60_000
    for svg in found.values():
        assert "<text" not in svg


def test_each_step_with_a_view_has_one() -> None:
    for lesson in reading.bundled().values():
        for number in range(1, len(lesson.steps) + 1):
            svg = covers.cover(ENGINE, lesson.model_copy(update={"cover": number}))
            assert len(svg) > 300
            assert "nan" not in re.sub(r'href="[^"]*"', "", svg)


def test_bars_are_as_high_as_their_numbers_and_stand_on_zero() -> None:
    _, *bars = parts(cover.bars([3.0, -1.0, 0.0], "RdBu"), "rect")
    top, height = ([float(bar.attrib[name]) for bar in bars] for name in ("y", "height"))
    assert height[0] == pytest.approx(3 * height[1], rel=0.01)
    assert height[2] == 0
    assert top[0] + height[0] == pytest.approx(top[1], abs=0.2)
    assert bars[0].attrib["fill"] != bars[1].attrib["fill"]


def test_lines_and_points_end_where_their_numbers_do() -> None:
    (line,) = parts(cover.lines([([0, 1, 2], [5.0, 5.0, 9.0], "#000", 2)]), "polyline")
    places = np.array([p.split(",") for p in line.attrib["points"].split()], float)
    assert places[:, 0].tolist() == [12, 240, 468]
    assert places[0, 1] == places[1, 1] > places[2, 1]
    flat = parts(cover.lines([([0, 1], [2.0, 2.0], "#000", 2)]), "polyline")  # nothing to divide by
    assert "nan" not in flat[0].attrib["points"]
    dots = parts(cover.points(np.array([0.0, 2.0]), np.array([2.0, 2.0])), "circle")
    assert [float(dot.attrib["cy"]) for dot in dots] == [12, 12]
