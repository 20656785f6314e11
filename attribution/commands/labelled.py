"""Labelled files: a folder or a .zip of a folder for each class, or a CSV of files and labels."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from attribution.errors import InvalidRequest, one_line
from attribution.inputs import labelled

MAX_BYTES = 10 * 1024 * 1024
_HEADS = ("file", "path", "image", "picture", "filename")


def read(source: Path) -> tuple[list[Path | bytes], list[str]]:
    """Files, of a .zip the bytes of each, and their labels.

    Of a folder or a .zip, each folder in it is a class by its name, and holds pictures; hidden
    files and those that are no pictures are left out. Of a CSV, names of files begin where it lies.

    Raises
    ------
    InvalidRequest : none of these, no pictures, a line without both, no UTF-8, too large a .zip.
    """
    found: Sequence[tuple[Path | bytes, str]]
    if source.suffix.lower() == ".zip" and source.is_file():
        found = [(data, label) for label, data in labelled.unpack(_bytes(source), source.name)]
    else:
        found = _folder(source) if source.is_dir() else _table(source)
    if not found:
        raise InvalidRequest(
            f"--data is {one_line(str(source))!r}, which holds no labelled pictures: give a folder "
            "with a folder of pictures for each class, or a CSV with lines such as cat.png,cat."
        )
    return [file for file, _ in found], [label for _, label in found]


def _folder(source: Path) -> list[tuple[Path, str]]:
    return [
        (file, folder.name)
        for folder in sorted(source.iterdir())
        if folder.is_dir() and not folder.name.startswith(".")
        for file in sorted(folder.iterdir())
        if file.suffix.lower() in labelled.PICTURES
        and not file.name.startswith(".")
        and file.is_file()
    ]


def _table(source: Path) -> list[tuple[Path, str]]:
    name = one_line(source.name)
    if source.suffix.lower() != ".csv" or not source.is_file():
        raise InvalidRequest(
            f"--data is {one_line(str(source))!r}; give a folder with a folder for each class, a "
            ".zip of it, or a .csv with a file and its label in each line."
        )
    try:
        text = _bytes(source).decode("utf-8-sig")
        rows = [row for row in csv.reader(io.StringIO(text), strict=True) if any(row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidRequest(f"{name} is no CSV in UTF-8: save it as that.") from error
    found = []
    for number, row in enumerate(rows, 1):
        cells = [cell.strip() for cell in row]
        if number == 1 and cells[0].lower() in _HEADS:
            continue
        if len(cells) != 2 or not all(cells):
            raise InvalidRequest(
                f"Line {number} of {name} is {one_line(','.join(row))!r}; a file and its label are "
                "expected, such as cat.png,cat."
            )
        path = source.parent / cells[0]
        if not path.is_file():
            raise InvalidRequest(f"Line {number} of {name}: there is no file {cells[0]!r}.")
        found.append((path, cells[1]))
    return found


def _bytes(source: Path) -> bytes:
    with source.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise InvalidRequest(
            f"{one_line(source.name)} is larger than {MAX_BYTES >> 20} MB; a part of it will do."
        )
    return data
