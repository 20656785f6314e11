"""Labelled: the files of a .zip with a folder for each class, within limits, never on a disk."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from attribution.errors import InvalidRequest, one_line

MOST = 100
UNPACKED = 64 * 2**20  # bytes of all files together
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
_HOW = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LISTED = 20_000  # members that are looked through
Labelled = tuple[str, bytes]


@dataclass(frozen=True)
class Member:
    """A file. folder : the name of the folder it lies in, "" for none; name : its own."""

    folder: str
    name: str
    data: bytes

    @property
    def suffix(self) -> str:
        """In small letters, with its point."""
        return PurePosixPath(self.name).suffix.lower()


def unpack(data: bytes, name: str) -> list[Labelled]:
    """Each picture that lies in a folder as (class, bytes).

    Raises
    ------
    InvalidRequest : as `members`; no pictures in folders, more than `MOST` of them.
    """
    few = "pictures: a few of each class will do."
    found = [(m.folder, m.data) for m in members(data, name, PICTURES, MOST, few) if m.folder]
    if not found:
        raise InvalidRequest(
            f"{one_line(name)} holds no pictures in folders: give one folder for each class."
        )
    return found


def members(data: bytes, name: str, suffixes: Sequence[str], most: int, few: str) -> list[Member]:
    """The files of a .zip that end so. few : what to say of more than `most`.

    Raises
    ------
    InvalidRequest : no such file, a damaged one, more than `most` files or `UNPACKED` bytes.
    """
    shown = one_line(name)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return [*_members(archive, shown, suffixes, most, few)]
    except InvalidRequest:
        raise
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, OSError) as error:
        raise InvalidRequest(
            f"{shown} is no .zip file, or damaged: zip the folders again."
        ) from error
    except (NotImplementedError, RuntimeError, LookupError) as error:
        raise InvalidRequest(_unread(shown)) from error


def _members(
    archive: zipfile.ZipFile, shown: str, suffixes: Sequence[str], most: int, few: str
) -> Iterator[Member]:
    rest, count = UNPACKED, 0
    listed = archive.infolist()
    if len(listed) > _LISTED:
        raise InvalidRequest(
            f"{shown} lists {len(listed):,} files; at most {_LISTED:,} are looked at."
        )
    for member in listed:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        wanted = path.suffix.lower() in suffixes and not path.name.startswith(".")
        if not wanted or "__MACOSX" in path.parts:
            continue
        count += 1
        if count > most:
            raise InvalidRequest(f"{shown} holds more than {most:,} {few}")
        if member.compress_type not in _HOW:
            raise InvalidRequest(_unread(shown))
        with archive.open(member) as file:
            content = file.read(rest + 1)
        rest -= len(content)
        if rest < 0:
            raise InvalidRequest(
                f"{shown} unpacks to more than {UNPACKED >> 20} MB: give fewer files."
            )
        yield Member(path.parts[-2] if len(path.parts) > 1 else "", path.name, content)


def _unread(shown: str) -> str:
    return f"{shown} is packed in a way that is not read: use plain zip."
