"""The line of those who wait for a decoder: one at a time, and each session in its turn."""

import threading
import time
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.work.line import Line


def test_who_was_served_longest_ago_is_next():
    line, served = Line(), []

    def work(owner):
        with line.turn(owner):
            served.append(owner)

    for owner in ("many", "once"):
        work(owner)
    threads = []
    with line.turn("many"):
        for number, owner in enumerate(("many", "many", "once", "new"), start=1):
            threads.append(threading.Thread(target=work, args=(owner,)))
            threads[-1].start()
            while len(line._waiting) < number:
                time.sleep(0.001)
    for thread in threads:
        thread.join(60)
    assert served == ["many", "once", "once", "new", "many", "many"]


def test_a_turn_that_fails_lets_the_next_one_in():
    line = Line()
    with pytest.raises(KeyError), line.turn("me"):
        raise KeyError
    with line.turn("me"):
        pass


def _has_more(begun, count):
    return len(begun) > count


def simulated(arrivals):
    """(owner, turns that had begun when it came, its place among the turns) of each file.

    arrivals : owners who come during each turn; the first come while nobody waits.
    """
    line, begun, found = Line(), [], []
    changed = threading.Condition()
    ends = {}

    def work(owner, ticket):
        with line.turn(owner):
            with changed:
                begun.append(ticket)
                changed.notify_all()
            ends[ticket].wait(30)

    def come(owner):
        ticket, waiting = len(found), len(line._waiting)
        found.append((owner, len(begun)))
        ends[ticket] = threading.Event()
        threading.Thread(target=work, args=(owner, ticket), daemon=True).start()
        until = time.monotonic() + 30
        while len(line._waiting) == waiting and time.monotonic() < until:
            time.sleep(0.0002)

    with line.turn("the one before"):
        for owner in arrivals[0]:
            come(owner)
    for at, during in enumerate([*arrivals[1:], *[[]] * sum(map(len, arrivals))]):
        if at == len(found):  # everybody was served
            break
        with changed:
            assert changed.wait_for(partial(_has_more, begun, at), 30)
        for owner in during:
            come(owner)
        ends[begun[at]].set()
    return [(owner, came, begun.index(ticket)) for ticket, (owner, came) in enumerate(found)]


OWNERS = st.sampled_from("abc") | st.integers(0, 10**6).map("new {}".format)


@given(st.lists(st.lists(OWNERS, max_size=3), min_size=1, max_size=7))
@settings(max_examples=60, deadline=None)
def test_nobody_waits_for_two_turns_of_another_session(arrivals):
    arrivals = [arrivals[0] or ["a"], *arrivals[1:]]
    files = simulated(arrivals)
    order = [owner for owner, _, _ in sorted(files, key=lambda file: file[2])]
    for owner, came, place in files:
        own = [i for i in range(came, place) if order[i] == owner]
        since = own[-1] + 1 if own else came  # when it was its session's first in the line
        others = order[since:place]
        assert len(others) == len(set(others)), (order, owner, since, place)
        first_came = {o: min(c for other, c, _ in files if other == o) for o in others}
        assert max(first_came.values(), default=0) <= since  # no newcomer goes before it


def test_newcomers_do_not_keep_a_session_out():
    """One more comes during each turn; who was there before, and waits again, is next."""
    files = simulated([["old"], ["n0", "old"], *([f"n{i}"] for i in range(1, 9))])
    place = {came: place for owner, came, place in files if owner == "old"}
    assert place[1] <= 2
