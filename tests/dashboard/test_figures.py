import base64
import io
import json
from xml.etree import ElementTree

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

from dashboard.figures import colours
from dashboard.figures.bar import BAR
from dashboard.figures.faces import faces, logos
from dashboard.figures.frame import CLEAR, MARK
from dashboard.figures.map import Map
from dashboard.figures.overlay import overlay, smooth
from dashboard.figures.picker import picker
from dashboard.figures.ranking import ranking
from dashboard.request.catalogue import Layer
from dashboard.work.answer import Place, Ranked
from dashboard.work.scale import limit

PHOTOGRAPH = np.random.default_rng(0).integers(0, 256, (224, 224, 3), dtype=np.uint8)


def normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).normal(size=shape).astype(np.float32)


def test_the_map_keeps_the_layers_own_grid_and_is_symmetric_about_zero() -> None:
    scores = normal(7, 7)
    figure = overlay(PHOTOGRAPH, Map(scores))
    trace, _bar = figure.data
    np.testing.assert_array_equal(trace.z, scores)
    assert trace.zsmooth is False
    assert trace.zmin == -trace.zmax
    assert trace.zmax == pytest.approx(np.percentile(np.abs(scores), 99))
    assert "contribution to the logit" in said(figure)
    middle = [stop for stop in trace.colorscale if stop[0] == 0.5]
    assert middle[0][1].endswith("0.00)")  # zero is see-through


def test_warm_is_above_zero_and_cool_below() -> None:
    for palette in ("RdBu", "PuOr"):
        stops = [s[1][5:-1].split(", ") for s in colours.scale(palette)]
        assert int(stops[-1][0]) > int(stops[-1][2])  # more red than blue
        assert int(stops[0][2]) > int(stops[0][0])


def test_the_picked_neuron_is_outlined_at_its_own_cell() -> None:
    photograph, scores = np.zeros((8, 8, 3), np.uint8), np.arange(12.0).reshape(3, 4)
    for figure in (
        overlay(photograph, Map(scores, picked=(2, 1))),
        overlay(photograph, Map(scores, None, picked=(2, 1))),
    ):
        boxes = {(s.x0, s.x1, s.y0, s.y1) for s in figure.layout.shapes if s.name != BAR}
        assert boxes == {(0.5, 1.5, 1.5, 2.5)}
    assert not [s for s in overlay(photograph, Map(scores)).layout.shapes if s.name != BAR]


def said(figure: go.Figure) -> list[str]:
    return [words.text for words in figure.layout.annotations]


@pytest.mark.parametrize("grid", [(7, 7), (5, 9), (112, 112), (200, 150)])
def test_the_bar_is_as_wide_as_the_map_and_has_its_colours(grid: tuple[int, int]) -> None:
    for palette in ("RdBu", "PuOr", None):
        figure = overlay(PHOTOGRAPH, Map(normal(*grid), palette))
        cells, bar = figure.data
        assert (bar.xaxis or "x") == (cells.xaxis or "x") == "x"
        assert (bar.x[0], bar.x[-1]) == figure.layout.xaxis.range == (-0.5, grid[1] - 0.5)
        assert (bar.yaxis or "y") == (cells.yaxis or "y") == "y"
        assert grid[0] - 0.5 < bar.y[0] < bar.y[1] <= figure.layout.yaxis.range[0]  # right below
        for look in ("colorscale", "opacity", "zmin", "zmax"):
            assert bar[look] == cells[look]
        assert (bar.z.min(), bar.z.max()) == pytest.approx((cells.zmin, cells.zmax))


def test_the_bar_lies_over_the_maps_own_ground_and_its_ends_are_told_in_words() -> None:
    scores = normal(7, 7)
    figure = overlay(PHOTOGRAPH, Map(scores))
    pale = 70 + np.asarray(Image.fromarray(PHOTOGRAPH).convert("L")) * (185 / 255)
    (ground,) = (shape for shape in figure.layout.shapes if shape.name == BAR)
    assert ground.layer == "below"
    assert int(ground.fillcolor[4:].split(",")[0]) == pytest.approx(pale.mean(), abs=1)
    assert (ground.x0, ground.x1) == figure.layout.xaxis.range
    places = {words.text: words.xanchor for words in figure.layout.annotations}
    assert (places["speaks against"], places["speaks for"]) == ("left", "right")
    end = float(f"{np.percentile(np.abs(scores), 99):.1e}")
    assert (places[f"−{end:g}"], places["0"], places[f"+{end:g}"]) == ("left", "center", "right")
    assert "speaks for" not in said(
        overlay(PHOTOGRAPH, Map(scores, unit="change of the activation"))
    )
    assert not overlay(PHOTOGRAPH, Map(scores, None)).layout.shapes


