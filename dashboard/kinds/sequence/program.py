"""The Python that computes a sequence's answer again. It runs as printed."""

from __future__ import annotations

import textwrap

from dashboard.export.snippet import HOW_TO_RUN, trust
from dashboard.kinds.sequence import words
from dashboard.kinds.sequence.request import Question
from dashboard.kinds.sequence.subject import Subject
from dashboard.text import docstring, plain


def program(subject: Subject) -> str:
    """A program of the public library.

    It holds the letters as the network sees them (strand, window and changes applied), and ends
    with the scores of the layer in `result`, those of the letters in `bases`, and the larger of
    their errors in `error`.
    """
    asked, answer = subject.asked, subject.answer
    entry = subject.known.model.layers[0].name
    layers = list(dict.fromkeys([entry, answer.layer]))
    about = f"{subject.known.method.title} of {answer.layer}: what makes it {subject.target!r}."
    lines = [
        f'"""{docstring(about)}',
        "",
        f'{HOW_TO_RUN}\n"""',
        "",
        "import attribution",
        "",
        f"letters = (  # {plain(subject.chosen.title)}".rstrip(),
        *(f'    "{part}"' for part in textwrap.wrap(subject.reading.letters, 80)),
        ")",
        "x = attribution.sequences.encode(letters)[None]",
        "",
        f"net = attribution.load({asked.model!r})",
        f"results = attribution.METHODS[{asked.method!r}].run(",
        "    net,",
        "    x,",
        f"    {layers!r},",
        f"    target={answer.target},  # {plain(subject.target)}",
        f"    baseline={_baseline(asked)},",
        *([f"    tolerance={asked.tolerance!r},"] if answer.accuracy == "estimated" else []),
        ")",
        f"result = results[{answer.layer!r}]",
        f"bases = results[{entry!r}].scores[0].sum(axis=1)",
        *_positions(subject),
        "for position, letter, score in zip(positions, letters, bases):",
        '    print(f"{position:>12} {letter} {score:+.4f}")',
        f"print(result.top(20, by={'channel' if answer.has_channels else 'neuron'!r}))",
        "error = max(found.error[0] for found in results.values())",
        *trust(subject.known.method),
        "",
    ]
    return "\n".join(lines)


def _positions(subject: Subject) -> list[str]:
    """Where each letter lies, as the page says it; '-' in padding."""
    locus, name = subject.locus, subject.chosen.record.name
    first, last = locus.along(locus.begin), locus.along(locus.end - 1)
    step = 1 if locus.strand == "+" else -1
    stretch = f"range({first}, {last + step}{', -1' if step < 0 else ''})"
    before, after = locus.begin, locus.size - locus.end
    if before or after:
        stretch = f'["-"] * {before} + [*{stretch}] + ["-"] * {after}'
    return [f"# {plain(words.positions(locus, name))}", f"positions = {stretch}"]


def _baseline(asked: Question) -> str:
    of = "attribution.baselines"
    return {
        "uniform": f"{of}.constant(x, 0.25)",
        "zeros": f"{of}.zeros(x)",
        "own": f"{of}.base_frequencies(x)",
        "given": f"{of}.base_frequencies(x, ({asked.acgt}))",
        "shuffle": f"{of}.dinucleotide_shuffle(x, seed={asked.seed}, count={asked.shuffles})",
    }[asked.baseline]
