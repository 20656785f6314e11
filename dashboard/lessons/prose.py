"""Prose: the words of a lesson: paragraphs, lists, **bold**, *emphasis*, `code`, no more."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from dashboard.text import html as escaped
from dashboard.text import markdown as shown

_SPANS = re.compile(r"`([^`\n]+)`|\*\*([^*\n]+)\*\*|\*([^*\n]+)\*")
_TAGS = ("code", "strong", "em")
_MARKS = ("`", "**", "*")
_ITEM = "- "


def markdown(text: str) -> str:
    """For Streamlit: the same words, of which nothing else is live."""

    def span(which: int, words: str) -> str:
        mark = _MARKS[which]
        inner = words.replace("`", "'") if which == 0 else shown(words)
        return f"{mark}{inner}{mark}"

    parts = []
    for block in _blocks(text):
        item = _ITEM if block.startswith(_ITEM) else ""
        parts.append(item + _spans(block.removeprefix(_ITEM), _kept_edges, span))
    return "\n\n".join(parts)


def html(text: str) -> str:
    """For a page of its own."""

    def span(which: int, words: str) -> str:
        return f"<{_TAGS[which]}>{escaped(words)}</{_TAGS[which]}>"

    found = []
    for block in _blocks(text):
        tag = "li" if block.startswith(_ITEM) else "p"
        found.append(f"<{tag}>{_spans(block.removeprefix(_ITEM), escaped, span)}</{tag}>")
    return re.sub(r"((?:<li>.*?</li>)+)", r"<ul>\1</ul>", "".join(found))


def _kept_edges(words: str) -> str:
    """The sanitiser takes the spaces off the ends, which stand between spans here."""
    bare = words.strip(" ")
    if not bare:
        return words
    left = len(words) - len(words.lstrip(" "))
    return words[:left] + shown(bare) + words[left + len(bare) :]


def _blocks(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        lines = [line.strip() for line in paragraph.splitlines()]
        if all(line.startswith(_ITEM) for line in lines):
            yield from lines
        else:
            yield " ".join(lines)


def _spans(text: str, plain: Callable[[str], str], span: Callable[[int, str], str]) -> str:
    found, at = [], 0
    for match in _SPANS.finditer(text):
        found.append(plain(text[at : match.start()]))
        which = next(i for i in range(3) if match[i + 1] is not None)
        found.append(span(which, match[which + 1]))
        at = match.end()
    return "".join([*found, plain(text[at:])])
