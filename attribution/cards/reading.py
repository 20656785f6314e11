"""Reading: a card from its file, or one sentence with file, line and field that says why not."""

from __future__ import annotations

import contextlib
import difflib
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from attribution.bundled import ASSETS, MODELS
from attribution.cards import nodes
from attribution.cards.card import Card
from attribution.cards.entries import INPUTS, OutputEntry, Sample
from attribution.cards.values import Entry
from attribution.errors import InvalidCard, InvalidRequest, one_line

MAX_BYTES = 2**20
SUFFIXES = (".yaml", ".yml")
_SHOWN = 60  # characters of a value that is refused


@dataclass(frozen=True)
class _Folder:
    """base : where names of files begin; root : which they must not leave."""

    base: Path
    root: Path

    def file(self, name: str) -> Path:
        said = one_line(name)
        try:
            found = (self.base / name).resolve()
            inside, there = found.is_relative_to(self.root.resolve()), found.is_file()
        except (OSError, ValueError, RuntimeError) as error:  # a NUL, too long, a circle of links
            raise InvalidRequest(f"{said!r} is no name of a file") from error
        if not inside:
            raise InvalidRequest(
                f"the file {said!r} lies outside the card's folder; put it beside the card"
            )
        if not there:
            raise InvalidRequest(f"there is no file {said!r} in the card's folder")
        return found


def read(path: str | Path) -> Card:
    """The card in a file; the files that it names lie in its folder or below, and are read too.

    Raises
    ------
    InvalidCard : no such file, more than `MAX_BYTES`, no UTF-8, no YAML, more than plain values,
        or a field that is unknown, missing or wrong: one sentence with file, line and field.
    """
    path = Path(path)
    name = one_line(path.name or str(path))
    try:
        if not path.is_file():
            what = "no file" if path.exists() else "not there"
            raise InvalidCard(f"The card {one_line(str(path))!r} is {what}; give a .yaml file.")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, InvalidCard):
            raise
        reason = getattr(error, "strerror", None) or "no such name is possible"
        raise InvalidCard(f"The card {name!r} cannot be read: {reason}.") from error
    if len(data) > MAX_BYTES:
        raise InvalidCard(f"{name} is larger than {MAX_BYTES >> 20} MB; put names into files.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidCard(f"{name} is no text in UTF-8: save it as one.") from error
    base = path.parent.resolve()
    root = ASSETS if base.is_relative_to(ASSETS) else base
    return parse(text, name, _Folder(base, root))


def parse(text: str, name: str = "card", folder: Any = None) -> Card:
    """A card from its text; `name` begins its errors.

    folder : where the files lie that it names; None: samples lie where the program runs, and names
    are lists.

    Raises
    ------
    InvalidCard : as `read`.
    """
    parsed = nodes.parse(text, name)
    if not isinstance(parsed.data, dict):
        raise InvalidCard(f"{name} is no card: lines such as title: My model are expected.")
    try:
        return Card.model_validate(parsed.data, context=folder)
    except ValidationError as error:
        raise InvalidCard(_sentence(error, parsed, name)) from error


@functools.cache
def bundled() -> Mapping[str, Card]:
    """The cards of the bundled models by name, in the order in which they are shown."""
    return MappingProxyType({name: read(ASSETS / "models" / f"{name}.yaml") for name in MODELS})


def beside(model: str | Path) -> Path | None:
    """The card that lies beside a model's file, by its name; None where none does."""
    path = Path(model)
    try:
        found = (path.with_suffix(suffix) for suffix in SUFFIXES)
        return next((card for card in found if card.is_file()), None)
    except (OSError, ValueError):  # no name of a file
        return None


def named(card: str | Path) -> tuple[Path, ...]:
    """The files that a card names, as far as they are there; none of what is no card."""
    path = Path(card)
    base = path.parent.resolve()
    folder = _Folder(base, ASSETS if base.is_relative_to(ASSETS) else base)
    try:
        data = nodes.parse(path.read_bytes()[:MAX_BYTES].decode("utf-8-sig"), path.name).data
    except (InvalidCard, OSError, ValueError):
        return ()
    found, rest = [], [data]
    while rest:
        value = rest.pop()
        if isinstance(value, dict | list):
            rest += value.values() if isinstance(value, dict) else value
        elif isinstance(value, str):
            with contextlib.suppress(InvalidRequest):
                found.append(folder.file(value))
    return tuple(sorted({*found}))


def _sentence(error: ValidationError, parsed: nodes.Parsed, name: str) -> str:
    """What is wrong first, of all that is wrong."""
    first = error.errors(include_url=False)[0]
    place, field, value = _where(first["loc"], parsed.data)
    outer = (place[:n] for n in range(len(place), -1, -1))
    line = next((parsed.lines[p] for p in outer if p in parsed.lines), 1)
    entry = _entry(place if field is None else (*place, field), parsed.data)
    called = ".".join(one_line(str(part)) for part in place) or "the card"
    told = _told(first, field, value, called, entry, str(place[-1]) if place else "")
    return f"{name}, line {line}: {told}{'' if told.endswith('?') else '.'}"


def _told(
    first: Any, field: str | None, value: Any, called: str, entry: type[Entry] | None, last: str
) -> str:
    known = {n: str(f.description) for n, f in entry.model_fields.items()} if entry else {}
    match first["type"]:
        case "missing" if field is not None:
            return f"{called} has no {field}; give {known[field]}"
        case "extra_forbidden":
            alike = difflib.get_close_matches(last, known, n=1)
            mend = f"did you mean {alike[0]}?" if alike else f"known are {', '.join(known)}"
            return f"{called} is no field of a card; {mend}"
        case "union_tag_not_found":
            return f"{called} has no kind; give one of {', '.join(INPUTS)}"
        case "union_tag_invalid":
            kind = one_line(str(first["ctx"]["tag"]), _SHOWN)
            return f"{called}.kind is {kind!r}; give one of {', '.join(INPUTS)}"
        case "value_error":
            return f"{called}: {str(first['ctx']['error']).rstrip('.')}"
    shown = one_line(repr(value), _SHOWN)
    wanted = next(
        (known[str(p)] for p in reversed((last, *called.split("."))) if str(p) in known), ""
    )
    return f"{called} is {shown}; expected is {wanted}"


def _where(loc: tuple[Any, ...], data: Any) -> tuple[nodes.Place, str | None, Any]:
    """The place in the data, the field that is missing there, and the value.

    pydantic's places hold the names of alternatives beside those of fields.
    """
    place: list[str | int] = []
    value, missing = data, None
    for part in loc:
        known = isinstance(value, dict) and part in value
        if known or (isinstance(value, list) and isinstance(part, int) and part < len(value)):
            place.append(part)
            value, missing = value[part], None
        else:
            missing = part if isinstance(part, str) else None
    return tuple(place), missing, value


def _entry(place: nodes.Place, data: Any) -> type[Entry] | None:
    """The kind of entry that has this place's fields."""
    match place:
        case ("inputs", str(name), _, *_):
            kind = (
                data["inputs"][name].get("kind") if isinstance(data["inputs"][name], dict) else ""
            )
            return INPUTS.get(kind) if isinstance(kind, str) else None
        case ("outputs", _, *_):
            return OutputEntry
        case ("samples", _, _, *_):
            return Sample
    return Card
