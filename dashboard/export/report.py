"""Report: one answer as a web page of its own that needs no network, no script and no font."""

from __future__ import annotations

import html
from collections.abc import Iterable

from dashboard import words
from dashboard.answer import Answer
from dashboard.export import plates
from dashboard.export.plate import Plate, svg
from dashboard.export.snippet import snippet
from dashboard.export.subject import Subject
from dashboard.form import write

BARS = 18
ROWS = 20
_STYLE = """
:root { color-scheme: light dark; --line: #8883; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.6rem; line-height: 1.25 } h2 { font-size: 1.1rem; margin-top: 2rem }
dl { display: flex; flex-wrap: wrap; gap: .5rem 2rem } dt { font-size: .8rem }
dd { margin: 0; font-size: 1.2rem; font-weight: 600 }
figure { margin: 0 0 1rem } .figures { display: flex; flex-wrap: wrap; gap: 1rem }
svg { max-width: 100%; height: auto; border: 1px solid var(--line) }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .15rem .8rem .15rem 0; text-align: right; border-bottom: 1px solid var(--line) }
th[scope=row], thead th:first-child { text-align: left }
pre { overflow: auto; padding: .8rem; border: 1px solid var(--line); font-size: .85rem }
"""


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
        f"<h1>{_text(headline)}</h1>",
        f"<p>{_text(subject.title)}</p>",
        _numbers(answer),
        f"<p>{_text(words.certificate(answer, subject.method))}</p>",
    ]
    if not answer.is_cut and subject.method.complete:
        parts.append(f"<p>{_text(words.not_a_cut(answer, subject.layer))}</p>")
    parts += [f"<p>{_text(note)}</p>" for note in answer.notes]
    figures = (f"<figure>{svg(figure(subject, name))}</figure>" for name in names(subject))
    parts += [
        f'<div class="figures">{"".join(figures)}</div>',
        f"<h2>The largest {subject.by}s</h2>",
        _table(subject),
        "<h2>The request</h2>",
        _request(subject),
        "<h2>The same numbers from Python</h2>",
        f"<pre>{_text(snippet(subject))}</pre>",
        "<p>Attribution is not causation: it divides one number among neurons by a rule.</p>",
    ]
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{_text(headline)}</title><style>{_STYLE}</style></head>",
            "<body><main>",
            *parts,
            "</main></body></html>",
            "",
        ]
    )


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
        ("F(x)", words.fixed(answer.f_input)),
        ("F(baseline)", words.fixed(answer.f_baseline)),
        ("Difference", words.signed(answer.delta)),
        ("Gap", words.signed(answer.gap)),
        ("Certified error", words.percent(answer.error) if answer.certified else "—"),
        ("Evaluations", f"{answer.evaluations:,}"),
    ]
    items = (f"<div><dt>{name}</dt><dd>{_text(value)}</dd></div>" for name, value in facts)
    return f"<dl>{''.join(items)}</dl>"


def _table(subject: Subject) -> str:
    frame = subject.table(ROWS)
    names = [str(name) for name in frame.columns]
    rows = (
        [*(str(n) for n in place), f"{score:+.6g}", f"{share:.2%}"]
        for *place, score, share in frame.itertuples(index=False)
    )
    return _rows(names, rows)


def _request(subject: Subject) -> str:
    lines = [
        (name, write(getattr(subject.asked, name))) for name in type(subject.asked).__annotations__
    ]
    lines.append(("explained", f"{subject.target} ({subject.answer.target})"))
    table = _rows(["", "value"], lines)
    if not subject.link:
        return table
    return f'{table}\n<p><a href="{_text(subject.link)}">{_text(subject.link)}</a></p>'


def _rows(names: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f'<th scope="col">{_text(name)}</th>' for name in names)
    body = []
    for first, *rest in rows:
        cells = "".join(f"<td>{_text(cell)}</td>" for cell in rest)
        body.append(f'<tr><th scope="row">{_text(first)}</th>{cells}</tr>')
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"


def _text(words_: str) -> str:
    return html.escape(str(words_))
