"""The dashboard where there is no TensorFlow: the viewer, and a Python that has none."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.footprint import VIEWER
from benchmarks.footprint import walk as walked
from benchmarks.load import served, serving
from dashboard import settings
from dashboard.work import core
from dashboard.work.engine import Engine
from dashboard.work.workshop import Refused
from tests.loop import run

ROOT = Path(__file__).parents[2]
HERE = "tests/dashboard"


def pins(file: str) -> dict[str, str]:
    lines = (ROOT / file).read_text().splitlines()
    return {name: rest for name, at, rest in (n.partition("==") for n in lines) if at}


def walk(*options: str) -> None:
    """Run what in_viewer.py tests, in a Python where TensorFlow cannot be imported."""
    plugins = ["-p", "tests.dashboard.without_tensorflow", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, "-q", f"{HERE}/in_viewer.py", *options],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:]


def test_the_viewer_shows_what_was_computed_beforehand() -> None:
    walk("-m", "not slow")


@pytest.mark.slow
def test_the_viewer_shows_every_sample_and_every_step_of_a_lesson() -> None:
    walk("-m", "slow")


def test_the_viewer_needs_the_pins_of_the_dashboard_without_what_computes() -> None:
    whole, viewer = pins("requirements.txt"), pins("deploy/viewer/requirements.txt")
    assert viewer.items() <= whole.items()
    assert whole.keys() - viewer.keys() == {"tensorflow", "keras", "h5py", "rich"}


def test_with_tensorflow_nothing_is_missing() -> None:
    assert core.missing() == ""


def test_a_viewer_computes_nothing_though_it_could(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.VIEWER, "1")
    assert "this viewer does not have" in core.missing()
    engine = Engine()
    with pytest.raises(Refused, match="this viewer does not have"), engine.brief("digits"):
        pass
    assert not engine.jobs.allowed


@pytest.mark.parametrize(("version", "said"), [((3, 14), "Python 3.14"), ((3, 10), "Python 3.10")])
def test_a_python_without_tensorflow_is_named_with_those_to_choose(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, int], said: str
) -> None:
    monkeypatch.setattr(core, "_installed", lambda: False)
    monkeypatch.setattr(core, "sys", SimpleNamespace(version_info=(*version, 0)))
    found = core.missing()
    assert f"does not exist for {said}: choose Python 3.11, 3.12 or 3.13" in found
    assert found.count(".") == 5  # one sentence
    assert "\n" not in found


START = """
import sys
sys.modules |= dict.fromkeys(("tensorflow", "keras", "h5py"))
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("dashboard/app.py", default_timeout=60).run()
assert not app.exception and not app.error, app.exception
print(*(each.value for each in app.warning), sep="\\n")
"""


def test_where_tensorflow_is_not_installed_the_page_says_so_in_one_sentence() -> None:
    done = subprocess.run(
        [sys.executable, "-c", START], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    (said,) = done.stdout.splitlines()
    said = said.replace("\\", "").replace("\u2060", "")
    assert f"is not installed in this Python {sys.version_info[0]}.{sys.version_info[1]}: " in said
    assert "install requirements.txt" in said
    assert "is not installed in this Python" in done.stderr  # and so does the server's log


@pytest.mark.slow
def test_the_viewer_in_an_environment_of_its_own_takes_less_than_350_mb(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What its requirements name is installed, nothing else; every page and lesson is opened."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path], check=True)
    python = str(tmp_path / "bin" / "python")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "-r", ROOT / "deploy/viewer/requirements.txt"], check=True)
    assert subprocess.run([python, "-c", "import tensorflow"], capture_output=True).returncode
    monkeypatch.setenv(settings.VIEWER, "1")
    needs = core.missing()
    with served(serving(VIEWER), python=python) as (port, process):
        rows = run(walked(port, process.pid))
    found = {page: set(trouble) for page, *_, trouble in rows}
    assert found.pop("Data set") == {needs}  # the gallery of a unit, whose inputs are read anew
    assert found == {name: set() for name in ("Explore", "Overview", "Learn", "About")}
    assert max(megabytes for _, _, megabytes, _ in rows) < 350
