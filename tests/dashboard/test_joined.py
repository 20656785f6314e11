"""Those who ask the same at once wait for one computation."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from dashboard.work.joined import Joined

SECONDS = 20  # that no test waits for unless something hangs


class Kept:
    """A store of one value, and how often it was worked for."""

    def __init__(self) -> None:
        self.value: Any = None
        self.works = 0
        self.gate = threading.Event()
        self.begun = threading.Event()

    def work(self, _waiting: Callable[[int], object]) -> str:
        self.works += 1
        self.begun.set()
        assert self.gate.wait(SECONDS)
        self.value = "found"
        return "found"


def ask(joined: Joined, kept: Kept, waiting: Callable[[int], object], found: list[Any]) -> None:
    found.append(joined.once("key", lambda: kept.value, kept.work, waiting))


def threads(count: int, target: Callable[[], object]) -> list[threading.Thread]:
    started = [threading.Thread(target=target, daemon=True) for _ in range(count)]
    for each in started:
        each.start()
    return started


def test_thirty_identical_requests_cost_one() -> None:
    joined, kept, found, ahead = Joined(), Kept(), [], set[int]()
    told = threading.Event()

    def waiting(count: int) -> None:
        ahead.add(count)
        told.set()

    asking = threads(30, lambda: ask(joined, kept, waiting, found))
    assert told.wait(SECONDS)
    kept.gate.set()
    for each in asking:
        each.join(SECONDS)
    assert found == ["found"] * 30
    assert kept.works == 1
    assert ahead == {1}  # the one that works for all


def test_who_works_passes_on_how_many_are_ahead_of_all() -> None:
    joined, kept, seen = Joined(), Kept(), list[int]()
    told = threading.Event()

    def work(waiting: Callable[[int], object]) -> str:
        waiting(4)
        return kept.work(waiting)

    first = threads(1, lambda: joined.once("key", lambda: kept.value, work, lambda _: None))
    assert kept.begun.wait(SECONDS)

    def waiting(count: int) -> None:
        seen.append(count)
        told.set()

    second = threads(1, lambda: ask(joined, kept, waiting, []))
    assert told.wait(SECONDS)
    kept.gate.set()
    for each in (*first, *second):
        each.join(SECONDS)
    assert seen[0] == 5


def test_another_takes_over_from_one_who_gives_up() -> None:
    joined, kept, found = Joined(), Kept(), []
    told, given_up = threading.Event(), threading.Event()

    def gives_up(_waiting: Callable[[int], object]) -> str:
        kept.begun.set()
        assert told.wait(SECONDS)
        raise KeyboardInterrupt  # as Streamlit ends a run: no Exception

    def first() -> None:
        with pytest.raises(KeyboardInterrupt):
            joined.once("key", lambda: kept.value, gives_up, lambda _: None)
        given_up.set()

    leading = threads(1, first)
    assert kept.begun.wait(SECONDS)
    following = threads(1, lambda: ask(joined, kept, lambda _: told.set(), found))
    kept.gate.set()
    for each in (*leading, *following):
        each.join(SECONDS)
    assert given_up.is_set()
    assert found == ["found"]
    assert kept.works == 1


def test_who_waits_may_give_up_alone() -> None:
    joined, kept, found = Joined(), Kept(), []
    leading = threads(1, lambda: ask(joined, kept, lambda _: None, found))
    assert kept.begun.wait(SECONDS)

    def stop(_ahead: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask(joined, kept, stop, found)
    kept.gate.set()
    leading[0].join(SECONDS)
    assert found == ["found"]


def test_different_requests_do_not_wait_for_each_other() -> None:
    joined, kept, found = Joined(), Kept(), []
    leading = threads(1, lambda: ask(joined, kept, lambda _: None, found))
    assert kept.begun.wait(SECONDS)
    started = time.monotonic()
    assert joined.once("other", lambda: None, lambda _: "at once", lambda _: None) == "at once"
    assert time.monotonic() - started < SECONDS
    kept.gate.set()
    leading[0].join(SECONDS)
