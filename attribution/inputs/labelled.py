"""Labelled: the pictures of a .zip file with a folder for each class, never written to a disk."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath

from attribution.errors import InvalidRequest, one_line

MOST = 100
UNPACKED = 64 * 2**20
_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
_HOW = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
Labelled = tuple[str, bytes]


def unpack(data: bytes, name: str) -> list[Labelled]:
    """Each picture as (class, bytes).

    Raises
    ------
    InvalidRequest : no such file, a damaged one, no pictures in folders, more than `MOST` of them
        or `UNPACKED` bytes.
    """
    shown = one_line(name)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = [*_members(archive, shown)]
    except InvalidRequest:
        raise
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, OSError) as error:
        raise InvalidRequest(
            f"{shown} is no .zip file, or damaged: zip the folders again."
        ) from error
    except (NotImplementedError, RuntimeError, LookupError) as error:
        raise InvalidRequest(_unread(shown)) from error
    if not found:
        raise InvalidRequest(
            f"{shown} holds no pictures in folders: give one folder for each class."
        )
    return found


def _members(archive: zipfile.ZipFile, shown: str) -> Iterator[Labelled]:
    rest, count = UNPACKED, 0
    for member in archive.infolist():
        path = PurePosixPath(member.filename.replace("\\", "/"))
        picture = path.suffix.lower() in _SUFFIXES and not path.name.startswith(".")
        if not picture or len(path.parts) < 2 or "__MACOSX" in path.parts:
            continue
        count += 1
        if count > MOST:
            raise InvalidRequest(
                f"{shown} holds more than {MOST} pictures: a few of each class will do."
            )
        if member.compress_type not in _HOW:
            raise InvalidRequest(_unread(shown))
        with archive.open(member) as file:
            content = file.read(rest + 1)
        rest -= len(content)
        if rest < 0:
            raise InvalidRequest(
                f"{shown} unpacks to more than {UNPACKED >> 20} MB: give fewer pictures."
            )
        yield path.parts[-2], content


def _unread(shown: str) -> str:
    return f"{shown} is packed in a way that is not read: use plain zip."
