"""Units of a data set: a class as cards, and one unit with its spread and its examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.controls import obtain as work
from dashboard.controls import runs
from dashboard.controls import session as state
from dashboard.controls.session import Session
from dashboard.export import dataset as export
from dashboard.export.brief import Brief, briefs, pairs, panes
from dashboard.export.dataset import Evidence
from dashboard.figures.strip import Pane, shared, strip
from dashboard.kinds import FORMS, KINDS
from dashboard.kinds.kind import Handed
from dashboard.request import request
from dashboard.request.form import Known
from dashboard.text import markdown, plain
from dashboard.views import dataset_proof
from dashboard.words import profile as words
from dashboard.words import proof
from dashboard.words.numbers import percent, signed
from dashboard.work import core, seen, several
from dashboard.work.engine import Engine
from dashboard.work.findings import Glimpse
from dashboard.work.profiled import GALLERY
from dashboard.work.ran import Ran
from dashboard.work.slot import Waiting
from dashboard.work.workshop import Refused

_OPEN = "runs_open"
Found = Mapping[seen.Pair, Glimpse]


def of_class(engine: Engine, evidence: Evidence) -> None:
    """The class: its first units as cards, and all of them in one figure."""
    found, name = evidence.found, evidence.name
    st.header(markdown(evidence.title), anchor=False)
    if told := words.settled(found, evidence.settled, evidence.one):
        st.markdown(markdown(told))
    place = st.container()
    cards = briefs(evidence, name, _find(engine, evidence, pairs(evidence, name)))
    with place:
        for first in range(0, len(cards), 2):
            two = cards[first : first + 2]
            for column, brief in zip(st.columns(2, gap="medium"), two, strict=False):
                with column.container(border=True, gap="xsmall"):
                    _card(brief)
    dataset_proof.show(engine, evidence)
    drawing = export.ranking(evidence)
    with st.expander("The first units in one figure"):
        work.figure(drawing, "units")


def _card(brief: Brief) -> None:
    """One unit: how much, how sure, in what, and the way to all of it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{markdown(brief.called)}** · {brief.share}", width="stretch")
        st.button(
            "Look at it",
            key=f"unit-{brief.unit}",
            on_click=runs.choose,
            args=("unit", brief.unit),
            help=markdown(f"{brief.called} over all classes, with its examples"),
        )
    st.image(brief.bar, width=320, alt=plain(" ".join(brief.told)))
    for told in brief.told:
        st.caption(markdown(told))
    if brief.strip is not None:
        st.image(brief.strip, alt=plain(brief.alt))
        st.caption(markdown(brief.levels))


def of_unit(engine: Engine, evidence: Evidence) -> None:
    """The unit: over all classes, how its scores spread, and inputs at quantiles of them."""
    found, name, unit = evidence.found, evidence.name, evidence.unit
    assert unit is not None
    st.button(
        f"All {evidence.one}s of {markdown(plain(name))}",
        key="runs_all",
        icon=":material/arrow_back:",
        on_click=runs.choose,
        args=("unit", None),
    )
    st.header(markdown(evidence.title), anchor=False)
    row = found.row(name, unit)
    st.markdown(markdown(words.card(row)))
    if (fall := evidence.proven.alone(name).get(unit)) is not None:
        st.markdown(markdown(proof.alone(fall)))
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**In every class**")
        drawing = export.over_classes(evidence)
        names = list(found.of_unit(unit)["class"])
        work.figure(
            drawing,
            "classes",
            "A click chooses the class.",
            on_select=lambda: _class_clicked(names),
            selection_mode="points",
        )
    with right:
        st.markdown(f"**In each input of {markdown(plain(name))}**")
        drawing = export.spread(evidence)
        work.figure(drawing, "spread")
    _gallery(engine, evidence, unit)


def _class_clicked(names: Sequence[str]) -> None:
    if numbers := state.clicked("classes"):
        runs.choose("class", names[int(numbers[0])])


