"""Reach: figures for the keyboard and for fingers too; Plotly thinks of the mouse alone.

Sliders inside figures act in the browser, without a new run, and keep that: here each of them
becomes a stop of the Tab key, says what it is to a screen reader, and answers to the arrow keys,
Page Up and Down, Home and End.

A swipe that begins on a figure scrolls the page. Plotly would swallow it, though our figures do
not drag, and a phone's screen is often all figure. A tap still is a click.

The camera saves a figure as it is on the screen, but always light: it is for paper.
"""

from __future__ import annotations

import streamlit as st

from dashboard.figures.paper import GROUND

_SCRIPT = """
const INSET = 10; // Plotly's own, between the ends of the rail and its first and last stop
const PAGE = 0.2; // of the stops
const watched = new WeakSet();

function tell(group) {
  const slider = group.__data__;
  group.setAttribute("aria-valuenow", slider.active);
  group.setAttribute("aria-valuetext", slider.steps[slider.active].label);
}

function move(group, stop) {
  const rail = group.querySelector(".slider-rail-touch-rect").getBoundingClientRect();
  const last = group.__data__.steps.length - 1;
  const share = Math.min(Math.max(stop, 0), last) / last;
  const at = {
    bubbles: true,
    clientX: rail.left + INSET + share * (rail.width - 2 * INSET),
    clientY: rail.top + rail.height / 2,
  };
  group.querySelector(".slider-rail-touch-rect").dispatchEvent(new MouseEvent("mousedown", at));
  group.closest(".js-plotly-plot").dispatchEvent(new MouseEvent("mouseup", at));
}

function press(event) {
  const group = event.currentTarget;
  const { active, steps } = group.__data__;
  const page = Math.max(1, Math.round(PAGE * steps.length));
  const stop = {
    ArrowRight: active + 1, ArrowUp: active + 1, ArrowLeft: active - 1, ArrowDown: active - 1,
    PageUp: active + page, PageDown: active - page, Home: 0, End: steps.length - 1,
  }[event.key];
  if (stop === undefined) return;
  event.preventDefault();
  move(group, stop);
}

function open(group) {
  const slider = group.__data__;
  group.setAttribute("role", "slider");
  group.setAttribute("tabindex", "0");
  group.setAttribute("aria-label", slider.name);
  group.setAttribute("aria-valuemin", 0);
  group.setAttribute("aria-valuemax", slider.steps.length - 1);
  group.addEventListener("keydown", press);
  tell(group);
  const figure = group.closest(".js-plotly-plot");
  if (watched.has(figure)) return;
  watched.add(figure);
  figure.on("plotly_sliderchange", () => figure.querySelectorAll(".slider-group").forEach(tell));
}

function openAll() {
  document.querySelectorAll(".js-plotly-plot .slider-group:not([role])").forEach(open);
}

function letScroll(event) {
  if (event.target.closest?.(".js-plotly-plot .nsewdrag")) event.stopPropagation();
}

function photograph(event, ground) {
  const button = event.target.closest?.(".js-plotly-plot .modebar-btn");
  const figure = button?.closest(".js-plotly-plot");
  const { width, height, _modeBar: bar } = figure?._fullLayout ?? {};
  const camera = bar?.buttons.flat().find(({ name }) => name === "toImage");
  if (!camera) return;
  event.stopPropagation();
  const layout = { ...structuredClone(figure.layout), ...ground, width, height };
  const seen = figure.querySelector(".hm image");
  const clear = seen && layout.images?.length && +getComputedStyle(seen).opacity;
  const drawn = structuredClone(figure.data);
  if (clear) drawn.forEach((trace) => { if (trace.type === "heatmap") trace.opacity = clear; });
  camera.click({ data: drawn, layout, _context: figure._context });
}

export default function ({ parentElement, data }) {
  const own = parentElement.host ?? parentElement;
  own.closest("[data-testid=stElementContainer]")?.style.setProperty("display", "none");
  const observer = new MutationObserver(openAll);
  observer.observe(document.body, { childList: true, subtree: true });
  openAll();
  const early = { capture: true, passive: true };
  document.addEventListener("touchstart", letScroll, early);
  const camera = (event) => photograph(event, data.ground);
  document.addEventListener("click", camera, true);
  return () => {
    observer.disconnect();
    document.removeEventListener("touchstart", letScroll, early);
    document.removeEventListener("click", camera, true);
  };
}
"""

_component = st.components.v2.component("figure_reach", js=_SCRIPT)


def figures() -> None:
    """Once on each page, for the figures that it has now or later."""
    ground = {**GROUND, "template": GROUND["template"].to_plotly_json()}
    _component(key="figure_reach", data={"ground": ground})
