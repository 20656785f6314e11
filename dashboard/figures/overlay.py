"""Overlay: a layer's map over the photograph, at the layer's own grid."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
from PIL import Image

from dashboard.figures import colours
from dashboard.figures.bar import bar
from dashboard.figures.frame import framed, jpeg, outline
from dashboard.figures.map import Map
from dashboard.work import scale

CELLS = "cells"  # the name of the trace
OPACITY = 0.8  # of the colours, unless the page's slider says otherwise
_LARGEST = 128 * 128  # cells that are sent as float32; more are sent as 16-bit numbers


def overlay(photograph: npt.NDArray[np.uint8], shown: Map) -> go.Figure:
    """A map (rows, columns) over a photograph (height, width, 3).

    Scores lie on it in grey; activations hide it.
    """
    signed = shown.palette is not None
    bound = _bound(shown)
    values, unit, bound = _compact(shown.values, bound, shown.unit)
    ends = (-bound, bound) if signed else (float(values.min()), float(values.max()))
    if ends[0] == ends[1]:
        ends = ends[0], ends[0] + 1.0
    look: dict[str, Any] = {"colorscale": "Cividis"}
    if shown.palette:
        look = {"colorscale": colours.scale(shown.palette), "opacity": OPACITY}
    figure = _figure(values.shape, photograph.shape[:2], shown.side)
    figure.add_heatmap(
        z=values,
        zmin=ends[0],
        zmax=ends[1],
        zsmooth=False,
        showscale=False,
        name=CELLS,
        hovertemplate=f"row %{{y}}, column %{{x}}<br>%{{z:{'+' if signed else ''}.3g}}"
        "<extra></extra>",
        **look,
    )
    outline(figure, shown.picked, 5, 2)
    if not signed:
        return bar(figure, shown.side, ends, unit, **look)
    pale = grey(photograph)
    figure.add_layout_image(
        source=jpeg(pale),
        xref="x",
        yref="y",
        x=-0.5,
        y=-0.5,
        sizex=values.shape[1],
        sizey=values.shape[0],
        sizing="stretch",
        layer="below",
    )
    ground = round(float(np.asarray(pale).mean()))
    return bar(figure, shown.side, ends, unit, f"rgb({ground}, {ground}, {ground})", **look)


def smooth(figure: go.Figure) -> go.Figure:
    """The same with the cells of its map run into each other; other figures have none.

    What is hovered over stays the cells' own numbers.
    """
    return figure.update_traces(zsmooth="best", selector={"name": CELLS})


def grey(photograph: npt.NDArray[np.uint8]) -> Image.Image:
    """The photograph in pale grey, so that colours over it can be read."""
    light = np.asarray(Image.fromarray(photograph).convert("L"), dtype=np.float64)
    return Image.fromarray((70 + light * (185 / 255)).astype(np.uint8))


def _bound(shown: Map) -> float:
    if shown.palette is None:
        return float(np.abs(shown.values).max()) or 1.0
    return shown.bound or scale.limit(shown.values).value or 1.0


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
    axis = {"visible": False, "constrain": "domain"}
    return framed(
        side,
        margin={"r": 0, "t": 0},
        xaxis={**axis, "constraintoward": "center", "range": [-0.5, columns - 0.5]},
        yaxis={
            **axis,
            "constraintoward": "top",
            "range": [rows - 0.5, -0.5],
            "scaleanchor": "x",
            "scaleratio": (picture[0] / rows) / (picture[1] / columns),
        },
    )
