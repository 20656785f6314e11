"""Overlay: a layer's map over the photograph, at the layer's own grid."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
from PIL import Image

from dashboard.figures import colours
from dashboard.figures.frame import framed, jpeg, outline, slider, title
from dashboard.figures.map import Map
from dashboard.work import scale

_BAR = 46  # pixels below the map for the colour bar
_SLIDER = 58
OPACITY = "Opacity of the colours"
_OPACITIES = (0, 20, 40, 60, 80, 100)
_USUAL = 80
_LARGEST = 128 * 128  # cells that are sent as float32; more are sent as 16-bit numbers


def overlay(photograph: npt.NDArray[np.uint8], shown: Map) -> go.Figure:
    """A map (rows, columns) over a photograph (height, width, 3).

    Scores lie on it in grey, and an opacity slider works in the browser; activations hide it.
    """
    if shown.palette is None:
        bound = float(np.abs(shown.values).max())
    else:
        bound = shown.bound or scale.limit(shown.values).value
    values, unit, bound = _compact(shown.values, bound or 1.0, shown.unit)
    figure = _figure(values.shape, photograph.shape[:2], shown.side)
    digits = ".3g" if shown.palette is None else "+.3g"
    figure.add_heatmap(
        z=values,
        zsmooth=False,
        hovertemplate=f"row %{{y}}, column %{{x}}<br>%{{z:{digits}}}<extra></extra>",
        colorscale="Cividis",
        colorbar=_bar(unit),
    )
    outline(figure, shown.picked, 5, 2)
    if shown.palette is None:
        return figure
    colorscale = colours.scale(shown.palette)
    figure.update_traces(zmin=-bound, zmax=bound, colorscale=colorscale, opacity=_USUAL / 100)
    figure.update_traces(colorbar=_ends(bound))
    figure.add_layout_image(
        source=grey(photograph),
        xref="x",
        yref="y",
        x=-0.5,
        y=-0.5,
        sizex=values.shape[1],
        sizey=values.shape[0],
        sizing="stretch",
        layer="below",
    )
    below = _BAR + _SLIDER
    return figure.update_layout(
        sliders=[_opacity()], height=shown.side + below, margin={"b": below}
    )


def grey(photograph: npt.NDArray[np.uint8]) -> str:
    """The photograph in pale grey, so that colours over it can be read, as a data URI."""
    light = np.asarray(Image.fromarray(photograph).convert("L"), dtype=np.float64)
    return jpeg(Image.fromarray((70 + light * (185 / 255)).astype(np.uint8)))


def without_slider(figure: go.Figure) -> None:
    """Take the opacity slider away, and the room that it has."""
    kept = [slider for slider in figure.layout.sliders if slider.name != OPACITY]
    if len(kept) < len(figure.layout.sliders):
        figure.layout.sliders = kept
        figure.update_layout(height=figure.layout.height - _SLIDER, margin={"b": _BAR})


def _compact(
    values: npt.NDArray[Any], bound: float, unit: str
) -> tuple[npt.NDArray[Any], str, float]:
    """Values for the browser, their unit, and the bound in that unit."""
    if values.size <= _LARGEST:
        return values.astype(np.float32), unit, bound
    exponent = int(np.floor(np.log10(30_000 / bound)))
    scaled = np.clip(np.rint(values * 10.0**exponent), -32_767, 32_767).astype(np.int16)
    return scaled, f"{unit} × 10<sup>{exponent}</sup>", bound * 10.0**exponent


def _figure(grid: tuple[int, ...], picture: tuple[int, ...], side: int) -> go.Figure:
    """An empty frame in the layer's own coordinates, with the picture's proportions."""
    rows, columns = grid
    axis = {"visible": False, "constrain": "domain", "constraintoward": "center"}
    return framed(
        side + _BAR,
        margin={"r": 0, "t": 0, "b": _BAR},
        xaxis={**axis, "range": [-0.5, columns - 0.5]},
        yaxis={
            **axis,
            "range": [rows - 0.5, -0.5],
            "scaleanchor": "x",
            "scaleratio": (picture[0] / rows) / (picture[1] / columns),
        },
    )


def _bar(unit: str) -> dict[str, Any]:
    return {
        "orientation": "h",
        "title": {**title(unit), "side": "bottom"},
        "thickness": 8,
        "outlinewidth": 0,
        "len": 1.0,
        "xpad": 0,
        "ypad": 0,
        "y": -0.02,
        "yanchor": "top",
        "nticks": 5,
    }


def _ends(bound: float) -> dict[str, Any]:
    """Zero, the ends and the middles in plain numbers, for a symmetric bar."""
    values = [bound * share for share in (-1.0, -0.5, 0.0, 0.5, 1.0)]
    texts = [f"{_rounded(v):+,.6g}".replace("-", "−") if v else "0" for v in values]
    return {"tickvals": values, "ticktext": texts}


def _rounded(value: float) -> float:
    """Two digits."""
    return float(f"{value:.1e}")


def _opacity() -> dict[str, Any]:
    return slider(
        OPACITY,
        "Opacity ",
        [
            {"method": "restyle", "label": f"{p} %", "args": [{"opacity": [p / 100]}, [0]]}
            for p in _OPACITIES
        ],
        active=_OPACITIES.index(_USUAL),
        currentvalue={"font": {"size": 13, "color": "#808a8a"}},
        pad={"t": _BAR + 12, "b": 0},
        len=0.6,
        x=0.5,
        xanchor="center",
    )
