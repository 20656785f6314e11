"""Tokens: a text's words as the numbers that a model knows them by.

    vocabulary = read_vocabulary(data, "words.txt")        # the word of id 0, 1, 2, ...
    text = read("Not bad at all!", vocabulary, length=24)
    x = text.ids[None]                                     # int32 (1, 24), padded on the right
    baseline = vocabulary.instead(x, "unknown")            # the same places, every word unknown

A text is taken apart as Keras' TextVectorization does by default: A-Z become small letters, the
marks !"#$%&()*+,-./:;<=>?@[]^_`{|}~' and the backslash go, and blanks part words. Other alphabets'
capital letters stay as they are, as they do there.
"""

from __future__ import annotations

import json
import string
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from attribution.errors import InvalidRequest, InvalidTokens, one_line
from attribution.inputs.bounds import whole

MAX_BYTES = 10 * 1024 * 1024  # of a vocabulary
MAX_WORDS = 1_000_000  # that it may hold
MAX_TEXT = 1024 * 1024  # bytes
MAX_LENGTH = 100_000  # tokens of a text

PADDINGS = ("", "[PAD]", "<pad>", "<PAD>")
UNKNOWNS = ("[UNK]", "<unk>", "<UNK>", "[unk]", "<oov>", "<OOV>")

Ids = NDArray[np.int32]

_PUNCTUATION = string.punctuation.encode()
_LARGEST = int(np.iinfo(np.int32).max)


@dataclass(frozen=True)
class Vocabulary:
    """The words that a model knows, at the place of their id.

    padding, unknown : the ids that fill up and that stand for all other words; None for none.
    """

    words: tuple[str, ...]
    padding: int | None = 0
    unknown: int | None = None

    @cached_property
    def ids(self) -> dict[str, int]:
        """The id of each word; of a word that is there twice the first."""
        return {word: i for i, word in reversed(list(enumerate(self.words)))}

    def instead(self, ids: ArrayLike, what: Literal["padding", "unknown"] = "padding") -> Ids:
        """A baseline, of the shape of ids: padding at every place, or an unknown word at every
        place that holds one, padding staying where it is.

        Raises InvalidRequest for another `what`, or where the vocabulary has no such id.
        """
        fill = {"padding": self.padding, "unknown": self.unknown}.get(what)
        if fill is None:
            raise InvalidRequest(
                f"what is {what!r}; it must be 'padding' or 'unknown', and the vocabulary must "
                "have an id for it."
            )
        given = np.asarray(ids, np.int32)
        return np.where(given == self.padding, given, fill).astype(np.int32)


@dataclass(frozen=True)
class Text:
    """A text as tokens.

    ids : int32 (length,), padded on the right. words : that it has, as they are looked up (without
    capitals and punctuation; the ids as text, where these were given); not escaped.
    unknown : those of them that the vocabulary does not hold.
    """

    ids: Ids
    words: tuple[str, ...]
    unknown: tuple[str, ...] = ()


def read_vocabulary(data: bytes, name: str, padding: int | None = None) -> Vocabulary:
    """A vocabulary from the bytes of a file: a word in each line, or (.json) a list of words.

    The first is the word of id 0. padding : its id; None takes the first word where that is empty,
    [PAD] or <pad>. The id of unknown words is that of [UNK], <unk> or <oov>, where one is there.

    Raises
    ------
    InvalidTokens : no bytes, more than 10 MB or 1,000,000 words, no text in UTF-8, a JSON list of
        something else.
    InvalidRequest : a padding that is the id of no word.
    """
    shown = one_line(name)
    text = _decoded(shown, data, MAX_BYTES)
    if PurePath(name).suffix.lower() == ".json":
        words = _json(shown, text)
    else:
        words = text.split("\n")
        words = [word.removesuffix("\r") for word in (words if words[-1] else words[:-1])]
    if len(words) > MAX_WORDS:
        raise InvalidTokens(f"{shown} holds more than {MAX_WORDS:,} words; give fewer.")
    return vocabulary(words, padding)


def vocabulary(words: Sequence[str], padding: int | None = None) -> Vocabulary:
    """A vocabulary from its words, as a card lists them; padding, unknown : as `read_vocabulary`.

    Raises InvalidRequest for a padding that is the id of no word.
    """
    if padding is None and words and words[0] in PADDINGS:
        padding = 0
    if padding is not None:
        whole("padding", padding, 0, len(words) - 1)
    unknown = next((words.index(word) for word in UNKNOWNS if word in words), None)
    return Vocabulary(tuple(words), padding, unknown)


