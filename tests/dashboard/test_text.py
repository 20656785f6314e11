"""A stranger's words are shown as they are, and nothing of them is live."""

import ast
import io
import unicodedata

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import text
from tests.dashboard.conftest import acts, seen

HOSTILE = [
    "www.evil.example",
    "see WWW.evil.example/x",
    "https://evil.example/login",
    "HTTP://evil.example",
    "mailto:a@evil.example",
    "someone@evil.example",
    ":smile: :+1: :-1: x:heart:y",
    ":material/home: :streamlit:",
    ":red[r] :rainbow-background[x] :help :small[y]",
    "::name[x]{a=b}",
    ":::name",
    "$x^2$ and $$y$$",
    "[l](http://evil.example) ![i](http://evil.example/i.png) [^1]",
    "<http://evil.example> <b>b</b> <a href='http://evil.example'>",
    "**s** __s__ *e* _e_ ~~d~~ `c`",
    "# h",
    "> q",
    "- l",
    "+ l",
    "1. l",
    "12) l",
    "---",
    "***",
    "    code",
    "&lt; &#58;smile&#58; &copy; A & B",
    "a -> b <- c <-> d -- e >= f <= g ~= h",
    "->",
    "\\[l](x) \\\\$y$",
]
pieces = st.sampled_from([*HOSTILE, *"\\`*_[]<>{}$~:&#+-.!|()@/\"'=%^ \t\n\0", "a", "1", "é"])


@pytest.mark.parametrize("words", HOSTILE)
def test_the_oracle_knows_what_would_act(words: str) -> None:
    assert acts(words)


@pytest.mark.parametrize("words", HOSTILE)
def test_markdown_shows_the_same_characters_and_does_nothing(words: str) -> None:
    assert not acts(text.markdown(words))
    assert seen(text.markdown(words)) == words.strip(" ")


@given(st.lists(pieces, max_size=8).map("".join) | st.text(max_size=20))
def test_markdown_of_anything_does_nothing(words: str) -> None:
    told = text.markdown(words)
    assert not acts(told)
    assert seen(told) == text.plain(words).strip(" ")
    assert not acts(f"**{text.markdown('x' + words + 'x')}** · {told}") - {
        "strong_open",
        "strong_close",
    }


@given(st.text())
def test_what_cannot_be_seen_is_marked_and_all_else_stays(words: str) -> None:
    line = text.plain(words)
    assert not [c for c in line if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
    bidi = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    assert not bidi & {unicodedata.bidirectional(c) for c in line}
    if words.isprintable():
        assert line == words


def test_plain_names_each_replaced_character() -> None:
    assert text.plain("a\0b\u202ec\nd\u200be") == "a\ufffdb\ufffdc d\ufffde"
    assert text.plain("नमस्ते é 日本") == "नमस्ते é 日本"


def test_a_figure_shows_tags_and_entities_as_text() -> None:
    assert text.plotly("<b>&amp;</b>") == "&lt;b&gt;&amp;amp;&lt;/b&gt;"
    assert "%{x}" not in text.plotly("%{x}")


def test_html_keeps_lines_and_no_tags() -> None:
    assert text.html("<a href=\"x\">\n'b\0'") == "&lt;a href=&quot;x&quot;&gt;\n&#x27;b\ufffd&#x27;"


@given(st.text() | st.lists(pieces, max_size=8).map("".join))
def test_words_in_a_docstring_are_no_code(words: str) -> None:
    (only,) = ast.parse(f'"""{text.docstring(words)}\n"""').body
    assert isinstance(only, ast.Expr)
    assert ast.literal_eval(only.value) == f"{text.plain(words)}\n"
    assert len(ast.parse(f"x = 1  # {text.plain(words)}").body) == 1


@pytest.mark.parametrize("start", ["=", "+", "-", "@", " =", "\t=", "\r\n="])
def test_no_cell_of_words_begins_a_formula_and_numbers_stay(start: str) -> None:
    frame = pd.DataFrame({f"{start}h": ["a", f"{start}cmd|' /C calc'!A0"], "n": [-1.5, 2.0]})
    again = pd.read_csv(io.StringIO(text.cells(frame).to_csv(index=False)))
    line = start.replace("\t", " ").replace("\r\n", " ")
    assert list(again.columns) == [f"'{line}h", "n"]
    assert again.iloc[1, 0] == f"'{line}cmd|' /C calc'!A0"
    assert again["n"].tolist() == [-1.5, 2.0]
    assert frame.iloc[1, 0].startswith(start)  # the page's own table is left alone


def test_the_name_of_a_file_is_a_name() -> None:
    assert text.stem("../../etc", "a/b\0c", "x y") == "-etc-a-b-c-x-y".lstrip("-")
    assert text.stem("", "") == "attribution"
    assert len(text.stem("x" * 500)) == 120


def test_names_and_values_are_short() -> None:
    assert text.title("n" * 300 + "the end.png") == "n" * 28 + "..." + " end.png"
    assert text.title(" \n ") == "unnamed"
    assert text.quoted("x" * 61) == f"'{'x' * 60}...'"
