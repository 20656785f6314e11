"""Nodes: YAML as plain values with the line of each, and nothing that could do harm.

Only what JSON has: no tags, no anchors, one document. Nothing is built from a name in the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, ClassVar

import yaml

from attribution.errors import InvalidCard, one_line

MAX_DEPTH = 8
MAX_VALUES = 100_000
Place = tuple[str | int, ...]

_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_NO_NUMBER = re.compile(r"[-+]?\.(inf|nan)", re.IGNORECASE)
_MEANS = {"true": True, "false": False, "null": None}
_WORDS = {f(word): value for word, value in _MEANS.items() for f in (str, str.title, str.upper)}
_WORDS |= {"~": None, "": None}


@dataclass(frozen=True)
class Parsed:
    """data : dicts, lists, texts, numbers, truths and None. lines : of each place, from 1.

    The place of a key's value has the line of the key.
    """

    data: Any
    lines: dict[Place, int] = field(default_factory=dict)


def parse(text: str, name: str) -> Parsed:
    """The values of a YAML text; `name` is the file's, for messages.

    Raises
    ------
    InvalidCard : no YAML; a tag, an anchor, a key twice or that is no text, a second document, more
        than `MAX_DEPTH` levels or `MAX_VALUES` values, a number that is none.
    """
    try:
        _check(text, name)
        node = yaml.compose(text, Loader=_Plain)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InvalidCard(
            f"{name}, line {line}: this is no YAML: {one_line(str(error.problem), 200)}."
        ) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        if isinstance(error, InvalidCard):
            raise
        raise InvalidCard(
            f"{name} is no YAML: {one_line(str(error), 200)}; save it as a text in UTF-8."
        ) from error
    found = Parsed({} if node is None else None)
    if node is None:
        return found
    return Parsed(_value(node, (), name, found.lines), found.lines)


class _Plain(yaml.SafeLoader):
    """Takes no word for anything: what a word means is read here, as JSON has it."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}


def _check(text: str, name: str) -> None:
    """Refuse, before anything is built, what a card has no use for."""
    depth = values = documents = 0
    for event in yaml.parse(text, Loader=_Plain):
        where = f"{name}, line {event.start_mark.line + 1}"
        documents += isinstance(event, yaml.DocumentStartEvent)
        if documents > 1:
            raise InvalidCard(f"{where}: a second document begins; a card is one: remove the ---.")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise InvalidCard(f"{where}: anchors (&) and aliases (*) are not read: write it out.")
        if tag := getattr(event, "tag", None):
            raise InvalidCard(
                f"{where}: the tag {one_line(tag)!r} is not read: remove it, a card holds plain "
                "texts, numbers and lists."
            )
        opens = isinstance(event, yaml.CollectionStartEvent)
        depth += opens - isinstance(event, yaml.CollectionEndEvent)
        values += opens or isinstance(event, yaml.ScalarEvent)
        if depth > MAX_DEPTH or values > MAX_VALUES:
            raise InvalidCard(
                f"{where}: more than {MAX_DEPTH} levels or {MAX_VALUES:,} values; a card has fewer."
            )


def _value(node: yaml.Node, place: Place, name: str, lines: dict[Place, int]) -> Any:
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_value(child, (*place, i), name, lines) for i, child in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key, child in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise InvalidCard(f"{name}, line {line}: a key must be a text before a colon.")
            if key.value in found:
                raise InvalidCard(
                    f"{name}, line {line}: {one_line(key.value)!r} stands twice; keep one of them."
                )
            lines[*place, key.value] = line
            found[key.value] = _value(child, (*place, key.value), name, lines)
        return found
    return _scalar(node, f"{name}, line {node.start_mark.line + 1}")


def _scalar(node: yaml.Node, where: str) -> Any:
    text: str = node.value
    if node.style is not None:  # quoted, or a block of text
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _NO_NUMBER.fullmatch(text):
        raise InvalidCard(f"{where}: {text} is no number; a finite one is expected.")
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) and not text.lstrip("-+").isdigit() else text
