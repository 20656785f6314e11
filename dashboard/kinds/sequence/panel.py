"""Panel: the request for a sequence, in the sidebar, in the order in which one thinks."""

from __future__ import annotations

from collections.abc import Container

import streamlit as st

from attribution.sequences import Sequence
from dashboard.controls import quota
from dashboard.controls.choices import choice, heading
from dashboard.controls.session import choose, choose_from, hides, session
from dashboard.kinds.sequence.lab import Lab
from dashboard.kinds.sequence.request import BASELINES, FITS, FORM, MOST_SHUFFLES, STRANDS
from dashboard.kinds.sequence.state import Session, label, take_file, take_text
from dashboard.kinds.sequence.subject import Chosen
from dashboard.locus import Locus, region
from dashboard.request.form import Known
from dashboard.text import markdown, plain, title
from dashboard.words import answer as words
from dashboard.work.workshop import Refused

EXAMPLE = ">my site\nTTCTCCGCATTATTTATTAACATCTGG"


def sequence(lab: Lab, known: Known, mine: Session) -> Chosen:
    """1: a sample, or the user's own; the record, the strand, and the length."""
    if not all(map(hides, ("input", "upload", "strand"))):
        heading(1, "Sequence")
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
    if not hides("input"):
        st.selectbox(
            "Sequence",
            list(titles),
            key=FORM.key("input"),
            format_func=lambda own: plain(titles[own]),
            label_visibility="collapsed",
        )
    if not hides("upload"):
        _own(lab, mine)
    sample = model.sample(model.samples[0].name if missing else name)
    if sample:
        st.caption(markdown(sample.look_for))
        records = lab.read(sample.path.read_bytes())
        labels = tuple(map(label, records))
    else:
        records, labels = mine.own[name].records, mine.own[name].labels
    record = _record(known, records, labels)
    given, problem, start = _fitted(lab, known, record)
    name = sample.title if sample else title(record.name)
    about = sample.target if sample and known.values["strand"] == "given" else None
    owner = "" if sample else session().id
    reverse = _reversed(known)
    return Chosen(name, record, given, problem, missing, about, owner, reverse, start)


def _own(lab: Lab, mine: Session) -> None:
    """Letters that are pasted, or a file."""
    with st.expander("Your own sequence", expanded=bool(mine.refused)):
        st.text_area(
            "Paste FASTA or plain letters",
            key="dna_text",
            height=110,
            placeholder=EXAMPLE,
            on_change=take_text,
            args=(lab,),
            help="One or many sequences; each line is one where there is no header. "
            "A, C, G, T, U, N and the other IUPAC codes; upper or lower case.",
        )
        st.file_uploader(
            "Or a FASTA file",
            type=None,
            key="dna_file",
            on_change=take_file,
            args=(lab,),
            help=f"Plain or gzip, up to {quota.FILE_MEGABYTES} MB. It stays in this server's "
            "memory for this session alone; About says how long.",
        )
        for sentence in mine.refused.values():
            st.error(markdown(sentence))


def _record(known: Known, records: tuple[Sequence, ...], labels: tuple[str, ...]) -> Sequence:
    number = min(int(known.values["record"]), len(records) - 1)
    if len(records) > 1 and not hides("record"):
        st.selectbox(
            "Record",
            range(len(records)),
            key=FORM.key("record"),
            format_func=labels.__getitem__,
        )
    return records[number]


def _reversed(known: Known) -> bool:
    return bool(known.values["strand"] == "reverse")