def split(text: str) -> list[str]:
    """The words of a text, as TextVectorization finds them by default."""
    found = text.encode("utf-8", "replace").lower().translate(None, _PUNCTUATION).split()
    return [word.decode("utf-8") for word in found]


def read(
    data: bytes | str,
    vocabulary: Vocabulary | None = None,
    length: int | None = None,
    padding: int = 0,
) -> Text:
    """Text, or a file's bytes in UTF-8, as ids.

    vocabulary : of the model; None where the text is ids: whole numbers, blanks or commas between.
    length : what the model takes; a shorter text is padded on the right, with `padding` where there
        is no vocabulary. None: as long as the text.

    Raises
    ------
    InvalidTokens : no word, a binary file, more than 1 MB, more words than `length` (or 100,000), a
        word that is not in a vocabulary without an unknown word, an id that is no whole number.
    InvalidRequest : a length that is no whole number of 1 or more; a text that must be padded with
        a vocabulary without padding.
    """
    text = _decoded("The text", data, MAX_TEXT)
    words = split(text) if vocabulary else text.replace(",", " ").split()
    if not words:
        raise InvalidTokens("There is no word in the text; give at least one.")
    most = MAX_LENGTH if length is None else whole("length", length, 1)
    if len(words) > most:
        raise InvalidTokens(
            f"The text has {len(words):,} words, and at most {most:,} are taken: shorten it."
        )
    ids = _looked_up(words, vocabulary) if vocabulary else [_id(word) for word in words]
    missing = most - len(words) if length is not None else 0
    filled = vocabulary.padding if vocabulary else padding
    if missing and filled is None:
        raise InvalidRequest(
            f"The text has {len(words):,} words, the model takes {most:,}, and the vocabulary has "
            "no padding: say which id fills up."
        )
    unknown = [word for word in words if vocabulary and word not in vocabulary.ids]
    return Text(
        np.array([*ids, *[filled] * missing], np.int32),
        tuple(words),
        tuple(dict.fromkeys(unknown)),
    )


def spelled(ids: ArrayLike, vocabulary: Vocabulary | None = None) -> Text:
    """Ids (length,) as a text: the words that they stand for, without the padding at the end.

    vocabulary : None where it is not known; the words are the ids then, and padding is 0.
    Raises InvalidTokens for an id that is none of the vocabulary's.
    """
    given = np.asarray(ids, np.int32)
    most = len(vocabulary.words) - 1 if vocabulary else _LARGEST
    if given.size and not 0 <= given.min() <= given.max() <= most:
        wrong = given[(given < 0) | (given > most)][0]
        raise InvalidTokens(f"{wrong} is no id of a word; ids of 0 to {most:,} are expected.")
    held = np.flatnonzero(given != (vocabulary.padding if vocabulary else 0))
    if not held.size:
        held = np.zeros(1, int)
    shown = given[: held[-1] + 1].tolist()
    words = tuple(vocabulary.words[i] for i in shown) if vocabulary else tuple(map(str, shown))
    return Text(given, words)


def _looked_up(words: Sequence[str], vocabulary: Vocabulary) -> list[int]:
    found = [vocabulary.ids.get(word, vocabulary.unknown) for word in words]
    if None in found:
        word = one_line(words[found.index(None)])
        raise InvalidTokens(
            f"The vocabulary holds neither {word!r} nor an unknown word such as [UNK]: use one of "
            f"its {len(vocabulary.words):,} words."
        )
    return [i for i in found if i is not None]


def _id(word: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) < 11 and int(word) <= _LARGEST):
        raise InvalidTokens(
            f"{one_line(word)!r} is no id; whole numbers of 0 or more are expected, or a "
            "vocabulary that words are looked up in."
        )
    return int(word)


def _decoded(name: str, data: bytes | str, most: int) -> str:
    if not isinstance(data, (bytes, str)):
        raise InvalidTokens(f"Expected text or a file's bytes, got {type(data).__name__}.")
    if not data:
        raise InvalidTokens(f"{name} is empty; words are expected.")
    if len(data) > most:
        raise InvalidTokens(f"{name} has more than {most >> 20} MB; give less.")
    try:
        text = data if isinstance(data, str) else data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidTokens(f"{name} is no text in UTF-8: save it as plain text.") from error
    if "\0" in text:
        raise InvalidTokens(f"{name} is a binary file; plain text is expected.")
    return text


def _json(name: str, text: str) -> list[str]:
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidTokens(f"{name} is no JSON list of words: save it again.") from error
    if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
        raise InvalidTokens(f'{name} holds no JSON list of words, such as ["", "[UNK]", "a"].')
    return found
