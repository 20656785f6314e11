"""Panel: the request for a sequence, in the sidebar, in the order in which one thinks."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard import words
from dashboard.catalogue import ASSETS
from dashboard.dna import request, state
from dashboard.dna.answer import Record
from dashboard.dna.lab import Lab
from dashboard.dna.request import BASELINES, BY_NAME, FITS, MOST_SHUFFLES, STRANDS
from dashboard.dna.state import PREFIX, Session
from dashboard.engine import Refused
from dashboard.request import Known
from dashboard.uploads import plain

EXAMPLE = ">my site\nTTCTCCGCATTATTTATTAACATCTGG"


@dataclass(frozen=True)
class Chosen:
    """The sequence that the page is about.

    given : the letters before edits, of the model's length. problem : why there are none.
    missing : what a link asked for that is not here. about : the output a sample is about.
    """

    title: str
    record: Record
    given: str
    problem: str = ""
    missing: str = ""
    about: int | None = None


def sequence(lab: Lab, known: Known, mine: Session) -> Chosen:
    """1: a sample, or the user's own; the record, the strand, and the length."""
    _heading(1, "Sequence")
    name, model = known.values["input"], known.model
    titles = {s.name: s.title for s in model.samples} | {
        own.name: f"{own.title} · {len(own.records):,} "
        + ("sequence" if len(own.records) == 1 else "sequences")
        for own in mine.own.values()
    }
    missing = ""
    if name not in titles:
        missing = (
            f"This link is about a sequence of someone's own ({name}), which a link cannot carry: "
            f"paste or upload it to see it. Until then, {model.samples[0].title} is shown."
        )
        titles = {name: f"{name} (not here)", **titles}
    st.selectbox(
        "Sequence",
        list(titles),
        key=PREFIX + "input",
        format_func=titles.__getitem__,
        label_visibility="collapsed",
    )
    sample = model.sample(model.samples[0].name if missing else name)
    with st.expander("Your own sequence", expanded=bool(mine.refused)):
        st.text_area(
            "Paste FASTA or plain letters",
            key="dna_text",
            height=110,
            placeholder=EXAMPLE,
            on_change=state.take_text,
            args=(lab,),
            help="One or many sequences; each line is one where there is no header. "
            "A, C, G, T, U, N and the other IUPAC codes; upper or lower case.",
        )
        st.file_uploader(
            "Or a FASTA file",
            type=None,
            key="dna_file",
            on_change=state.take_file,
            args=(lab,),
            help="Plain or gzip, up to 10 MB. It stays in this session's memory.",
        )
        for sentence in mine.refused.values():
            st.error(sentence)
    if sample:
        st.caption(sample.look_for)
        records = lab.read(sample.path.read_bytes())
    else:
        records = mine.own[name].records
    record = _record(known, records)
    given, problem = _fitted(lab, known, record)
    title = sample.title if sample else plain(record.name)
    about = _about(sample.name) if sample and known.values["strand"] == "given" else None
    return Chosen(title, record, given, problem, missing, about)


def _record(known: Known, records: tuple[Record, ...]) -> Record:
    number = min(int(known.values["record"]), len(records) - 1)
    if len(records) > 1:
        st.selectbox(
            "Record",
            range(len(records)),
            key=PREFIX + "record",
            format_func=lambda i: f"{plain(records[i].name)} · {len(records[i].letters):,} bases",
        )
    return records[number]


def _fitted(lab: Lab, known: Known, record: Record) -> tuple[str, str]:
    """The record on the chosen strand, brought to the model's length; or why it is not."""
    _choice("strand", known, STRANDS.__getitem__, side_by_side=True)
    letters, length = record.letters, int(known.model.input["length"])
    if known.values["strand"] == "reverse":
        letters = lab.strand(letters)
    how = known.values["fit"]
    if len(letters) != length:
        offered = ["exact", "window" if len(letters) > length else "pad"]
        st.caption(f"This sequence has {len(letters):,} bases, the network takes {length:,}.")
        st.segmented_control(
            "Length", offered, key=PREFIX + "fit", format_func=FITS.__getitem__, required=True
        )
        if how == offered[1]:
            spare = abs(len(letters) - length)
            start = known.values["start"]
            if start is None or start > spare:
                start = spare // 2
            st.session_state["dna_start_choice"] = start
            st.slider(
                "First base of the window" if how == "window" else "N before the sequence",
                0,
                spare,
                key="dna_start_choice",
                on_change=state.choose_from,
                args=("start", "dna_start_choice"),
            )
            return lab.fitted(letters, length, how, start), ""
    try:
        return lab.fitted(letters, length, "exact", None), ""
    except Refused as refused:
        return "", str(refused)


