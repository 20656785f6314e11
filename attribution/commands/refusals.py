"""What may go wrong with one input or one command, as one line."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable

from attribution.errors import AttributionError, one_line

PROGRAM = "python -m attribution"
MAX_MESSAGE = 600
"""Characters of the one line that is said of bad input."""
_SPOKEN: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r'target=\("([^"]*)", ([0-9, ]+)\)'), lambda m: _target(*m.groups())),
    (re.compile(r'output="output"'), "--output output"),
    (re.compile(r"use neuron_integrated_gradients"), "use --method nig"),
    (re.compile(r"\brule='(\w+)'"), r"--method deeplift_\1"),
    (re.compile(r"\bresult\.channels\(axis=\.\.\.\)"), "--axis"),
    (re.compile(r"(give some(?: examples)?) as x\."), r"\1 as INPUT."),
    (re.compile(r" (Several references are passed as a list|Add the batch axis: [^ ]+)\."), ""),
)
"""What the library says in Python, and how a command says it."""
_MEMORY = "There is not enough memory for this: give fewer or smaller inputs."


def refusals(*more: type[Exception]) -> tuple[type[Exception], ...]:
    """Errors that say something of what was given, not of this program, and `more`.

    Those of TensorFlow are among them once it is loaded: before, nothing can raise them.
    """
    tensorflow = sys.modules.get("tensorflow")
    own = (*more, AttributionError, MemoryError, RecursionError)
    return own if tensorflow is None else (*own, tensorflow.errors.OpError)


def sentence(error: BaseException) -> str:
    """What one of `refusals`, or a file that cannot be read or written, says to the user."""
    match error:
        case AttributionError():
            return spoken(str(error))
        case MemoryError() | RecursionError():
            return _MEMORY
        case UnicodeError():
            return "A name cannot be written in the encoding of the output: use UTF-8."
        case OSError():
            return f"{error.filename or 'standard output'}: {error.strerror or error}"
    import tensorflow as tf  # what is left is an error of its own, so that it is loaded

    if isinstance(error, tf.errors.ResourceExhaustedError):
        return _MEMORY
    return (
        f"The model cannot be run on this input: {_reason(getattr(error, 'message', str(error)))}."
    )


def spoken(words: str) -> str:
    """The library's sentence, with options where it names arguments."""
    for said, option in _SPOKEN:
        words = said.sub(option, words)
    return words


def _target(output: str, place: str) -> str:
    """The option for ("output", 0, 0), of which no shell takes anything for its own."""
    return shlex.join(["--target", f"{output}:{place.replace(' ', '')}"])


def _reason(message: str) -> str:
    """The line of TensorFlow's message that says what was wrong."""
    around = ("Graph execution", "Detected at", "<stack", "File", "[[", "Function call", "Node:")
    lines = [line.strip() for line in message.splitlines()]
    told = [line for line in lines if line and not line.startswith(around)]
    return (told or ["no reason is given"])[0].split("[[")[0].strip(" .")


def line(words: str, program: str = PROGRAM) -> str:
    """What is said of an error: one line, whatever the words hold."""
    return f"{program}: error: {one_line(words, MAX_MESSAGE)}\n"


def remark(words: str) -> None:
    """Say what is no error, in one line on standard error."""
    if sys.stderr is not None:
        sys.stderr.write(f"{one_line(words, MAX_MESSAGE)}\n")


def tell(words: str) -> None:
    """Say an error that does not end the command."""
    if sys.stderr is not None:
        sys.stderr.write(line(words))
