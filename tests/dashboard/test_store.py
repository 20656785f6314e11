import threading

import pytest

from dashboard.work.engine import Engine
from dashboard.work.store import Store


def test_the_store_never_holds_more_than_its_limit_and_drops_the_least_recently_used() -> None:
    store = Store(100)
    for key in "abc":
        store.put(key, key.upper(), 30)
    assert store.get("a") == "A"  # used now, so b is the oldest
    store.put("d", "D", 30)
    assert [key for key in "abcd" if key in store] == ["a", "c", "d"]
    assert store.size == 90


def test_what_is_larger_than_the_store_is_not_kept_and_replaces_nothing_else() -> None:
    store = Store(100)
    store.put("a", 1, 60)
    store.put("b", 2, 101)
    assert "b" not in store
    assert store.get("a") == 1
    store.put("a", 3, 10)
    assert (store.get("a"), store.size) == (3, 10)


class Stop(BaseException):
    """As Streamlit's own: not an Exception."""


def test_one_computes_at_a_time_in_the_order_of_arrival_and_a_stop_frees_the_slot() -> None:
    engine = Engine()
    inside, order, ahead = threading.Event(), [], []
    leave = threading.Event()

    def first() -> None:
        with engine.slot.turn(ahead.append):
            inside.set()
            leave.wait(10)
            order.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(10)

    def impatient(count: int) -> None:
        raise Stop

    with pytest.raises(Stop), engine.slot.turn(impatient):
        pytest.fail("two at a time")

    def wait(count: int) -> None:
        ahead.append(count)
        leave.set()

    with engine.slot.turn(wait):
        order.append("second")
    thread.join()
    assert order == ["first", "second"]
    assert set(ahead) == {1}
    with pytest.raises(Stop), engine.slot.turn(ahead.append):
        raise Stop
    with engine.slot.turn(impatient):  # free again
        pass
