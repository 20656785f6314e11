"""The notebooks run as they are, cell by cell."""

import ast
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import jupytext
import numpy as np
import plotly.graph_objects as go
import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


def run(name: str) -> tuple[dict[str, Any], list[go.Figure]]:
    """The names that are left, and the figures that the cells show as their last value."""
    notebook = jupytext.read(EXAMPLES / name, fmt="py:percent")
    assert {c.cell_type for c in notebook.cells} == {"markdown", "code"}
    module = ModuleType("__main__")
    names, shown = vars(module), []
    for cell in (c for c in notebook.cells if c.cell_type == "code"):
        body = ast.parse(cell.source, name).body
        last = body.pop() if isinstance(body[-1], ast.Expr) else None
        exec(compile(ast.Module(body, []), name, "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), name, "eval"), names)
            shown += [value] if isinstance(value, go.Figure) else []
    return names, shown


def test_there_are_three() -> None:
    assert sorted(p.name for p in EXAMPLES.iterdir() if p.suffix == ".py") == [
        "dna.py",
        "paper.py",
        "picture.py",
    ]
    assert "jupytext" in sys.modules


@pytest.mark.slow
def test_picture(capsys: pytest.CaptureFixture[str]) -> None:
    names, shown = run("picture.py")
    assert "tiger cat" in capsys.readouterr().out
    assert len(shown) == 4
    rows, columns = names["encoding"].size
    assert names["by_pixel"].shape == (rows, columns)
    scores = {order: curve.scores[0] for order, curve in names["curves"].items()}
    before = names["net"].score(names["x"], names["target"])[0]
    np.testing.assert_allclose([s[0] for s in scores.values()], before, rtol=1e-4)
    assert before - scores["score"][-1] > 10 * abs(before - scores["least"][-1])
    channel = names["places"].sum()
    np.testing.assert_allclose(names["by_pixel"].sum(), channel, rtol=0.1)


@pytest.mark.slow
def test_dna(capsys: pytest.CaptureFixture[str]) -> None:
    names, shown = run("dna.py")
    said = capsys.readouterr().out
    assert "Gata1" in said
    assert "TAL1" in said
    assert len(shown) == 2
    x, other, bases = names["x"][0], names["other"], names["bases"]
    np.testing.assert_allclose((x * other).sum(-1), bases, atol=1e-4)
    before, after = (names["net"].score(v, 0)[0] for v in (names["x"], names["without"]))
    assert after < before


def test_paper(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """In its quick form: three digits."""
    monkeypatch.setenv("PAPER_DIGITS", "3")
    names, shown = run("paper.py")
    assert "read as a 3" in capsys.readouterr().out
    assert len(shown) == 4
    nig, rise = names["nig"].scores, names["rise"]
    far = {n: np.abs(names["right_endpoint_sum"](n) - nig).sum() for n in (5, 250)}
    assert far[250] < far[5]
    assert names["right_endpoint_sum"](250).sum() == pytest.approx(rise, rel=0.01)
    by_hand = names["by_hand"]  # of DeepLIFT's definition, by NumPy
    assert by_hand.sum() == pytest.approx(rise, rel=1e-4)
    np.testing.assert_allclose(names["rescale"].scores.reshape(1, -1), by_hand, atol=1e-4)
    area = {name: values.mean() for name, values in names["area"].items()}
    assert max(area["NIG"], area["DeepLIFT Rescale"]) < area["activation"] < area["random"]
    assert names["cost"]["DeepLIFT Rescale"] < names["cost"]["NIG"]
