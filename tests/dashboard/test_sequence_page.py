"""Explore of DNA without a browser: samples, pasted and uploaded FASTA, and what is none."""

import gzip
import re
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import attribution
from assets.simulate import simulate
from attribution import hypothetical_contributions, sequences
from attribution.sequences import reverse_complement
from attribution.zoo import cards
from dashboard.kinds.sequence import form, words
from dashboard.work import sequences as work
from dashboard.work.engine import Engine
from dashboard.work.item import Item
from tests.dashboard.conftest import acts, click_chart, headline, says, seen

SITE = simulate(8, seed=5)
FASTA = "".join(f">site {i} <b>bold</b>\n{SITE.text(i)}\n" for i in range(3))

MODEL = {"model": "tal1-gata1"}


@pytest.fixture
def dna(app: AppTest) -> AppTest:
    app.query_params.update(MODEL)
    return app


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> list[Engine]:
    """The engine of the page, once it has run."""
    found, warm = list[Engine](), Engine.warm

    def note(engine: Engine, model: str) -> None:
        found[:] = [engine]
        warm(engine, model)

    monkeypatch.setattr(Engine, "warm", note)
    return found


def run(dna: AppTest) -> AppTest:
    dna.run()
    assert not dna.exception
    return dna


def paste(dna: AppTest, text: str) -> AppTest:
    dna.text_area(key="dna_text").set_value(text)
    return run(dna)


def upload(dna: AppTest, name: str, data: bytes) -> AppTest:
    dna.file_uploader[0].set_value((name, data, "application/octet-stream"))
    return run(dna)


def captions(dna: AppTest) -> str:
    return " ".join(seen(c.value) for c in dna.caption)


def test_a_newcomer_sees_the_first_sample_and_its_motifs(dna: AppTest) -> None:
    run(dna)
    assert headline(dna).startswith("Both (92\u00a0%)")  # as it was measured: .922
    assert not says(dna)
    assert "TAL1::TCF3 at 17–28 (+), Gata1 at 143–153 (+)" in captions(dna)  # where embedded
    assert dict(dna.query_params) == MODEL


def test_the_donor_model_puts_the_largest_contribution_on_the_gt(dna: AppTest) -> None:
    dna.query_params["model"] = "splice-donor"
    run(dna)
    said = captions(dna)
    assert "contributions to donor site are those of G at 6, +" in said
    assert "and of T at 7, +" in said


def test_pasted_fasta_offers_its_records_and_asks_nothing_that_fits(dna: AppTest) -> None:
    paste(run(dna), FASTA)
    assert not says(dna)
    assert dna.query_params["input"].startswith("text-")
    names = dna.selectbox(key="record").options
    assert names == [f"site {i} <b>bold</b> · 200 bases" for i in range(3)]
    first = headline(dna)
    dna.selectbox(key="record").select(2)
    run(dna)
    assert dna.query_params["record"] == "2"
    assert headline(dna) != first


def test_an_uploaded_gzip_file_is_the_same_as_its_text(dna: AppTest) -> None:
    paste(run(dna), SITE.text(1))
    pasted = headline(dna)
    upload(dna, "sites.fa.gz", gzip.compress(SITE.text(1).lower().encode()))
    assert dna.query_params["input"].startswith("file-")
    assert headline(dna) == pasted


def test_what_was_found_of_ones_own_sequence_is_forgotten_with_the_session(
    dna: AppTest, engines: list[Engine]
) -> None:
    dna.query_params.update({"method": "deeplift_rescale", "heights": "hypothetical"})
    run(dna)
    kept = kept_by(engines)
    paste(dna, SITE.text(1))
    dna.button(key="dna_change").click()
    run(dna)
    new = kept_by(engines) - kept
    own = {key for key in new if key[0]}
    kinds = {"prediction", "effects", "matches", "logits", "study"}
    assert kinds <= {key[4] for key in own}
    assert "hypothetical" in {key[5] for key in own if key[4] == "study"}
    assert len([key for key in own if key[4] not in kinds]) == 2  # answers, before and after
    (owner,) = {key[0] for key in own}
    assert owner == dna.session_state["session"].id
    letters = SITE.text(1)
    halves = letters[:100], letters[100:]  # one of them is without the change
    assert not [key for key in new - own if any(half in repr(key) for half in halves)]
    engines[0].forget(owner)
    assert not own & kept_by(engines)
    assert kept <= kept_by(engines)


def kept_by(engines: list[Engine]) -> set[Any]:
    """Keys of all that the process keeps of inputs and networks."""
    return {key for key, _ in engines[0].store.items()}


