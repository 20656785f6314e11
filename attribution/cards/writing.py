"""Writing: a card as YAML that people edit, with its reasons as comments, and the schema of it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from attribution.cards.card import Card
from attribution.errors import InvalidCard, one_line

SCHEMA = "card.schema.json"
_WIDE = 100
_NUMBER_LIKE = re.compile(r"[-+.]?[0-9].*|[-+]?\.(inf|nan)", re.IGNORECASE)
Place = tuple[str, ...]


def schema() -> dict[str, Any]:
    """The JSON schema of a card's file, for editors; `docs/card.schema.json` holds it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Card.model_json_schema(),
        "title": "Card of a model",
    }


def text(card: Card, folder: Path | None = None, schema: bool = True) -> str:
    """The card as YAML; what `guess` was led by stands as comments.

    folder : where it will lie, from which the files of samples are named; None: from here.
    schema : whether the first line names the schema for editors, which is expected beside it.

    Raises
    ------
    InvalidCard : a sample that lies outside the folder, where no card may point to.
    """
    data = card.model_dump(exclude_unset=True, exclude_none=True)
    base = (folder or Path()).resolve()
    for sample in data.get("samples", ()):
        sample["file"] = _within(sample["file"], base)
    first = [f"# yaml-language-server: $schema={SCHEMA}"] if schema else []
    return "\n".join([*first, *_mapping(data, (), card.reasons), ""])


def write(card: Card, path: str | Path) -> None:
    """Write the card to a file, in UTF-8; one that is there is replaced.

    Raises
    ------
    InvalidCard : as `text`.
    """
    path = Path(path)
    path.write_text(text(card, path.parent), encoding="utf-8")


def _within(file: Path, folder: Path) -> str:
    real = file.resolve()
    if not real.is_relative_to(folder):
        raise InvalidCard(
            f"The sample {one_line(file.name)!r} lies outside the card's folder: copy it there."
        )
    return real.relative_to(folder).as_posix()


def _mapping(data: Mapping[str, Any], place: Place, reasons: Mapping[Place, str]) -> Iterator[str]:
    """A block of keys; reasons of keys that are not there end it."""
    indent = "  " * len(place)
    for key, value in data.items():
        here = (*place, key)
        why = f"  # {one_line(reasons[here], 500)}" if here in reasons else ""
        name = _flow(key)
        if isinstance(value, Mapping) and value:
            yield f"{indent}{name}:{why}"
            yield from _mapping(value, here, reasons)
        elif isinstance(value, Sequence) and not isinstance(value, str) and _block(value):
            yield f"{indent}{name}:{why}"
            for item in value:
                yield from _item(item, indent + "  ")
        else:
            yield f"{indent}{name}: {_flow(value)}{why}"
    for here, told in reasons.items():
        if here[:-1] == place and here[-1] not in data:
            yield f"{indent}# {here[-1]}: {one_line(told, 500)}"


def _item(item: Any, indent: str) -> Iterator[str]:
    if not isinstance(item, Mapping):
        yield f"{indent}- {_flow(item)}"
        return
    for number, (key, value) in enumerate(item.items()):
        yield f"{indent}{'  ' if number else '- '}{key}: {_flow(value)}"


def _block(value: Sequence[Any]) -> bool:
    """Whether a list takes a line for each item."""
    return any(isinstance(v, Mapping) for v in value) or len(_flow(value)) > _WIDE


def _flow(value: Any) -> str:
    """On one line."""
    dumped: str = yaml.dump(
        _plain(value), Dumper=_Dumper, default_flow_style=True, allow_unicode=True, width=10**9
    )
    return dumped.removesuffix("\n").removesuffix("\n...")


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(v) for v in value]
    return os.fspath(value) if isinstance(value, Path) else value


class _Dumper(yaml.SafeDumper):
    """Quotes what any reader could take for a number or a truth."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    style = '"' if _NUMBER_LIKE.fullmatch(value) or not value.isprintable() else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)
