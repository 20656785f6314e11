"""A command answers without TensorFlow's own log, and is interrupted without a word.

TensorFlow writes to the file descriptor of standard error while it loads and when it first looks
for devices, whatever TF_CPP_MIN_LOG_LEVEL says. So a command, and nothing but a command, gives that
descriptor away and keeps another for its own words, which are Python's: before TensorFlow is
loaded, and unless the user has set another level.
"""

import io
import logging
import os
import signal
import sys
import warnings


def hush() -> None:
    """Leave standard error to the command's own words from now on."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda *_: os._exit(130))  # until main can answer for itself
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL", "3") != "3":
        return
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    if sys.stderr is not None:  # None: it was closed
        _keep_stderr()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")


def _keep_stderr() -> None:
    """Python's standard error as before; what is written past Python goes nowhere."""
    own = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    sys.stderr = io.TextIOWrapper(
        open(own, "wb", buffering=0),  # noqa: SIM115 - open as long as the process
        encoding=sys.stderr.encoding,
        errors="backslashreplace",
        write_through=True,
    )
