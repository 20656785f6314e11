"""Jobs: runs over data sets that are started from the page. One at a time; the others wait in line.

Each is a process of its own, `python -m attribution profile run`, which outlives the tab that
started it: its folder holds all that it has done, and a job that was cancelled goes on from there.
"""

from __future__ import annotations

import atexit
import collections
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import attribution
from dashboard import settings
from dashboard.work import core
from dashboard.work.refused import Refused

MOST_WAITING, MOST_OF_ONE = 8, 2
_ROOT = Path(attribution.__file__).parents[1]
_NOTE = "job.json"
_LOG = "job.log"
_GRACE = 20.0  # seconds to end cleanly
_LAST = 5.0  # the same at the end of the server
_POLL = 0.2
State = Literal["waiting", "running", "cancelled", "failed", "finished"]


@dataclass
class Errand:
    """folder : of the run, whose name is that of the job. title : on the page. owner : the session
    that started it. options : of the command, after MODEL, DATA and --out."""

    folder: Path
    title: str
    owner: str
    model: str
    data: str
    options: tuple[str, ...]
    state: State = "waiting"
    why: str = ""
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """As in links."""
        return self.folder.name

    @property
    def active(self) -> bool:
        """Whether it runs or waits."""
        return self.state in ("waiting", "running")

    @property
    def command(self) -> list[str]:
        """What is started, and started again."""
        where = [self.model, self.data, "--out", str(self.folder)]
        return [sys.executable, "-m", "attribution", "profile", "run", *where, *self.options]

    def said(self) -> str:
        """The last line that the process has written."""
        log = self.folder.with_name(f".{self.name}.{_LOG}")
        if not log.is_file():
            return ""
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 4000))
            text = file.read().decode(errors="replace").replace("\r", "\n")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return lines[-1] if lines else ""


class Jobs:
    """The one line of a server. Safe to use from several threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._line: collections.deque[Errand] = collections.deque()
        self._jobs: dict[str, Errand] = {}
        self._worker: threading.Thread | None = None
        self._ended = False
        atexit.register(self.end)

    @property
    def allowed(self) -> bool:
        """Whether this server takes any."""
        return settings.jobs() and not core.missing()

    def of(self, owner: str) -> list[Errand]:
        """Those that a session has started, the newest first."""
        with self._changed:
            return [job for job in reversed(self._jobs.values()) if job.owner == owner]

    def get(self, name: str) -> Errand | None:
        """The job of a run."""
        with self._changed:
            return self._jobs.get(name)

    def ahead(self, job: Errand) -> int:
        """How many are served before it."""
        with self._changed:
            return self._line.index(job) if job in self._line else 0

    def keep(self, job: Errand) -> None:
        """Know of a job that was started before, to go on with."""
        with self._changed:
            self._jobs.setdefault(job.name, job)

    def start(self, job: Errand) -> None:
        """Put a job at the end of the line; one that was cancelled or failed goes on.

        Raises Refused where this server takes none, or has as many as it can take.
        """
        if why := core.missing():
            raise Refused(why)
        if not self.allowed:
            raise Refused(f"This server starts no runs: {settings.JOBS}=0 says so.")
        with self._changed:
            if job in self._line:
                return
            mine = sum(each.owner == job.owner for each in self._line)
            if mine >= MOST_OF_ONE:
                raise Refused(
                    f"You have {mine} runs in the line, and each may have {MOST_OF_ONE}: wait "
                    "until one has ended, or cancel it."
                )
            if len(self._line) >= MOST_WAITING:
                raise Refused(
                    f"{len(self._line)} runs are in the line, as many as this server takes: try "
                    "again later."
                )
            job.state, job.why = "waiting", ""
            self._jobs[job.name] = job
            self._line.append(job)
            if self._worker is None or not self._worker.is_alive():
                self._worker = threading.Thread(target=self._work, daemon=True)
                self._worker.start()
            self._changed.notify_all()

    def cancel(self, job: Errand) -> None:
        """Take it out of the line, or end its process; what is done stays."""
        with self._changed:
            if not job.active:
                return
            if job.state == "waiting" and job in self._line:
                self._line.remove(job)
            job.state = "cancelled"
            self._changed.notify_all()
        _stop(job.process)

    def end(self) -> None:
        """With the server: end what runs."""
        with self._changed:
            self._ended = True
            line, self._line = list(self._line), collections.deque()
        for process in filter(None, (job.process for job in line)):
            _stop(process)
            try:
                process.wait(_LAST)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)

    def _work(self) -> None:
        """On a thread of its own: one job after the other, until there is none."""
        while True:
            with self._changed:
                if not self._line or self._ended:
                    self._worker = None
                    return
                job = self._line[0]
            try:
                self._serve(job)
            finally:
                with self._changed:
                    if job in self._line:
                        self._line.remove(job)
                    self._changed.notify_all()

    def _serve(self, job: Errand) -> None:
        log = job.folder.with_name(f".{job.name}.{_LOG}")
        log.parent.mkdir(parents=True, exist_ok=True)
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONUNBUFFERED": "1"}
        paths = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
        with self._changed:
            if job.state != "waiting":
                return
            try:
                with log.open("wb") as said:
                    job.process = subprocess.Popen(
                        job.command,
                        stdin=subprocess.DEVNULL,
                        stdout=said,
                        stderr=subprocess.STDOUT,
                        env={**os.environ, **quiet, "PYTHONPATH": paths},
                        start_new_session=True,  # Ctrl-C of the server is not its own
                    )
            except OSError as error:
                job.state, job.why = "failed", f"It could not be started: {error.strerror}."
                return
            job.state = "running"
        code = job.process.wait()
        with self._changed:
            job.process = None
            if job.state == "running":
                job.state = "finished" if code == 0 else "failed"
                job.why = "" if code == 0 else job.said()


def note(job: Errand) -> None:
    """Write beside a run what its job is, so that another server can go on with it."""
    said = {"title": job.title, "model": job.model, "data": job.data, "options": job.options}
    path = job.folder.with_name(f".{job.name}.{_NOTE}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(said), encoding="utf-8")


def noted(folder: Path, owner: str) -> Errand | None:
    """The job of a run that another server, or this one before, has started."""
    path = folder.with_name(f".{folder.name}.{_NOTE}")
    if not path.is_file():
        return None
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        options: Sequence[str] = said["options"]
        texts = (said["title"], said["model"], said["data"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    title, model, data = map(str, texts)
    return Errand(folder, title, owner, model, data, tuple(map(str, options)), "cancelled")


def _stop(process: subprocess.Popen[bytes] | None) -> None:
    """A run may be ended at any moment. Not as by Ctrl-C, which what a server in the background
    starts does not heed; what does not heed this is ended."""
    if process is None or process.poll() is not None:
        return
    process.terminate()
    threading.Thread(target=_insist, args=(process,), daemon=True).start()


def _insist(process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _GRACE
    while process.poll() is None and time.monotonic() < end:
        time.sleep(_POLL)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