def test_a_smooth_map_keeps_its_cells_numbers_and_the_picked_ones_outline() -> None:
    figure = overlay(PHOTOGRAPH, Map(normal(7, 7), picked=(2, 1)))
    before = figure.to_dict()
    cells, bar = smooth(figure).data
    assert cells.zsmooth == "best"
    assert not bar.zsmooth
    np.testing.assert_array_equal(cells.z, normal(7, 7))
    after = figure.to_dict()
    assert after["layout"] == before["layout"]
    assert smooth(go.Figure(go.Bar(y=[1]))).to_dict() == go.Figure(go.Bar(y=[1])).to_dict()


def test_the_photograph_under_the_map_is_grey() -> None:
    source = overlay(PHOTOGRAPH, Map(normal(7, 7))).layout.images[0].source
    image = Image.open(io.BytesIO(base64.b64decode(source.split(",")[1])))
    assert (image.mode, image.size) == ("L", (224, 224))


def test_the_share_beyond_the_limits_is_counted() -> None:
    values = np.zeros(1000)
    values[:20] = np.arange(1, 21)
    bound = limit(values)
    assert bound.value == pytest.approx(np.percentile(values, 99))
    assert bound.clipped == np.mean(values > bound.value)


@pytest.mark.parametrize("scores", [np.zeros((7, 7)), np.eye(30) * [[1e-30]], np.full((3, 3), -2)])
def test_all_zero_tiny_and_constant_maps_are_drawn(scores: np.ndarray) -> None:
    trace, _bar = overlay(PHOTOGRAPH, Map(scores)).data
    assert trace.zmax > 0


@pytest.mark.parametrize("grid", [(1, 1), (7, 7), (28, 28), (112, 112), (224, 224)])
def test_no_figure_is_larger_than_200_kilobytes(grid: tuple[int, int]) -> None:
    assert len(overlay(PHOTOGRAPH, Map(normal(*grid))).to_json()) < 200 * 1024
    assert len(overlay(PHOTOGRAPH, Map(normal(*grid), None)).to_json()) < 200 * 1024


def test_a_large_map_says_the_power_of_ten_it_is_sent_in() -> None:
    scores = normal(224, 224) * 1e-4
    figure = overlay(PHOTOGRAPH, Map(scores))
    trace, unit = figure.data[0], said(figure)[-1]
    exponent = int(unit.split("<sup>")[1].split("<")[0])
    inside = np.abs(scores) < np.percentile(np.abs(scores), 99)
    np.testing.assert_allclose(trace.z[inside] / 10.0**exponent, scores[inside], atol=1e-8)


def test_the_ranking_can_be_clicked_anywhere_in_a_row() -> None:
    lines = [Ranked(Place(7), 2.0, 0.5), Ranked(Place(3, (1, 2)), -1.0, 0.25)]
    rows, bars = ranking(lines, Place(7)).data
    assert list(bars.x) == [2.0, -1.0]
    assert bars.marker.color == colours.bars("RdBu")
    assert [list(c) for c in rows.customdata] == [[7], [3, 1, 2]]
    for start, width, score in zip(rows.base, rows.x, bars.x, strict=True):
        assert start <= min(0, score) <= max(0, score) <= start + width
    assert rows.marker.color[0] != rows.marker.color[1]  # the picked one
    json.loads(ranking([], None).to_json())
    json.loads(ranking([Ranked(Place(0), 0.0, 0.0)], None).to_json())


def pixels(source: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(source.split(",")[1]))), np.float64)


def test_every_row_has_the_face_of_its_channel_in_the_maps_colours() -> None:
    grey = np.full((96, 96, 3), 128, np.uint8)
    corner = np.zeros((4, 4), np.float32)
    corner[0, 3] = 2.0
    sources = faces(grey, [corner, -corner, 0 * corner], [None, None, None], "RdBu", False)
    warm, cool, none = (pixels(source) for source in sources)
    pale = 70 + 128 * 185 / 255
    np.testing.assert_allclose(none, pale, atol=3)
    np.testing.assert_allclose(warm[40:, :24], pale, atol=6)  # beside the cell the photograph
    cells = overlay(grey, Map(corner)).data[0]
    for face, stop in ((warm, -1), (cool, 0)):
        r, g, b, alpha = map(float, cells.colorscale[stop][1][5:-1].split(","))
        clear = alpha * cells.opacity
        expected = [c * clear + pale * (1 - clear) for c in (r, g, b)]
        np.testing.assert_allclose(face[2:10, 54:62].mean(axis=(0, 1)), expected, atol=6)
    lines = [Ranked(Place(7), 2.0, 0.5), Ranked(Place(3), -2.0, 0.5), Ranked(Place(1), 0.0, 0)]
    figure = ranking(lines, Place(7), faces=sources)
    assert [image.source for image in figure.layout.images] == sources
    assert [image.y for image in figure.layout.images] == ["#7", "#3", "#1"]
    assert all(i.x + i.sizex < figure.layout.xaxis.domain[0] for i in figure.layout.images)
    assert not ranking(lines, None).layout.images


