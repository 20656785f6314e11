"""The axes of a tensor as products of lengths: which part of an axis counts the examples.

An axis of (N * 4) windows is the product of N examples and 4 windows, in the order of memory. A
product keeps its parts through every reshape, as in einops; so it stays known which entries belong
to which example, wherever a model moves the batch to. Channels are followed in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Factor(NamedTuple):
    """A part of an axis: a length, with a name where it is not a mere number.

    length : 0 where only the name is known.
    """

    length: int
    name: str = ""


Axis = tuple[Factor, ...]
"""Factors, the outermost first; () is a length of 1."""
Axes = tuple[Axis, ...]

EXAMPLES = "examples"
CHANNELS = "channels"
BATCH: Axis = (Factor(0, EXAMPLES),)


class Parted(Exception):
    """Lengths that do not fit together, as far as can be told."""


def number(length: int) -> Axis:
    return (Factor(length),) if length != 1 else ()


def named(name: str) -> Axis:
    return (Factor(0, name),)


def channels(axis: Axis) -> Axis:
    """The same axis, marked as that of the channels, where it is a mere number."""
    is_one = len(axis) == 1 and not axis[0].name
    return (Factor(axis[0].length, CHANNELS),) if is_one else axis


def is_channels(axis: Axis) -> bool:
    return len(axis) == 1 and axis[0].name == CHANNELS


def has_examples(axes: Iterable[Axis]) -> bool:
    return any(f.name == EXAMPLES for axis in axes for f in axis)


def length(axis: Axis) -> int | None:
    """The number of entries, None where it depends on what is fed."""
    total = 1
    for factor in axis:
        total *= factor.length
    return total or None


def bare(axis: Axis) -> Axis:
    """Without marks of channels; numbers that follow each other are one."""
    found: list[Factor] = []
    for factor in axis:
        plain = Factor(factor.length) if factor.name == CHANNELS else factor
        if found and not plain.name and not found[-1].name:
            plain = Factor(found.pop().length * plain.length)
        if plain != Factor(1):
            found.append(plain)
    return tuple(found)


def times(a: Axis, b: Axis) -> Axis:
    return tuple(f for f in (*a, *b) if f != Factor(1))


def joined(a: Axis, b: Axis) -> Axis:
    """What two axes of the same length, or one of length 1, are together.

    Raises Parted where the examples in them are not in the same places.
    """
    if not a or a == b:
        return b
    if not b:
        return a
    if bare(a) == bare(b):
        return max(a, b, key=lambda axis: sum(f.name == CHANNELS for f in axis))
    if has_examples([a, b]) and _before(a) != _before(b):
        raise Parted
    known = [axis for axis in (a, b) if length(axis)]
    return (known or [a, b])[0]


def _before(axis: Axis) -> Axis | None:
    """What lies outside the examples of an axis; None where it has none."""
    names = [f.name for f in axis]
    return bare(axis[: names.index(EXAMPLES)]) if EXAMPLES in names else None


def regrouped(axes: Axes, wanted: Sequence[Axis | None]) -> Axes:
    """The axes after a reshape to these lengths, of which one may be unknown.

    Raises Parted where a boundary of the new axes lies within a length that is known by name only.
    """
    try:
        return _regrouped([f for axis in axes for f in axis], wanted)
    except Parted:
        return _regrouped([f for axis in axes for f in bare(axis)], wanted)


def _regrouped(given: list[Factor], wanted: Sequence[Axis | None]) -> Axes:
    flat = _merged(given)
    unknown = [i for i, axis in enumerate(wanted) if axis is None]
    if len(unknown) > 1:
        raise Parted
    middle = unknown[0] if unknown else len(wanted)
    first = [_taken(flat, axis or ()) for axis in wanted[:middle]]
    flat.reverse()
    last = [_taken(flat, axis or ())[::-1] for axis in reversed(wanted[middle + 1 :])]
    flat.reverse()
    if not unknown and flat:
        raise Parted
    rest = [tuple(flat)] if unknown else []
    return (*first, *rest, *reversed(last))


def _merged(factors: list[Factor]) -> list[Factor]:
    """Numbers that follow each other as one; channels stay apart."""
    found: list[Factor] = []
    for factor in factors:
        if found and not factor.name and not found[-1].name:
            factor = Factor(found.pop().length * factor.length)
        found.append(factor)
    return [f for f in found if f != Factor(1)]


def _taken(flat: list[Factor], wanted: Axis) -> Axis:
    """Take factors from the front of `flat` that make up an axis of the wanted length."""
    names = [f.name for f in wanted if f.name and f.name != CHANNELS]
    count = 1
    for factor in wanted:
        count *= factor.length or 1
    taken: list[Factor] = []
    while names or count != 1:
        if not flat:
            raise Parted
        factor = flat.pop(0)
        if factor.name and factor.name != CHANNELS:
            if factor.name not in names:
                raise Parted
            names.remove(factor.name)
        elif factor.length and count % factor.length == 0:
            count //= factor.length
        elif factor.name or not factor.length or count == 1 or factor.length % count:
            raise Parted
        else:
            flat.insert(0, Factor(factor.length // count))
            factor, count = Factor(count), 1
        taken.append(factor)
    return tuple(taken)
