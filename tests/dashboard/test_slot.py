"""The slot: long work in turn, brief work between its steps, and nothing left behind."""

import threading
from collections.abc import Callable

import pytest
from streamlit.runtime.scriptrunner.script_runner import _clean_problem_modules

from dashboard.work.engine import Engine
from dashboard.work.slot import Slot
from dashboard.work.store import Store

SECONDS = 10


class Stop(BaseException):
    """What Streamlit raises into a script whose browser has gone."""


def nobody(_ahead: int) -> None:
    raise AssertionError("nobody is ahead")


def start(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_brief_work_does_not_wait_for_the_end_of_the_long_but_for_its_next_step() -> None:
    slot, order = Slot(), list[str]()
    asked, done = threading.Event(), threading.Event()

    def look() -> None:
        asked.set()
        with slot.brief():
            order.append("brief")
        done.set()

    with slot.turn(nobody):
        start(look)
        assert asked.wait(SECONDS)
        order.append("first step")
        while not done.is_set():  # the brief one may not have arrived at the first step
            slot.step()
        order.append("second step")
    assert order == ["first step", "brief", "second step"]


def test_brief_work_runs_alone_while_the_long_stands_still() -> None:
    slot, inside = Slot(), 0
    most = []

    def look() -> None:
        nonlocal inside
        for _ in range(50):
            with slot.brief():
                inside += 1
                most.append(inside)
                inside -= 1

    with slot.turn(nobody):
        threads = [start(look) for _ in range(4)]
        while any(thread.is_alive() for thread in threads):
            slot.step()
            most.append(inside)  # the long one's own step: nobody else may be inside
    assert set(most) == {0, 1}
    assert most.count(1) == 200


@pytest.mark.parametrize("kind", ["turn", "brief"])
def test_what_ends_the_work_frees_the_slot(kind: str) -> None:
    slot = Slot()
    for _ in range(2):
        with pytest.raises(Stop), slot.turn(nobody) if kind == "turn" else slot.brief():
            raise Stop
    assert slot.length == 0
    with slot.turn(nobody):
        slot.step()


def test_one_who_gives_up_waiting_leaves_the_queue() -> None:
    slot, ahead = Slot(), list[int]()

    def impatient(number: int) -> None:
        ahead.append(number)
        raise Stop

    def wait() -> None:
        with pytest.raises(Stop), slot.turn(impatient):
            pass

    with slot.turn(nobody):
        start(wait).join(SECONDS)
        assert ahead == [1]
        assert slot.length == 1


def test_a_store_forgets_a_session_and_keeps_the_rest() -> None:
    store = Store(100)
    store.put(("answer", "", 1), "public", 10)
    store.put(("answer", "someone", 1), "private", 20)
    store.put(("study", "someone", ("a",)), "private", 30)
    store.drop("someone")
    assert store.size == 10
    assert store.get(("answer", "", 1)) == "public"
    assert ("answer", "someone", 1) not in store


def test_the_end_of_a_pages_run_clears_nothing_that_others_compute_with() -> None:
    Engine()._core()
    import keras

    first = keras.layers.Dense(1).name
    _clean_problem_modules()  # what Streamlit does after each run, in the process of all sessions
    assert keras.layers.Dense(1).name != first
