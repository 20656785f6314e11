"""Labelled: a few pictures whose class is known, and whether a card feeds them as it should."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from attribution import cards
from attribution.cards import Card, PreprocessingComparison
from attribution.errors import one_line
from dashboard.request.catalogue import Model
from dashboard.work.decoder import Frame, Pixels
from dashboard.work.engine import Engine
from dashboard.work.slot import Waiting
from dashboard.work.workshop import Refused

MOST = 100
UNPACKED = 64 * 2**20
_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
_HOW = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
Labelled = tuple[str, bytes]


def unpack(data: bytes, name: str) -> list[Labelled]:
    """The pictures of a .zip file with a folder for each class, as (class, bytes).

    Raises Refused for what is no such file, or is beyond a limit.
    """
    shown = one_line(name)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = [*_members(archive, shown)]
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, OSError) as error:
        raise Refused(f"{shown} is no .zip file, or damaged: zip the folders again.") from error
    except (NotImplementedError, RuntimeError, LookupError) as error:
        raise Refused(f"{shown} is packed in a way that is not read: use plain zip.") from error
    if not found:
        raise Refused(f"{shown} holds no pictures in folders: give one folder for each class.")
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
            raise Refused(f"{shown} holds more than {MOST} pictures: a few of each class will do.")
        if member.compress_type not in _HOW:
            raise Refused(f"{shown} is packed in a way that is not read: use plain zip.")
        with archive.open(member) as file:
            content = file.read(rest + 1)
        rest -= len(content)
        if rest < 0:
            raise Refused(f"{shown} unpacks to more than {UNPACKED >> 20} MB: give fewer pictures.")
        yield path.parts[-2], content


def pixels(engine: Engine, model: Model, owner: str, data: bytes) -> Pixels:
    """A picture as the model's frame has it, decoded apart. Raises Refused."""
    frame = Frame.of(model.card.encoding().size, "crop")
    return engine.decoder.decode(data, [frame], owner).frames[frame]


def compare(
    engine: Engine,
    model: Model,
    card: Card,
    given: Sequence[Pixels],
    labels: Sequence[str],
    waiting: Waiting,
) -> PreprocessingComparison:
    """As cards.compare_preprocessing, in turn. Raises Refused."""
    with engine.turn(model.name, waiting) as net:
        return cards.compare_preprocessing(net, card, given, labels)
