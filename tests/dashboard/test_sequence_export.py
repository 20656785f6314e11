"""Files of a sequence's answer say what the page says; the program computes it again."""

import contextlib
import io
import json
import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from plotly.offline import get_plotlyjs

import attribution
from attribution import Attribution
from attribution.sequences import Sequence, reverse_complement
from dashboard.export.file import File
from dashboard.export.subject import Subject
from dashboard.figures.glyphs import COLOURS
from dashboard.kinds import KINDS
from dashboard.kinds.sequence import filters, logo
from dashboard.kinds.sequence.panel import Source, item
from dashboard.kinds.sequence.program import program
from dashboard.kinds.sequence.reading import Reading
from dashboard.request.catalogue import catalogue
from dashboard.request.form import Known, write
from dashboard.request.request import request
from dashboard.work import means, sequences
from dashboard.work.engine import Engine
from dashboard.work.item import Item
from tests.dashboard.conftest import changed
from tests.dashboard.reports import Taken

ENGINE = Engine(recorded=False)
KIND = KINDS["sequence"]
LINK = "http://localhost:8501/?model=tal1-gata1&layer=relu1"


def known_of(**query: str) -> Known:
    values, problems = KIND.form.read({"model": "tal1-gata1", **query}, catalogue())
    assert not problems
    return Known(KIND.form, catalogue(), values)


def make(**query: str) -> Reading:
    """A reading as the page makes it, of a sample."""
    known = known_of(**query)
    sample = known.model.card.sample(known.values["input"])
    assert sample
    (record,) = sequences.read(ENGINE, sample.file.read_bytes())
    reverse = known.values["strand"] == "reverse"
    letters = reverse_complement(record.letters) if reverse else record.letters
    return ask(known, item(Source(sample.name, sample.title, "", 0), known, record, letters, 0))


def ask(known: Known, given: Item) -> Reading:
    """What the network makes of these letters."""
    asked = request(known)
    asked = replace(asked, input=given.name, target=asked.target or 0)
    answer = ENGINE.answer(given, asked, lambda *_: None, lambda _: None)
    place = answer.ranking("channel", 1)[0].place
    said = ENGINE.prediction(given)
    subject = Subject(ENGINE, KIND, known, asked, LINK, given, said, answer, place, "channel")
    reading = Reading(subject)
    drawn = (logo.drawing(reading),)
    drawn += () if reading.is_input else (filters.drawing(reading),)
    return Reading(replace(subject, drawings=drawn))


@pytest.fixture(scope="module")
def both() -> Reading:
    return make()


def built(reading: Reading) -> dict[str, File]:
    return {file.key: file for file in KIND.files(reading.of)}


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"baseline": "zeros", "target": "2", "input": "tal1-gata1-tal1"},
        {"baseline": "own", "method": "deeplift_genomics", "edits": "148G,20A"},
        {"baseline": "given", "acgt": "0.4,0.1,0.1,0.4", "layer": "pool", "tolerance": "0.01"},
        {"baseline": "shuffle", "shuffles": "4", "seed": "3", "method": "deeplift_rescale"},
        {"baseline": "shuffle", "shuffles": "3"},
        {"model": "splice-donor", "strand": "reverse", "method": "gradient_times_difference"},
        {"layer": "sequence"},
    ],
    ids=lambda query: "-".join(query.values()) or "defaults",
)
def test_the_program_runs_as_printed_and_gives_the_same_scores(query: dict[str, str]) -> None:
    reading = make(**query)
    names: dict[str, object] = {}
    exec(compile(program(reading), "printed.py", "exec"), names)
    result, bases = names["result"], names["bases"]
    assert isinstance(result, Attribution)
    answer = reading.answer
    assert result.layer == answer.layer
    scale = float(np.abs(answer.scores).max())
    np.testing.assert_allclose(result.scores[0], answer.scores, atol=1e-5 * scale)
    scale = float(np.abs(reading.contributions).max())
    np.testing.assert_allclose(bases, reading.contributions, atol=1e-5 * scale)
    norm = float(np.abs(answer.scores).sum())
    np.testing.assert_allclose(result.gap[0], answer.gap, atol=1e-5 * norm)
    assert names["error"] == pytest.approx(answer.error, rel=1e-3, nan_ok=True)
    assert np.isnan(answer.error) == (answer.accuracy != "estimated")
    if answer.method == "gradient_times_difference":
        assert answer.converged is None
    else:
        assert answer.converged == (
            answer.accuracy != "estimated" or answer.error <= answer.result.tolerance
        )


