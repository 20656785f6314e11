"""Core: whether what computes is here. This alone decides; who asks it is told why not."""

from __future__ import annotations

import functools
import sys
from importlib.util import find_spec

from dashboard import settings

VERSIONS = ((3, 11), (3, 12), (3, 13))
"""Of Python, for which there is a TensorFlow."""


def viewer() -> bool:
    """Whether this server is meant to compute nothing."""
    return settings.on(settings.VIEWER)


def missing() -> str:
    """Why nothing can be computed here, as a sentence with the mend; empty where it can."""
    if viewer():
        return _sentence(
            "this viewer does not have: run the whole dashboard, with requirements.txt installed "
            f"on Python {_versions()}"
        )
    if _installed():
        return ""
    here = sys.version_info[:2]
    if here not in VERSIONS:
        return _sentence(
            f"does not exist for Python {_dotted(here)}: choose Python {_versions()} (on Community "
            "Cloud in the advanced settings of a new deployment)"
        )
    return _sentence(
        f"is not installed in this Python {_dotted(here)}: install requirements.txt, and start the "
        "dashboard anew"
    )


def announce() -> None:
    """Say in the server's log that nothing can be computed, where that was not meant."""
    if (why := missing()) and not viewer():
        sys.stderr.write(f"{why}\n")


@functools.cache
def _installed() -> bool:
    return all(find_spec(name) is not None for name in ("tensorflow", "keras"))


def _sentence(why: str) -> str:
    return f"What was not computed beforehand needs TensorFlow, which {why}."


def _versions() -> str:
    *others, last = map(_dotted, VERSIONS)
    return f"{', '.join(others)} or {last}"


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))
