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

HEIGHT = 500
STOPS = 41  # places of the slider, evenly spread; the curves have all nodes
_HIGH = 0.955  # of the height: the panels; above the first its name
_PICTURE = 0.34  # of the width at most; below the picture the numbers at a, beside it the panels
_BESIDE = 0.44  # of the width: where panels begin beside a picture
_BELOW = 0.3  # of the height: left for the numbers below a picture
_UNDER = 0.79  # of the height: panels under the numbers, where there is no picture
_ABOVE = 190  # pixels that a picture above the panels adds, the numbers beside it
_FOOT = 96  # pixels below the panels
NBSP = "\N{NO-BREAK SPACE}"
_NAME = 7  # letters
_APART = NBSP * 3
_PANELS = 4
_SPACE = 0.05  # between panels, for the name of the one below
_THUMBNAIL = 220

Pixels = npt.NDArray[np.uint8]


def path(
    trail: Trail,
    pictures: tuple[Pixels, Pixels] | None,
    channel: int,
    palette: str = "RdBu",
    slider: bool = True,
    narrow: bool = False,
) -> go.Figure:
    """Four panels over a, ticks where the nodes fell, and the picture at a.

    pictures : uint8 (height, width, 3), the baseline and the input; None of what is no picture.
    narrow : whether the picture stands above the panels, not beside them.
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
    above = _ABOVE if pictures and narrow else 0
    edge = 0 if pictures and not narrow else 46  # ticks beside a picture have its room
    left, high = (_BESIDE, _HIGH) if pictures and not narrow else (0.0, _UNDER)
    plot = HEIGHT - _FOOT + above
    if above:
        high = (_HIGH * (plot - above)) / plot
    figure = framed(HEIGHT + above, margin={"l": edge, "b": _FOOT, "r": 12}, hovermode="closest")
    space = _SPACE * (plot - above) / plot
    height = (high - space * (_PANELS - 1)) / _PANELS
    tops = [high - i * (height + space) for i in range(_PANELS)]
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
        domain = ([0, 1], [1 - (above - 40) / plot, 1]) if above else ([0, _PICTURE], [_BELOW, 1])
        _add_pictures(figure, *pictures, *domain)
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
    along = _slider(a, [v for _, v, _ in lines], first, pictures, narrow)
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
            _caption(1.0, [float(v[-1]) for _, v, _ in lines], pictures, narrow),
            *(
                _said(name, left, top, yanchor="bottom", font={"size": 13})
                for (name, *_), top in zip(lines, tops, strict=True)
            ),
        ],
    )


def _add_pictures(
    figure: go.Figure, baseline: Pixels, pixels: Pixels, across: list[float], up: list[float]
) -> None:
    """On axes of their own, in pixels, so that the numbers stay beside them at every width.

    across, up : the part of the figure that they have at most.
    """
    height, width = pixels.shape[:2]
    common = {"xref": "x5", "yref": "y5", "x": 0, "y": 0, "sizex": width, "sizey": height}
    common |= {"sizing": "stretch", "layer": "above", "opacity": 1.0}
    axis = {"visible": False, "fixedrange": True, "constrain": "domain"}
    figure.add_scatter(  # Plotly draws no axes without a trace
        x=[0], y=[0], xaxis="x5", yaxis="y5", mode="markers", opacity=0, hoverinfo="skip"
    )
    figure.update_layout(
        xaxis5={**axis, "range": [0, width], "domain": across, "anchor": "y5"}
        | {"constraintoward": "left"},
        yaxis5={**axis, "range": [height, 0], "domain": up, "anchor": "x5", "scaleanchor": "x5"}
        | {"constraintoward": "top"},
        images=[
            {**common, "source": _jpeg(baseline)},
            # Plotly drops an image at exactly the place of another.
            {**common, "source": _jpeg(pixels), "x": 1e-3},
        ],
    )


def _slider(
    a: npt.NDArray[Any],
    lines: list[npt.NDArray[Any]],
    first: int,
    pictures: tuple[Pixels, Pixels] | None,
    narrow: bool,
) -> dict[str, Any]:
    traces = list(range(first, first + len(lines)))
    steps = []
    for place in np.linspace(0, 1, STOPS).round(4).tolist():
        values = [float(f"{np.interp(place, a, line):.6g}") for line in lines]
        moved = {
            **({"images[1].opacity": place} if pictures else {}),
            "shapes[0].x0": place,
            "shapes[0].x1": place,
            "annotations[0].text": _caption(place, values, pictures, narrow)["text"],
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
    place = {"xref": "paper", "yref": "paper", "x": x, "y": y, "xanchor": "left", "borderpad": 0}
    return {"text": text, **place, "showarrow": False, **more}


def _caption(
    place: float, values: list[float], pictures: tuple[Pixels, Pixels] | None, narrow: bool
) -> dict[str, Any]:
    """The numbers at a: below the picture or beside it, or in three lines above the panels."""
    f, activation, gradient, score = values
    rows = {
        "a": f"{place:g}",
        "F": fixed(f),
        "h": number(activation),
        "dF/dh": signed(gradient),
        "so far": signed(score),
    }
    said = [
        f"{name.ljust(_NAME, NBSP) if pictures else name + NBSP}<b>{value}</b>"
        for name, value in rows.items()
    ]
    lines = said if pictures else map(_APART.join, (said[:2], said[2:4], said[4:]))
    font = {"size": 13, "family": "monospace"}
    look: dict[str, Any] = {"yanchor": "top", "align": "left", "font": font}
    if pictures is None:
        return _said("<br>".join(lines), 0, 1.01, **look)
    height, width = pictures[1].shape[:2]
    look |= {"xref": "x5", "yref": "y5"} | ({"xshift": 14} if narrow else {"yshift": -10})
    return _said("<br>".join(lines), width if narrow else 0, 0 if narrow else height, **look)


def _jpeg(pixels: Pixels) -> str:
    image = Image.fromarray(pixels)
    image.thumbnail((_THUMBNAIL, _THUMBNAIL), Image.Resampling.LANCZOS)
    return jpeg(image)
