"""Tokens: a text taken apart as Keras' own layer does, and looked up by hand."""

import json

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution import InvalidRequest, InvalidTokens, tokens
from tests.hostile.models import refusal

WORDS = ("", "[UNK]", "not", "bad", "film", "été", "élan")
VOCABULARY = tokens.Vocabulary(WORDS, padding=0, unknown=1)


@pytest.fixture(scope="module")
def layer() -> keras.layers.TextVectorization:
    return keras.layers.TextVectorization(vocabulary=list(WORDS[2:]), output_sequence_length=40)


ODD = (
    "Not",
    "FILM!",
    "b-ad",
    "ÉLAN",
    "don't",
    "\t",
    "\u00a0",
    "\x1c",
    "\u2003",
    "n\no",
    "a_b",
    "“bad”",
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([*WORDS, *ODD]), max_size=8).map(" ".join) | st.text(max_size=12))
def test_as_keras_takes_a_text_apart(layer, text: str) -> None:
    if "\0" in text or not tokens.split(text):
        return
    found = tokens.read(text, VOCABULARY, length=40)
    np.testing.assert_array_equal(found.ids, layer([text]).numpy()[0])


def test_a_text_and_what_it_holds() -> None:
    found = tokens.read(b"\xef\xbb\xbfNot a bad, bad film!\n", VOCABULARY, length=7)
    assert found.ids.tolist() == [2, 1, 3, 3, 4, 0, 0]
    assert found.ids.dtype == np.int32
    assert (found.words, found.unknown) == (("not", "a", "bad", "bad", "film"), ("a",))
    assert tokens.read("not bad", VOCABULARY).ids.tolist() == [2, 3]


def test_ids_as_they_are() -> None:
    assert tokens.read("4, 0 17", length=4).ids.tolist() == [4, 0, 17, 0]


def test_baselines() -> None:
    ids = np.array([[2, 3, 0], [4, 0, 0]])
    assert VOCABULARY.instead(ids).tolist() == [[0, 0, 0], [0, 0, 0]]
    assert VOCABULARY.instead(ids, "unknown").tolist() == [[1, 1, 0], [1, 0, 0]]
    for vocabulary, what in ((tokens.Vocabulary(("a",), None), "padding"), (VOCABULARY, "mean")):
        with pytest.raises(InvalidRequest):
            vocabulary.instead(ids, what)


@pytest.mark.parametrize(
    ("data", "name", "found"),
    [
        (b"\n[UNK]\nnot\n", "w.txt", (("", "[UNK]", "not"), 0, 1)),
        (b"[PAD]\r\nnot\r\n<unk>", "w.txt", (("[PAD]", "not", "<unk>"), 0, 2)),
        (b"not\nbad", "w.txt", (("not", "bad"), None, None)),
        (json.dumps(["", "[UNK]", "été"]).encode(), "w.json", (("", "[UNK]", "été"), 0, 1)),
    ],
)
def test_vocabularies(data: bytes, name: str, found: tuple) -> None:
    read = tokens.read_vocabulary(data, name)
    assert (read.words, read.padding, read.unknown) == found


def test_a_vocabulary_as_keras_lists_it(layer) -> None:
    words = layer.get_vocabulary()
    read = tokens.read_vocabulary("\n".join(words).encode(), "vocabulary.txt")
    assert read.words == tuple(words)
    assert [read.ids[w] for w in words] == list(range(len(words)))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: tokens.read("", VOCABULARY), "empty"),
        (lambda: tokens.read("?! ...", VOCABULARY), "no word"),
        (lambda: tokens.read("a b c", VOCABULARY, 2), "3 words"),
        (lambda: tokens.read("a " * 100_001, VOCABULARY), "100,001 words"),
        (lambda: tokens.read(b"\xff\xfe", VOCABULARY), "UTF-8"),
        (lambda: tokens.read("a\0b", VOCABULARY), "binary"),
        (lambda: tokens.read("a" * (2**20 + 1), VOCABULARY), "1 MB"),
        (lambda: tokens.read("x", tokens.Vocabulary(("a",))), "neither 'x'"),
        (lambda: tokens.read("1 -2"), "'-2' is no id"),
        (lambda: tokens.read("1 99999999999"), "no id"),
        (lambda: tokens.read("²"), "no id"),
        (lambda: tokens.read(3), "int"),
        (lambda: tokens.read_vocabulary(b"", "w.txt"), "empty"),
        (lambda: tokens.read_vocabulary(b"{}", "w.json"), "JSON list"),
        (lambda: tokens.read_vocabulary(b"[1]", "w.json"), "JSON list"),
        (lambda: tokens.read_vocabulary(b"[" * 100_000, "w.json"), "JSON list"),
        (lambda: tokens.read_vocabulary(b"a\n" * 1_000_001, "w.txt"), "1,000,000"),
        (lambda: tokens.read_vocabulary(b"PK\0\1", "w.txt"), "binary"),
    ],
)
def test_refusals(call, words: str) -> None:
    with pytest.raises(InvalidTokens, match=words) as error:
        call()
    refusal(str(error.value))


def test_requests_that_cannot_be_met() -> None:
    with pytest.raises(InvalidRequest, match="which id fills up"):
        tokens.read("a", tokens.Vocabulary(("a",), None), 2)
    with pytest.raises(InvalidRequest, match="length"):
        tokens.read("a", VOCABULARY, 0)
    with pytest.raises(InvalidRequest, match="padding"):
        tokens.read_vocabulary(b"a\nb", "w.txt", padding=2)
