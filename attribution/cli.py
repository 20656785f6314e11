"""The command line: check a model, list its layers, explain inputs, write scores to a file."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from attribution.commands import parser
from attribution.commands.codes import INTERRUPTED, UNSURE
from attribution.commands.refusals import refusals, sentence

__all__ = ["UNSURE", "main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code.

    0; 2 for bad input, with one line on stderr (for each of several inputs that was refused);
    UNSURE where the answer says that it is not to be relied on (no convergence, sums that do not
    close, a model with a fault); 130 when interrupted.
    """
    if arguments is None and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    known = parser.build()
    try:
        if sys.stdout is None:
            known.error("standard output is closed, so there is no place for the answer.")
        given = known.read(arguments)
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code: int = given.run(given)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit as ended:
        if not _leave_output() and not ended.code:  # the help was not written
            known.error("standard output cannot be written to.")
        raise
    except OSError as error:
        _leave_output()
        known.error(sentence(error))
    except refusals(UnicodeError) as error:
        known.error(sentence(error))
    return code


def _leave_output() -> bool:
    """Let Python end without a word where standard output cannot be written to; whether it can."""
    if sys.stdout is None:
        return False
    try:
        sys.stdout.flush()
    except OSError:
        with suppress(OSError, ValueError):  # not a file of the system's
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.close(nowhere)
        return False
    return True
