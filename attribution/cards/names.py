"""Names in a file: one a line, a JSON list, or a YAML list."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from attribution.errors import InvalidRequest, one_line

MAX_BYTES = 10 * 1024 * 1024


def read(path: Path, said: str, empty: bool = False) -> tuple[str, ...]:
    """The names in a file; `said` begins its errors, such as "--classes".

    empty : whether one may be empty, as a vocabulary's first word is.

    Raises
    ------
    InvalidRequest : larger than `MAX_BYTES`, no UTF-8, no list where the ending promises one, an
        empty name.
    """
    name = one_line(path.name)
    if path.stat().st_size > MAX_BYTES:
        raise InvalidRequest(f"{said} is {name}, larger than {MAX_BYTES >> 20} MB.")
    try:
        text = path.read_bytes().decode("utf-8-sig").removesuffix("\n")
        text = text if empty else text.strip()
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"{said} is {name}, which is no text in UTF-8.") from error
    if path.suffix.lower() in (".yaml", ".yml"):
        names = _of_yaml(text, name, said)
    else:
        listed = _of_json(text)
        if listed is None and path.suffix.lower() == ".json":
            raise InvalidRequest(
                f'{said} is {name}; a JSON list of names is expected, such as ["cat", "dog"].'
            )
        names = [line.strip() for line in text.split("\n")] if listed is None else listed
    if "" in names and not empty:
        raise InvalidRequest(
            f"{said} is {name}, where name {names.index('') + 1} is empty; give one for each "
            "class of the output, in its order."
        )
    return tuple(names)


def _of_json(text: str) -> list[str] | None:
    """The texts of a JSON list; None where the text is something else."""
    try:
        found = json.loads(text) if text.startswith("[") else None
    except (ValueError, RecursionError):
        return None
    return _texts(found)


def _of_yaml(text: str, name: str, said: str) -> list[str]:
    from attribution.cards import nodes  # which loads yaml

    found = _texts([str(v) if type(v) is int else v for v in _items(nodes.parse(text, name).data)])
    if found is None:
        raise InvalidRequest(f"{said} is {name}; a YAML list of names is expected, such as - cat.")
    return found


def _items(data: Any) -> list[Any]:
    return data if isinstance(data, list) else [None]


def _texts(found: Any) -> list[str] | None:
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        return None
    return [name.strip() for name in found]
