"""Labels: a CSV that says of each input its class, and whatever else is known of it.

    file,label,colour
    cats/1.png,cat,grey
    cats/2.png,cat;outdoors,red

Several labels stand in one cell, with a semicolon between: the first is the class, and each of them
is an attribute of its own, "yes" where it is said.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from attribution.errors import InvalidRequest, one_line
from attribution.profile import storage
from attribution.profile.intake import FILES, LABELS

_KEYS = (*FILES, "id", "name", "input", "sequence", "record")
YES = "yes"


@dataclass(frozen=True)
class Labels:
    """name : of the file, for messages. of : the name of an input -> its class and attributes."""

    name: str
    of: Mapping[str, tuple[str, Mapping[str, str]]]


def read(path: str | Path) -> Labels:
    """The lines of a label file, under a line of names or, of two columns, without one.

    Raises
    ------
    InvalidRequest : no such file, no CSV in UTF-8, no column of labels, an input twice, a line
        without an input or of another length.
    """
    root, file = storage.split(path)
    name = one_line(file)
    try:
        text = root.read(file).decode("utf-8-sig")
        rows = [row for row in csv.reader(io.StringIO(text), strict=True) if any(row)]
    except OSError as error:
        raise InvalidRequest(f"The label file {one_line(str(path))!r} cannot be read.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidRequest(f"{name} is no CSV in UTF-8: save it as that.") from error
    lines = [[cell.strip() for cell in row] for row in rows]
    if not lines:
        raise InvalidRequest(f"{name} is empty; lines such as cat.png,cat are expected.")
    heads = [cell.lower() for cell in lines[0]]
    headed = heads[0] in _KEYS or any(head in LABELS for head in heads[1:])
    if not headed and len(heads) != 2:
        raise InvalidRequest(
            f"{name} begins with {one_line(','.join(lines[0]))!r}; above more than two columns a "
            "line of names is expected, such as file,label,colour."
        )
    names = lines[0] if headed else ["file", "label"]
    at = next((i for i, head in enumerate(heads) if i and headed and head in LABELS), 1)
    if len(names) < 2:
        raise InvalidRequest(f"{name} has one column; an input and its label are expected.")
    found: dict[str, tuple[str, Mapping[str, str]]] = {}
    for number, row in enumerate(lines[headed:], 1 + headed):
        if len(row) != len(names) or not row[0]:
            raise InvalidRequest(
                f"Line {number} of {name} is {one_line(','.join(row))!r}; {len(names)} cells are "
                f"expected: {one_line(','.join(names))}."
            )
        if row[0] in found:
            raise InvalidRequest(
                f"{name} says {one_line(row[0])!r} twice: remove one of the lines."
            )
        said = [label.strip() for label in row[at].split(";") if label.strip()]
        more = {names[i]: cell for i, cell in enumerate(row) if i not in (0, at)}
        tags = dict.fromkeys(said, YES) if len(said) > 1 else {}
        found[row[0]] = (said[0] if said else "", {**more, **tags})
    return Labels(name, found)


def lists_files(path: str | Path) -> bool:
    """Whether a CSV is a list of files and their labels, not a table of inputs."""
    root, file = storage.split(path)
    if not file.lower().endswith(".csv") or not root.exists(file):
        return False
    with root.open(file) as stream:
        first = stream.readline(10_000).decode("utf-8-sig", "replace")
    cells = [cell.strip().strip('"') for cell in first.split(",")]
    return cells[0].lower() in FILES or (
        len(cells) == 2 and bool(cells[0]) and root.exists(cells[0])
    )
