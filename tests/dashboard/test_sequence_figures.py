"""Figures along a sequence: each number is where it belongs, and what is clicked says which."""

from ast import literal_eval
from typing import Any

import numpy as np
import pytest

from dashboard.figures import colours
from dashboard.figures.filters import filters
from dashboard.figures.logo import Mark, logo
from dashboard.figures.mutations import mutations
from dashboard.figures.sequence import overview, tracks
from dashboard.locus import Locus, region

SCORES = np.zeros((8, 3), np.float32)
SCORES[2, 1], SCORES[5, 0], SCORES[5, 2] = 2.0, -1.0, 0.25
CENTRES = np.arange(8) + 0.5


def lies(size: int, name: str = "r", length: int = 0, **how: Any) -> Locus:
    return Locus.of(region(name, length or size), size, **how)


NINE = lies(9)
TURNED = lies(9, "chr1:1001-1100", 100, reverse=True, start=10)  # letters lie at 1090 to 1082
PADDED = lies(9, length=4, start=3)  # letters 3 to 6 lie at 1 to 4


def test_filters_are_in_order_with_their_totals_and_their_rows() -> None:
    figure = filters(SCORES, CENTRES, [1, 0, 2], 0, [Mark("M", 2, 4)], NINE)
    behind, bars = figure.data[:2]
    assert list(behind.customdata) == [1, 0, 2]
    assert list(bars.x) == [2, -1, 0.25]
    assert list(bars.y) == ["#1", "#0", "#2"]
    (heat,) = (t for t in figure.data if t.type == "heatmap")
    np.testing.assert_array_equal(heat.z, SCORES[:, [1, 0, 2]].T)
    assert heat.zmin == -heat.zmax
    np.testing.assert_array_equal(heat.x, CENTRES + 0.5)


def test_without_positions_there_is_no_map() -> None:
    figure = filters(SCORES[2:3], np.zeros(1), [1, 0], 1, [], NINE, mapped=False)
    assert not [t for t in figure.data if t.type == "heatmap"]


def test_standard_errors_are_whiskers_in_the_bars_order() -> None:
    figure = filters(SCORES, CENTRES, [1, 0, 2], 0, [], NINE, errors=np.array([0.1, 0.2, 0.3]))
    np.testing.assert_allclose(figure.data[1].error_x.array, [0.2, 0.1, 0.3])


def test_tracks_hold_both_series() -> None:
    figure = tracks(SCORES[:, 1], SCORES[:, 1] * 3, CENTRES, [], NINE)
    np.testing.assert_array_equal(figure.data[0].y, SCORES[:, 1])
    np.testing.assert_array_equal(figure.data[1].y, SCORES[:, 1] * 3)


def test_a_cell_of_the_mutation_map_knows_its_position_and_base() -> None:
    effects = np.arange(28, dtype=float).reshape(7, 4)
    figure = mutations(effects, "ACGTACG", lies(100), first=40, width=5)
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
    figure = overview(scores, (0, 200), [], lies(100_000))
    assert max(figure.data[0].y) == 5
    assert min(figure.data[1].y) == -3
    assert len(figure.data[0].x) <= 1000
    assert len(figure.to_json()) < 100_000


def test_nothing_but_zeros_is_drawn() -> None:
    for figure in (
        filters(SCORES * 0, CENTRES, [0, 1, 2], None, [], NINE),
        tracks(SCORES[:, 0] * 0, SCORES[:, 0] * 0, CENTRES, [], NINE),
        mutations(np.zeros((4, 4)), "ACGT", lies(4)),
        overview(np.zeros(9), (0, 9), [], NINE),
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


def texts(figure: Any) -> list[str]:
    return [text for trace in figure.data for text in (getattr(trace, "text", None) or ())]


def placed(figure: Any) -> dict[str, float]:
    """Where each text stands."""
    found = [t for t in figure.data if t.type == "scatter" and t.text is not None]
    return {text: x for t in found for text, x in zip(t.text, t.x, strict=True)}


def axes(figure: Any) -> list[tuple[float, str]]:
    named = [a for a in figure.select_xaxes() if a.ticktext is not None]
    assert named
    assert all(a.tickvals == named[0].tickvals for a in named)
    return list(zip(named[0].tickvals, named[0].ticktext, strict=True))


@pytest.mark.parametrize("which", ["overview", "filters", "tracks"])
def test_axes_bear_the_positions_of_their_letters(which: str) -> None:
    def drawn(locus: Locus) -> Any:
        if which == "overview":
            return overview(np.ones(9), (0, 9), [], locus)
        if which == "filters":
            return filters(SCORES, CENTRES, [1, 0, 2], 0, [], locus)
        return tracks(SCORES[:, 1], SCORES[:, 1], CENTRES, [], locus)

    assert axes(drawn(NINE)) == [(i + 0.5, str(i + 1)) for i in range(9)]
    assert axes(drawn(TURNED)) == [(i + 0.5, f"{1090 - i:,}") for i in range(9)]
    assert axes(drawn(PADDED)) == [(i + 2.5, str(i)) for i in range(1, 5)]


def test_what_is_pointed_at_says_its_position() -> None:
    cells = mutations(np.ones((4, 4)), "ACGT", TURNED, first=2).data[-1]
    assert cells.hovertext[0].startswith("A at 1,088 to A")
    assert list(cells.customdata[4]) == [3, 0]  # a click is among the letters seen
    (heat,) = (t for t in filters(SCORES, CENTRES, [1], 1, [], PADDED).data if t.type == "heatmap")
    assert list(heat.customdata[0][:4]) == [  # centres .5, 1.5, 2.5, 3.5 round to even
        "3 before the record",
        "1 before the record",
        "1 before the record",
        "2",
    ]
    assert overview(np.ones(9), (0, 9), [], TURNED).data[-1].hovertext[4] == "from 1,086"
    assert tracks(CENTRES, CENTRES, CENTRES, [], PADDED).data[0].hovertext[4] == "2"


def test_numbers_under_the_letters_are_their_positions_on_either_strand() -> None:
    letters, heights = "A" * 40, np.ones((40, 4))
    long = lies(200, "chr1:500-1500", 1000, start=530)  # the first letter lies at 1031
    for drawn in (
        logo(heights, letters, ["#000"] * 4, first=5, width=20, locus=long),
        mutations(heights, letters, long, first=5, width=20),
    ):
        assert [t for t in texts(drawn) if "," in t] == [
            *("1,036", "1,040", "1,050"),
            *("1,056", "1,060", "1,070"),
        ]
    turned = lies(200, "chr1:500-1500", 1000, reverse=True, start=530)  # at 970, and down
    drawn = logo(heights, letters, ["#000"] * 4, first=5, width=20, locus=turned)
    numbers = [t for t in texts(drawn) if t.isdigit()]
    assert numbers == ["965", "960", "950", "945", "940", "930"]
    assert placed(drawn)["960"] == 5.5  # five letters on
    padded = logo(np.ones((9, 4)), "NNNACGTNN", ["#000"] * 4, locus=PADDED)
    assert not [t for t in texts(padded) if t.isdigit() and int(t) < 1]


def test_long_numbers_stand_apart() -> None:
    far = lies(200, "chr1:200,000,001-200,000,200", start=0)
    drawn = logo(np.ones((200, 4)), "A" * 200, ["#000"] * 4, width=200, locus=far)
    at = sorted(x for text, x in placed(drawn).items() if "," in text)
    assert len(at) > 5
    assert min(np.diff(at)) >= 10