def test_scores_that_cancel_over_the_references_have_a_larger_error() -> None:
    """Of each reference 4 or 5 %, which is .04; of the mean, .05 and -.15, that is 20 %."""
    two, both = np.zeros(2), np.ones(2, bool)
    found = Attribution(
        scores=np.array([[0.5, 0.3], [-0.4, -0.6]], np.float32),
        gap=np.array([0.01, -0.03]),
        error=np.array([0.05, 0.04]),
        converged=both,
        evaluations=two,
        f_input=two,
        f_baseline=two,
        target=0,
        layer="relu1",
        method="neuron_integrated_gradients",
        is_cut=True,
    )
    nig = attribution.METHODS["nig"]
    assert means.error(found, nig) == pytest.approx(0.04 / 0.2)
    wide = replace(found, gap=np.array([0.05, 0.05]))  # a cut's error is no less than its gap
    assert means.error(wide, nig) == pytest.approx(0.05 / 0.2)
    assert means.error(replace(wide, is_cut=False), nig) == pytest.approx(0.04 / 0.2)
    exact = replace(wide, error=two)
    assert means.error(exact, attribution.METHODS["deeplift_rescale"]) == 0


def test_the_table_holds_every_base_and_the_answers_sum(both: Reading) -> None:
    frame = pd.read_csv(io.BytesIO(built(both)["csv"].build()))
    assert "".join(frame["base"]) == both.letters
    missing = abs(frame["contribution"].sum() - both.answer.delta)
    assert missing <= 0.05 * frame["contribution"].abs().sum()  # the tolerance
    columns = frame[[f"score_{base}" for base in "ACGT"]]
    np.testing.assert_allclose(columns.sum(axis=1), frame["contribution"], atol=1e-5)
    assert frame["motif"][16:28].str.startswith("TAL1::TCF3(+)").all()


def test_the_motifs_are_where_they_were_embedded(both: Reading) -> None:
    rows = lines_of_bed(both)
    assert [row[0] for row in rows] == ["tal1-gata1-both"] * 2
    assert [row[1:4] for row in rows] == [["16", "28", "TAL1::TCF3"], ["142", "153", "Gata1"]]
    frame = pd.read_csv(io.BytesIO(built(both)["motifs-csv"].build()))
    assert list(frame["start"]) == [16, 142]
    values = both.contributions
    assert frame["contribution"][0] == pytest.approx(values[16:28].sum(), rel=1e-5)
    inside = values[16:28]
    share = inside[inside > 0].sum() / values[values > 0].sum()
    assert int(rows[0][4]) == frame["score"][0] == round(1000 * share)
    seen = attribution.sequences.encode(both.letters)
    known = attribution.motifs.scan(seen, p_value=2e-4)
    assert list(frame["p_value"]) == [match.p_value for match in known]
    said = built(both)["bed"].build().decode()
    assert (
        f"# Gata1: p-value {known[1].p_value:.3g}, contribution {values[142:153].sum():.6g}" in said
    )


def lines_of_bed(reading: Reading) -> list[list[str]]:
    """The file's lines, held against the format: six columns, as UCSC writes them."""
    lines = built(reading)["bed"].build().decode().splitlines()
    found = [line.split("\t") for line in lines if not line.startswith("#")]
    for chrom, start, end, name, score, strand in found:
        assert chrom
        assert not re.search(r"\s", chrom + name)
        assert 0 <= int(start) < int(end)
        assert re.fullmatch(r"\d+", score)
        assert 0 <= int(score) <= 1000
        assert strand in {"+", "-"}
    assert found == sorted(found, key=lambda row: int(row[1]))
    return found


