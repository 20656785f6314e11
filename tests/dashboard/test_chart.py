"""Line and bar figures on paper: every mark stands where its numbers say."""

import io

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

from dashboard.export.axis import axis
from dashboard.export.chart import chart
from dashboard.export.plate import Box, Item, Line, Plate, Shape, Text, png, svg
from dashboard.figures.frame import framed


def drawn(figure: go.Figure, kind: type[Item], colour: str) -> list:
    items = chart(figure, "A sentence.").items
    return [item for item in items if isinstance(item, kind) and item.colour == colour]


def test_the_lengths_of_bars_are_as_their_numbers() -> None:
    bar = go.Bar(
        x=[4.0, -2.0, 0.0],
        y=["a", "b", "c"],
        orientation="h",
        marker={"color": ["#aa0000", "#0000aa", "#aa0000"]},
        text=["+4", "−2", "0"],
        textposition="outside",
    )
    figure = framed(200, bar)
    figure.update_yaxes(autorange="reversed")
    long, none = drawn(figure, Box, "#aa0000")
    (short,) = drawn(figure, Box, "#0000aa")
    assert long.width == pytest.approx(2 * short.width)
    assert none.width == 0
    assert short.x + short.width == pytest.approx(long.x)  # both end at zero
    assert long.y < short.y < none.y  # the first on top
    (label,) = [i for i in chart(figure, "").items if isinstance(i, Text) and i.words == "+4"]
    assert label.x > long.x + long.width
    assert long.y < label.y < long.y + long.height


def test_bars_of_a_group_stand_side_by_side_and_a_base_moves_them() -> None:
    figure = framed(
        200,
        go.Bar(x=[0], y=[2.0], marker={"color": "#aa0000"}),
        go.Bar(x=[0], y=[1.0], base=[2.0], marker={"color": "rgba(0, 0, 170, 0.5)"}),
        barmode="group",
    )
    (first,), (second,) = drawn(figure, Box, "#aa0000"), drawn(figure, Box, "#0000aa")
    assert second.opacity == 0.5
    assert first.x + first.width == pytest.approx(second.x)
    assert second.y + second.height == pytest.approx(first.y)
    assert first.height == pytest.approx(2 * second.height)


def test_a_line_breaks_at_gaps_and_goes_through_its_points() -> None:
    line = go.Scatter(
        x=[0, 1, None, 2, 3], y=[0, 1, None, 1, 0], mode="lines", line={"color": "#00aa00"}
    )
    first, second = drawn(framed(200, line), Line, "#00aa00")
    (x0, y0), (x1, y1) = first.points
    (x2, y2), (x3, y3) = second.points
    np.testing.assert_allclose(np.diff([x0, x1, x2, x3]), x1 - x0)
    assert (y0, y1) == (y3, y2)
    assert y1 < y0  # upwards


def test_a_constant_zero_is_a_flat_line() -> None:
    line = go.Scatter(x=[0, 1], y=[0, 0], mode="lines", line={"color": "#00aa00"})
    figure = framed(200, line, yaxis={"rangemode": "tozero"})
    (flat,) = drawn(figure, Line, "#00aa00")
    assert flat.points[0][1] == flat.points[1][1]


def test_zero_has_no_place_on_a_log_axis() -> None:
    marker = {"color": "#aa0000", "size": [10, 12, 14]}
    figure = framed(200, go.Scatter(x=[0, 1, 2], y=[1, 0, 10], mode="markers", marker=marker))
    figure.update_yaxes(type="log")
    first, last = drawn(figure, Shape, "#aa0000")
    assert [np.ptp([x for x, _ in m.points]) for m in (first, last)] == pytest.approx([10, 14])


def test_two_panels_share_the_paper_and_a_log_axis_is_even_by_factors() -> None:
    figure = framed(
        300,
        go.Scatter(x=[1, 2], y=[1, 10, 100], mode="lines", line={"color": "#00aa00"}),
        go.Scatter(x=[1, 2], y=[0, 1], mode="lines", line={"color": "#aa0000"}, yaxis="y2"),
        yaxis={"type": "log", "domain": [0.5, 1]},
        yaxis2={"domain": [0, 0.4]},
    )
    figure.data[0].x = [1, 2, 3]
    (top,), (low,) = drawn(figure, Line, "#00aa00"), drawn(figure, Line, "#aa0000")
    heights = [y for _, y in top.points]
    assert heights[0] - heights[1] == pytest.approx(heights[1] - heights[2])
    assert max(heights) < min(y for _, y in low.points)


