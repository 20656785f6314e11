"""Real processes, really stopped: what is killed goes on, and ends with the same bits."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL.PngImagePlugin import PngImageFile

from attribution import InvalidRequest, Network, profile
from attribution.profile import engines
from attribution.profile.results import Run
from tests.attribution import profiles
from tests.attribution.test_cli_nonsense import interruptible

LIMIT = 240.0
"""Seconds after which a process is stuck."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return profiles.write(tmp_path_factory.mktemp("made"), each=60)


def begun(made: Path, out: Path, net: Network | None = None, **more: Any) -> Run:
    asked = {"layers": ["relu", "hidden"], "target": "label", "tolerance": 1e-4} | more
    asked["card"] = made / "shapes.yaml"
    return profile.run(net or made / "shapes.keras", made / "pictures", out, **asked)


@pytest.fixture(scope="module")
def whole(made: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return shards(begun(made, tmp_path_factory.mktemp("whole") / "run").folder)


def shards(folder: str | Path) -> dict[str, bytes]:
    there = Path(folder, "shards")
    return {p.name: p.read_bytes() for p in sorted(there.glob("*.parquet"))}


def children(pid: int) -> list[int]:
    """The processes that one has started, from whichever thread."""
    tasks = Path(f"/proc/{pid}/task")
    return [int(n) for task in tasks.iterdir() for n in (task / "children").read_text().split()]


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait(met: Callable[[], Any], process: subprocess.Popen[str]) -> None:
    """Until something is so, which a process brings about."""
    begun_at = time.monotonic()
    while not met():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() - begun_at < LIMIT
        time.sleep(0.02)


@pytest.fixture
def command(made: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The command line with two workers, on its way."""
    words = f"run {made / 'shapes.keras'} {made / 'pictures'} --out {tmp_path / 'run'}"
    options = "--layer relu --layer hidden --target label --tolerance 1e-4 --workers 2"
    process = subprocess.Popen(
        [sys.executable, "-m", "attribution", "profile", *words.split(), *options.split()],
        cwd=Path(__file__).parents[2],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=interruptible,
    )
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize(
    "how", [signal.SIGKILL, pytest.param(signal.SIGINT, marks=pytest.mark.slow)]
)
def test_the_command_is_ended_in_the_middle(
    how: signal.Signals,
    command: subprocess.Popen[str],
    made: Path,
    whole: dict[str, bytes],
    tmp_path: Path,
) -> None:
    wait(lambda: shards(tmp_path / "run"), command)
    workers = children(command.pid)
    assert len(workers) == 2
    command.send_signal(how)
    _, said = command.communicate(timeout=LIMIT)
    assert command.returncode == (130 if how == signal.SIGINT else -signal.SIGKILL)
    assert ("Stopped. What is complete stays" in said) == (how == signal.SIGINT)
    assert "Traceback" not in said
    deadline = time.monotonic() + LIMIT
    while any(map(alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(map(alive, workers))  # none goes on without the command
    there = shards(tmp_path / "run")
    assert 0 < len(there) < len(whole)
    assert all(there[name] == whole[name] for name in there)
    assert shards(begun(made, tmp_path / "run").folder) == whole


def test_a_worker_that_is_killed_is_replaced(
    made: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    """Of a network in memory, too, which its workers read from a file."""
    killed: list[int] = []

    def kill(done: int, total: int) -> None:
        if 0 < done < total and not killed:
            mine = [p for p in children(os.getpid()) if b"profile.process" in command_of(p)]
            killed.extend(mine)
            for pid in mine:
                os.kill(pid, signal.SIGKILL)

    net = Network(profiles.network())
    found = begun(made, tmp_path / "run", net, workers=2, progress=kill)
    assert len(killed) == 2
    assert found.status().finished
    assert shards(found.folder) == whole


def command_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def test_where_workers_always_die_it_is_said(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that ends at once stands for one that a shard brings down; no time is lost."""
    dead = tmp_path / "dead"
    dead.write_text("#!/bin/sh\necho the reason >&2\nexit 7\n")
    dead.chmod(0o700)
    monkeypatch.setattr(engines.sys, "executable", str(dead))
    with pytest.raises(InvalidRequest, match=r"end one after the other.*code 7 \(the reason\)"):
        begun(made, tmp_path / "run", workers=2, limit=20)
    with pytest.raises(InvalidRequest, match=r"1 of 1 shards.*00000.*3 times.*code 7"):
        begun(made, tmp_path / "one", workers=2, limit=8)
    monkeypatch.undo()
    found = begun(made, tmp_path / "run", limit=20)
    assert found.status().finished


DEADLY = """
import os, signal
from PIL.PngImagePlugin import PngImageFile
begin = PngImageFile.__init__
with open(os.environ["DEADLY"], "rb") as file:
    deadly = file.read()

def begin_(self, given, *more):
    if given.getvalue() == deadly:
        os.kill(os.getpid(), signal.SIGKILL)
    begin(self, given, *more)

PngImageFile.__init__ = begin_
"""


@pytest.mark.slow  # each death costs a start of TensorFlow
def test_an_input_that_no_process_survives_is_found_and_left_out(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A decoder that brings its process down; what is left is as if the file could not be read."""
    picture = made / "pictures/round/07.png"
    (tmp_path / "site").mkdir()
    (tmp_path / "site/sitecustomize.py").write_text(DEADLY)
    with monkeypatch.context() as patched:
        patched.setenv("PYTHONPATH", str(tmp_path / "site"))
        patched.setenv("DEADLY", str(picture))
        found = begun(made, tmp_path / "run", workers=2, limit=None, shard=(1, 8))
    (row,) = found.quarantine().itertuples(index=False)
    assert row.id == "round/07.png"
    assert "ends, the last one with signal 9" in row.reason
    begin = PngImageFile.__init__

    def unreadable(self: PngImageFile, given: Any, *more: Any) -> None:
        if given.getvalue() == picture.read_bytes():
            raise OSError("unreadable")
        begin(self, given, *more)

    monkeypatch.setattr(PngImageFile, "__init__", unreadable)
    assert shards(found.folder) == shards(begun(made, tmp_path / "other", shard=(1, 8)).folder)


def test_ray_makes_the_same_shards(made: Path, whole: dict[str, bytes], tmp_path: Path) -> None:
    """Two of them, one for each actor: those of one process, and so of the pool (above)."""
    pytest.importorskip("ray")
    told: list[int] = []
    found = begun(
        made, tmp_path / "run", engine="ray", shard=(1, 8), progress=lambda d, _: told.append(d)
    )
    assert sorted(shards(found.folder)) == ["00000.parquet", "00008.parquet"]
    assert shards(found.folder).items() <= whole.items()
    assert told == [0, 8, 16]
