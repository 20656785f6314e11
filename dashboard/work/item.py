"""Item: one input, as it goes into a network and as it is shown."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.request.request import Query


@dataclass(frozen=True)
class Item:
    """model : whose array it makes. name : in links. title : on the page. owner : empty for a
    public sample, else the session that alone may see what is found of it, and with which that is
    forgotten.

    key : what decides the array, beside the model, the name and the owner.
    encode : makes it, (1, *input shape), or that by name for a model with several inputs; may take
    time, and raises Refused.
    references : of that and a request, what it is compared with, each of the same form.
    shown : the input as its kind shows it.
    about : the output that a sample is an example of; None where that is not known.
    bare : the same input without the user's changes; None where there are none.
    entry : the layer whose scores are those of the input, where these belong to an answer.
    file : the name of an upload's file as it came, for programs only.
    problem : why there is no array; then nothing can be asked.
    """

    model: str
    name: str
    title: str
    owner: str
    key: Hashable
    encode: Callable[[], Any]
    references: Callable[[Any, Query], Sequence[Any]]
    shown: Any
    about: int | None = None
    bare: Item | None = None
    entry: str = ""
    file: str = ""
    problem: str = ""