def planted(name: str, reverse: bool, start: int, length: int = 1000) -> tuple[str, Reading]:
    """A record of random bases with GATA1's best site at 613 to 623, at 40 in a short one."""
    random = "".join("ACGT"[i] for i in np.random.default_rng(3).integers(0, 4, length))
    site = "ACAGATAAGAA"  # JASPAR's matrix is of the other strand: TTCTTATCTGT
    at = 613 if length > 700 else 40
    letters = random[:at] + site + random[at + len(site) :]
    turned = reverse_complement(letters) if reverse else letters
    how = "window" if length > 200 else "pad"
    known = known_of(strand="reverse" if reverse else "given", fit=how, start=str(start))
    given = sequences.fitted(ENGINE, turned, 200, how, start)
    source = Source(known.values["input"], name, "", 0)
    return letters, ask(known, item(source, known, Sequence(name, letters), given, start))


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(
    ("name", "on", "left", "strand"),
    [
        ("my é_site of mine", "my", 0, "+"),
        ("é|site", "é|site", 0, "+"),
        ("chr5:2000-3000", "chr5", 2000, "+"),
        ("chr5:2001-3000", "chr5", 2000, "+"),
        ("gene::chr5:2000-3000(-)", "chr5", 2000, "-"),
    ],
)
def test_a_planted_motif_is_found_again_in_the_record_by_its_bed_file(
    name: str, on: str, left: int, strand: str, reverse: bool
) -> None:
    letters, reading = planted(name, reverse, 260 if reverse else 530)
    chromosome = "N" * left + (reverse_complement(letters) if strand == "-" else letters)
    matrices = {motif.name: motif for motif in attribution.motifs.bundled()}
    rows = lines_of_bed(reading)
    assert rows
    for chrom, start, end, name_, _, side in rows:
        assert chrom == on
        found = chromosome[int(start) : int(end)]
        found = found if side == "+" else reverse_complement(found)
        odds = matrices[name_].log_odds()
        assert len(found) == len(odds)  # and as good a match as was asked for:
        best = attribution.motifs.scan(
            attribution.sequences.encode(found), [matrices[name_]], p_value=2e-4
        )
        assert [m.strand for m in best][:1] == ["+"]
    gata = [(int(r[1]) - left, int(r[2]) - left, r[5]) for r in rows if r[3] == "Gata1"]
    assert ((613, 624, "-") if strand == "+" else (1000 - 624, 1000 - 613, "+")) in gata

    table = pd.read_csv(io.BytesIO(built(reading)["csv"].build()))
    for line in table.itertuples():
        base = chromosome[line.position - 1]
        assert line.base == (base if line.strand == "plus" else reverse_complement(base))
    assert set(table["sequence"]) == {on}
    assert list(table["letter"]) == list(range(200))
    with np.load(io.BytesIO(built(reading)["npz"].build())) as arrays:
        assert list(arrays["positions"]) == list(table["position"])
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(program(reading), "printed.py", "exec"), {})
    said = [line.split()[:2] for line in printed.getvalue().splitlines()[:200]]
    assert said == [[str(line.position), line.base] for line in table.itertuples()]


@pytest.mark.parametrize("reverse", [False, True])
def test_of_a_padded_record_only_its_own_bases_have_positions(reverse: bool) -> None:
    letters, reading = planted("chr2:101-190", reverse, 30, 90)
    chromosome = "N" * 100 + letters
    table = pd.read_csv(io.BytesIO(built(reading)["csv"].build()))
    assert list(table["position"].isna()) == [not 30 <= i < 120 for i in range(200)]
    for line in table[30:120].itertuples():
        base = chromosome[int(line.position) - 1]
        assert line.base == (reverse_complement(base) if reverse else base)
    rows = lines_of_bed(reading)
    assert "Gata1" in {row[3] for row in rows}
    assert all(100 <= int(row[1]) < int(row[2]) <= 190 for row in rows)
    assert json.loads(built(reading)["json"].build())["positions"] == {
        "sequence": "chr2",
        "strand": "-" if reverse else "+",
        "first": 190 if reverse else 101,
        "last": 101 if reverse else 190,
        "padding": [30, 80],
    }
    names: dict[str, object] = {}
    exec(compile(program(reading), "printed.py", "exec"), names)
    assert list(names["positions"])[:31] == ["-"] * 30 + [190 if reverse else 101]


