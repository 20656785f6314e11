"""The Python that computes a sequence's answer again. It runs as printed."""

from __future__ import annotations

import textwrap

from dashboard.export import snippet
from dashboard.kinds.sequence import words
from dashboard.kinds.sequence.reading import Reading
from dashboard.request.request import Query
from dashboard.text import plain
from dashboard.work.item import Item


def given(item: Item) -> list[str]:
    """Lines that make `x`: the letters as the network sees them, on their strand, in their window,
    with their changes."""
    return [
        f"letters = (  # {plain(item.title)}".rstrip(),
        *(f'    "{part}"' for part in textwrap.wrap(item.shown.letters, 80)),
        ")",
        "x = attribution.sequences.encode(letters)[None]",
    ]


def compared(asked: Query) -> str:
    """An expression for the baseline of `x`."""
    of, name = "attribution.baselines", asked.baseline
    if name == "given":
        return f"{of}.base_frequencies(x, ({asked['acgt']}))"
    if name == "shuffle":
        return f"{of}.dinucleotide_shuffle(x, seed={asked['seed']}, count={asked['shuffles']})"
    return {
        "uniform": f"{of}.constant(x, 0.25)",
        "zeros": f"{of}.zeros(x)",
        "own": f"{of}.base_frequencies(x)",
    }[name]


def program(reading: Reading) -> str:
    """A program of the public library.

    It ends with the scores of the layer in `result`, those of the letters in `bases`, and the
    larger of their errors in `error`.
    """
    of, answer = reading.of, reading.answer
    entry = of.model.layers[0].name
    layers = list(dict.fromkeys([entry, answer.layer]))
    body = [
        *snippet.run("results", of.asked, layers, of.outputs),
        f"result = results[{answer.layer!r}]",
        f"bases = results[{entry!r}].scores[0].sum(axis=1)",
        *_positions(reading),
        "for position, letter, score in zip(positions, letters, bases):",
        '    print(f"{position:>12} {letter} {score:+.4f}")',
        f"print(result.top(20, by={'channel' if answer.has_channels else 'neuron'!r}))",
        "error = max(found.error[0] for found in results.values())",
        *snippet.trust(of.method),
    ]
    about = f"{of.method.title} of {answer.layer}: what makes it {of.target!r}."
    return snippet.program(about, of, body)


def _positions(reading: Reading) -> list[str]:
    """Where each letter lies, as the page says it; '-' in padding."""
    locus, name = reading.locus, reading.shown.record.name
    first, last = locus.along(locus.begin), locus.along(locus.end - 1)
    step = 1 if locus.strand == "+" else -1
    stretch = f"range({first}, {last + step}{', -1' if step < 0 else ''})"
    before, after = locus.begin, locus.size - locus.end
    if before or after:
        stretch = f'["-"] * {before} + [*{stretch}] + ["-"] * {after}'
    return [f"# {plain(words.positions(locus, name))}", f"positions = {stretch}"]
