"""The least scale: what is noise stays small, and what is not is drawn as before."""

import numpy as np
import pytest

from dashboard.figures.filters import filters
from dashboard.figures.frame import ends
from dashboard.figures.logo import Spread
from dashboard.figures.ranking import ranking
from dashboard.locus import Locus, Region
from dashboard.work.answer import Place, Ranked
from dashboard.work.scale import least, spread
from tests.dashboard.conftest import made


def answer(delta: float, error: float) -> object:
    scores = np.array([0.3, -0.2, 0.1])  # together 0.6 in size
    said = {"f_input": delta, "f_baseline": 0.0, "error": error, "target": 0}
    said |= {"gap": 0.0, "converged": True, "evaluations": 9, "is_cut": True}
    return made(scores, layer="conv", method="neuron_integrated_gradients", **said)


def test_noise_has_the_error_as_its_least_scale() -> None:
    assert least(answer(0.2, 2.0), False) == pytest.approx(1.2)  # 0.2 is within 2.0 * 0.6
    assert least(answer(0.2, 0.1), False) == 0  # 0.06: well beyond
    assert least(answer(0.0, np.nan), False) == 0  # no error is known
    assert least(answer(0.2, 0.1), True) == 1  # an answer of next to nothing: a unit of the logit
    assert least(answer(0.2, 2.0), True) == pytest.approx(1.2)


@pytest.mark.parametrize(
    ("given", "size", "found"),
    [
        ((-1.0, 3.0), 2.0, (-1.0, 3.0)),
        ((-1.0, 0.5), 2.0, (-2.0, 0.5)),
        ((-0.5, 1.0), 2.0, (-0.5, 2.0)),
        ((0.0, 0.0), 1.0, (0.0, 1.0)),
    ],
)
def test_an_axis_reaches_at_least_so_far_on_its_longer_side(
    given: tuple[float, float], size: float, found: tuple[float, float]
) -> None:
    assert spread(*given, size) == found


def test_bars_and_letters_of_noise_take_their_share_of_the_room() -> None:
    lines = [Ranked(Place(0), 0.1, 1.0)]
    for size in (0.0, 1.0):
        low, high = ranking(lines, None, least=size).layout.xaxis.range
        assert 0.1 / (high - low) == pytest.approx((0.1 / max(size, 0.1)) / 1.3)
        rows = Spread.of(np.array([[0.1, 0, 0, 0]]), 1, size)
        assert rows.top == pytest.approx(max(size, 0.1))
        locus = Locus.of(Region("", 0, 1), 1)
        figure = filters(np.array([[0.1]]), np.zeros(1), [0], None, [], locus, least=size)
        assert figure.layout.xaxis.range == ends([0.1], 0.45, size)
