"""A sequence's answer as a web page of its own that needs no network, no script and no font."""

from __future__ import annotations

import numpy as np

from dashboard import words
from dashboard.dna import words as dna_words
from dashboard.dna.subject import Subject
from dashboard.export import plate, plates
from dashboard.export.report import trust
from dashboard.export.sequence_program import program
from dashboard.export.sequence_tables import asked_of, bases, logo
from dashboard.export.web import LAST_WORD, document, request_table, table
from dashboard.figures import logo_file
from dashboard.figures.glyphs import COLOURS
from dashboard.form import write
from dashboard.text import html

BARS = 18
ROWS = 20


def report(subject: Subject, link: str) -> str:
    """The page: the answer in a sentence, its numbers, its figures, the request, the program."""
    model = subject.known.model
    drawing = logo_file.svg(logo(subject), COLOURS[subject.view.letters])
    parts = [
        f"<h1>{html(subject.headline)}</h1>",
        f"<p>{html(subject.chosen.title)}</p>",
        f"<p>{html(dna_words.positions(subject.locus, subject.chosen.record.name))}</p>",
        table(["", "value"], _numbers(subject)),
        *(f"<p>{html(sentence)}</p>" for sentence in subject.trust),
        f"<figure>{drawing}<figcaption>{html(subject.sentence)}</figcaption></figure>",
    ]
    if not subject.is_input:
        parts.append(f"<figure>{plate.svg(_ranking(subject))}</figure>")
    parts += [
        "<h2>The bases that count most</h2>",
        _bases(subject),
        "<h2>The request</h2>",
        request_table([(name, write(value)) for name, value in asked_of(subject).items()], link),
        f"<p>{html(model.title)}: {html(model.summary)}</p>",
        "<h2>The same numbers from Python</h2>",
        f"<pre>{html(program(subject))}</pre>",
        LAST_WORD,
    ]
    return document(subject.headline, parts)


def _numbers(subject: Subject) -> list[tuple[str, str]]:
    answer = subject.answer
    return [
        ("F(x)", words.fixed(answer.f_input, 3)),
        ("F(baseline)", words.fixed(answer.f_baseline, 3)),
        ("Difference", words.change(answer.delta)),
        ("Gap", words.signed(answer.gap)),
        *trust(answer),
        ("References", str(subject.reading.references)),
        ("Evaluations", f"{answer.evaluations:,}"),
    ]


def _ranking(subject: Subject) -> plate.Plate:
    """The filters that count most."""
    ranked = subject.answer.ranking("channel", BARS)
    sentence = dna_words.filters(subject.reading, BARS, subject.target)
    return plates.ranking_plate(ranked, sentence, subject.view.palette)


def _bases(subject: Subject) -> str:
    frame = bases(subject)
    order = np.argsort(-frame["contribution"].abs().to_numpy(), kind="stable")[:ROWS]
    rows = (
        [
            subject.locus.label(int(at)),
            frame["base"][at],
            f"{frame['contribution'][at]:+.6g}",
            frame["motif"][at],
        ]
        for at in order
    )
    return table(["position", "base", "contribution", "known motif"], rows)
