"""Path: the input, a channel and the score from the baseline to the input, under one slider.

The slider works in the browser: it moves a mark in each panel, and fades the input in over the
baseline, which is exactly the picture at a.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
from PIL import Image
from plotly.colors import hex_to_rgb

from dashboard.figures import colours
from dashboard.figures.frame import MARK, QUIET, SECOND, framed, jpeg, title
from dashboard.figures.frame import slider as figure_slider
from dashboard.words.numbers import fixed, number, signed
from dashboard.work.findings import Trail

HEIGHT = 540
STOPS = 41  # places of the slider, evenly spread; the curves have all nodes
_HIGH = 0.955  # of the height: the panels; above the first its name
_PICTURE = 0.34  # of the width at most; below the picture the numbers at a, beside it the panels
_BESIDE = 0.44  # of the width: where panels begin beside a picture
_BELOW = 0.34  # of the height: where numbers begin below a picture
_UNDER = 0.83  # of the height: panels under the numbers, where there is no picture
NBSP = "\N{NO-BREAK SPACE}"
_NAME = 7  # letters
_APART = NBSP * 3
_PANELS = 4
_SPACE = 0.05  # between panels, for the name of the one below
_THUMBNAIL = 220


def path(
    trail: Trail,
    pictures: tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]] | None,
    channel: int,
    palette: str = "RdBu",
    slider: bool = True,
) -> go.Figure:
    """Four panels over a, ticks where the nodes fell, and the picture at a.

    pictures : uint8 (height, width, 3), the baseline and the input; None of what is no picture.
    """
    walk, a = trail.walk, trail.walk.nodes
    score = float(walk.accumulated[-1, channel])
    warm = colours.bars(palette)[0 if score >= 0 else 1]
    lines = (
        ("F(a)", walk.f, QUIET),
        ("activation h", walk.activations[:, channel], SECOND),
        ("dF/dh", walk.gradients[:, channel], SECOND),
        ("score so far", walk.accumulated[:, channel], warm),
    )
    edge = 0 if pictures else 46  # ticks beside a picture have its room
    left, high = (_BESIDE, _HIGH) if pictures else (0.0, _UNDER)
    figure = framed(HEIGHT, margin={"l": edge, "b": 96, "r": 12}, hovermode="closest")
    height = (high - _SPACE * (_PANELS - 1)) / _PANELS
    tops = [high - i * (height + _SPACE) for i in range(_PANELS)]
    for i, (name, values, colour) in enumerate(lines, 1):
        figure.add_scatter(
            x=a,
            y=values,
            mode="lines",
            line={"color": colour, "width": 2},
            fill="tozeroy" if i == _PANELS else None,
            fillcolor=f"rgba({', '.join(map(str, hex_to_rgb(colour)))}, 0.18)",
            yaxis=f"y{i}",
            hovertemplate=f"a = %{{x:.3f}}<br>{name} %{{y:.3g}}<extra></extra>",
        )
    figure.add_scatter(
        x=a,
        y=np.full(len(a), float(walk.f.min())),
        mode="markers",
        marker={"symbol": "line-ns-open", "size": 11, "color": MARK, "line": {"width": 1}},
        yaxis="y1",
        hovertemplate="node at a = %{x:.4f}<extra></extra>",
    )
    first = len(figure.data)
    for i, (_, values, _c) in enumerate(lines, 1):
        figure.add_scatter(
            x=[1.0],
            y=[float(values[-1])],
            mode="markers",
            marker={"size": 10, "color": MARK},
            yaxis=f"y{i}",
            hoverinfo="skip",
        )
    if pictures:
        _add_pictures(figure, *pictures)
    axes = {
        f"yaxis{i}": {
            "domain": [max(top - height, 0.0), top],
            "anchor": "x",
            "nticks": 4,
            "rangemode": "tozero",  # a constant would be drawn as a mountain
            "fixedrange": True,
            "automargin": False,
            "zeroline": True,
        }
        for i, top in enumerate(tops, 1)
    }
    along = _slider(a, [v for _, v, _ in lines], first, pictures is not None)
    return figure.update_layout(
        xaxis={
            "range": [-0.01, 1.015],
            "domain": [left, 1],
            "anchor": f"y{_PANELS}",
            "title": title("a: baseline 0, input 1"),
        },
        **axes,
        sliders=[along] if slider else [],
        shapes=[_cursor(1.0, high)],
        annotations=[
            _caption(1.0, [float(v[-1]) for _, v, _ in lines], pictures is not None),
            *(
                _said(name, left, top, yanchor="bottom", font={"size": 13})
                for (name, *_), top in zip(lines, tops, strict=True)
            ),
        ],
    )


def _add_pictures(
    figure: go.Figure, baseline: npt.NDArray[np.uint8], pixels: npt.NDArray[np.uint8]
) -> None:
    common = {
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": 1,
        "sizex": _PICTURE,
        "sizey": 0.98 - _BELOW,
        "sizing": "contain",
        "xanchor": "left",
        "yanchor": "top",
        "layer": "above",
    }
    figure.update_layout(
        images=[
            {**common, "source": _jpeg(baseline), "opacity": 1.0},
            # Plotly drops an image at exactly the place of another.
            {**common, "source": _jpeg(pixels), "opacity": 1.0, "x": 1e-6},
        ]
    )


def _slider(
    a: npt.NDArray[Any], lines: list[npt.NDArray[Any]], first: int, pictured: bool
) -> dict[str, Any]:
    traces = list(range(first, first + len(lines)))
    steps = []
    for place in np.linspace(0, 1, STOPS).round(4).tolist():
        values = [float(f"{np.interp(place, a, line):.6g}") for line in lines]
        moved = {
            **({"images[1].opacity": place} if pictured else {}),
            "shapes[0].x0": place,
            "shapes[0].x1": place,
            "annotations[0].text": _caption(place, values, pictured)["text"],
        }
        steps.append(
            {
                "method": "update",
                "label": f"{place:g}",
                "args": [{"x": [[place]] * len(lines), "y": [[v] for v in values]}, moved, traces],
            }
        )
    return figure_slider(
        "Place on the path, a",
        "a = ",
        steps,
        active=STOPS - 1,
        currentvalue={"font": {"size": 14, "color": QUIET}, "xanchor": "left"},
        pad={"t": 44, "b": 0},
        x=0,
        len=1.0,
        bgcolor=MARK,
        activebgcolor=MARK,
        bordercolor=MARK,
    )


def _cursor(place: float, high: float) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": place,
        "x1": place,
        "y0": 0,
        "y1": high,
        "line": {"color": MARK, "width": 1},
    }


def _said(text: str, x: float, y: float, **more: Any) -> dict[str, Any]:
    """Words at a place of the whole figure, their left end there."""
    place = {"xref": "paper", "yref": "paper", "x": x, "y": y, "xanchor": "left"}
    return {"text": text, **place, "showarrow": False, **more}


def _caption(place: float, values: list[float], pictured: bool) -> dict[str, Any]:
    """The numbers at a: below the picture, or in three lines above the panels."""
    f, activation, gradient, score = values
    rows = {
        "a": f"{place:g}",
        "F": fixed(f),
        "h": number(activation),
        "dF/dh": signed(gradient),
        "so far": signed(score),
    }
    said = [
        f"{name.ljust(_NAME, NBSP) if pictured else name + NBSP}<b>{value}</b>"
        for name, value in rows.items()
    ]
    lines = said if pictured else map(_APART.join, (said[:2], said[2:4], said[4:]))
    font = {"size": 13, "family": "monospace"}
    top = _BELOW if pictured else 1.01
    return _said("<br>".join(lines), 0, top, yanchor="top", align="left", font=font)


def _jpeg(pixels: npt.NDArray[np.uint8]) -> str:
    image = Image.fromarray(pixels)
    image.thumbnail((_THUMBNAIL, _THUMBNAIL), Image.Resampling.LANCZOS)
    return jpeg(image)
