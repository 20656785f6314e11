"""Kinds: how each kind of input looks, is described and controlled. This is their one list."""

from __future__ import annotations

from dashboard.kinds.array import Arrays
from dashboard.kinds.image.kind import Pictures
from dashboard.kinds.kind import Kind
from dashboard.kinds.sequence.kind import Sequences
from dashboard.kinds.series import SeriesKind
from dashboard.kinds.table import Tables
from dashboard.kinds.tokens import Tokens

_KINDS = (Pictures(), Sequences(), Tables(), SeriesKind(), Tokens())
_BY_NAME: dict[str, Kind] = {kind.name: kind for kind in _KINDS}
KINDS: dict[str, Kind] = {**_BY_NAME, Arrays.name: Arrays(_BY_NAME)}
FORMS = {name: kind.form for name, kind in KINDS.items()}
