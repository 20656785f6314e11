"""Settings: what the environment says of a server. It is read here alone; docs/server.md lists it.

A switch that is on by itself is turned off by "0", one that is off is turned on by "1".
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping

PREFIX = "ATTRIBUTION_"
MODELS, PROFILES = "ATTRIBUTION_MODELS", "ATTRIBUTION_PROFILES"
LESSONS, CLASSROOM = "ATTRIBUTION_LESSONS", "ATTRIBUTION_CLASSROOM"
UPLOADS, UPLOAD_MODELS = "ATTRIBUTION_UPLOADS", "ATTRIBUTION_UPLOAD_MODELS"
CARDS, JOBS, ONLY = "ATTRIBUTION_CARDS", "ATTRIBUTION_JOBS", "ATTRIBUTION_LESSONS_ONLY"
VIEWER = "ATTRIBUTION_VIEWER"
LOGIN, METRICS = "ATTRIBUTION_LOGIN", "ATTRIBUTION_METRICS_TOKEN"
ANCESTORS = "ATTRIBUTION_FRAME_ANCESTORS"
FILE_MB, SESSION_MB = "ATTRIBUTION_FILE_MB", "ATTRIBUTION_SESSION_MB"
ALL_MB, MODEL_MB = "ATTRIBUTION_ALL_MB", "ATTRIBUTION_MODEL_MB"
LIMITS = {FILE_MB: 10, SESSION_MB: 64, ALL_MB: 512, MODEL_MB: 200}
_SWITCHES = (UPLOADS, UPLOAD_MODELS, CARDS, JOBS, ONLY, VIEWER)
_TEXTS = (MODELS, PROFILES, LESSONS, CLASSROOM, LOGIN, METRICS, ANCESTORS)
NAMES = (*_TEXTS, *_SWITCHES, *LIMITS)
_MOST_MEGABYTES = 10_000
_SOURCE = re.compile(
    r"'self'|'none'|\*|(https?://)?(\*\.)?[\w-]+(\.[\w-]+)*(:(\d+|\*))?/?", re.ASCII
)
_ALIKE = 0.8


def text(name: str) -> str:
    """What is said, or empty."""
    return os.environ.get(name, "")


def on(name: str) -> bool:
    """Whether a switch is turned on that is off by itself."""
    return text(name) == "1"


def uploads() -> bool:
    """Whether files of visitors are taken."""
    return text(UPLOADS) != "0"


def sent_models() -> bool:
    """Whether files of models are among them."""
    return uploads() and on(UPLOAD_MODELS)


def cards() -> bool:
    """Whether visitors may correct the card of a model that is not bundled, and save it."""
    return text(CARDS) != "0"


def jobs() -> bool:
    """Whether runs over data sets are started from the page."""
    return text(JOBS) != "0"


def megabytes(name: str) -> int:
    """One of LIMITS; its usual value where what is said is wrong, which a server refuses."""
    said = text(name)
    return LIMITS[name] if not said or _expected(name, said) else int(said)


def login() -> tuple[str, ...]:
    """Who is let in after having logged in: addresses and @domains, or "1" for everyone. Empty
    where nobody need log in."""
    words = _words(text(LOGIN))
    return () if words == ("0",) else words


def frame_ancestors() -> str:
    """In which pages this one may be framed, as of Content-Security-Policy."""
    return text(ANCESTORS) or "'self'"


def wrong(environment: Mapping[str, str] = os.environ) -> str:
    """What is wrong with what is said, in one sentence; empty where nothing is."""
    for name, said in environment.items():
        if name.startswith(PREFIX) and name not in NAMES:  # a cluster adds such names too
            known = [each.removeprefix(PREFIX) for each in NAMES]
            if close := difflib.get_close_matches(name.removeprefix(PREFIX), known, 1, _ALIKE):
                return f"{name} is no setting: {PREFIX}{close[0]} is."
        elif said and (expected := _expected(name, said)):
            return f"{name} is {said!r}, and {expected}."
    return ""


def _expected(name: str, said: str) -> str:
    """What a value should be; empty where it is good."""
    if name in _SWITCHES and said not in ("0", "1"):
        return "0 or 1 is expected"
    if name in LIMITS and not (said.isdecimal() and 0 < int(said) <= _MOST_MEGABYTES):
        return f"a whole number of megabytes from 1 to {_MOST_MEGABYTES:,} is expected"
    if name == ANCESTORS and not all(map(_SOURCE.fullmatch, said.split())):
        return "addresses such as https://moodle.example.org are expected, with spaces between"
    if name == LOGIN and not all("@" in word for word in _words(said)) and said not in ("0", "1"):
        return "1, 0, or addresses and @domains with commas between are expected"
    return ""


def _words(said: str) -> tuple[str, ...]:
    return tuple(said.lower().replace(",", " ").split())
