"""The command card: a first card of a model, and the schema for editors."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from attribution import cards, zoo
from attribution.cards.reading import SUFFIXES
from attribution.cards.writing import SCHEMA
from attribution.commands import codes
from attribution.commands.refusals import remark
from attribution.errors import InvalidRequest, one_line


def guess(given: argparse.Namespace) -> int:
    """The card on the screen, or in a file that is not there yet, with the schema beside it."""
    out: Path | None = given.out
    if out is not None:
        _check(out)
    card = cards.guess(zoo.load(given.model))
    if out is None:
        print(cards.text(card), end="")
        return codes.FINE
    beside = out.parent / SCHEMA
    if not beside.exists():
        beside.write_text(_schema(), encoding="utf-8")
        remark(f"{SCHEMA} beside it lets editors complete and check the card.")
    cards.write(card, out)
    return codes.FINE


def schema(given: argparse.Namespace) -> int:
    if given.out is None:
        print(_schema(), end="")
    else:
        given.out.write_text(_schema(), encoding="utf-8")
    return codes.FINE


def _check(out: Path) -> None:
    said = f"--out is {one_line(str(out))!r}"
    if out.suffix not in SUFFIXES:
        raise InvalidRequest(f"{said}; a card's name ends in .yaml.")
    if out.exists():
        raise InvalidRequest(f"{said}, which is there already: remove it, or give another name.")


def _schema() -> str:
    return json.dumps(cards.schema(), indent=1, ensure_ascii=False) + "\n"
