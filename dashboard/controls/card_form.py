"""Card form: the controls of a card's fields, made from its schema, and the lines that they say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import streamlit as st

from attribution.cards import Card, OutputEntry
from attribution.cards.entries import INPUTS
from dashboard.controls import quota
from dashboard.controls import session as state
from dashboard.request.catalogue import Model
from dashboard.text import markdown, plain

SAID = "card_said"  # what became of the last button
_FILE = "card_names "  # how the keys of uploads begin
_TEXTS = ("title", "summary", "source", "licence")
Place = tuple[str, ...]


def kept() -> set[str]:
    """The ids of the files of names that are listed."""
    held = (v for k, v in st.session_state.items() if str(k).startswith(_FILE))
    return {file.file_id for file in held if file is not None}


def key(model: Model, place: Place) -> str:
    """Under which the session has the value of a field."""
    return f"card {model.name} {' '.join(place)}"


def take(model: Model, name: str, entry: Mapping[str, Any]) -> None:
    """Have these fields of an input in the form, as a callback."""
    for field, spec in INPUTS[entry["kind"]].model_json_schema()["properties"].items():
        value, place = entry.get(field), ("inputs", name, field)
        form = "choice" if field == "kind" else _form(spec)
        if form == "pair":
            for i in (0, 1):
                number = None if value is None else value[i]
                st.session_state[key(model, (*place, str(i)))] = number
        else:
            st.session_state[key(model, place)] = _shown(form, value)


def lines(model: Model) -> Iterator[str]:
    """The form's controls, and the lines of YAML that they make."""
    card = model.card
    for field in _TEXTS:
        yield from _field(model, (field,), {"type": "string"}, getattr(card, field), "")
    names = [layer.name for layer in model.layers]
    yield from _field(model, ("layer",), {"enum": names}, card.layer, "")
    yield "inputs:"
    for name, entry in card.inputs.items():
        st.markdown(f"**Input {markdown(name)}**")
        place: Place = ("inputs", name)
        kind = st.selectbox(
            "kind",
            list(INPUTS),
            list(INPUTS).index(entry.kind),
            key=key(model, (*place, "kind")),
        )
        _reason(card, (*place, "kind"))
        yield f"  {json.dumps(name)}:"
        yield f"    kind: {kind}"
        yield from _entry(model, place, INPUTS[kind].model_json_schema(), _dumped(entry))
    yield "outputs:"
    heads = model.outputs.heads
    for head in heads:
        st.markdown(f"**Output {markdown(head.name)}**")
        place = ("outputs", head.name) if len(heads) > 1 else ("outputs",)
        if len(heads) > 1:
            yield f"  {json.dumps(head.name)}:"
        said = card.output(head.name)
        given = _dumped(said) if said else {"kind": head.form}
        yield from _entry(model, place, OutputEntry.model_json_schema(), given)


def _entry(
    model: Model, place: Place, schema: Mapping[str, Any], given: Mapping[str, Any]
) -> Iterator[str]:
    for field, spec in schema["properties"].items():
        if "const" not in spec:
            yield from _field(
                model, (*place, field), spec, given.get(field), spec.get("description", "")
            )


def _field(
    model: Model, place: Place, spec: Mapping[str, Any], value: Any, about: str
) -> Iterator[str]:
    """One control, with the reason of its guess below it, and its line where it says anything."""
    form, where = _form(spec), key(model, place)
    first: dict[str, Any] = {"key": where, "help": markdown(about) or None}
    label, written = place[-1], ""
    if where not in st.session_state and form != "pair":
        st.session_state[where] = _shown(form, value)
    match form:
        case "choice":
            options = _only(spec)["enum"]
            found = st.selectbox(label, options, format_func=plain, **first)
            written = "" if found is None else json.dumps(found)
        case "number" | "whole":
            written = _number(st.number_input(label, value=None, step=_step(form), **first))
        case "pair":
            written = _pair(place, model, spec, value, about)
        case "names":
            lines = st.text_area(f"{label}, one a line", **first).splitlines()
            if state.takes_files():
                st.file_uploader(
                    f"{label} from a file",
                    ["txt", "json"],
                    key=_FILE + where,
                    on_change=_read,
                    args=(_FILE + where, where),
                    label_visibility="collapsed",
                )
            written = json.dumps([line.strip() for line in lines]) if lines else ""
        case "text":
            found = st.text_input(label, **first)
            written = json.dumps(found) if found else ""
        case _:
            written = " ".join(st.text_input(label, **first).split())
    _reason(model.card, place)
    if written:
        yield f"{'  ' * (len(place) - 1)}{label}: {written}"


def _pair(place: Place, model: Model, spec: Mapping[str, Any], value: Any, about: str) -> str:
    """Two numbers side by side."""
    whole = _only(spec)["prefixItems"][0]["type"] == "integer"
    found = []
    for i, column in enumerate(st.columns(2)):
        where = key(model, (*place, str(i)))
        if where not in st.session_state:
            st.session_state[where] = None if value is None else value[i]
        shown = f"{place[-1]}, {('first', 'second')[i]}"
        step = _step("whole" if whole else "number")
        found.append(
            column.number_input(
                shown, value=None, step=step, key=where, help=markdown(about) or None
            )
        )
    return "" if found == [None, None] else f"[{', '.join(_number(n) or 'null' for n in found)}]"


def _form(spec: Mapping[str, Any]) -> str:
    """Which control a field has."""
    if "enum" in (only := _only(spec)):
        return "choice"
    if only.get("type") == "array":
        return "pair" if len(only.get("prefixItems", ())) == 2 else "other"
    if {"string", "array"} <= {option.get("type") for option in _options(spec)}:
        return "names"
    return {"integer": "whole", "number": "number", "string": "text"}.get(
        str(only.get("type")), "other"
    )


def _options(spec: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The forms that a field has beside none."""
    if "anyOf" in spec:
        return [option for each in spec["anyOf"] for option in _options(each)]
    return [] if spec.get("type") == "null" else [spec]


def _only(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """The one form of a field; empty where it has several."""
    found = _options(spec)
    return found[0] if len(found) == 1 else {}


def _shown(form: str, value: Any) -> Any:
    """A value of the card as its control has it."""
    if form in ("choice", "whole", "number"):
        return float(value) if form == "number" and value is not None else value
    if value is None or value in ({}, []):
        return ""
    if form == "names":
        return "\n".join(value)
    return value if form == "text" else json.dumps(value, ensure_ascii=False)


def _step(form: str) -> Any:
    return 1 if form == "whole" else 0.001


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.12g}"


def _reason(card: Card, place: Place) -> None:
    if why := card.reasons.get(place):
        st.caption(markdown(f"Guessed: {why}."))


def _dumped(entry: Any) -> dict[str, Any]:
    found: dict[str, Any] = entry.model_dump(mode="json", exclude_none=True)
    return found


def _read(uploader: str, where: str) -> None:
    """Put the names of a file into its control, as a callback."""
    file = st.session_state.get(uploader)
    if file is None:
        return
    if refused := quota.refusal(file.type):
        st.session_state[SAID] = [f"{file.name}: {refused}"]
        return
    try:
        text = file.getvalue().decode("utf-8-sig")
        names = json.loads(text) if text.lstrip().startswith("[") else text.splitlines()
    except (ValueError, RecursionError):
        names = None
    if not names or not all(isinstance(name, str) for name in names):
        st.session_state[SAID] = [f"{file.name} holds no names: give one a line, in UTF-8."]
        return
    st.session_state[where] = "\n".join(" ".join(name.split()) for name in names)
