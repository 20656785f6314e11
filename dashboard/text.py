"""Text: a stranger's words, made fit for each place that would act on them.

Foreign are the names of files and of their records, of layers, classes and motifs, all of a link,
and every sentence that repeats one of these. They are kept as they came, and go through one of
these functions where they leave: a reader sees the same characters, and nothing of them is live.
"""

from __future__ import annotations

import html as escapes
import re
import unicodedata

import pandas as pd

from attribution.cells import cell

_JOIN = "\N{WORD JOINER}"
"""Unseen. Links, icons and arrows are looked for in what is left after escapes: only another
character parts them."""
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})  # turns of the direction of writing too
_SPELLING = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"  # of some languages
_BREAKS = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
_LIVE = re.compile(r"(?i)www(?=\.)|https?:(?=//)|@(?=[-\w])|:(?=[\w+-])")
_ARROWS = re.compile(r"(?<!\S)(<(?=->)|[<~>](?=[-=])|-(?=[->]))(?=\S{1,2}(?!\S))")
_MARKS = re.compile(r"[\\`*\[\]<>{}$~]|&(?=[#\w])|(?<![^\W_])_|_(?![^\W_])|^[#:]|^[+-](?=[\s+-]|$)")
_NUMBERED = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
_QUOTED, _TITLE, _STEM = 60, 40, 120  # characters


def plain(words: object) -> str:
    """In one line; in place of each character that nobody sees, a mark that one does."""
    line = _BREAKS.sub(" ", str(words))
    if line.isprintable():
        return line
    return "".join("\N{REPLACEMENT CHARACTER}" if _hides(c) else c for c in line)


def markdown(words: object) -> str:
    """Markdown that shows these characters, without links, icons, formulas, colours, headings."""
    line = plain(words).strip(" ")
    for live in (_ARROWS, _LIVE):
        line = live.sub(rf"\g<0>{_JOIN}", line)
    return _NUMBERED.sub(r"\1\\\2", _MARKS.sub(r"\\\g<0>", line))


def plotly(words: object) -> str:
    """For a figure, where Plotly acts on tags, entities and the names of its templates."""
    return escapes.escape(plain(words), quote=False).replace("%{", f"%{_JOIN}{{")


def html(words: object) -> str:
    """For HTML and SVG; lines stay lines."""
    return escapes.escape("\n".join(map(plain, str(words).split("\n"))))


def docstring(words: object) -> str:
    """Between the three quotes of a docstring. A comment needs `plain`, a value `repr`."""
    return plain(words).replace("\\", "\\\\").replace('"', '\\"')


def cells(table: pd.DataFrame) -> pd.DataFrame:
    """For a CSV file: no heading and no word begins as a formula of a spreadsheet does."""
    found = table.rename(columns=_cell)
    for name in found.select_dtypes(include=["object", "string"]).columns:
        found[name] = found[name].map(_cell)
    return found


def stem(*parts: str) -> str:
    """A file's name without its ending, of letters, digits, points and dashes."""
    return re.sub(r"[^\w.-]", "-", "-".join(parts)).lstrip(".-")[:_STEM] or "attribution"


def quoted(words: object) -> str:
    """In quotes, the first 60 characters."""
    line = plain(words)
    return f"'{line[:_QUOTED]}{'...' if len(line) > _QUOTED else ''}'"


def title(name: object) -> str:
    """A name, short: its beginning and its end."""
    line = " ".join(plain(name).split()) or "unnamed"
    return line if len(line) <= _TITLE else f"{line[:28]}...{line[-8:]}"


def _hides(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN and character not in _SPELLING


def _cell(value: object) -> object:
    return cell(plain(value)) if isinstance(value, str) else value
