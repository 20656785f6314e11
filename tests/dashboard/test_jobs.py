"""The line of runs that are started from the page: one at a time, cancelled, gone on with."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dashboard import settings
from dashboard.work import jobs
from dashboard.work.jobs import MOST_OF_ONE, MOST_WAITING, Errand, Jobs
from dashboard.work.workshop import Refused

COUNT = """
import pathlib, sys, time
path = pathlib.Path(sys.argv[1]); path.mkdir(exist_ok=True)
for number in range(int(sys.argv[2])):
    if not (path / str(number)).exists():
        (path / str(number)).touch()
        time.sleep(0.02)
"""


class Counting(Errand):
    """Makes files one after the other, and goes on after those that are there."""

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-c", COUNT, str(self.folder), self.options[0]]


def job(room: Path, name: str, count: int = 3, owner: str = "me") -> Counting:
    return Counting(room / name, name, owner, "digits", "data", (str(count),))


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def made(each: Errand) -> int:
    return len(list(each.folder.iterdir())) if each.folder.is_dir() else 0


def test_jobs_run_one_after_the_other_in_their_order(tmp_path: Path) -> None:
    line = Jobs()
    first, second = job(tmp_path, "a", 10_000), job(tmp_path, "b")
    line.start(first)
    line.start(second)
    until(lambda: made(first) > 0)
    assert (first.state, second.state) == ("running", "waiting")
    assert (line.ahead(first), line.ahead(second)) == (0, 1)
    line.cancel(first)
    until(lambda: second.state == "finished")
    assert made(second) == 3
    assert first.state == "cancelled"
    assert [each.name for each in line.of("me")] == ["b", "a"]
    assert line.of("another") == []


def test_a_cancelled_job_goes_on_where_it_was(tmp_path: Path) -> None:
    line, each = Jobs(), job(tmp_path, "a", 400)
    line.start(each)
    until(lambda: made(each) > 2)
    line.cancel(each)
    until(lambda: each.process is None)
    before = {path.name: path.stat().st_mtime_ns for path in each.folder.iterdir()}
    assert 2 < len(before) < 400
    line.start(each)
    until(lambda: each.state == "finished")
    after = {path.name: path.stat().st_mtime_ns for path in each.folder.iterdir()}
    assert len(after) == 400
    assert before.items() <= after.items()


def test_one_that_waits_is_cancelled_without_having_begun(tmp_path: Path) -> None:
    line = Jobs()
    first, second = job(tmp_path, "a", 10_000), job(tmp_path, "b")
    line.start(first)
    line.start(second)
    line.cancel(second)
    assert (second.state, line.ahead(second)) == ("cancelled", 0)
    line.cancel(first)
    until(lambda: first.process is None)
    assert made(second) == 0


def test_a_job_that_fails_says_why(tmp_path: Path) -> None:
    line = Jobs()
    broken = job(tmp_path, "a", owner="me")
    broken.options = ("no number",)
    line.start(broken)
    until(lambda: broken.state == "failed")
    assert "invalid literal for int" in broken.why


def test_the_line_has_an_end_for_each_and_for_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Jobs()
    held = [job(tmp_path, f"j{i}", 10_000, f"owner {i}") for i in range(MOST_WAITING)]
    for each in held:
        line.start(each)
    with pytest.raises(Refused, match="as many as this server takes"):
        line.start(job(tmp_path, "more", owner="new"))
    line.end()
    mine = Jobs()
    for number in range(MOST_OF_ONE):
        mine.start(job(tmp_path, f"mine{number}", 10_000))
    with pytest.raises(Refused, match=f"each may have {MOST_OF_ONE}"):
        mine.start(job(tmp_path, "third"))
    mine.end()
    monkeypatch.setenv(settings.JOBS, "0")
    assert not mine.allowed
    with pytest.raises(Refused, match="ATTRIBUTION_JOBS=0"):
        mine.start(job(tmp_path, "forbidden"))


def test_the_end_of_the_server_ends_what_runs(tmp_path: Path) -> None:
    line, each = Jobs(), job(tmp_path, "a", 10_000)
    line.start(each)
    until(lambda: made(each) > 0)
    process = each.process
    assert process
    line.end()
    assert process.wait(timeout=60) != 0


def test_another_server_knows_how_to_go_on(tmp_path: Path) -> None:
    each = Errand(tmp_path / "run-1", "Mine <b>", "me", "digits", "data", ("--limit", "5"))
    jobs.note(each)
    found = jobs.noted(tmp_path / "run-1", "you")
    assert found
    assert (found.title, found.command, found.owner) == ("Mine <b>", each.command, "you")
    assert found.state == "cancelled"
    assert jobs.noted(tmp_path / "run-2", "you") is None
    next(tmp_path.glob(".run-1*")).write_text("{}")
    assert jobs.noted(tmp_path / "run-1", "you") is None
