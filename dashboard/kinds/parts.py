"""Parts: of a model with several inputs, each by itself, read and typed as its kind has it.

What is given for one input takes its place in the example that is shown, and the whole is an input
of one's own, as if an .npz file with all of them had been given.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import streamlit as st

from dashboard.controls import own, quota
from dashboard.controls import session as state
from dashboard.kinds.filed import GivenFile
from dashboard.kinds.kind import Array, Kind
from dashboard.request.catalogue import Catalogue, Layer, Model
from dashboard.request.form import Known
from dashboard.text import markdown, plain
from dashboard.text import title as written
from dashboard.work import several
from dashboard.work.engine import Engine
from dashboard.work.workshop import Refused

KEY = "part "  # how the keys of these controls begin
_MOST = 10 * 2**20  # bytes of all examples together, as of a file


@dataclass(frozen=True)
class Mixed(GivenFile):
    """base : the title of the example that it was made of. told : by input, what was given."""

    base: str = ""
    told: Mapping[str, str] = field(default_factory=dict)


def alone(model: Model, name: str) -> Model:
    """The same model as if it took this input alone."""
    shape = tuple(model.shapes[name])
    card = model.card.model_copy(update={"inputs": {name: model.card.inputs[name]}, "samples": ()})
    return replace(
        model, card=card, shapes={}, layers=(Layer(name, "InputLayer", shape, True, None),)
    )


def known_of(kind: Kind, model: Model) -> Known:
    """How such a model's input is read where nothing else is said."""
    values: dict[str, Any] = {"model": model.name}
    known = Known(kind.form, Catalogue(MappingProxyType({model.name: model})), values)
    values |= {s.name: s.default(known) for s in kind.form.specs if s.part == "reading"}
    return known


def show(kinds: Mapping[str, Kind], engine: Engine, known: Known, now: Mapping[str, Array]) -> None:
    """A control for each input. now : the example that is shown."""
    base, told = _origin(known)
    for name in known.model.shapes:
        kind = kinds[alone(known.model, name).kind]
        one = known_of(kind, alone(known.model, name))
        key = f"{KEY}{known.model.name} {name}"
        shape = " × ".join(map(str, known.model.shapes[name]))
        label = f"{markdown(name)}: {kind.noun}, {shape}"
        with st.expander(label, key=f"{key} open", on_change="rerun"):  # it stays open so
            st.caption(markdown(told.get(name) or f"As in {base}"))
            if held := known.model.held.get(name):
                st.caption(
                    markdown(
                        f"Held: the score depends on it through {held} alone, where no derivative "
                        "passes, so it stays as it is along the path and has no contributions."
                    )
                )
            give = functools.partial(_give, engine, known, kind, one, now, name)
            kind.typed(engine, one, now[name], f"{key} typed", give)
            if state.takes_files():
                st.file_uploader(
                    f"A file for {plain(name)}",
                    type=[*kind.endings] or None,
                    key=key,
                    on_change=_sent,
                    args=(key, give),
                    label_visibility="collapsed",
                    help=kind.takes(one),
                )


def listed() -> set[str]:
    """The ids of the files that these controls list."""
    held = (v for k, v in st.session_state.items() if str(k).startswith(KEY))
    return {v.file_id for v in held if hasattr(v, "file_id")}


def _origin(known: Known) -> tuple[str, Mapping[str, str]]:
    """The title of the example that is shown, and what was given for its inputs since."""
    name = known.values["input"]
    if sample := known.model.card.sample(name):
        return sample.title, {}
    given = own.of(state.session(), known.form.kind).held.get(name)
    if isinstance(given, Mixed):
        return given.base, given.told
    return (given.title, {}) if given else (known.model.card.samples[0].title, {})


def _sent(key: str, give: Any) -> None:
    """Take the file that was just uploaded, as a callback."""
    file = st.session_state.get(key)
    mine = own.of(state.session(), "array")
    mine.refused.pop("file", None)
    if file is None:
        return
    if refused := quota.refusal(file.type):
        mine.refused["file"] = f"{written(file.name)}: {refused}"
    else:
        give(written(file.name), file.getvalue(), file.name)


def _give(
    engine: Engine,
    known: Known,
    kind: Kind,
    one: Known,
    now: Mapping[str, Array],
    name: str,
    title: str,
    data: bytes,
    file: str,
) -> None:
    """Turn to the example with this in the place of one input, as part of a callback."""
    session = state.session()
    mine = own.of(session, "array")
    base, told = _origin(known)
    told = {**told, name: title}
    called = f"{base} with {', '.join(f'{n}: {t}' for n, t in told.items())}"
    mine.refused.pop("part", None)
    try:
        whole = _packed(now, name, kind.parts(engine, one, data, file, session.id))
    except Refused as refused:
        mine.refused["part"] = f"{name}, {title}: {refused}"
        return
    digits = hashlib.sha256(whole).hexdigest()[:12]
    make: Any = functools.partial(Mixed, base=base, told=told)
    mine.take("file", called, whole, lambda: [whole], make, f"input-{digits}.npz")


def _packed(now: Mapping[str, Array], name: str, found: Sequence[Array]) -> bytes:
    """An .npz file of as many examples as were found. Raises Refused where it is too large."""
    each = sum(array.nbytes for array in now.values())
    if len(found) * each > _MOST:
        raise Refused(
            f"{len(found):,} examples of all inputs have {len(found) * each / 2**20:.0f} MB, and "
            f"at most {_MOST >> 20} are taken: give fewer, or one."
        )
    return several.packed([{**now, name: array} for array in found])
