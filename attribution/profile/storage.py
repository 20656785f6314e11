"""Storage: folders of this machine, and of any file system that fsspec knows (s3://, gs://, ...).

A file is written beside its place and renamed: it is complete or absent, whenever a machine stops.
"""

from __future__ import annotations

import errno
import importlib.util
import os
import socket
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Protocol

from attribution.errors import InvalidRequest, one_line

PART = ".part"
"""How the names end of files that are not complete."""
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Directory(Protocol):
    """A folder, whose files are named from it on, with / between."""

    path: str

    def read(self, name: str) -> bytes:
        """Raises OSError."""

    def open(self, name: str) -> BinaryIO:
        """A file to read and seek in. Raises OSError."""

    def write(self, name: str, data: bytes) -> None:
        """Whole or not at all. Raises InvalidRequest where it cannot be written."""

    def remove(self, name: str) -> None:
        """What is not there is removed."""

    def exists(self, name: str = "") -> bool:
        """Whether there is such a file; without a name, the folder itself."""

    def walk(self) -> list[str]:
        """The files in it and below, sorted; without those whose names begin with a point."""

    def sweep(self) -> None:
        """Remove what processes of this machine left unfinished that are no more."""


def directory(path: str | Path) -> Directory:
    """The folder of a path or URL, which need not be there."""
    text = str(path)
    return _Remote(text) if "://" in text else _Local(text)


def split(path: str | Path) -> tuple[Directory, str]:
    """The folder of a file, and its name in it."""
    text = str(path)
    if "://" in text:
        head, _, name = text.rpartition("/")
        return directory(head), name
    return directory(Path(text).expanduser().parent), Path(text).name


class _Local:
    def __init__(self, path: str) -> None:
        self.path = os.path.abspath(os.path.expanduser(path))

    def _at(self, name: str) -> Path:
        return Path(self.path, name)

    def read(self, name: str) -> bytes:
        return self._at(name).read_bytes()

    def open(self, name: str) -> BinaryIO:
        return self._at(name).open("rb")

    def write(self, name: str, data: bytes) -> None:
        _write(self.path, name, data, self._put)

    def _put(self, part: str, name: str, data: bytes) -> None:
        there = self._at(part)
        there.parent.mkdir(parents=True, exist_ok=True)
        try:
            with there.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(there, self._at(name))
        finally:
            there.unlink(missing_ok=True)

    def remove(self, name: str) -> None:
        self._at(name).unlink(missing_ok=True)

    def exists(self, name: str = "") -> bool:
        return self._at(name).is_file() if name else Path(self.path).is_dir()

    def walk(self) -> list[str]:
        found = []
        for folder, folders, files in os.walk(self.path):
            folders[:] = [f for f in folders if not f.startswith(".")]
            below = Path(folder).relative_to(self.path)
            found += [(below / f).as_posix() for f in files if not f.startswith(".")]
        return sorted(found)

    def sweep(self) -> None:
        for part in Path(self.path).rglob(f".*.{socket.gethostname()}.*{PART}"):
            pid = part.name.removesuffix(PART).rpartition(".")[2]
            if pid.isdecimal() and not _alive(int(pid)):
                part.unlink(missing_ok=True)


class _Remote:
    def __init__(self, path: str) -> None:
        if importlib.util.find_spec("fsspec") is None:
            raise InvalidRequest(
                f"{one_line(path)} is the address of a file system: install fsspec, and what it "
                "needs for that one."
            )
        from fsspec.core import url_to_fs

        self.path = path.rstrip("/")
        try:
            self._system, self._root = url_to_fs(self.path)
        except (ImportError, ValueError) as error:  # such as s3 without s3fs
            raise InvalidRequest(
                f"{one_line(path)} cannot be reached: {one_line(str(error), 200)}."
            ) from error
        self._root = self._root.rstrip("/")

    def _at(self, name: str) -> str:
        return f"{self._root}/{name}" if name else self._root

    def read(self, name: str) -> bytes:
        data: bytes = self._system.cat_file(self._at(name))
        return data

    def open(self, name: str) -> BinaryIO:
        file: BinaryIO = self._system.open(self._at(name), "rb")
        return file

    def write(self, name: str, data: bytes) -> None:
        _write(self.path, name, data, self._put)

    def _put(self, part: str, name: str, data: bytes) -> None:
        self._system.makedirs(self._at(str(PurePosixPath(part).parent)), exist_ok=True)
        try:
            self._system.pipe_file(self._at(part), data)
            self.remove(name)  # not every system replaces what is there
            self._system.mv(self._at(part), self._at(name))
        finally:
            self.remove(part)

    def remove(self, name: str) -> None:
        if self._system.exists(self._at(name)):
            self._system.rm_file(self._at(name))

    def exists(self, name: str = "") -> bool:
        self._system.invalidate_cache()
        there: Any = self._system.isfile if name else self._system.isdir
        return bool(there(self._at(name)))

    def walk(self) -> list[str]:
        self._system.invalidate_cache()
        start = len(self._system._strip_protocol(self._root).rstrip("/")) + 1
        names = [path[start:] for path in self._system.find(self._root)]
        return sorted(n for n in names if not any(p.startswith(".") for p in n.split("/")))

    def sweep(self) -> None:
        return  # which machine left a part there is not known


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _write(folder: str, name: str, data: bytes, put: Callable[[str, str, bytes], None]) -> None:
    place = PurePosixPath(name)
    part = place.with_name(f".{place.name}.{socket.gethostname()}.{os.getpid()}{PART}")
    try:
        put(str(part), name, data)
    except OSError as error:
        why = "there is no space left" if error.errno in _FULL else error.strerror or str(error)
        raise InvalidRequest(
            f"{one_line(name)} cannot be written to {one_line(folder)}: {one_line(why)}; what is "
            "complete stays, and the same command goes on from there."
        ) from error
