"""Letters: where they are, and how high."""

import itertools

import numpy as np
import plotly.graph_objects as go
import pytest

from dashboard.figures import glyphs
from dashboard.figures.glyphs import BASES, COLOURS, stack
from dashboard.figures.logo import Mark, Spread, logo

SAFE = COLOURS["safe"]
HEIGHTS = np.array([[1.0, 0, 0, 0], [0, -0.5, 0, 0], [0.25, 0, 0.5, -0.25], [0, 0, 0, 0]])


@pytest.mark.parametrize("base", BASES)
def test_a_letter_fills_its_square(base: str) -> None:
    outline = glyphs.polygon(base)
    np.testing.assert_allclose(outline.min(axis=0), 0, atol=0.01)
    np.testing.assert_allclose(outline.max(axis=0), 1, atol=0.01)
    np.testing.assert_array_equal(outline[0], outline[-1])


def covers(base: str, x: float, y: float) -> bool:
    """Even-odd rule, by hand."""
    inside = False
    outline = glyphs.polygon(base)
    for (x0, y0), (x1, y1) in itertools.pairwise(outline):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
            inside = not inside
    return inside


def test_letters_have_their_strokes_and_holes() -> None:
    assert covers("T", 0.5, 0.5)
    assert not covers("T", 0.2, 0.5)
    assert covers("A", 0.5, 0.3)  # the bar
    assert not covers("A", 0.5, 0.5)  # the hole
    assert covers("C", 0.1, 0.5)
    assert not covers("C", 0.9, 0.5)
    assert covers("G", 0.9, 0.4)
    assert not covers("G", 0.9, 0.6)


def test_stack_piles_the_largest_farthest_from_zero() -> None:
    letters = stack(HEIGHTS)
    rows = sorted(zip(letters.position, letters.base, letters.low, letters.high, strict=True))
    assert [tuple(float(v) for v in row) for row in rows] == [
        (0, 0, 0, 1),
        (1, 1, 0, -0.5),  # hangs down
        (2, 0, 0, 0.25),
        (2, 2, 0.25, 0.75),
        (2, 3, 0, -0.25),
    ]


def test_stack_refuses_other_shapes_and_nan() -> None:
    with pytest.raises(ValueError, match=r"\(3, 5\)"):
        stack(np.zeros((3, 5)))
    with pytest.raises(ValueError, match="finite"):
        stack(np.full((3, 4), np.nan))


def test_rows_break_the_sequence_and_keep_one_scale() -> None:
    rows = Spread.of(np.repeat([[2.0, 0, 0, 0]], 120, axis=0), 50)
    assert rows.count == 3
    assert rows.x(np.array(119)) == 19
    heights = [float(rows.y(np.array(p), 2.0) - rows.y(np.array(p), 0.0)) for p in (0, 60, 119)]
    np.testing.assert_allclose(heights, heights[0])
    assert rows.pieces(45, 105) == [(45, 50), (50, 100), (100, 105)]
    assert rows.pieces(-10, 3) == [(0, 3)]
    assert rows.pieces(119, 500) == [(119, 120)]


def test_figure_has_each_letter_once_and_a_column_to_click() -> None:
    figure = logo(HEIGHTS, "ACGT", SAFE, first=30, marks=[Mark("M", 31, 33, "-")])
    outlines = {t.name: t for t in figure.data if isinstance(t, go.Scatter) and t.fill == "toself"}
    pieces = {name: int(np.isnan(np.asarray(t.x)).sum()) + 1 for name, t in outlines.items()}
    assert pieces == {"A": 2, "C": 1, "G": 1, "T": 1}
    assert outlines["T"].fillcolor == SAFE[3]
    columns = figure.data[-1]
    assert list(columns.customdata) == [30, 31, 32, 33]
    assert "C at 31" in columns.hovertext[1]
    assert "◂ M" in [text for t in figure.data for text in (t.text if t.text is not None else ())]


def test_nothing_to_show_is_an_empty_frame() -> None:
    figure = logo(np.zeros((4, 4)), "ACGT", SAFE)
    assert not [t for t in figure.data if isinstance(t, go.Scatter) and t.fill == "toself"]
    assert np.isfinite(figure.layout.yaxis.range).all()


def test_a_thousand_bases_are_a_handful_of_traces_and_half_a_megabyte() -> None:
    values = np.zeros((1000, 4))
    codes = np.random.default_rng(0).integers(0, 4, 1000)
    values[np.arange(1000), codes] = 1
    figure = logo(values, "".join(BASES[c] for c in codes), SAFE)
    assert len(figure.data) <= 10
    assert len(figure.to_json()) < 600_000