def largest(dna: AppTest) -> str:
    return next(
        seen(c.value) for c in dna.caption if c.value.startswith("The largest contributions")
    )


def test_the_other_strand_of_the_other_strand_is_the_sequence(dna: AppTest) -> None:
    paste(run(dna), SITE.text(1))
    given = largest(dna)
    paste(dna, reverse_complement(SITE.text(1)))
    turned = largest(dna)
    assert turned != given
    dna.segmented_control(key="strand").set_value("reverse")
    run(dna)
    # The same letters, by their positions in what was pasted.
    flipped = re.sub(r"at (\d+),", lambda m: f"at {201 - int(m[1])},", given)
    flipped = re.sub(r"(\d+)–(\d+) \(([+-])\)", turned_round, flipped)
    assert largest(dna) == flipped != given
    assert "reverse strand of the record, so positions run down" in captions(dna)


def turned_round(found: re.Match[str]) -> str:
    side = {"+": "-", "-": "+"}[found[3]]
    return f"{201 - int(found[2])}–{201 - int(found[1])} ({side})"


def record(name: str, before: int = 530) -> str:
    """A record of 1,000 bases with a bundled sample, whose GATA1 is at 142 to 152, inside."""
    (sample,) = sequences.read(cards()["tal1-gata1"].samples[0].file.read_bytes())
    letters = ("ACGTTGCA" * 200)[:before] + sample.letters
    return f">{name}\n{letters.ljust(1000, 'C')}\n"


@pytest.mark.parametrize(
    ("name", "first", "strand"),
    [
        ("été \u00a0½ 1", 1, "given"),
        ("été \u00a0½ 1", 1, "reverse"),
        ("chr5:2000-3000", 2001, "given"),
        ("chr5:2001-3000 closed", 2001, "reverse"),
    ],
)
def test_a_window_counts_from_the_beginning_of_its_record(
    dna: AppTest, name: str, first: int, strand: str
) -> None:
    """Letter i of the window is base 530 + i of the record, or on the other strand 729 - i."""
    reverse = strand == "reverse"
    paste(run(dna), record(name))
    dna.segmented_control(key="strand").set_value(strand)
    dna.segmented_control(key="fit").set_value("window")
    run(dna)
    start = 270 if reverse else 530  # of the turned record
    dna.slider(key="start_choice").set_value(first + (729 if reverse else 530))
    run(dna)
    assert dna.query_params["start"] == str(start)
    said = captions(dna)
    assert f"{530 + first:,} to {729 + first:,}" in said
    # Of the record, whichever strand is looked at:
    assert f"Gata1 at {530 + 142 + first:,}–{530 + 152 + first:,} (+)" in said
    assert ("positions run down" in said) == reverse
    if first == 1:
        assert "record “été ½ 1”" in said
    else:
        assert "Positions are those of chr5, counted from 1" in said

    at = dna.number_input(key="dna_at")
    assert (at.min, at.max) == (530 + first, 729 + first)
    index = 51 if reverse else 148
    letter = dict(zip("ACGT", "TGCA", strict=True))["T"] if reverse else "T"  # T at 148
    new = "C" if reverse else "G"
    at.set_value(530 + 148 + first)
    dna.selectbox(key="dna_new").select(new)
    run(dna)
    dna.button(key="dna_change").click()
    run(dna)
    assert dna.query_params["edits"] == f"{index}{new}"  # a link counts what the network sees
    assert dna.button(key=f"dna_undo_{index}").label == f"{letter}{530 + 148 + first}{new} ✕"


def test_what_excites_a_filter_is_found_again_in_the_samples(dna: AppTest) -> None:
    run(dna)
    letters = {
        sample.title: sequences.read(sample.file.read_bytes())[0].letters
        for sample in cards()["tal1-gata1"].samples
    }
    (table,) = (d.value for d in dna.dataframe if "stretch" in d.value)
    inside = table[table["at"].str.fullmatch("[0-9]+")]
    assert len(inside)
    for row in inside.to_dict("records"):
        start = int(row["at"]) - 1
        assert letters[row["in"]][start:].startswith(row["stretch"].rstrip("N"))


def test_the_keyboard_is_offered_only_bases_of_a_padded_record(dna: AppTest) -> None:
    paste(run(dna), f">r:11-100\n{SITE.text(1)[:90]}")
    dna.segmented_control(key="fit").set_value("pad")
    run(dna)
    at = dna.number_input(key="dna_at")
    assert (at.min, at.max) == (11, 100)
    assert 11 <= at.value <= 100
    assert "The N around it are padding" in captions(dna)
    dna.session_state["edits"] = "3A"
    run(dna)
    assert dna.button(key="dna_undo_3").label == "N 52 before the record to A ✕"


