"""The commands layers and check: a model's layers, and whether its numbers can be believed."""

from __future__ import annotations

import argparse

import attribution
from attribution import zoo
from attribution.commands import codes, reading, screen
from attribution.errors import one_line


def layers(given: argparse.Namespace) -> int:
    net = zoo.load(given.model)
    rows = []
    for info in net.layers:
        shape = " x ".join("any" if n is None else str(n) for n in info.shape)
        rows.append((one_line(info.name, 200), info.kind, shape, "yes" if info.is_cut else "no"))
    screen.table(("layer", "kind", "shape", "cut"), rows)
    return codes.FINE


def check(given: argparse.Namespace) -> int:
    net = zoo.load(given.model)
    x = None if given.input is None else reading.read_given(net, given.input, given).x
    report = attribution.check(net, x)
    print(report)
    return codes.FINE if report.fine else codes.UNSURE
