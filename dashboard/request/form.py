"""Form: a table of controls: how it is read from a link, written to one, and changed.

Each kind of input has one. Nothing here draws; the session keeps a form, the controls on the page
and the address in step.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from attribution.methods import METHODS, Method
from dashboard.request.catalogue import Catalogue, Model


@dataclass(frozen=True)
class Known:
    """What a value is checked against: the form, the catalogue, and the values before it."""

    form: Form
    catalogue: Catalogue
    values: Mapping[str, Any]

    @property
    def model(self) -> Model:
        """The chosen model."""
        return self.catalogue.models[self.values["model"]]

    @property
    def method(self) -> Method:
        """The chosen method."""
        return METHODS[self.values["method"]]


class Unfit(ValueError):
    """A value that does not fit, with the sentence that says so."""


LONGEST = 10_000  # characters of one value of a link: all channels of a layer by number fit
Reader = Callable[[str, Known], Any]
Options = Callable[[Known], tuple[Any, ...]]


@dataclass(frozen=True)
class Spec:
    """One control.

    default : the value where nothing is chosen.
    read : text of a link -> value; raises Unfit.
    options : the values to choose from, for controls that have such.
    low, high : the range of a number.
    own : values that are the user's own; what they depend on does not set them back.
    typed : written by hand on the page, so that what does not fit is owed a sentence there too.
    part : "reading" for what says how an input is read, "baseline" for what a baseline needs, and
    of : which baseline.
    """

    name: str
    label: str
    default: Callable[[Known], Any]
    read: Reader
    options: Options | None = None
    low: float | None = None
    high: float | None = None
    own: re.Pattern[str] | None = None
    typed: bool = False
    part: str = ""
    of: str = ""

    def check(self, value: Any, known: Known) -> Any:
        """A value that came from a browser, checked as if it stood in a link."""
        if value is None:
            return None
        if self.options and value not in self.options(known):
            raise Unfit(f"{self.label} {value!r} is not one of those to choose from.")
        return self.read(write(value), known)


@dataclass(frozen=True)
class Form:
    """kind : of input. specs : each is checked against the values of those before it.

    depends : a new value of the key sets these back, which belonged to the old one; and these
    set back their own. aliases : names that a link may use, and what they are called now.
    """

    kind: str
    specs: tuple[Spec, ...]
    depends: Mapping[str, tuple[str, ...]]
    aliases: Mapping[str, str]

    @functools.cached_property
    def by_name(self) -> Mapping[str, Spec]:
        """The specs."""
        return {spec.name: spec for spec in self.specs}

    def read(
        self, query: Mapping[str, str], catalogue: Catalogue
    ) -> tuple[dict[str, Any], list[str]]:
        """All values, from a link; a sentence for each that does not fit and became the default."""
        query = {**{self.aliases.get(name, name): query[name] for name in query}, **query}

        def find(spec: Spec, known: Known) -> Any:
            if len(text := query.get(spec.name, "")) > LONGEST:
                raise Unfit(
                    f"{spec.label!r} has {len(text):,} characters in this link; at most "
                    f"{LONGEST:,} are read."
                )
            return spec.read(text, known) if spec.name in query else None

        return self._fill(find, catalogue)

    def changed(
        self,
        old: Mapping[str, Any],
        used: Mapping[str, Any],
        catalogue: Catalogue,
    ) -> tuple[dict[str, Any], list[str]]:
        """The values after these changes, each checked, and those that depend on them set back.

        old : of this form, or of another, of which it keeps what both have.
        A control only offers what fits. What does not was sent while another run changed what there
        is to choose from (a browser sends the label of an option): the value before it stays.
        """
        back = set[str]()

        def find(spec: Spec, known: Known) -> Any:
            name = spec.name
            if name in used:
                try:
                    value = spec.check(used[name], known)
                except Unfit:
                    if spec.typed:
                        raise
                else:
                    back.update(self.depends.get(name, ()))
                    return value
            stays = spec.own is not None and spec.own.fullmatch(old.get(name) or "")
            if name not in old or (name in back and not stays):
                back.update(self.depends.get(name, ()))
                return None
            return spec.check(old[name], known)

        return self._fill(find, catalogue)

    def query(self, values: Mapping[str, Any], known: Known) -> dict[str, str]:
        """The link of these values: what differs from its default."""
        return {
            spec.name: write(values[spec.name])
            for spec in self.specs
            if values[spec.name] is not None and values[spec.name] != spec.default(known)
        }

    def _fill(
        self,
        find: Callable[[Spec, Known], Any],
        catalogue: Catalogue,
    ) -> tuple[dict[str, Any], list[str]]:
        """Each value as it is found, or its default for None and for what does not fit."""
        values: dict[str, Any] = {}
        problems = []
        known = Known(self, catalogue, values)
        for spec in self.specs:
            values[spec.name] = spec.default(known)
            try:
                value = find(spec, known)
                values[spec.name] = values[spec.name] if value is None else value
            except Unfit as unfit:
                problems.append(str(unfit))
        return values, problems


def write(value: Any) -> str:
    """A value as it stands in a link."""
    if isinstance(value, list):
        return ",".join(map(write, value))
    return format(value, "g") if isinstance(value, float) else str(value)
