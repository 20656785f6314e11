"""Check: labelled pictures of one's own, and what they say of the card's preprocessing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from attribution.cards import Card, PreprocessingComparison
from dashboard.controls import quota
from dashboard.controls.session import Session
from dashboard.request.catalogue import Model
from dashboard.text import markdown, title
from dashboard.words.numbers import percent
from dashboard.work import labelled
from dashboard.work.decoder import Frame, Pixels
from dashboard.work.engine import Engine
from dashboard.work.workshop import Refused

_PICTURES = ["png", "jpg", "jpeg", "webp", "bmp", "gif"]
_KEY = "check_files"


@dataclass
class Check:
    """given : by digest, the class and the pixels of each. found : by the card's words."""

    model: Model | None = None
    given: dict[str, tuple[str, Pixels]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    found: dict[str, PreprocessingComparison] = field(default_factory=dict)


def of(mine: Session, model: Model) -> Check:
    """A session's own, of one model as its files are: another starts anew, and the same with
    another card keeps the pictures, where it frames them alike."""
    found: Check = mine.own.get("check") or Check()
    if found.model is not model:
        same = found.model is not None and _frames(found.model) == _frames(model)
        found = Check(model, found.given if same else {})
    mine.own["check"] = found
    return found


def _frames(model: Model) -> tuple[Any, Frame]:
    return model.path, Frame.of(model.card.encoding(), "crop")


def kept(mine: Session) -> tuple[set[str], dict[str, int]]:
    """The ids of the files that are listed, and the bytes of the pictures that are held."""
    files = st.session_state.get(_KEY) or []
    check: Check | None = mine.own.get("check")
    held = check.given.items() if check else ()
    sizes = {f"check-{digest}": pixels.nbytes for digest, (_, pixels) in held}
    return {file.file_id for file in files}, sizes


def panel(engine: Engine, mine: Session, model: Model, card: Card, take: Any) -> None:
    """Uploader, button, and what was found. take : has an entry's fields in the form, a callback
    of the model, the input's name and the entry."""
    check = of(mine, model)
    st.markdown("**Does it feed pictures as the model was trained?**")
    labels = [*model.outputs.heads[0].names]
    st.selectbox("Class of single pictures", labels, key="check_class", format_func=title)
    st.file_uploader(
        "Pictures whose class is known",
        ["zip", *_PICTURES],
        accept_multiple_files=True,
        key=_KEY,
        on_change=_add,
        args=(engine, mine, model),
        help=f"A .zip with a folder for each class, or pictures of the class above; up to "
        f"{labelled.MOST} together, {quota.FILE_MEGABYTES} MB a file.",
    )
    for sentence in check.refused:
        st.error(markdown(sentence))
    if not check.given:
        return
    said = repr(card)
    if st.button(f"Measure with {len(check.given)} pictures", key="check_go"):
        with st.spinner("Measuring", show_time=True):
            _measure(engine, model, card, check, said)
    if found := check.found.get(said):
        (st.error if found.best else st.success)(markdown(found.sentence))
        for way in found.ways:
            st.caption(markdown(f"{way.name}: {percent(way.accuracy)} right"))
        if found.best:
            name, entry = next(iter(card.inputs)), found.best.entry.model_dump(mode="json")
            st.button(
                f"Take over: {found.best.name}",
                key="check_take",
                on_click=take,
                args=(model, name, entry),
            )


def _measure(engine: Engine, model: Model, card: Card, check: Check, said: str) -> None:
    place = st.empty()
    labels, pixels = zip(*check.given.values(), strict=True)
    try:
        check.found[said] = labelled.compare(
            engine,
            model,
            card,
            pixels,
            labels,
            lambda ahead: place.caption(markdown(f"Waiting: {ahead} ahead")),
        )
    except Refused as refused:
        st.error(markdown(str(refused)))
    place.empty()


def _add(engine: Engine, mine: Session, model: Model) -> None:
    """Read what was just sent, as a callback."""
    check, label = of(mine, model), st.session_state.get("check_class") or "0"
    check.refused.clear()
    for file in st.session_state.get(_KEY) or []:
        try:
            if refused := quota.refusal(file.type):
                raise Refused(refused)
            data, zipped = file.getvalue(), file.name.lower().endswith(".zip")
            parts = labelled.unpack(data, file.name) if zipped else [(label, data)]
            for named, content in parts:
                _hold(engine, mine, model, check, named, content)
        except Refused as refused:
            check.refused.append(f"{title(file.name)}: {refused}")


def _hold(
    engine: Engine, mine: Session, model: Model, check: Check, label: str, data: bytes
) -> None:
    digest = hashlib.sha256(data).hexdigest()
    if digest in check.given:
        check.given[digest] = label, check.given[digest][1]
        check.found.clear()
        return
    if len(check.given) >= labelled.MOST:
        raise Refused(f"{labelled.MOST} pictures are enough; reload the page to begin anew.")
    pixels = labelled.pixels(engine, model, mine.id, data)
    if full := quota.full(pixels.nbytes):
        raise Refused(full)
    check.given[digest] = label, pixels
    check.found.clear()
