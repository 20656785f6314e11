"""Labelled: a few pictures whose class is known, and whether a card feeds them as it should."""

from __future__ import annotations

from collections.abc import Sequence

from attribution import cards
from attribution.cards import Card, PreprocessingComparison
from attribution.errors import InvalidRequest
from attribution.inputs import labelled
from dashboard.request.catalogue import Model
from dashboard.work.decoder import Frame, Pixels
from dashboard.work.engine import Engine
from dashboard.work.slot import Waiting
from dashboard.work.workshop import Refused

MOST = labelled.MOST


def unpack(data: bytes, name: str) -> list[labelled.Labelled]:
    """The pictures of a .zip file with a folder for each class, as (class, bytes).

    Raises Refused for what is no such file, or is beyond a limit.
    """
    try:
        return labelled.unpack(data, name)
    except InvalidRequest as refused:
        raise Refused(str(refused)) from refused


def pixels(engine: Engine, model: Model, owner: str, data: bytes) -> Pixels:
    """A picture as the model's frame has it, decoded apart. Raises Refused."""
    frame = Frame.of(model.card.encoding(), "crop")
    return engine.decoder.decode(data, [frame], owner).frames[frame]


def compare(
    engine: Engine,
    model: Model,
    card: Card,
    given: Sequence[Pixels],
    labels: Sequence[str],
    waiting: Waiting,
) -> PreprocessingComparison:
    """As cards.compare_preprocessing, in turn. Raises Refused."""
    with engine.turn(model.name, waiting) as net:
        return cards.compare_preprocessing(net, card, given, labels)
