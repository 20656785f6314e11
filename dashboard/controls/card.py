"""Card: what a model takes and says, as a form that is made from the schema of its card."""

from __future__ import annotations

import streamlit as st

from attribution import cards
from attribution.cards import Card
from attribution.errors import InvalidCard
from dashboard import settings
from dashboard.controls import check
from dashboard.controls import session as state
from dashboard.controls.card_form import SAID, lines, take
from dashboard.controls.session import Session
from dashboard.request.catalogue import Model
from dashboard.request.form import Known
from dashboard.text import markdown, stem
from dashboard.words import scale as words
from dashboard.work import own
from dashboard.work.engine import Engine
from dashboard.work.item import Item
from dashboard.work.workshop import Refused


def panel(engine: Engine, mine: Session, known: Known) -> None:
    """Below the network, where it is not bundled: the form, and what to do with the card."""
    model = known.model
    if model.path is None or not settings.cards() or state.hides("model"):
        return
    with st.expander("What this model takes and says"):
        for sentence in st.session_state.pop(SAID, ()):
            st.info(markdown(sentence))
        form = "\n".join(lines(model))
        card: Card | None = None
        problems: tuple[str, ...] = ()
        try:
            card = own.kept(model, cards.parse(form, f"{model.path.stem}.yaml"))
            problems = own.against(engine, model, card)
        except (InvalidCard, Refused) as refused:
            problems = (str(refused),)
        for problem in problems:
            st.error(markdown(problem))
        good = card is not None and not problems
        if card and good and model.kind == "image" and _classes(model) and state.takes_files():
            check.panel(engine, mine, model, card, take)
        given = (engine, mine.id, model, card)
        st.button(
            "Use for this session", key="card_use", disabled=not good, on_click=_use, args=given
        )
        if own.saved(engine, model):
            st.button(
                "Save beside the model",
                key="card_save",
                disabled=not good,
                on_click=_save,
                args=given,
                help="For all who use this server.",
            )
        st.download_button(
            "Download the card",
            own.text(model, card) if card else "",
            f"{stem(model.path.stem)}.yaml",
            "application/yaml",
            key="card_download",
            disabled=card is None,
            on_click="ignore",
        )


def scale(known: Known, item: Item) -> None:
    """What the network sees of a picture, in numbers."""
    if known.model.kind != "image" or known.model.path is None or state.hides("numbers"):
        return  # of bundled models it is known to fit
    said, fits = words.seen(item.encode(), known.model.expects)
    (st.caption if fits else st.warning)(markdown(said))


def _classes(model: Model) -> bool:
    return len(model.outputs.heads[0].shape) == 1


def _use(engine: Engine, owner: str, model: Model, card: Card) -> None:
    _turn(model, own.use(engine, owner, model, card))
    said = "This card holds for whoever has the link to this page, until the server ends."
    st.session_state[SAID] = [said]


def _save(engine: Engine, owner: str, model: Model, card: Card) -> None:
    try:
        path = own.save(engine, model, card)
    except Refused as refused:
        st.session_state[SAID] = [str(refused)]
        return
    _turn(model, own.saved(engine, model))
    st.session_state[SAID] = [f"Saved as {path.name}, for all."]


def _turn(model: Model, name: str) -> None:
    """Choose a model, and have the form as its card says then."""
    for held in [k for k in st.session_state if str(k).startswith(f"card {name} ")]:
        del st.session_state[held]
    st.session_state["model"] = name
