"""Report: one answer as a web page of its own that needs no network, no script and no font."""

from __future__ import annotations

from dashboard import words
from dashboard.answer import Answer
from dashboard.export import plates
from dashboard.export.plate import Plate, svg
from dashboard.export.snippet import snippet
from dashboard.export.subject import Subject
from dashboard.export.web import LAST_WORD, document, request_table, table
from dashboard.form import write
from dashboard.text import html

BARS = 18
ROWS = 20


def report(subject: Subject) -> str:
    """The page: the answer in a sentence, its numbers, its figures, the request, the program."""
    answer, model, facts = subject.answer, subject.model, subject.facts
    chance = float(facts.probabilities[answer.target])
    headline = words.headline(
        answer,
        subject.layer,
        subject.target,
        model.labels[facts.predicted],
        chance,
        subject.method.unit,
    )
    parts = [
        f"<h1>{html(headline)}</h1>",
        f"<p>{html(subject.title)}</p>",
        _numbers(answer),
        f"<p>{html(words.assurance(answer, subject.method))}</p>",
    ]
    if not answer.is_cut and subject.method.complete:
        parts.append(f"<p>{html(words.not_a_cut(answer, subject.layer))}</p>")
    parts += [f"<p>{html(note)}</p>" for note in answer.result.notes]
    figures = (f"<figure>{svg(figure(subject, name))}</figure>" for name in names(subject))
    parts += [
        f'<div class="figures">{"".join(figures)}</div>',
        f"<h2>The largest {subject.by}s</h2>",
        _ranking(subject),
        "<h2>The request</h2>",
        _request(subject),
        "<h2>The same numbers from Python</h2>",
        f"<pre>{html(snippet(subject))}</pre>",
        LAST_WORD,
    ]
    return document(headline, parts)


def names(subject: Subject) -> tuple[str, ...]:
    """The figures that this answer has."""
    channel = f"channel-{subject.place.channel}"
    return ("map", "ranking", channel) if subject.answer.has_grid else ("ranking",)


def figure(subject: Subject, name: str) -> Plate:
    """One of the figures, on paper."""
    answer, target, unit = subject.answer, subject.target, subject.method.unit
    if name == "ranking":
        ranked = answer.ranking(subject.by, BARS)
        sentence = words.ranking(ranked, answer, subject.by, target, unit)
        return plates.ranking_plate(ranked, sentence, subject.palette, unit)
    channel = subject.place.channel
    scores = answer.total_map() if name == "map" else answer.scores[:, :, channel]
    what = f"layer {answer.layer}" if name == "map" else f"channel {channel}"
    sentence = words.contribution_map(scores, what, target, unit)
    return plates.overlay_plate(subject.facts.pixels, scores, sentence, subject.palette, unit)


def _numbers(answer: Answer) -> str:
    facts = [
        ("F(x)", words.fixed(answer.f_input, 3)),
        ("F(baseline)", words.fixed(answer.f_baseline, 3)),
        ("Difference", words.change(answer.delta)),
        ("Gap", words.signed(answer.gap)),
        *trust(answer),
        ("Evaluations", f"{answer.evaluations:,}"),
    ]
    items = (f"<div><dt>{name}</dt><dd>{html(value)}</dd></div>" for name, value in facts)
    return f"<dl>{''.join(items)}</dl>"


def trust(answer: Answer) -> list[tuple[str, str]]:
    """The error and the finest features seen, as lines of the numbers."""
    lines = [("Estimated error", "; ".join(words.error(answer)))]
    finest = words.resolution(answer)
    return [*lines, ("Finest features seen", finest)] if finest else lines


def _ranking(subject: Subject) -> str:
    frame = subject.table(ROWS)
    names = [str(name) for name in frame.columns]
    rows = (
        [*(str(n) for n in place), f"{score:+.6g}", f"{share:.2%}"]
        for *place, score, share in frame.itertuples(index=False)
    )
    return table(names, rows)


def _request(subject: Subject) -> str:
    lines = [
        (name, write(getattr(subject.asked, name))) for name in type(subject.asked).__annotations__
    ]
    lines.append(("explained", f"{subject.target} ({subject.answer.target})"))
    return request_table(lines, subject.link)
