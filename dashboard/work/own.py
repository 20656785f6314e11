"""Own: a model of one's own with another card, for one session or beside its file for all."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from attribution import cards
from attribution.cards import Card
from attribution.cards.writing import SCHEMA
from attribution.errors import InvalidCard
from dashboard.request.catalogue import Model
from dashboard.work.engine import Engine
from dashboard.work.shelf import Book
from dashboard.work.workshop import Refused


def kept(model: Model, card: Card) -> Card:
    """With the samples of the model's folder, which no form holds."""
    return card.model_copy(update={"samples": model.own_samples} if model.own_samples else {})


def text(model: Model, card: Card) -> str:
    """The card as it would lie beside the model."""
    folder = _folder(model)
    return cards.text(card, folder, schema=(folder / SCHEMA).is_file())


def against(engine: Engine, model: Model, card: Card) -> tuple[str, ...]:
    """What the model says against the card, as sentences."""
    found: tuple[str, ...] = engine.briefly(
        None, model.name, ("fits", text(model, card)), lambda net: cards.fits(net, card)
    )
    return found


def use(engine: Engine, owner: str, model: Model, card: Card) -> str:
    """Have the model with this card on the shelf; its name, which nobody else can guess."""
    assert model.path
    said = f"{owner} {model.path} {text(model, card)}"
    name = f"own-{hashlib.sha256(said.encode(errors='replace')).hexdigest()[:16]}"
    engine.shelf.give(name, Book(model.path, None, said=card))
    return name


def take(engine: Engine, owner: str, file: str, data: bytes) -> str:
    """Put a file that somebody sends on the shelf; its name, as of `use`."""
    said = f"{owner} {hashlib.sha256(data).hexdigest()}"
    name = f"own-{hashlib.sha256(said.encode()).hexdigest()[:16]}"
    engine.shelf.take(name, file, data, owner)
    return name


def saved(engine: Engine, model: Model) -> str:
    """The name under which all see the model with the card that is saved; empty where it cannot
    be saved."""
    books = engine.shelf.books()
    name = next((name for name, book in books.items() if book.path == model.path), "")
    return name if name and os.access(_folder(model), os.W_OK) else ""


def save(engine: Engine, model: Model, card: Card) -> Path:
    """Write the card beside the model, whole or not at all. Raises Refused."""
    book = engine.shelf.books()[saved(engine, model)]
    path = book.card or book.path.with_suffix(".yaml")
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(text(model, card), encoding="utf-8")
        draft.replace(path)
    except (OSError, InvalidCard) as error:
        draft.unlink(missing_ok=True)
        raise Refused(f"{path.name} cannot be written: {error}") from error
    return path


def _folder(model: Model) -> Path:
    assert model.path
    return model.path.parent.resolve()
