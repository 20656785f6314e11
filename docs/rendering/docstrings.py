"""Docstrings as Markdown: `name : what it is` becomes an entry, an underlined word a heading."""

import re
from collections.abc import Iterator
from typing import Any

import griffe

ENTRY = re.compile(r"([A-Za-z_]\w*(?:, [A-Za-z_]\w*)*) : (.*)")
CODE = re.compile(r"(`+[^`]*`+)")


def markdown(text: str) -> str:
    """The same words, with lists and headings that Markdown knows."""
    return "\n\n".join(_block(lines) for lines in _blocks(text.splitlines()))


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """Lines that belong together: a paragraph, an entry with what follows it, a heading, code."""
    block: list[str] = []
    for line in lines:
        if set(line) == {"-"} and len(block) == 1 and len(line) == len(block[0]):
            yield [block[0], line]
            block = []
        elif not line.strip() or (block and _begins(line, block)):
            yield from [block] if block else []
            block = [line] if line.strip() else []
        else:
            block.append(line)
    yield from [block] if block else []


def _begins(line: str, block: list[str]) -> bool:
    """Whether a line begins something else than the lines before it."""
    if ENTRY.match(line):
        return True
    ended = block[-1].rstrip().endswith((".", ":", ")"))
    return bool(ENTRY.match(block[0])) and not line.startswith(" ") and line[:1].isupper() and ended


def _block(lines: list[str]) -> str:
    if len(lines) == 2 and set(lines[1]) == {"-"}:
        return f"**{lines[0]}**"
    if all(line.startswith("    ") for line in lines):
        return "\n".join(lines)
    entry = ENTRY.match(lines[0])
    if not entry:
        return "\n".join(map(_plain, lines))
    names = ", ".join(f"`{name}`" for name in entry[1].split(", "))
    told = [entry[2], *(line.strip() for line in lines[1:])]
    return f"{names}\n:   " + "\n    ".join(map(_plain, told))


def _plain(line: str) -> str:
    """Signs of mathematics that Markdown would read as emphasis or as a tag."""
    parts = CODE.split(line)
    parts[::2] = (re.sub(r"([*<])", r"\\\1", part) for part in parts[::2])
    return "".join(parts)


class Docstrings(griffe.Extension):
    """Rewrites every docstring as it is read."""

    def on_object(self, *, obj: griffe.Object, **more: Any) -> None:
        """Called for each module, class, function and attribute."""
        if obj.docstring:
            obj.docstring.value = markdown(obj.docstring.value)
