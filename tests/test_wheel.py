"""The library as it is installed: built, put somewhere else, and used outside of the repository."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from attribution import zoo

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from what is committed or about to be, so that nothing left lying about gets in."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True, text=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-deps"]
    subprocess.run([*pip, "--no-build-isolation", "-w", built, source], check=True)
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package alone; what it depends on is that of these tests."""
    target = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--no-deps"]
    subprocess.run([*pip, "--target", target, wheel], check=True)
    return target


def run(installed: Path, *command: str) -> str:
    """What a command says, in an empty folder and with the installed package."""
    environment = os.environ | {"PYTHONPATH": str(installed), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, *command], cwd=installed.parent, env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_package_and_asset_is_in_it(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    files = [
        p.relative_to(ROOT).as_posix()
        for room in ("attribution", "dashboard", "assets")
        for p in (ROOT / room).rglob("*")
        if p.is_file() and "__pycache__" not in p.parts
    ]
    expected = {re.sub("^assets/", "attribution/assets/", name) for name in files}
    assert expected - held == set()
    assert {n.split("/")[0] for n in held} == {"attribution", "dashboard", *(
        n.split("/")[0] for n in held if ".dist-info/" in n)}  # fmt: skip


def test_the_readme_runs_without_the_repository(installed: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    where = f"import attribution; assert attribution.__file__.startswith({str(installed)!r})\n"
    said = run(installed, "-c", where + "\n".join(blocks))
    assert "tiger cat" in said
    assert "Gata1" in said


def test_the_commands_run_without_the_repository(installed: Path) -> None:
    names = [
        line.split()[0]
        for line in run(installed, "-m", "attribution", "layers", "tal1-gata1").splitlines()
    ]
    assert zoo.cards()["tal1-gata1"].layer in names
    (script,) = [p for p in (installed / "bin").iterdir() if p.name == "neuron-attribution"]
    assert "COMMAND" in run(installed, str(script), "--help")
