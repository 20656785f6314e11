"""The inputs of a command: files, names of samples, and of folders the files that fit the model."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from attribution import sequences
from attribution.cards import Card, TokensEntry
from attribution.commands import reading
from attribution.commands.refusals import remark
from attribution.errors import InvalidRequest, one_line

_PEEKED = 4096
"""Bytes of a text that show whether it is a sequence."""
_NAMED = 6
"""Files that a line lists."""
_LETTERS = frozenset("".join(sequences.IUPAC) + "U")


def list_inputs(
    sources: Sequence[str], card: Card | None, shape: Sequence[int | None]
) -> list[str]:
    """The files that are meant: of a folder those in it that fit the model's input, by name.

    Folders in a folder and hidden files are left out; one line on standard error says which others
    are. The name of a sample of the card stands for it. shape : of an example of the model's input.

    Raises InvalidRequest for a folder that holds no such file.
    """
    samples = [s.name for s in card.samples] if card else []
    found = []
    for source in sources:
        if not source or source in samples or not os.path.isdir(source):
            found.append(source)
        else:
            texts = card is not None and isinstance(card.input, TokensEntry)
            found += _inside(source, reading.suffixes(shape, card), texts)
    return found


def _inside(folder: str, suffixes: Sequence[str], texts: bool) -> list[str]:
    """The files of a folder that are inputs; what is skipped is said. texts : of any words."""
    names = [n for n in sorted(os.listdir(folder)) if not n.startswith(".")]
    files = [n for n in names if os.path.isfile(os.path.join(folder, n))]
    kept = [n for n in files if _is_input(Path(folder, n), suffixes, texts)]
    skipped = [one_line(n) for n in files if n not in set(kept)]
    ends = f"{', '.join(suffixes[:-1])} or {suffixes[-1]}" if suffixes[1:] else suffixes[0]
    if not kept:
        raise InvalidRequest(
            f"The folder {one_line(folder)!r} holds no input of this model: files that end in "
            f"{ends} are."
        )
    if skipped:
        more = f" and {len(skipped) - _NAMED} more" if len(skipped) > _NAMED else ""
        remark(
            f"{one_line(folder)}: {len(skipped)} of {len(files)} files skipped, which are no "
            f"inputs of this model: {', '.join(skipped[:_NAMED])}{more}."
        )
    return [os.path.join(folder, n) for n in kept]


def _is_input(path: Path, suffixes: Sequence[str], texts: bool) -> bool:
    """Whether a file of a folder is meant; one that is named is taken at its word."""
    suffix = path.suffix.lower()
    if suffix not in suffixes:
        return False
    if suffix == ".gz":  # of packed files those without another suffix, too
        return Path(path.stem).suffix.lower() in ("", *reading.SEQUENCES)
    return suffix != ".txt" or texts or _begins_as_sequence(path)


def _begins_as_sequence(path: Path) -> bool:
    """Whether the first line of a text is a header, or letters of nucleotides and nothing else.

    Notes lie beside sequences; a sequence with a letter that is none further on must be refused.
    """
    with path.open("rb") as file:
        text = file.read(_PEEKED).decode("utf-8-sig", errors="replace")
    first, *_ = text.strip().splitlines() or [""]
    return first.startswith(">") or (
        bool(first) and _LETTERS.issuperset("".join(first.split()).upper())
    )