def _gallery(engine: Engine, evidence: Evidence, unit: int) -> None:
    """Inputs from the least to the most, each of which opens in Explore."""
    found, name = evidence.found, evidence.name
    examples = found.examples(name, unit, GALLERY)
    st.markdown("**Inputs from the least to the most that it contributes**")
    st.caption("Under each: its score, and the share of the inputs that lie below.")
    place = st.container()
    inputs = _find(engine, evidence, [(each.place, unit) for each in examples])
    listed = evidence.ran.run.manifest
    tiles = panes(unit, examples, inputs)
    bound = shared(tiles)
    shown = tiles or [Pane(None, None)] * len(examples)
    with place.container(horizontal=True, gap="small", key="gallery"):
        for example, tile in zip(examples, shown, strict=True):
            id_ = listed.id[example.place]
            with st.container(width=200 if tile.picture is None else 132, gap="xxsmall"):
                picture = strip([tile], evidence.palette, bound)
                score = signed(example.score)
                if picture is not None:
                    st.image(picture, alt=plain(f"{id_}: {score}"))
                st.caption(markdown(f"{id_[:40]}: {score}, at {percent(example.level)}"))
                if evidence.ran.model and not core.missing():
                    st.button(
                        "Explore",
                        key=f"open-{example.place}",
                        on_click=state.choose,
                        args=(_OPEN, example.place),
                        help=markdown(f"{id_} in Explore"),
                    )
    for why in dict.fromkeys(s.why for s in (inputs or {}).values() if s.why):
        st.caption(markdown(f"Some inputs cannot be shown: {why}"))


def _find(engine: Engine, evidence: Evidence, pairs: Sequence[seen.Pair]) -> Found | None:
    """The inputs and their maps: at once where they are known, else worked out."""
    ran, layer = evidence.ran, evidence.found.layer
    if not ran.model:
        st.caption(
            markdown(
                f"The network of {ran.title} is not on this server, so its inputs are not shown: "
                "put its file into ATTRIBUTION_MODELS."
            )
        )
        return None
    count = len({place for place, _ in pairs})
    return work.obtain(
        "seen",
        ("seen", ran.name, layer, tuple(pairs)),
        lambda: seen.known_all(engine, ran, layer, pairs),
        lambda progress, waiting: seen.find(
            engine, ran, layer, pairs, evidence.found.targets, progress, waiting
        ),
        f"Scoring {count} examples again, each position apart",
        ask="" if engine.profiles.bundled(ran.name) else f"Show {count} examples with their maps",
    )


def opened(engine: Engine, session: Session, evidence: Evidence) -> None:
    """Turn to Explore with the example that was asked for; a sentence where it is not there."""
    place = st.session_state.pop(_OPEN, None)
    if place is None or not 0 <= int(place) < len(evidence.ran.run.manifest):
        return
    waiting = st.empty()
    try:
        with st.spinner("Opening the example", show_time=True):
            given = seen.read(
                engine,
                evidence.ran,
                int(place),
                _waits(waiting),
            )
            query = _query(engine, session, evidence, int(place), given)
    except Refused as refused:
        st.error(markdown(str(refused)))
        return
    finally:
        waiting.empty()
    state.anew()
    state.open_page("explore", query)


def _waits(place: DeltaGenerator) -> Waiting:
    return lambda ahead: place.caption(markdown(f"Waiting: {ahead} ahead"))


def _query(
    engine: Engine, session: Session, evidence: Evidence, place: int, given: seen.Reread
) -> dict[str, str]:
    """What a link to the example in Explore holds."""
    ran, catalogue = evidence.ran, engine.shelf.catalogue()
    kind = KINDS[catalogue.models[ran.model].kind]
    form = FORMS[kind.name]
    values, _ = form.read({"model": ran.model}, catalogue)
    known = Known(form, catalogue, values)
    handed = Handed(given.id, given.name, given.data, given.record, given.x)
    query = {"model": ran.model, **kind.receive(engine, known, session, handed)}
    query |= {"layer": evidence.found.layer, "method": ran.method}
    if (target := evidence.found.targets.get(place, -1)) >= 0:
        query["target"] = str(target)
    if evidence.unit is not None:
        query["channel"] = str(evidence.unit)
    if baseline := _baseline(engine, known, ran, given):
        query["baseline"] = baseline
    return query


def _baseline(engine: Engine, known: Known, ran: Ran, given: seen.Reread) -> str:
    """The baseline of Explore that is that of the run, where there is one."""
    kind = KINDS[known.form.kind]
    item = kind.sample(engine, known, known.model.card.samples[0])
    x = several.each(lambda array: array[None], given.x)
    for name in kind.baselines:
        asked = request.request(replace(known, values={**known.values, "baseline": name}))
        try:
            if seen.same_baseline(ran, x, item.references(x, asked)):
                return name
        except Refused:
            continue
    return ""