def _fitted(lab: Lab, known: Known, record: Sequence) -> tuple[str, str, int]:
    """The record on the chosen strand, brought to the model's length, or why it is not; the start.

    The start is the window's first letter, or how many N come first.
    """
    choice(FORM, "strand", known, STRANDS.__getitem__, side_by_side=True)
    letters, length = record.letters, int(known.model.input["length"])
    if _reversed(known):
        letters = lab.strand(letters)
    how = known.values["fit"]
    if len(letters) != length:
        usual = "window" if len(letters) > length else "pad"
        if not hides("fit"):
            st.caption(
                markdown(f"This sequence has {len(letters):,} bases, the network takes {length:,}.")
            )
            st.segmented_control(
                "Length",
                ["exact", usual],
                key=FORM.key("fit"),
                format_func=FITS.__getitem__,
                required=True,
            )
        if how == usual:
            start = _start(known, record, length)
            return lab.fitted(letters, length, how, start), "", start
    try:
        return lab.fitted(letters, length, "exact", None), "", 0
    except Refused as refused:
        return "", str(refused), 0


def _start(known: Known, record: Sequence, length: int) -> int:
    """Where the window begins, or how many N come first; by default the middle."""
    start, spare = known.values["start"], abs(len(record.letters) - length)
    if start is None or start > spare:
        start = spare // 2
    if hides("fit"):
        return int(start)
    if known.values["fit"] == "window":
        here = region(record.name, len(record.letters))
        whole = Locus.of(here, here.length, _reversed(known))
        along("First base of the window", "start", whole, spare, start)
    else:
        st.session_state["dna_start_choice"] = start
        st.slider(
            "N before the sequence",
            0,
            spare,
            key="dna_start_choice",
            on_change=choose_from,
            args=(FORM.key("start"), "dna_start_choice", range(spare + 1)),
        )
    return int(start)


def along(label: str, name: str, locus: Locus, last: int, value: int) -> None:
    """A slider over the letters 0 to `last`, by their positions; it sets a value of the form."""
    key = f"dna_{name}_choice"
    low, high = sorted((locus.along(0), locus.along(last)))
    st.session_state[key] = locus.along(value)
    st.slider(label, low, high, step=1, key=key, on_change=_choose_along, args=(name, locus, last))


def _choose_along(name: str, locus: Locus, last: int) -> None:
    index = locus.back(st.session_state[f"dna_{name}_choice"])
    if 0 <= index <= last:  # else it was of a slider that another run has changed meanwhile
        choose(FORM.key(name), index)


def target(lab: Lab, known: Known, chosen: Chosen, letters: str) -> int:
    """4: one of the outputs; where none is chosen, what the sample is about, else the largest."""
    labels, model = known.model.labels, known.model.name
    prediction = lab.prediction(chosen.owner, letters, model) if letters else None
    usual = 0
    if chosen.given:
        usual = lab.prediction(chosen.owner, chosen.given, model).predicted
    if chosen.about is not None:
        usual = chosen.about
    picked = known.values["target"]
    picked = usual if picked is None else int(picked)
    if hides("target"):
        return picked
    heading(4, "Target")
    st.session_state["dna_target_choice"] = picked

    def show(i: int) -> str:
        if prediction is None:
            return markdown(labels[i])
        return markdown(f"{labels[i]} · {words.percent(float(prediction.outputs[i]))}")

    st.radio(
        "Target",
        range(len(labels)),
        key="dna_target_choice",
        format_func=show,
        label_visibility="collapsed",
        on_change=_choose_target,
        args=(range(len(labels)), usual),
    )
    return picked


def _choose_target(options: Container[int], usual: int) -> None:
    if (chosen := st.session_state["dna_target_choice"]) in options:
        choose(FORM.key("target"), None if chosen == usual else chosen)


def baseline(known: Known) -> None:
    """5: what the sequence is compared with."""
    if hides("baseline"):
        return
    heading(5, "Baseline")
    choice(FORM, "baseline", known, BASELINES.__getitem__)
    if known.values["baseline"] == "given":
        st.text_input("Frequencies of A, C, G, T", key=FORM.key("acgt"))
    if known.values["baseline"] == "shuffle":
        count, seed = st.columns(2)
        count.number_input("Shuffles", 2, MOST_SHUFFLES, step=1, key=FORM.key("shuffles"))
        seed.number_input("Seed", 0, 9999, step=1, key=FORM.key("seed"))
        st.caption("Each keeps every count of neighbouring letters; scores are means over them.")
