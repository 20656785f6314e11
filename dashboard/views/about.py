"""About: what the numbers mean, what each method promises, whose all of it is, what is kept."""

from __future__ import annotations

import streamlit as st

from attribution import __version__, motifs
from attribution.methods import METHODS
from dashboard import settings
from dashboard.controls import entrance, quota, style
from dashboard.request.catalogue import Model, catalogue
from dashboard.text import markdown
from dashboard.words.glossary import GLOSSARY

_PAPER = "https://arxiv.org/abs/1807.09946"
FOUND = (
    "Where units saturate, Neuron Integrated Gradients and DeepLIFT (Rescale) find what the "
    "gradient misses (units whose part is known: AUROC 1.00 against 0.89), and on digits and DNA "
    "they share 90 % or more of the first ten channels at every layer that was tried, on six "
    "photographs about half. Neither is the more faithful everywhere: what switching channels off "
    "does to DNA's answers is foretold better by DeepLIFT (error 0.09 against 0.13), and on digits "
    "the two do equally well."
)
"""Of benchmarks/evidence, which a test holds it against."""
_CITE = f"""@article{{shrikumar2018neuron,
  title   = {{Computationally Efficient Measures of Internal Neuron Importance}},
  author  = {{Shrikumar, Avanti and Su, Jocelin and Kundaje, Anshul}},
  journal = {{arXiv:1807.09946}},
  year    = {{2018}}
}}
@software{{neuron_attribution,
  title   = {{{style.NAME}}},
  author  = {{{{The contributors to {style.NAME}}}}},
  version = {{{__version__}}},
  year    = {{2026}}
}}"""


def show() -> None:
    """The page."""
    st.title("About", anchor=False)
    st.header("Which hidden neurons made a network give its answer, and how sure is that?")
    with st.container(width=820, gap="medium"):
        _meaning()
        _methods()
        _found()
        _owners()
        _citing()
        _keeping()
        entrance.way_out()


def _meaning() -> None:
    st.subheader("What the numbers mean", anchor=False)
    st.markdown(
        "**F** is the target's logit: the score of a class before the softmax; of a network that "
        "answers with a number, that number. A neuron's score is "
        "its contribution to **F(x) − F(baseline)**: what the answer owes to it, measured from the "
        "baseline. Warm colours support the target, cool colours oppose it.\n\n"
        "The **error** says how far the scores are from the exact integral, as a share of their "
        "total size. The **gap** is one equation: the sum of the scores less the difference they "
        "must add up to. A small gap alone proves little, so both are shown. A layer is a **cut** "
        "if all of the signal passes through it; only then is there a sum to check.\n\n"
        "Attribution is not causation: it divides one number among neurons by a rule. To see what "
        "a neuron causes, switch it off and measure."
    )
    st.subheader("Every term in a sentence", anchor=False)
    with st.container(gap="xxsmall"):
        for term, said in GLOSSARY.items():
            st.markdown(f"**{markdown(term)}.** {markdown(said)}")


def _methods() -> None:
    st.subheader("What each method promises", anchor=False)
    for method in METHODS.values():
        promise = markdown(f"{method.promise} {method.caveat}")
        st.markdown(f"**{markdown(method.title)}.** {promise} :gray[{markdown(method.cost)}]")


def _found() -> None:
    st.subheader("What was found", anchor="evidence")
    st.markdown(
        f"{FOUND} :gray[The page *Evidence* of the documentation has every number with its "
        "interval, limits first, and what speaks against each method.]"
    )


def _owners() -> None:
    """Networks with their samples, and known motifs: whose they are."""
    st.subheader("Networks and samples", anchor=False)
    for model in catalogue().models.values():
        _owner(model)
    whose, licence = motifs.credit()
    st.subheader("Known motifs", anchor=False)
    names = ", ".join(f"{motif.name} ({motif.accession})" for motif in motifs.bundled())
    st.markdown(f"{markdown(names)}. :gray[{markdown(whose)}; {markdown(licence)}.]")


def _owner(model: Model) -> None:
    source = ", ".join(filter(None, (model.card.source, model.card.licence)))
    head = f"**{markdown(model.title)}.** {markdown(model.card.summary)}"
    with st.container(gap="xxsmall"):
        st.markdown(f"{head} :gray[{markdown(f'{source}.')}]" if source else head)
        for sample in model.card.samples:
            credit = markdown(f"{sample.credit}, {sample.licence}.")
            st.markdown(f"{markdown(sample.title)}. {markdown(sample.look_for)} :gray[{credit}]")


def _citing() -> None:
    st.subheader("The paper, and how to cite", anchor=False)
    st.markdown(
        "The method is that of Shrikumar, Su and Kundaje, Computationally Efficient Measures of "
        f"Internal Neuron Importance, 2018. This is {style.NAME} {__version__}, under the licence "
        "Apache-2.0; cite both:"
    )
    st.code(_CITE, language="bibtex")
    st.link_button("Read the paper (arXiv:1807.09946)", _PAPER, icon=":material/open_in_new:")


def _keeping() -> None:
    st.subheader("What is kept of your own files", anchor=False)
    if not settings.uploads():
        st.markdown("This server takes no files. What you type or paste is kept like this:")
    st.markdown(
        "They stay in this server's memory, for your session alone: "
        f"{quota.SESSION_BYTES // quota.MEGABYTE} MB for one session, "
        f"{quota.ALL_BYTES // quota.MEGABYTE} MB for all. What you take off the list is dropped at "
        "once. The rest is forgotten after your tab is closed: two minutes later at the earliest, "
        "for a connection may break and come back, and then when the next visitor's tab is closed. "
        "While a file over 1 MB is on its way here, the server holds it in a temporary file "
        "without a name, which is gone when the file has arrived."
    )
