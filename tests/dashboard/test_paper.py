"""A figure on paper: light, all there, its sentence below, and nothing of it live."""

import plotly.graph_objects as go
import pytest

from dashboard.figures.frame import framed
from dashboard.figures.map import Map
from dashboard.figures.overlay import overlay
from dashboard.figures.paper import LIGHT, camera, light, still
from tests.dashboard.test_figures import PHOTOGRAPH, normal

SENTENCE = "Größe α: é <b>ist</b> der Rest, und 2.0 % of the cells lie beyond. " * 3


def test_the_camera_is_the_one_button_and_saves_twice_the_size() -> None:
    found = camera("compare-cat-map", "svg")
    assert found["modeBarButtons"] == [["toImage"]]
    assert found["toImageButtonOptions"] == {
        "format": "svg",
        "filename": "compare-cat-map",
        "scale": 2,
    }


def test_paper_is_white_and_leaves_the_figure_of_the_page_alone() -> None:
    figure = framed(200, go.Bar(x=[1], y=[2]))
    before = figure.to_dict()
    found = light(figure)
    assert figure.to_dict() == before
    assert found.layout.paper_bgcolor == found.layout.plot_bgcolor == "#ffffff"
    ink = [int(LIGHT.layout.font.color[i : i + 2], 16) for i in (1, 3, 5)]
    assert max(ink) < 64  # dark on white
    assert found.data == figure.data


def test_a_sentence_stands_below_in_whole_and_the_plot_keeps_its_size() -> None:
    figure = overlay(PHOTOGRAPH, Map(normal(7, 7)))
    found = still(figure, SENTENCE, 400)
    told = found.layout.title.text
    assert told.replace("<br>", " ") == SENTENCE.strip().replace(
        "<b>ist</b>", "&lt;b&gt;ist&lt;/b&gt;"
    )
    assert told.count("<br>") >= 2
    assert found.layout.title.y * found.layout.height > 17 * told.count("<br>")
    assert not found.layout.sliders
    for was, now in ((figure, found),):
        spans = [f.layout.height - (f.layout.margin.t or 0) - f.layout.margin.b for f in (was, now)]
        assert spans[0] == pytest.approx(spans[1])


@pytest.mark.parametrize("turned", [None, -55])
def test_a_sentence_is_below_the_words_of_the_axis(turned: int | None) -> None:
    names = ["a", "name-of-eighteen-x"]
    figure = framed(200, go.Bar(x=[0, 1], y=[2, 1]), margin={"b": 8})
    figure.update_xaxes(tickvals=[0, 1], ticktext=names, tickangle=turned, title="a title")
    found = still(figure, "A sentence.").layout
    axis = found.margin.b - found.title.y * found.height
    assert axis > 30 + (18 * 5 if turned else 0)
