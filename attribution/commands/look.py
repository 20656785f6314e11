"""The commands layers and check: a model's layers, and whether its numbers can be believed."""

from __future__ import annotations

import argparse
import signal
import sys
from dataclasses import replace

import attribution
from attribution import cards, zoo
from attribution.cards import Card
from attribution.commands import carded, codes, labelled, reading, screen
from attribution.commands.refusals import spoken
from attribution.errors import InvalidRequest, one_line


def layers(given: argparse.Namespace) -> int:
    net = zoo.load(given.model)
    rows = []
    for info in net.layers:
        shape = " x ".join("any" if n is None else str(n) for n in info.shape)
        rows.append((one_line(info.name, 200), info.kind, shape, "yes" if info.is_cut else "no"))
    screen.table(("layer", "kind", "shape", "cut"), rows)
    return codes.FINE


def serve(given: argparse.Namespace) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(codes.INTERRUPTED))  # the dashboard ends too
    models = given.model[0] if len(given.model) == 1 else given.model
    shown = attribution.show(models, given.card, given.port, block=False)
    print(f"The model's page: {shown.url}   (Ctrl-C ends the dashboard)", flush=True)
    try:
        shown.process.wait()
    finally:
        shown.stop()
    return codes.FINE


def check(given: argparse.Namespace) -> int:
    card = carded.find(given)
    if given.data is not None:
        return _measure(given, card)
    net = zoo.load(given.model)
    carded.check(net, card)
    x = None if given.input is None else reading.read_given(net, given.input, given, card).x
    report = attribution.check(net, x)
    told = [replace(f, sentence=spoken(f.sentence), mend=spoken(f.mend)) for f in report.findings]
    print(replace(report, findings=tuple(told)))
    return codes.FINE if report.fine else codes.UNSURE


def _measure(given: argparse.Namespace, card: Card | None) -> int:
    """Whether the card's preprocessing is the one that the model knows."""
    if given.input is not None:
        raise InvalidRequest("--data holds the inputs: leave INPUT out, or --data.")
    if card is None:
        raise InvalidRequest("--data measures a card, and there is none: give --card (card guess).")
    files, labels = labelled.read(given.data)
    net = zoo.load(given.model)
    carded.check(net, card)
    found = cards.compare_preprocessing(net, card, files, labels)
    print(found)
    return codes.FINE if found.best is None else codes.UNSURE
