"""A Request as JSON, and back, each part checked."""

from __future__ import annotations

import re
from typing import Any

from attribution.files import targets
from attribution.files.archive import Damaged
from attribution.request import Request

_DIGEST = re.compile("[0-9a-f]{64}")
_NAMES = frozenset(Request.__dataclass_fields__)


def to_json(request: Request | None) -> Any:
    """None, or the fields by name. Raises Damaged for what `from_json` would not take."""
    if request is None:
        return None
    fields = {**vars(request)}
    for name in ("baseline", "target"):
        fields[name] = targets.to_json(fields[name])
    fields["options"] = {k: targets.to_json(v) for k, v in fields["options"].items()}
    return {**fields, "versions": {**fields["versions"]}}


def from_json(given: Any) -> Request | None:
    """The Request of a JSON value. Raises Damaged for one that `to_json` does not make."""
    if given is None:
        return None
    if not isinstance(given, dict) or set(given) != _NAMES:
        raise Damaged("what was asked lacks a part, or has one too many")
    texts = [given[name] for name in ("model", "input", "output", "method")]
    named = [given["options"], given["versions"]]
    right = (
        all(isinstance(text, str) for text in texts)
        and all(_DIGEST.fullmatch(text) for text in texts[:2])
        and given["output"] in ("logit", "output")
        and all(isinstance(mapping, dict) for mapping in named)
        and all(isinstance(version, str) for version in given["versions"].values())
        and (given["tolerance"] is None or targets.is_number(given["tolerance"]))
        and (given["steps"] is None or type(given["steps"]) is int)
    )
    if not right:
        raise Damaged("what was asked holds values of another kind")
    options = {name: targets.from_json(value) for name, value in given["options"].items()}
    found = {"target": targets.from_json(given["target"]), "options": options}
    return Request(**{**given, **found, "baseline": _baseline(given["baseline"])})


def _baseline(given: Any) -> Any:
    """None, a number or a digest; a tuple of these."""
    if isinstance(given, dict):
        several = given.get("index")
        if set(given) != {"index"} or not isinstance(several, list) or not several:
            raise Damaged("its baseline is of another kind")
        return tuple(map(_reference, several))
    return None if given is None else _reference(given)


def _reference(given: Any) -> Any:
    known = isinstance(given, str) and _DIGEST.fullmatch(given)
    if not known and not targets.is_number(given):
        raise Damaged("its baseline is of another kind")
    return given
