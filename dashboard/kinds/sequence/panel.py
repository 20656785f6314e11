"""Panel: which letters, in the sidebar: a sample or the user's own, the record, strand, length."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from attribution.sequences import Sequence, reverse_complement
from dashboard.controls import quota
from dashboard.controls.choices import choice, inputs
from dashboard.controls.session import Session, choose, choose_from, hides, takes_files
from dashboard.kinds.sequence import form, own
from dashboard.kinds.sequence.form import FITS, STRANDS
from dashboard.kinds.sequence.stretch import Stretch
from dashboard.locus import Locus, region
from dashboard.request.form import Known
from dashboard.text import markdown, title
from dashboard.work import sequences
from dashboard.work.engine import Engine
from dashboard.work.item import Item
from dashboard.work.workshop import Refused

EXAMPLE = ">my site\nTTCTCCGCATTATTTATTAACATCTGG"
CHOICE = "The choice is at the left, under the sequence."


def choice_of(engine: Engine, known: Known, mine: Session) -> tuple[Item, str]:
    """1: the chosen letters; and what a link named that is not here."""
    held = own.of(mine).held
    titles = {
        given.name: f"{given.title} · {len(given.parts):,} "
        + ("sequence" if len(given.parts) == 1 else "sequences")
        for given in held.values()
    }
    name, missing = inputs(known, "sequence", titles)
    if not hides("upload"):
        _own(engine, mine)
    sample = known.model.card.sample(name)
    if sample:
        st.caption(markdown(sample.look_for))
        records = sequences.read(engine, sample.file.read_bytes())
        labels = tuple(map(own.label, records))
    else:
        records, labels = held[name].parts, held[name].labels
    source = Source(
        name,
        sample.title if sample else "",
        "" if sample else mine.id,
        sample.target if sample else None,
    )
    record = _record(known, records, labels)
    return _fitted(engine, known, source, record), missing


@dataclass(frozen=True)
class Source:
    """Where a record is from. title : empty for the record's own. about : as of an Item."""

    name: str
    title: str
    owner: str
    about: int | None


def item(
    source: Source, known: Known, record: Sequence, given: str, start: int, problem: str = ""
) -> Item:
    """Letters of the model's length as an input, with the changes that are made to them.

    start : the window's first letter, or how many N come first. problem : why there are none.
    """
    reverse = known.values["strand"] == "reverse"
    here = region(record.name, len(record.letters))
    locus = Locus.of(here, len(given), reverse, start)
    made = form.made(given, known.values["edits"])
    bare = _item(source, Stretch(given, given, record, locus, ()), known, problem)
    if not made:
        return bare
    letters = form.apply(given, known.values["edits"])
    return replace(
        _item(source, Stretch(letters, given, record, locus, made), known, problem), bare=bare
    )


def _item(source: Source, shown: Stretch, known: Known, problem: str) -> Item:
    turned = known.values["strand"] == "reverse"
    return Item(
        model=known.model.name,
        name=source.name,
        title=source.title or title(shown.record.name),
        owner=source.owner,
        key=shown.letters,
        encode=lambda: sequences.encode(shown.letters),
        references=form.references,
        shown=shown,
        about=None if turned else source.about,
        entry=known.model.layers[0].name,
        problem=problem,
    )


def _own(engine: Engine, mine: Session) -> None:
    """Letters that are pasted, or a file."""
    refused = own.of(mine).refused
    with st.expander("Your own sequence", expanded=bool(refused)):
        st.text_area(
            "Paste FASTA or plain letters",
            key="dna_text",
            height=110,
            placeholder=EXAMPLE,
            on_change=own.take_text,
            args=(engine,),
            help="One or many sequences; each line is one where there is no header. "
            "A, C, G, T, U, N and the other IUPAC codes; upper or lower case.",
        )
        if takes_files():
            st.file_uploader(
                "Or a FASTA file",
                type=None,
                key="dna_file",
                on_change=own.take_file,
                args=(engine,),
                help=f"Plain or gzip, up to {quota.FILE_MEGABYTES} MB. It stays in this server's "
                "memory for this session alone; About says how long.",
            )
        for sentence in refused.values():
            st.error(markdown(sentence))


def _record(known: Known, records: tuple[Sequence, ...], labels: tuple[str, ...]) -> Sequence:
    number = min(int(known.values["record"]), len(records) - 1)
    if len(records) > 1 and not hides("record"):
        st.selectbox("Record", range(len(records)), key="record", format_func=labels.__getitem__)
    return records[number]


def _fitted(engine: Engine, known: Known, source: Source, record: Sequence) -> Item:
    """The record on the chosen strand, brought to the model's length, or why it is not."""
    choice("strand", known, STRANDS.__getitem__, side_by_side=True)
    letters, length = record.letters, known.model.shape[0]
    if known.values["strand"] == "reverse":
        letters = reverse_complement(letters)
    how = known.values["fit"]
    if len(letters) != length:
        usual = "window" if len(letters) > length else "pad"
        if not hides("fit"):
            st.caption(
                markdown(f"This sequence has {len(letters):,} bases, the network takes {length:,}.")
            )
            st.segmented_control(
                "Length", ["exact", usual], key="fit", format_func=FITS.__getitem__, required=True
            )
        if how == usual:
            start = _start(known, record, length)
            given = sequences.fitted(engine, letters, length, how, start)
            return item(source, known, record, given, start)
    try:
        given = sequences.fitted(engine, letters, length, "exact", None)
    except Refused as refused:
        return item(source, known, record, "", 0, f"{refused} {CHOICE}")
    return item(source, known, record, given, 0)


def _start(known: Known, record: Sequence, length: int) -> int:
    """Where the window begins, or how many N come first; by default the middle."""
    start, spare = known.values["start"], abs(len(record.letters) - length)
    if start is None or start > spare:
        start = spare // 2
    if hides("fit"):
        return int(start)
    if known.values["fit"] == "window":
        here = region(record.name, len(record.letters))
        whole = Locus.of(here, here.length, known.values["strand"] == "reverse")
        along("First base of the window", "start", whole, spare, start)
    else:
        st.session_state["start_choice"] = start
        st.slider(
            "N before the sequence",
            0,
            spare,
            key="start_choice",
            on_change=choose_from,
            args=("start", "start_choice", range(spare + 1)),
        )
    return int(start)


def along(label: str, name: str, locus: Locus, last: int, value: int) -> None:
    """A slider over the letters 0 to `last`, by their positions; it sets a value of the form."""
    key = f"{name}_choice"
    low, high = sorted((locus.along(0), locus.along(last)))
    st.session_state[key] = locus.along(value)
    st.slider(label, low, high, step=1, key=key, on_change=_choose_along, args=(name, locus, last))


def _choose_along(name: str, locus: Locus, last: int) -> None:
    index = locus.back(st.session_state[f"{name}_choice"])
    if 0 <= index <= last:  # else it was of a slider that another run has changed meanwhile
        choose(name, index)
