"""Reading: lessons from files, or one sentence with file, line, field and mend."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from attribution.cards import nodes
from attribution.errors import InvalidCard, one_line
from dashboard import settings
from dashboard.lessons.lesson import Lesson

BUNDLED = Path(__file__).parent
MAX_BYTES = 2**20
MAX_FILES = 200
_MODELS = (".keras", ".h5", ".hdf5")
_SHOWN = 60  # characters of a value that is refused
_NAME = re.compile(r"[\w.-]{1,80}")


class InvalidLesson(ValueError):
    """A file that is no lesson; the message is one sentence with file, line, field and mend."""


def read(path: Path) -> Lesson:
    """The lesson in a file. Raises InvalidLesson for anything else."""
    name = one_line(path.name or str(path))
    try:
        if not path.is_file():
            raise InvalidLesson(f"{name} is no file; give the .yaml file of a lesson.")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, InvalidLesson):
            raise
        reason = getattr(error, "strerror", None) or "no such name is possible"
        raise InvalidLesson(f"{name} cannot be read: {reason}.") from error
    if len(data) > MAX_BYTES:
        raise InvalidLesson(f"{name} is larger than {MAX_BYTES >> 20} MB; a lesson is a text.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidLesson(f"{name} is no text in UTF-8: save it as one.") from error
    return parse(text, name)


def parse(text: str, name: str) -> Lesson:
    """A lesson from its text; `name` begins its errors. Raises InvalidLesson."""
    try:
        parsed = nodes.parse(text, name)
    except InvalidCard as error:
        raise InvalidLesson(re.sub(r"\ba card\b", "a lesson", str(error))) from error
    if not isinstance(parsed.data, dict):
        raise InvalidLesson(f"{name} is no lesson: lines such as title: My lesson are expected.")
    try:
        return Lesson.model_validate(parsed.data)
    except ValidationError as error:
        raise InvalidLesson(_sentence(error, parsed, name)) from error


def shelf() -> tuple[Mapping[str, Lesson], tuple[str, ...]]:
    """All lessons by name, those of the server's folder first; a sentence for each bad file."""
    lessons, problems = dict[str, Lesson](), list[str]()
    folder = settings.text(settings.LESSONS)
    for path in [*(_files(Path(folder)) if folder else ()), *_files(BUNDLED)]:
        try:
            if path.stem not in lessons:
                lessons[path.stem] = _read(path, path.stat().st_mtime_ns)
        except InvalidLesson as error:
            problems.append(str(error))
        except OSError:  # it has gone meanwhile
            continue
    own = {name for name, lesson in lessons.items() if lesson is not bundled().get(name)}
    order = sorted(lessons, key=lambda n: (n not in own, lessons[n].order, n))
    return {name: lessons[name] for name in order}, tuple(problems)


@functools.cache
def bundled() -> Mapping[str, Lesson]:
    """The lessons that come with the dashboard, in their order."""
    found = {p.stem: _read(p, p.stat().st_mtime_ns) for p in _files(BUNDLED)}
    return MappingProxyType(dict(sorted(found.items(), key=lambda named: named[1].order)))


@functools.lru_cache(MAX_FILES * 2)
def _read(path: Path, _changed: int) -> Lesson:
    return read(path)


def _files(folder: Path) -> list[Path]:
    """Lessons: YAML files with a plain name that are no model's card."""
    try:
        found = sorted(p for p in folder.iterdir() if p.suffix.lower() in (".yaml", ".yml"))
    except OSError:
        return []
    cards = {p.stem for p in folder.iterdir() if p.suffix.lower() in _MODELS}
    named = [p for p in found if p.stem not in cards and _NAME.fullmatch(p.stem)]
    return named[:MAX_FILES]


def _sentence(error: ValidationError, parsed: nodes.Parsed, name: str) -> str:
    """What is wrong first, of all that is wrong; before what is missing, what was misspelled."""
    errors = error.errors(include_url=False)
    first = next((each for each in errors if each["type"] == "extra_forbidden"), errors[0])
    place, value, entry, wanted = _where(first["loc"], parsed.data)
    outer = (place[:n] for n in range(len(place), -1, -1))
    line = next((parsed.lines[p] for p in outer if p in parsed.lines), 1)
    called = ".".join(one_line(str(part)) for part in place) or "the lesson"
    told = _told(first, called, value, entry, wanted, str(place[-1]) if place else "")
    return f"{name}, line {line}: {told}{'' if told.endswith('?') else '.'}"


def _told(
    first: Any, called: str, value: Any, entry: type[BaseModel] | None, wanted: str, last: str
) -> str:
    known = _fields(entry) if entry else {}
    match first["type"]:
        case "missing":
            field = str(first["loc"][-1])
            return f"{called} has no {field}; give {known.get(field, (wanted, None))[0]}"
        case "extra_forbidden":
            alike = difflib.get_close_matches(last, known, n=1)
            mend = f"did you mean {alike[0]}?" if alike else f"known are {', '.join(known)}"
            return f"{called} is no field of a lesson; {mend}"
        case "value_error":
            return f"{called}: {str(first['ctx']['error']).rstrip('.')}"
    shown = one_line(repr(value), _SHOWN)
    return f"{called} is {shown}; expected is {wanted or 'a mapping'}"


def _where(loc: tuple[Any, ...], data: Any) -> tuple[nodes.Place, Any, type[BaseModel] | None, str]:
    """The place in the data, its value, the kind of entry it lies in, and what is expected."""
    place: list[str | int] = []
    entry: type[BaseModel] | None = Lesson
    value, wanted = data, ""
    for part in loc:
        inside = isinstance(value, dict) and part in value
        inside |= isinstance(value, list) and isinstance(part, int) and part < len(value)
        if not inside:
            break
        place.append(part)
        value = value[part]
        if isinstance(part, str) and entry and part in _fields(entry):
            described, inner = _fields(entry)[part]
            wanted = described
            entry = inner or entry
    return tuple(place), value, entry, wanted


def _fields(entry: type[BaseModel]) -> dict[str, tuple[str, type[Any] | None]]:
    """What each field of an entry is to be, and the kind of entry within it."""
    return {
        field.alias or name: (str(field.description), _inner(field.annotation))
        for name, field in entry.model_fields.items()
    }


def _inner(annotation: Any) -> type[Any] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for each in get_args(annotation) if (found := _inner(each))), None)