def test_a_length_that_does_not_fit_is_the_users_choice(dna: AppTest) -> None:
    long = "ACGT" * 20 + SITE.text(1) + "TTGA" * 20
    before = headline(run(dna))
    paste(dna, long)
    assert "has 360 letters and the model takes 200: choose a window" in says(dna)
    assert headline(dna) == before  # the last good result
    dna.segmented_control(key="fit").set_value("window")
    run(dna)
    centred = headline(dna)
    assert not says(dna)
    paste(dna, SITE.text(1))
    assert headline(dna) == centred
    paste(dna, SITE.text(1)[:150])
    assert "choose to pad it with N" in says(dna)
    dna.segmented_control(key="fit").set_value("pad")
    run(dna)
    assert dna.header


BAD = {
    "protein": (b">p\nMKVLAAGEQRW", "looks like protein"),
    "numbers": (b"1 2 3 4", "no nucleotide code"),
    "empty": (b"", "no sequence here"),
    "long": (b"A" * 10_485_761, "more than 10 MB"),
    "binary": (bytes(range(256)), "binary file"),
    "headers": (b">one\n>two\n", "no sequence under any"),
    "markup": (b">**<script>x</script>**\nACGTX", "no nucleotide code"),
    "gzip": (b"\x1f\x8bnonsense", "damaged"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_gets_one_sentence_and_nothing_is_lost(dna: AppTest, kind: str) -> None:
    data, sentence = BAD[kind]
    shown = headline(run(dna))
    upload(dna, "strange.fa", data)
    assert len(dna.error) == 1
    assert sentence in says(dna)
    assert not acts(dna.error[0].value)
    assert headline(dna) == shown


def test_a_change_of_a_base_is_measured_and_can_be_taken_back(dna: AppTest) -> None:
    run(dna)
    dna.number_input(key="dna_at").set_value(149)
    dna.selectbox(key="dna_new").select("G")
    run(dna)
    dna.button(key="dna_change").click()
    run(dna)
    assert dna.query_params["edits"] == "148G"
    said = " ".join(m.value for m in dna.markdown)
    assert "both goes from 92\u00a0% to " in said
    assert dna.button(key="dna_undo_148").label == "T149G ✕"
    dna.button(key="dna_undo_148").click()
    run(dna)
    assert "edits" not in dna.query_params


def test_shuffles_come_with_their_standard_error(dna: AppTest) -> None:
    dna.query_params.update({"baseline": "shuffle", "shuffles": "4"})
    run(dna)
    assert "standard error over 4 references" in captions(dna)


@pytest.mark.parametrize("method", ["deeplift_rescale", "deeplift_genomics"])
def test_every_base_by_deeplift(dna: AppTest, method: str) -> None:
    dna.query_params.update({"method": method, "heights": "hypothetical"})
    run(dna)
    assert "what every base would contribute" in captions(dna)


@pytest.mark.parametrize(
    ("where", "name", "link", "key"),
    [
        (
            work,
            "hypothetical",
            {"heights": "hypothetical", "acgt": "0.31,0.19,0.2,0.3"},
            "hypothetical",
        ),
        (Engine, "answer", {"edits": "148G", "acgt": "0.32,0.18,0.2,0.3"}, "before"),
    ],
)
def test_what_takes_a_while_can_be_cancelled_and_asked_for_again(
    dna: AppTest,
    monkeypatch: pytest.MonkeyPatch,
    where: Any,
    name: str,
    link: dict[str, str],
    key: str,
) -> None:
    (record,) = sequences.read(cards()["tal1-gata1"].samples[0].file.read_bytes())
    original = getattr(where, name)

    def halt(engine: Engine, item: Item, *more: Any) -> Any:
        """The work on the letters as they are given never ends."""
        if item.shown.letters == record.letters:
            st.stop()
        return original(engine, item, *more)

    monkeypatch.setattr(where, name, halt)
    dna.query_params.update({**link, "method": "deeplift_rescale", "baseline": "given"})
    run(dna)
    assert not whole(dna)
    dna.button(key=f"{key}_cancel").click()
    run(dna)
    assert whole(dna)
    assert not says(dna)
    monkeypatch.setattr(where, name, original)
    dna.button(key=f"{key}_go").click()
    run(dna)
    assert f"{key}_go" not in [b.key for b in dna.button]


def whole(dna: AppTest) -> bool:
    """Whether the page has been drawn to its end, where its figures are opened to the keyboard."""
    return bool(dna.get("bidi_component"))


def test_clicks_choose_a_filter_and_a_change(dna: AppTest) -> None:
    run(dna)
    assert "Filter 5 contributes" not in captions(dna)
    click_chart(dna, "dna_filters", 5)
    assert dna.query_params["channel"] == "5"
    assert "Filter 5 contributes" in captions(dna)
    click_chart(dna, "dna_mutations", 148, "ACGT".index("G"))
    assert dna.query_params["edits"] == "148G"
    assert [b.label for b in dna.button if b.key == "dna_undo_148"] == ["T149G ✕"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("edits", "12X"),
        ("edits", "99999G"),
        ("edits", "148G,200A"),
        ("acgt", "1,1,1,1"),
        ("channel", "9999"),
        ("filter", "9999"),
        ("shuffles", "1e9"),
        ("record", "-1"),
        ("start", "1e9"),
    ],
)
def test_a_value_of_a_link_that_does_not_fit_gives_one_sentence(
    dna: AppTest, name: str, value: str
) -> None:
    dna.query_params[name] = value
    run(dna)
    assert len(dna.warning) == 1
    assert headline(dna).startswith("Both (92\u00a0%)")


def test_a_change_beyond_the_end_is_named_with_what_is_allowed(dna: AppTest) -> None:
    dna.query_params.update({"model": "splice-donor", "edits": "3G,18A"})
    run(dna)
    assert "name position 18, but this network takes 18 bases: positions go from 0" in says(dna)
    assert not [b for b in dna.button if b.key.startswith("dna_undo")]
    dna.query_params["edits"] = "3G,17A"
    run(dna)
    assert not says(dna)
    assert [b.key for b in dna.button if b.key.startswith("dna_undo")] == [
        "dna_undo_3",
        "dna_undo_17",
    ]


def test_letters_that_are_too_few_for_a_change_do_without_it(
    dna: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert form.apply("ACGT", "1A,4G") == "AAGT"
    assert form.made("ACGT", "1A,4G") == ((1, "A"),)
    # As if the reader let it pass:
    monkeypatch.setattr(form, "with_edit", lambda *_: "148G,99999G")
    dna.query_params["edits"] = "148G"
    run(dna)
    assert [b.key for b in dna.button if b.key.startswith("dna_undo")] == ["dna_undo_148"]
    assert any(m.value.startswith("With the change, ") for m in dna.markdown)


def test_a_link_to_someone_elses_sequence_says_so(dna: AppTest) -> None:
    dna.query_params["input"] = "file-0123456789ab"
    run(dna)
    assert "which a link cannot carry" in says(dna)
    assert headline(dna).startswith("Both (92\u00a0%)")


def test_every_base_is_scored_for_what_the_sample_is_about(dna: AppTest) -> None:
    """Its own output is not the largest: GATA1 alone is."""
    dna.query_params.update({"method": "deeplift_rescale", "heights": "hypothetical"})
    run(dna)
    net = attribution.load("tal1-gata1")
    sample = cards()["tal1-gata1"].samples[0]
    (record,) = sequences.read(sample.file.read_bytes())
    x = sequences.encode(record.letters)[None]
    uniform = attribution.baselines.constant(x, 0.25)
    about, largest = (
        hypothetical_contributions(net, x, target=target, baseline=uniform)[0] for target in (0, 1)
    )
    assert int(net.predict(x)[0].argmax()) == 1
    said = [words.hypothetical(found, record.letters, "both") for found in (about, largest)]
    assert said[0] != said[1]
    assert said[0] in captions(dna)


def test_the_menu_has_the_link_and_says_what_it_does_not_carry(dna: AppTest) -> None:
    dna.query_params["layer"] = "pool"
    run(dna)
    assert dna.code[0].value == "?model=tal1-gata1&layer=pool"
    dna.multiselect(key="share_hide").set_value(["edits", "letters"])
    dna.toggle(key="share_embed").set_value(True)
    run(dna)
    assert dna.code[0].value == "?model=tal1-gata1&layer=pool&hide=edits,letters&embed=true"
    assert "does not carry it" not in captions(dna)
    paste(dna, FASTA)
    assert "The link names site 0 <b>bold</b> but does not carry it" in captions(dna)
    assert "input=text-" in dna.code[0].value
    labels = [b.label for b in dna.get("download_button") if (b.key or "").startswith("file-")]
    assert len(labels) == 8
    assert labels[0] == "Report (HTML)"
