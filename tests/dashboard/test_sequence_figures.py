"""Figures along a sequence: each number is where it belongs, and what is clicked says which."""

from ast import literal_eval

import numpy as np
import pytest

from dashboard.figures import colours
from dashboard.figures.logo import Mark
from dashboard.figures.mutations import mutations
from dashboard.figures.sequence import filters, overview, tracks

SCORES = np.zeros((8, 3), np.float32)
SCORES[2, 1], SCORES[5, 0], SCORES[5, 2] = 2.0, -1.0, 0.25
CENTRES = np.arange(8) + 0.5


def test_filters_are_in_order_with_their_totals_and_their_rows() -> None:
    figure = filters(SCORES, CENTRES, [1, 0, 2], 0, [Mark("M", 2, 4)], 9)
    behind, bars = figure.data[:2]
    assert list(behind.customdata) == [1, 0, 2]
    assert list(bars.x) == [2, -1, 0.25]
    assert list(bars.y) == ["#1", "#0", "#2"]
    (heat,) = (t for t in figure.data if t.type == "heatmap")
    np.testing.assert_array_equal(heat.z, SCORES[:, [1, 0, 2]].T)
    assert heat.zmin == -heat.zmax
    np.testing.assert_array_equal(heat.x, CENTRES + 0.5)


def test_without_positions_there_is_no_map() -> None:
    figure = filters(SCORES[2:3], np.zeros(1), [1, 0], 1, [], 9, mapped=False)
    assert not [t for t in figure.data if t.type == "heatmap"]


def test_standard_errors_are_whiskers_in_the_bars_order() -> None:
    figure = filters(SCORES, CENTRES, [1, 0, 2], 0, [], 9, errors=np.array([0.1, 0.2, 0.3]))
    np.testing.assert_allclose(figure.data[1].error_x.array, [0.2, 0.1, 0.3])


def test_tracks_hold_both_series() -> None:
    figure = tracks(SCORES[:, 1], SCORES[:, 1] * 3, CENTRES, [], 9)
    np.testing.assert_array_equal(figure.data[0].y, SCORES[:, 1])
    np.testing.assert_array_equal(figure.data[1].y, SCORES[:, 1] * 3)


def test_a_cell_of_the_mutation_map_knows_its_position_and_base() -> None:
    effects = np.arange(28, dtype=float).reshape(7, 4)
    figure = mutations(effects, "ACGTACG", first=40, width=5)
    cells = figure.data[-1]
    heat = [t for t in figure.data if t.type == "heatmap"]
    assert [t.z.shape for t in heat] == [(4, 5), (4, 2)]
    assert [list(c) for c in cells.customdata][:5] == [[40, 0], [40, 1], [40, 2], [40, 3], [41, 0]]
    for (position, base), x, y in zip(cells.customdata, cells.x, cells.y, strict=True):
        shown = heat[(position - 40) // 5]
        column, row = list(shown.x).index(x), list(shown.y).index(y)
        assert shown.z[row, column] == effects[position - 40, base]


def test_an_overview_of_a_long_sequence_keeps_its_peaks_and_stays_small() -> None:
    scores = np.zeros(100_000)
    scores[77_777], scores[1234] = 5, -3
    figure = overview(scores, (0, 200), [])
    assert max(figure.data[0].y) == 5
    assert min(figure.data[1].y) == -3
    assert len(figure.data[0].x) <= 1000
    assert len(figure.to_json()) < 100_000


def test_nothing_but_zeros_is_drawn() -> None:
    for figure in (
        filters(SCORES * 0, CENTRES, [0, 1, 2], None, [], 9),
        tracks(SCORES[:, 0] * 0, SCORES[:, 0] * 0, CENTRES, [], 9),
        mutations(np.zeros((4, 4)), "ACGT"),
        overview(np.zeros(9), (0, 9), []),
    ):
        assert np.isfinite([v for a in figure.select_yaxes() if a.range for v in a.range]).all()


@pytest.mark.parametrize("palette", ["RdBu", "PuOr"])
@pytest.mark.parametrize("ground", [(255, 255, 255), (20, 24, 26)])
def test_the_larger_a_cell_the_farther_from_the_ground(
    palette: str, ground: tuple[int, int, int]
) -> None:
    stops = colours.ramp(palette)
    places = [place for place, _ in stops]
    rgba = np.array([literal_eval(colour.removeprefix("rgba")) for _, colour in stops], float)
    assert rgba[-1, 0] > rgba[-1, 2]  # warm supports
    assert rgba[0, 2] > rgba[0, 0]
    for side in (np.linspace(0.499, 0, 9), np.linspace(0.501, 1, 9)):
        seen = np.stack([np.interp(side, places, channel) for channel in rgba.T], axis=-1)
        shown = seen[:, 3:] * seen[:, :3] + (1 - seen[:, 3:]) * np.array(ground)
        away = np.linalg.norm(shown - np.array(ground), axis=1)
        assert (np.diff(away) > 0).all()
        assert away[0] < 2