def test_marks_areas_and_straight_lines() -> None:
    figure = framed(
        200,
        go.Scatter(
            x=[0, 4],
            y=[0, 4],
            mode="markers",
            marker={"color": "#aa0000", "size": [4, 20], "symbol": "diamond"},
        ),
        xaxis={"range": [0, 4]},
        yaxis={"range": [0, 4]},
    )
    figure.add_hline(y=2, line={"color": "#0000aa", "width": 1})
    small, large = drawn(figure, Shape, "#aa0000")
    assert np.ptp([x for x, _ in large.points]) == pytest.approx(20)
    centres = [np.mean(mark.points, axis=0) for mark in (small, large)]
    (across,) = drawn(figure, Line, "#0000aa")
    assert across.points[0][1] == pytest.approx(np.mean(centres, axis=0)[1])
    assert across.points[0][0] == pytest.approx(centres[0][0])
    assert across.points[1][0] == pytest.approx(centres[1][0])


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(ValueError, match="heatmap"):
        chart(framed(200, go.Heatmap(z=[[1.0]])), "")
    with pytest.raises(ValueError, match="hash"):
        chart(framed(200, go.Scatter(x=[0], y=[0], marker={"symbol": "hash"})), "")


@pytest.mark.parametrize(("symbol", "corners"), [("triangle-up", 3), ("star", 10), ("square", 4)])
def test_marks_have_their_corners(symbol: str, corners: int) -> None:
    marker = {"symbol": symbol, "color": "#aa0000", "size": 20}
    points = go.Scatter(x=[0, 1], y=[0, 1], mode="markers", marker=marker)
    (mark, _) = drawn(framed(200, points), Shape, "#aa0000")
    assert len(set(mark.points)) == corners
    if symbol != "square":  # they point upwards
        tip = min(mark.points, key=lambda point: point[1])
        assert tip[0] == pytest.approx(np.mean([x for x, _ in mark.points]))


@pytest.mark.parametrize(
    ("low", "high", "most", "form", "texts"),
    [
        (0, 1, 6, "", ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (-3, 12, 4, "", ["0", "5", "10"]),
        (0, 0.4, 3, ".0%", ["0 %", "20 %", "40 %"]),
        (9000, 21000, 3, "", ["10,000", "15,000", "20,000"]),
    ],
)
def test_ticks_are_round(low: float, high: float, most: int, form: str, texts: list[str]) -> None:
    layout = go.layout.YAxis(range=[low, high], nticks=most, tickformat=form)
    found = axis(layout, [], 100, 0)
    assert [text for _, text in found.ticks] == texts
    assert found.at(low) == 100
    assert found.at(high) == 0


def test_a_dashed_and_a_turned_thing_are_pixels_where_they_are_shapes() -> None:
    line = Line(((10, 20), (50, 20)), "#ff0000", 2, (4, 4))
    plate = Plate(60, 40, "", (line, Text(30, 38, "mm", 8, "#0000ff", "start", 90)))
    pixels = np.asarray(Image.open(io.BytesIO(png(plate)))).astype(int)
    row = pixels[60, :, 0] - pixels[60, :, 1] > 200
    assert row.sum() == pytest.approx(5 * 4 * 3, abs=3)  # five strokes of four units
    assert not row[:29].any()
    assert not row[151:].any()
    blue = np.argwhere(pixels[..., 2] - pixels[..., 0] > 100)
    assert blue[:, 0].max() in range(108, 116)
    assert np.ptp(blue[:, 0]) > np.ptp(blue[:, 1])  # it stands upright
    assert 'stroke-dasharray="4 4"' in svg(plate)
    assert 'transform="rotate(-90 30.00 38.00)"' in svg(plate)