def test_a_neurons_face_marks_its_place_and_all_faces_are_small() -> None:
    maps = [normal(14, 14)] * 18
    plain = [pixels(s) for s in faces(PHOTOGRAPH, maps[:1], [None], "RdBu", True)]
    marked = [pixels(s) for s in faces(PHOTOGRAPH, maps[:1], [(13, 0)], "RdBu", True)]
    changed = np.argwhere(np.abs(plain[0] - marked[0]).sum(axis=-1) > 120)
    assert (changed.min(axis=0) >= (48, 0)).all()
    assert (changed.max(axis=0) <= (63, 15)).all()
    lines = [Ranked(Place(i), float(18 - i), 0.05) for i in range(18)]
    figure = ranking(lines, None, faces=faces(PHOTOGRAPH, maps, [None] * 18, "RdBu", True))
    assert len(figure.to_json()) < 80 * 1024


def test_what_is_picked_has_an_edge_of_one_colour_in_every_figure() -> None:
    lines = [Ranked(Place(7), 2.0, 0.5), Ranked(Place(3), -1.0, 0.25)]
    rows, _ = ranking(lines, Place(3)).data
    assert rows.marker.line.color == (CLEAR, MARK)
    assert rows.marker.line.width > 0


def some_layers(count: int) -> list[Layer]:
    return [Layer(f"block{i // 9}_part{i}", "Conv2D", (7, 7, 96), i % 3 > 0) for i in range(count)]


@pytest.mark.parametrize("count", [1, 3, 48, 49, 143, 500])
def test_the_drawing_has_every_layer_in_order_and_is_light(count: int) -> None:
    layers = some_layers(count)
    figure = picker(layers, layers[-1].name, {layer.name: 1.0 for layer in layers})
    bars, places = figure.data
    assert [name for (name,) in places.customdata] == [layer.name for layer in layers]
    assert [(-b, x) for b, x in zip(places.base, places.x, strict=True)] == sorted(
        (-b, x) for b, x in zip(places.base, places.x, strict=True)
    )
    assert len(set(zip(places.base, places.x, strict=True))) == count
    assert [c != CLEAR for c in bars.marker.color] == [layer.is_cut for layer in layers]
    assert [c == MARK for c in bars.marker.line.color] == [False] * (count - 1) + [True]
    assert figure.layout.xaxis.range[0] < 0 <= max(places.x) < figure.layout.xaxis.range[1]
    assert len(figure.to_json()) < 20 * 1024 * max(1, count / 143)


def test_layers_are_as_high_as_their_evidence_where_it_is_known() -> None:
    layers = some_layers(4)
    assert len(set(picker(layers, layers[0].name, {}).data[0].y)) == 1
    known = {layers[1].name: 4.0, layers[2].name: 1.0, layers[3].name: 0.25}
    none, *heights = picker(layers, layers[0].name, known).data[0].y
    above = [height - none for height in heights]  # that of a layer without a gradient
    np.testing.assert_allclose(np.array(above) / above[0], [1, 1 / 2, 1 / 4], atol=0.01)
    assert max(heights) < 1


def test_the_logo_of_a_kernel_has_the_letters_that_it_weighs_above_the_mean() -> None:
    kernel = np.array([[2.0, -1, -1, 0], [-1, 0.5, 0.5, 0]])
    svg = base64.b64decode(logos([kernel], ("red", "green", "blue", "black"))[0].split(",")[1])
    drawing = ElementTree.fromstring(svg)
    space = "{http://www.w3.org/2000/svg}"
    fills = {path.get("id"): path.get("fill") for path in drawing.iter(f"{space}path")}
    assert fills == {"A": "red", "C": "green", "G": "blue", "T": "black"}
    used = [(u.get("href"), u.get("transform")) for u in drawing.iter(f"{space}use")]
    highs = {(href, at.split("(")[1].split(" ")[0]): at for href, at in used if at}
    assert set(highs) == {("#A", "0"), ("#C", "1"), ("#G", "1")}
    assert highs["#A", "0"].endswith("scale(.94 -1.000)")  # the highest pile fills the row
    assert highs["#C", "1"].endswith("scale(.94 -0.250)")
    assert len(svg) < 4 * 1024
    assert "<use" not in base64.b64decode(logos([0 * kernel], "rgbk")[0].split(",")[1]).decode()
