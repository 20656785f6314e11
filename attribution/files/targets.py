"""Targets as JSON, which has neither tuples nor mappings by what is no text, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from attribution.files.archive import Damaged

_DEEP = 8  # levels of a target: (output, {(position, class): weight}) has five


def to_json(target: Any, deep: int = _DEEP) -> Any:
    """Targets are tuples, or dicts whose keys may be tuples: JSON has neither."""
    if not deep:
        raise Damaged("its target is too deep")
    if isinstance(target, Mapping):
        weights = target.items()
        return {"weights": [[to_json(k, deep - 1), float(v)] for k, v in weights]}
    if isinstance(target, tuple):
        return {"index": [to_json(i, deep - 1) for i in target]}
    if isinstance(target, list):
        return [to_json(i, deep - 1) for i in target]
    return target


def from_json(target: Any, deep: int = _DEEP) -> Any:
    """The target of a JSON value. Raises Damaged for one that no target becomes."""
    if target is None or isinstance(target, str) or type(target) is int:
        return target
    if deep and isinstance(target, list):
        return [from_json(part, deep - 1) for part in target]
    if deep and isinstance(target, dict) and len(target) == 1:
        ((form, parts),) = target.items()
        if form == "index" and isinstance(parts, list):
            return tuple(from_json(parts, deep))
        if form == "weights" and isinstance(parts, list) and all(map(_is_weight, parts)):
            try:
                return {from_json(key, deep - 1): weight for key, weight in parts}
            except TypeError as error:
                raise Damaged("its target has weights of what is no index") from error
    raise Damaged("its target is of another kind")


def _is_weight(pair: Any) -> bool:
    return isinstance(pair, list) and len(pair) == 2 and is_number(pair[1])


def is_number(value: Any) -> bool:
    """A finite number of JSON; true and false are none."""
    return (type(value) is float and math.isfinite(value)) or (
        type(value) is int and abs(value) < 2**53
    )
