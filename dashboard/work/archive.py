"""Archive: the files of a .zip that somebody sends, within limits, and none outside of it."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from attribution.errors import one_line
from dashboard.work.workshop import Refused

UNPACKED = 64 * 2**20  # bytes of all files together
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
_HOW = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LISTED = 20_000  # members that are looked through


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


def unpack(data: bytes, name: str, suffixes: Sequence[str], most: int, few: str) -> list[Member]:
    """The files of a .zip that end so. few : what to say of more than `most`.

    Raises Refused for what is no such file, or is beyond a limit.
    """
    shown = one_line(name)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return [*_members(archive, shown, suffixes, most, few)]
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, OSError) as error:
        raise Refused(f"{shown} is no .zip file, or damaged: zip the folders again.") from error
    except (NotImplementedError, RuntimeError, LookupError) as error:
        raise Refused(f"{shown} is packed in a way that is not read: use plain zip.") from error


def lay(members: Sequence[Member], folder: Path) -> None:
    """Write files below a folder of our own: in one for each class, numbered, so that nothing that
    a stranger has named is a path here."""
    classes = list(dict.fromkeys(member.folder for member in members))
    for number, member in enumerate(members):
        below = folder / _safe(member.folder, classes.index(member.folder))
        below.mkdir(parents=True, exist_ok=True)
        stem = _safe(PurePosixPath(member.name).stem, 0)[:60]
        (below / f"{stem}-{number:05}{member.suffix}").write_bytes(member.data)


def _safe(name: str, number: int) -> str:
    """The name with nothing that a file system would act on; never hidden, never empty."""
    kept = "".join(c if c.isalnum() or c in " -_" else "_" for c in name).strip(" ")[:100]
    return kept or (f"class {number}" if name else ".")


def _members(
    archive: zipfile.ZipFile, shown: str, suffixes: Sequence[str], most: int, few: str
) -> Iterator[Member]:
    rest, count = UNPACKED, 0
    listed = archive.infolist()
    if len(listed) > _LISTED:
        raise Refused(f"{shown} lists {len(listed):,} files; at most {_LISTED:,} are looked at.")
    for member in listed:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        wanted = path.suffix.lower() in suffixes and not path.name.startswith(".")
        if not wanted or "__MACOSX" in path.parts:
            continue
        count += 1
        if count > most:
            raise Refused(f"{shown} holds more than {most:,} {few}")
        if member.compress_type not in _HOW:
            raise Refused(f"{shown} is packed in a way that is not read: use plain zip.")
        with archive.open(member) as file:
            content = file.read(rest + 1)
        rest -= len(content)
        if rest < 0:
            raise Refused(f"{shown} unpacks to more than {UNPACKED >> 20} MB: give fewer files.")
        yield Member(path.parts[-2] if len(path.parts) > 1 else "", path.name, content)
