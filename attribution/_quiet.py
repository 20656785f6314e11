"""Imported first: as a command, `python -m attribution` answers without TensorFlow's own log.

TensorFlow writes some lines while it loads, whatever TF_CPP_MIN_LOG_LEVEL says, so its standard
error is dropped for that moment; a failure to load it is still raised. Python sets sys.argv[0] to
"-m" while it locates the module to run: any other import of this package changes nothing, and
neither does a command for which the user has set the level.
"""

import os
import sys


def _load_tensorflow() -> None:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        import tensorflow  # noqa: F401
    finally:
        os.dup2(kept, 2)
        os.close(kept)


if sys.argv[:1] == ["-m"] and "TF_CPP_MIN_LOG_LEVEL" not in os.environ:
    _load_tensorflow()
