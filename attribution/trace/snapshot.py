"""What a model's layers hold before they run, and how to put it back.

Layers note things about a call on themselves: attributes, entries of lists and dicts, fields of
plain objects. A trace must leave none of it behind, and must not undo what the same model, run by
another thread meanwhile, has noted.
"""

from __future__ import annotations

import types
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

_LIBRARIES = frozenset(("tensorflow", "keras", "numpy", "builtins", "threading", "weakref"))
_CODE = (type, types.ModuleType, types.FunctionType, types.MethodType)
_GROUPS = (list, set, deque)

Ours = Callable[[Any], bool]


class Snapshot:
    """The attributes of some objects, and all containers and plain objects that these lead to.

    The objects of libraries are left alone, except for those that are given.

    Parameters
    ----------
    but : names of attributes that are not restored, because only others would change them.
    """

    def __init__(self, objects: Iterable[Any], but: Iterable[str] = ()) -> None:
        self._but = frozenset(but)
        self._dicts: list[tuple[dict[Any, Any], dict[Any, Any]]] = []
        self._groups: list[tuple[Any, list[Any]]] = []
        waiting = [vars(found) for found in objects]
        seen: set[int] = set()
        while waiting:
            found = waiting.pop()
            if id(found) in seen:
                continue
            seen.add(id(found))
            # A copy is made at once, so that another thread cannot change what is walked over.
            if isinstance(found, dict):
                before = dict(found)
                self._dicts.append((found, before))
                waiting += _inside(before.values())
            else:
                members = list(found)
                if not isinstance(found, tuple):
                    self._groups.append((found, members))
                waiting += _inside(members)

    def restore(self, ours: Ours | None = None) -> None:
        """Put everything back; with `ours`, only the places that hold a value it says is ours."""
        for found, before in self._dicts:
            _restore_dict(found, before, ours, self._but)
        for found, members in self._groups:
            _restore_group(found, members, ours)


def _inside(values: Iterable[Any]) -> Iterator[Any]:
    """The containers among the values, and the attributes of the plain objects among them."""
    for value in values:
        if isinstance(value, (dict, tuple, *_GROUPS)):
            yield value
        elif not isinstance(value, _CODE):
            library = type(value).__module__.split(".")[0] in _LIBRARIES
            attributes = None if library else getattr(value, "__dict__", None)
            if isinstance(attributes, dict):
                yield attributes


def _restore_dict(
    found: dict[Any, Any], before: dict[Any, Any], ours: Ours | None, but: frozenset[str]
) -> None:
    # Methods of the builtin classes: Keras's subclasses refuse changes once a model is built.
    kind: Any = OrderedDict if isinstance(found, OrderedDict) else dict
    for key, value in list(found.items()):
        if key in but or (key in before and before[key] is value):
            continue
        if ours is not None and not ours(value):
            continue
        if key in before:
            kind.__setitem__(found, key, before[key])
        else:
            kind.pop(found, key)
    if ours is None:
        for key in before.keys() - found.keys():
            kind.__setitem__(found, key, before[key])


def _restore_group(found: Any, before: list[Any], ours: Ours | None) -> None:
    now = list(found)
    wanted = before if ours is None else [value for value in now if not ours(value)]
    if len(now) == len(wanted) and all(a is b for a, b in zip(now, wanted, strict=True)):
        return
    if isinstance(found, list):
        list.__setitem__(found, slice(None), wanted)
    elif isinstance(found, set):
        set.intersection_update(found, wanted)
        set.update(found, wanted)
    else:
        found.clear()
        found.extend(wanted)
