"""About: what the numbers mean, what each method promises, and whose samples these are."""

from __future__ import annotations

import streamlit as st

from attribution.methods import METHODS
from dashboard.controls import quota
from dashboard.controls.screen import Screen
from dashboard.text import markdown


def show(screen: Screen) -> None:
    """The page."""
    st.header("What the numbers mean", anchor=False)
    st.markdown(
        "**F** is the target's logit: the score of a class before the softmax. A neuron's score is "
        "its contribution to **F(x) − F(baseline)**: what the answer owes to it, measured from the "
        "baseline. Warm colours support the target, cool colours oppose it.\n\n"
        "The **error** says how far the scores are from the exact integral, as a share of their "
        "total size. The **gap** is one equation: the sum of the scores less the difference they "
        "must add up to. A small gap alone proves little, so both are shown. A layer is a **cut** "
        "if all of the signal passes through it; only then is there a sum to check.\n\n"
        "Attribution is not causation: it divides one number among neurons by a rule. To see what "
        "a neuron causes, switch it off and measure."
    )
    st.subheader("What each method promises", anchor=False)
    for method in METHODS.values():
        promise = markdown(f"{method.promise} {method.caveat}")
        st.markdown(f"**{markdown(method.title)}.** {promise} :gray[{markdown(method.cost)}]")
    st.subheader("What is kept of your own files", anchor=False)
    st.markdown(
        "They stay in this server's memory, for your session alone: "
        f"{quota.SESSION_BYTES // quota.MEGABYTE} MB for one session, "
        f"{quota.ALL_BYTES // quota.MEGABYTE} MB for all. What you take off the list is dropped at "
        "once. The rest is forgotten after your tab is closed: two minutes later at the earliest, "
        "for a connection may break and come back, and then when the next visitor's tab is closed. "
        "While a file over 1 MB is on its way here, the server holds it in a temporary file "
        "without a name, which is gone when the file has arrived."
    )
    st.subheader(markdown(f"{screen.kind.noun.capitalize()}s"), anchor=False)
    for sample in screen.model.card.samples:
        source = markdown(f"{sample.credit}, {sample.licence}.")
        st.markdown(f"**{markdown(sample.title)}.** {markdown(sample.look_for)} :gray[{source}]")
