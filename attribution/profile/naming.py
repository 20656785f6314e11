"""Names: for each unit the label or attribute that it separates best, where clear of chance.

How well a unit's scores (or activations) separate the inputs with an attribute from those without
is the area under the ROC curve: the chance that one with it is above one without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import yaml
from scipy import special  # of its statistics too, in a fifth of the memory

from attribution.errors import InvalidRequest, one_line
from attribution.profile import storage
from attribution.profile.job import NAMES, Job

if TYPE_CHECKING:
    from attribution.profile.manifest import Manifest
    from attribution.profile.rows import Rows

Array = npt.NDArray[Any]

FEWEST = 5
"""Inputs with an attribute, and without it, for it to be tried."""
_KINDS = 50  # of an attribute, that names are looked for among
_YES, _NO = {"1", "yes", "true"}, {"0", "no", "false"}


def names(
    values: Array, attributes: Mapping[str, Array], level: float = 0.95, larger: bool = False
) -> pd.DataFrame:
    """For each unit the attribute that its values separate best, either way.

    larger : only the way that they are larger with it. Of two classes each says what the other one
    does, and the one with which a unit is more active is its name.

    values : (inputs, units) scores or mean activations. attributes : name -> (inputs,) of bool, or
    of numbers with NaN where it is not known.

    Columns: unit, attribute, area (above .5: larger with it; below: smaller), low, high, inputs
    (with the attribute), name. The interval is DeLong's on the logit scale, at a level that holds
    for all units and attributes together (Bonferroni). `name` is the attribute only where the
    interval leaves out .5, else "".
    """
    usable = {}
    for name, given in attributes.items():
        known = np.isfinite(np.asarray(given, float))
        has = known & (np.nan_to_num(np.asarray(given, float)) > 0)
        if min(has.sum(), (known & ~has).sum()) >= FEWEST:
            usable[name] = has, known & ~has
    units = values.shape[1]
    columns = ["unit", "attribute", "area", "low", "high", "inputs", "name"]
    if not usable:
        return pd.DataFrame(columns=columns)
    tail = (1 - level) / 2 / (len(usable) * units)
    areas, errors = np.array([area(values[a], values[b]) for a, b in usable.values()]).swapaxes(
        0, 1
    )
    best = (areas if larger else np.abs(areas - 0.5)).argmax(0)
    chosen, error = (v[best, np.arange(units)] for v in (areas, errors))
    pairs = np.array([min(a.sum(), b.sum()) for a, b in usable.values()])[best]
    low, high = _bounds(chosen, error, tail, pairs)
    labels = np.array(list(usable), object)[best]
    counts = np.array([a.sum() for a, _ in usable.values()])[best]
    clear = (low > 0.5) | (high < 0.5)
    found = (np.arange(units), labels, chosen, low, high, counts, np.where(clear, labels, ""))
    return pd.DataFrame(dict(zip(columns, found, strict=True)))


def area(with_it: Array, without: Array) -> tuple[Array, Array]:
    """The area under the curve of each column, and its standard error.

    DeLong, DeLong, Clarke-Pearson 1988, by ranks (Sun, Xu 2014); ties count half.
    """
    m, n = len(with_it), len(without)
    both = _ranks(np.concatenate([with_it, without]))
    above = (both[:m] - _ranks(with_it)) / n
    below = 1 - (both[m:] - _ranks(without)) / m
    variance = above.var(0, ddof=1) / m + below.var(0, ddof=1) / n
    return above.mean(0), np.sqrt(variance)


def _ranks(values: Array) -> Array:
    """From 1 in each column; those that tie have their mean; none where one is not known."""

    def ranks(column: Array) -> Array:
        if np.isnan(column).any():
            return np.full(len(column), np.nan)
        ordered = np.sort(column)
        below, upto = (np.searchsorted(ordered, column, side) for side in ("left", "right"))
        return np.asarray((below + upto + 1) / 2)

    return np.apply_along_axis(ranks, 0, values)


def _bounds(areas: Array, errors: Array, tail: float, pairs: Array) -> tuple[Array, Array]:
    """On the logit scale; where all with it are on one side, by `pairs` that share no input.

    So many pairs, all one way round, have a chance of area ** pairs.
    """
    quantile = -special.ndtri(tail)
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = np.log(areas / (1 - areas))
        half = quantile * errors / (areas * (1 - areas))
        low, high = (1 / (1 + np.exp(-(middle + side * half))) for side in (-1, 1))
    least = tail ** (1 / pairs)
    low = np.where(areas == 1, least, np.where(areas == 0, 0.0, low))
    high = np.where(areas == 0, 1 - least, np.where(areas == 1, 1.0, high))
    return low, high


def found(rows: Iterable[Rows], listed: Manifest, layer: str) -> dict[int, str]:
    """Unit -> the label or attribute with which it is more active, best told apart by it, where
    that is clear of chance.

    An attribute of yes and no (1 and 0, true and false) gives its own name, any other its values.
    """
    held = [(r.index, r.activations[layer]) for r in rows]
    if not held:
        return {}
    index, active = (np.concatenate(part) for part in zip(*held, strict=True))
    best = names(active, _tried(listed.take(index)), larger=True)
    named = best[(best["name"] != "") & (best["area"] > 0.5)]
    return dict(zip(named["unit"].astype(int).tolist(), named["name"].tolist(), strict=True))


def _tried(listed: Manifest) -> dict[str, Array]:
    """The labels and attributes of inputs that a unit may be named after; a label comes first."""
    said = {"": [listed.classes[c] if c >= 0 else "" for c in listed.label], **listed.attributes}
    tried: dict[str, Array] = {}
    for attribute, texts in said.items():
        kinds = sorted(set(texts) - {""})
        if len(kinds) > _KINDS:
            continue
        known = np.array([text != "" for text in texts])
        if attribute and {kind.casefold() for kind in kinds} <= _YES | _NO:
            kinds, texts = [attribute], [attribute * (t.casefold() in _YES) for t in texts]
        for kind in kinds:
            has = np.array([float(text == kind) for text in texts])
            tried.setdefault(kind, np.where(known, has, np.nan))
    return tried


def own_names(file: str | Path) -> dict[str, dict[int, str]]:
    """The user's names, layer -> unit -> name, of a YAML file, a path or URL; they win over those
    found.

    Raises
    ------
    InvalidRequest : a file that is none, or holds something else.
    """
    folder, name = storage.split(file)
    try:
        given = yaml.safe_load(folder.read(name).decode())
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise InvalidRequest(
            f"The names in {one_line(Path(file).name)} cannot be read: {one_line(str(error), 120)}"
        ) from error
    good = isinstance(given, dict) and all(
        isinstance(layer, str)
        and isinstance(own, dict)
        and all(isinstance(u, int) and isinstance(n, str) and n.strip() for u, n in own.items())
        for layer, own in given.items()
    )
    if not good:
        raise InvalidRequest(
            f"{one_line(Path(file).name)} holds no names: give lines such as 'block6d_add: {{112: "
            "stripes}}', a layer with the numbers of its units."
        )
    return {layer: {u: n.strip() for u, n in own.items()} for layer, own in given.items()}


def keep(folder: storage.Directory, job: Job, file: str | Path) -> None:
    """Put names of one's own into the folder of a run. Raises InvalidRequest where they do not fit.

    Layers that the run has not scored may be among them.
    """
    for layer, own in own_names(file).items():
        count = job.units.get(layer)
        if count is not None and (odd := next((u for u in own if not 0 <= u < count), None)):
            raise InvalidRequest(
                f"{one_line(Path(file).name)} names unit {odd} of {one_line(layer)}, whose {count} "
                "units are counted from 0."
            )
    source, name = storage.split(file)
    folder.write(NAMES, source.read(name))
