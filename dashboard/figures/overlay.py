"""Overlay: a layer's map over the photograph, at the layer's own grid."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
from PIL import Image

from dashboard.figures import colours
from dashboard.figures.frame import TEMPLATE
from dashboard.work import scale

SIDE = 400  # pixels; the height of the map, and its width where there is room
_BAR = 46  # pixels below the map for the colour bar
_SLIDER = 58
OPACITY = "Opacity of the colours"
UNIT = "contribution to the logit"
_OPACITIES = (0, 20, 40, 60, 80, 100)
_USUAL = 80
_LARGEST = 128 * 128  # cells that are sent as float32; more are sent as 16-bit numbers


def overlay(
    photograph: npt.NDArray[np.uint8],
    scores: npt.NDArray[Any],
    palette: str = "RdBu",
    side: int = SIDE,
    bound: float | None = None,
    unit: str = UNIT,
    picked: tuple[int, ...] | None = None,
) -> go.Figure:
    """Signed scores (rows, columns) over a photograph (height, width, 3), shown in grey.

    The opacity slider works in the browser. bound : of the colours, where several maps share it;
    else colours.limit of these scores. picked : row and column to outline.
    """
    bound = bound or scale.limit(scores).value or 1.0
    values, unit, bound = _compact(scores, bound, unit)
    figure = _figure(values.shape, photograph.shape[:2], side)
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
    figure.add_trace(
        go.Heatmap(
            z=values,
            zmin=-bound,
            zmax=bound,
            colorscale=colours.scale(palette),
            opacity=_USUAL / 100,
            zsmooth=False,
            hovertemplate="row %{y}, column %{x}<br>%{z:+.3g}<extra></extra>",
            colorbar={**_bar(unit), **_ends(bound)},
        )
    )
    figure.update_layout(
        sliders=[_slider()],
        height=side + _BAR + _SLIDER,
        margin={"b": _BAR + _SLIDER},
    )
    _outline(figure, picked)
    return figure


def activation(
    photograph: npt.NDArray[np.uint8],
    values: npt.NDArray[Any],
    side: int = SIDE,
    picked: tuple[int, ...] | None = None,
) -> go.Figure:
    """A channel's activations (rows, columns), from its smallest to its largest.

    picked : row and column to outline.
    """
    compact, unit, _ = _compact(values, float(np.abs(values).max()) or 1.0, "activation")
    figure = _figure(compact.shape, photograph.shape[:2], side)
    figure.add_trace(
        go.Heatmap(
            z=compact,
            colorscale="Cividis",
            zsmooth=False,
            hovertemplate="row %{y}, column %{x}<br>%{z:.3g}<extra></extra>",
            colorbar=_bar(unit),
        )
    )
    _outline(figure, picked)
    return figure


def grey(photograph: npt.NDArray[np.uint8]) -> str:
    """The photograph in pale grey, so that colours over it can be read, as a data URI."""
    light = np.asarray(Image.fromarray(photograph).convert("L"), dtype=np.float64)
    pale = Image.fromarray((70 + light * (185 / 255)).astype(np.uint8))
    buffer = io.BytesIO()
    pale.save(buffer, "JPEG", quality=88)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def without_slider(figure: go.Figure) -> None:
    """Take the opacity slider away, and the room that it has."""
    kept = [slider for slider in figure.layout.sliders if slider.name != OPACITY]
    if len(kept) < len(figure.layout.sliders):
        figure.layout.sliders = kept
        figure.update_layout(height=figure.layout.height - _SLIDER, margin={"b": _BAR})


def _compact(
    values: npt.NDArray[Any], bound: float, unit: str = UNIT
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
    axis = {
        "visible": False,
        "fixedrange": True,
        "constrain": "domain",
        "constraintoward": "center",
    }
    return go.Figure(
        layout={
            "template": TEMPLATE,
            "height": side + _BAR,
            "margin": {"l": 0, "r": 0, "t": 0, "b": _BAR},
            "dragmode": False,
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "xaxis": {**axis, "range": [-0.5, columns - 0.5]},
            "yaxis": {
                **axis,
                "range": [rows - 0.5, -0.5],
                "scaleanchor": "x",
                "scaleratio": (picture[0] / rows) / (picture[1] / columns),
            },
        }
    )


def _outline(figure: go.Figure, picked: tuple[int, ...] | None) -> None:
    """Black within white, so that it is seen on every colour and on both themes."""
    if picked is None:
        return
    row, column = picked
    for shade, width in (("#ffffff", 5), ("#000000", 2)):
        figure.add_shape(
            type="rect",
            x0=column - 0.5,
            x1=column + 0.5,
            y0=row - 0.5,
            y1=row + 0.5,
            line={"color": shade, "width": width},
        )


def _bar(unit: str) -> dict[str, Any]:
    return {
        "orientation": "h",
        "title": {"text": unit, "side": "bottom", "font": {"size": 13}},
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


def _slider() -> dict[str, Any]:
    return {
        "name": OPACITY,
        "active": _OPACITIES.index(_USUAL),
        "currentvalue": {"prefix": "Opacity ", "font": {"size": 13, "color": "#808a8a"}},
        "pad": {"t": _BAR + 12, "b": 0},
        "len": 0.6,
        "x": 0.5,
        "xanchor": "center",
        "tickwidth": 0,
        "minorticklen": 0,
        "ticklen": 0,
        "font": {"color": "rgba(0,0,0,0)", "size": 1},
        "steps": [
            {"method": "restyle", "label": f"{p} %", "args": [{"opacity": [p / 100]}, [0]]}
            for p in _OPACITIES
        ],
    }
