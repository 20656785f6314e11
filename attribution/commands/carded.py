"""The card of a command's model: given, of the bundle, or beside the model's file."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from attribution import cards
from attribution.bundled import MODELS
from attribution.commands.refusals import remark
from attribution.errors import InvalidCard, one_line

if TYPE_CHECKING:
    from attribution.network import Network


def find(given: argparse.Namespace) -> cards.Card | None:
    """The card, None where there is none; one that was not asked for is named on standard error."""
    if given.card is not None:
        return cards.read(given.card)
    if given.model in MODELS:
        return cards.bundled()[given.model]
    path = cards.beside(given.model)
    if path is None:
        return None
    remark(f"The card {one_line(path.name)} beside the model is used.")
    return cards.read(path)


def check(net: Network, card: cards.Card | None) -> None:
    """Refuse a card that contradicts the model."""
    found = cards.fits(net, card) if card else ()
    if found:
        more = f" ({len(found) - 1} more like this.)" if len(found) > 1 else ""
        raise InvalidCard(found[0] + more)