def network(known: Known) -> None:
    """2 and 3: the model and the layer."""
    _heading(2, "Network")
    titles = {m.name: m.title for m in known.catalogue.models.values()}
    _choice("model", known, titles.__getitem__)
    st.caption(known.model.summary)
    _heading(3, "Layer")
    lines = {
        layer.name: f"{layer.name} · {layer.dimensions} · {layer.kind}"
        + ("" if layer.is_cut else " · not a cut")
        for layer in known.model.layers
    }
    _choice("layer", known, lines.__getitem__)


def target(lab: Lab, known: Known, chosen: Chosen, letters: str) -> int | None:
    """4: one of the outputs; where none is chosen, what the sample is about, else the largest."""
    _heading(4, "Target")
    labels, model = known.model.labels, known.model.name
    prediction = lab.prediction(letters, model) if letters else None
    usual = 0
    if chosen.given:
        usual = lab.prediction(chosen.given, model).predicted
    if chosen.about is not None:
        usual = chosen.about
    picked = known.values["target"]
    st.session_state["dna_target_choice"] = usual if picked is None else picked

    def show(i: int) -> str:
        if prediction is None:
            return labels[i]
        return f"{labels[i]} · {words.percent(float(prediction.outputs[i]))}"

    st.radio(
        "Target",
        range(len(labels)),
        key="dna_target_choice",
        format_func=show,
        label_visibility="collapsed",
        on_change=_choose_target,
        args=(usual,),
    )
    return usual if picked is None else int(picked)


def _choose_target(usual: int) -> None:
    chosen = st.session_state["dna_target_choice"]
    state.choose("target", None if chosen == usual else chosen)


@functools.cache
def _about(sample: str) -> int | None:
    """The output that a bundled sample is an example of."""
    manifest = json.loads((ASSETS / "manifest.json").read_text(encoding="utf-8"))
    found = manifest["samples"][sample].get("target")
    return None if found is None else int(found)


def baseline(known: Known) -> None:
    """5: what the sequence is compared with."""
    _heading(5, "Baseline")
    _choice("baseline", known, BASELINES.__getitem__)
    if known.values["baseline"] == "given":
        for sentence in state.session().problems:
            st.error(sentence)
        st.text_input("Frequencies of A, C, G, T", key=PREFIX + "acgt")
    if known.values["baseline"] == "shuffle":
        count, seed = st.columns(2)
        count.number_input("Shuffles", 2, MOST_SHUFFLES, step=1, key=PREFIX + "shuffles")
        seed.number_input("Seed", 0, 9999, step=1, key=PREFIX + "seed")
        st.caption("Each keeps every count of neighbouring letters; scores are means over them.")


def method(known: Known) -> None:
    """6: the method and how exact it must be."""
    _heading(6, "Method")
    titles = {m.name: m.title for m in known.methods}
    _choice("method", known, titles.__getitem__)
    st.caption(known.method.promise)
    if known.method.certified:
        spec = BY_NAME["tolerance"]
        assert spec.options
        st.select_slider(
            spec.label, spec.options(known), key=PREFIX + "tolerance", format_func=words.percent
        )


def _heading(step: int, name: str) -> None:
    st.markdown(f"**{step}** :gray[·] **{name}**")


def _choice(
    name: str, known: Known, show: Callable[[Any], str], side_by_side: bool = False
) -> None:
    """The control of a spec with options."""
    spec = request.BY_NAME[name]
    assert spec.options
    more: dict[str, Any] = {"label_visibility": "collapsed", "format_func": show}
    if side_by_side:
        st.segmented_control(
            spec.label, spec.options(known), key=PREFIX + name, required=True, **more
        )
    else:
        st.selectbox(spec.label, spec.options(known), key=PREFIX + name, **more)