@pytest.mark.parametrize("name", ["#1", "track", "browser"])
def test_a_record_is_no_remark_of_a_bed_file(name: str) -> None:
    _, reading = planted(name, False, 530)
    assert {row[0] for row in lines_of_bed(reading)} == {f"_{name}"}


def test_the_archive_holds_the_scores(both: Reading) -> None:
    with np.load(io.BytesIO(built(both)["npz"].build()), allow_pickle=False) as found:
        np.testing.assert_array_equal(found["scores"], both.answer.scores)
        assert str(found["letters"]) == both.letters
        asked = json.loads(str(found["request"]))
    net = attribution.load("tal1-gata1")
    assert asked["model"] == net.digest()
    assert asked["input"] == both.answer.result.request.input
    assert asked["versions"]["neuron-attribution"] == attribution.__version__


def test_the_request_as_json_opens_the_same_request(both: Reading) -> None:
    content = json.loads(built(both)["json"].build())
    told = {name: write(v) for name, v in content["request"].items() if v is not None}
    assert request(known_of(**told)) == both.of.asked
    assert content["letters"] == both.letters
    assert content["target"] == {"index": 0, "name": "both"}
    score = attribution.load("tal1-gata1").score(
        attribution.sequences.encode(content["letters"])[None], 0
    )
    assert content["answer"]["f_input"] == pytest.approx(float(score[0]), abs=1e-4)
    lost = Reading(replace(both.of, answer=changed(both.answer, gap=float("nan"))))
    assert json.loads(built(lost)["json"].build())["answer"]["gap"] is None


def test_the_report_needs_nothing_from_elsewhere_and_holds_its_program(both: Reading) -> None:
    page = built(both)["html"].build().decode()
    assert len(page) - len(get_plotlyjs()) < 400_000
    taken = Taken(page)
    assert taken.is_closed()
    assert taken.links == [LINK]
    assert len(taken.scripts) == 3
    assert "attribution.METHODS['nig'].run(" in taken.words
    for said in (KIND.headline(both.of), both.sentence, *both.trust):
        assert said in taken.words


def test_a_strangers_words_are_text_in_every_file(both: Reading) -> None:
    bad = '<img src=x onerror=alert(1)>"'
    strange = Reading(replace(both.of, item=replace(both.of.item, title=bad)))
    taken = Taken(built(strange)["html"].build().decode())
    assert taken.is_closed()
    assert bad in taken.words
    names: dict[str, object] = {}
    exec(compile(program(strange), "printed.py", "exec"), names)
    assert names["letters"] == both.letters


@pytest.mark.parametrize("query", [{}, {"baseline": "shuffle", "shuffles": "3"}])
def test_an_answer_keeps_what_was_asked(query: dict[str, str]) -> None:
    """As of the library, asked once for the same sequence with a list of references."""
    reading = make(**query)
    x = attribution.sequences.encode(reading.letters)[None]
    of = attribution.baselines
    references = of.dinucleotide_shuffle(x, 0, 3) if query else of.constant(x, 0.25)
    net, answer = attribution.load("tal1-gata1"), reading.answer
    found = attribution.neuron_integrated_gradients(
        net, x, answer.layer, target=0, baseline=references
    )
    assert answer.result.request == found.request
    if query:
        norm = float(found.standard_error.sum())
        apart = np.abs(answer.result.standard_error - found.standard_error).sum()
        assert apart < 0.05 * norm  # other nodes
    buffer = io.BytesIO()
    answer.result.save(buffer)
    buffer.seek(0)
    assert Attribution.load(buffer).request == found.request


def test_the_letters_on_paper_are_those_of_the_light_page(both: Reading) -> None:
    letters, beside = logo.drawing(both).on_paper(), filters.drawing(both).on_paper()
    piles = {t.name: t for t in letters.data if getattr(t, "fill", None) == "toself"}
    drawn = {base: int(np.isnan(np.asarray(t.x)).sum()) + 1 for base, t in piles.items()}
    assert drawn == Counter(both.letters)
    for i, base in enumerate("ACGT"):
        assert piles[base].fillcolor == COLOURS[both.look("letters")][i]
    heat = next(t for t in beside.data if t.type == "heatmap")
    np.testing.assert_array_equal(heat.z, both.answer.scores[:, both.answer.order(16)].T)
