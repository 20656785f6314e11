"""Tables of features: numbers as Python reads them, names above them, and nothing guessed."""

import csv
import io
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution import InvalidRequest
from attribution.inputs import table
from tests.hostile.models import refusal

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
NAMES = st.text(st.characters(exclude_categories=("C", "Z")), max_size=20).map("n{}".format)


@given(
    st.integers(1, 4).flatmap(
        lambda n: st.tuples(
            st.lists(st.lists(NUMBERS, min_size=n, max_size=n), min_size=1, max_size=4),
            st.none() | st.lists(NAMES, min_size=n, max_size=n, unique=True),
        )
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig"]),
)
def test_what_is_written_is_read(
    given: tuple[list[list[float]], list[str] | None], end: str, encoding: str
) -> None:
    rows, names = given
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator=end).writerows([names, *rows] if names else rows)
    found = table.read("t.csv", file.getvalue().encode(encoding))
    np.testing.assert_array_equal(found.rows, np.array(rows))
    assert found.names == tuple(names or ())


@pytest.mark.parametrize(
    ("text", "rows", "names"),
    [
        ("1,2\n", [[1, 2]], ()),
        ("a,b\n1,-2e3", [[1, -2000]], ("a", "b")),
        ('\n"a, or b", c \n\n .5 , +1.\n', [[0.5, 1]], ("a, or b", "c")),
        ("a\n1\n\n2\n", [[1], [2]], ("a",)),
        ("0,1\n", [[0, 1]], ()),
        ("0.0,1\n5,6\n", [[0, 1], [5, 6]], ()),
        ("1,2\n0,1\n", [[1, 2], [0, 1]], ()),
        ("a,b\n0,1\n5,6\n", [[0, 1], [5, 6]], ("a", "b")),
    ],
)
def test_tables(text: str, rows: list[list[float]], names: tuple[str, ...]) -> None:
    found = table.read("t.csv", text.encode())
    np.testing.assert_array_equal(found.rows, rows)
    assert found.names == names


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "t.csv is empty"),
        ("\n \n", "is empty"),
        ("a,b\n", "holds a header and no line"),
        ("1,2\n3\n", "Line 2 of t.csv has 1 cell, and the first has 2"),
        ("a,b\n1,2,3\n", "Line 2 of t.csv has 3 cells"),
        ("a,b\n1,\n", "Cell 2 of line 2 of t.csv is empty"),
        ("1,nan\n2,3\n", "Cell 2 of line 1 of t.csv is 'nan'"),
        ("a,b\n\n1,inf\n", "Cell 2 of line 3 of t.csv is 'inf'"),
        ("1,2\na,b\n", "Cell 1 of line 2 of t.csv is 'a'"),
        ("1,1e999\n", "'1e999'"),
        ("1,1_0\n", "neither a header nor a row"),
        ("1,\u0663\n", "neither a header nor a row"),
        ("age,2019\n1,2\n", "Line 1 of t.csv is neither a header nor a row: cell 2 holds '2019'"),
        (",age\n0,1\n", "cell 1 is empty"),
        ("age,age\n1,2\n", "the name 'age' twice"),
        ("a;b\n1,5;2,5\n", "Line 2 of t.csv has 3 cells"),
        ("0,1\n5,6\n", "counts its columns from 0"),
        ("0\n5\n", "remove it or give names"),
        ('"a\n1,2', "cannot be read as CSV"),
    ],
)
def test_what_is_no_table(text: str, sentence: str) -> None:
    with pytest.raises(InvalidRequest) as told:
        table.read("t.csv", text.encode())
    assert sentence in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("data", [b"\xff\xfea\0,\0b\0", b"\x89PNG\r\n\x1a\n", b"1,\xe9\n"])
def test_what_is_no_text(data: bytes) -> None:
    with pytest.raises(InvalidRequest, match="no text in UTF-8"):
        table.read("t.csv", data)


@given(st.binary(max_size=60) | st.text(alphabet='01.,;\n\r"a \0e-').map(str.encode))
def test_anything_else_is_one_sentence(data: bytes) -> None:
    try:
        found = table.read("t.csv", data)
    except InvalidRequest as error:
        refusal(str(error))
    else:
        assert np.isfinite(found.rows).all()
        assert found.rows.ndim == 2


def test_too_large_a_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MAX_BYTES", 1 << 20)
    with pytest.raises(InvalidRequest, match="larger than 1 MB"):
        table.read("t.csv", b"1,2\n" * (1 << 19))


def test_a_table_of_another_width_is_refused_at_its_first_line() -> None:
    data = b"1,2,3\nno,number,at all\n"
    with pytest.raises(InvalidRequest, match="has 3 columns, and the model takes 1 feature: "):
        table.read("t.csv", data, features=1)
    with pytest.raises(InvalidRequest, match="line 2"):
        table.read("t.csv", data, features=3)


@pytest.mark.parametrize(
    ("limit", "text", "sentence"),
    [
        ("MAX_NUMBERS", "1,2\n3,4\n5,6", "more than 4 numbers"),
        ("MAX_COLUMNS", "1,2,3,4,5\n", "a row of more than 4 cells"),
        ("MAX_COLUMNS", "1\n1,2,3,4,5\n", "a row of more than 4 cells"),
        ("MAX_COLUMNS", '"\n",' * 5, "a row of more than 4 cells"),
        ("MAX_CELL", "11111\n", "Line 1 of t.csv has a cell of more than 4 characters"),
        ("MAX_CELL", "names\n1", "Line 1 of t.csv has a cell of more than 4 characters"),
        ("MAX_CELL", "a\n11111", "Line 2 of t.csv has a cell of more than 4 characters"),
    ],
)
def test_limits(limit: str, text: str, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, limit, 4)
    with pytest.raises(InvalidRequest, match=sentence) as told:
        table.read("t.csv", text.encode())
    assert "\n" not in str(told.value)


def test_a_long_row_of_digits_is_no_work() -> None:
    """A pattern that tries each split of the digits takes minutes for this."""
    cell = "1" * (table.MAX_CELL - 1) + "x"
    for cells in (100_000 * "1" + "x", ",".join([cell] * 2_000)):
        with pytest.raises(InvalidRequest, match=r"Line 2 .*characters|ell 1 of line 2"):
            table.read(
                "t.csv",
                (",".join(f"n{i}" for i in range(cells.count(",") + 1)) + "\n" + cells).encode(),
            )


def test_the_memory_of_many_short_lines_is_that_of_their_numbers() -> None:
    data = b"1\n" * 50_000
    tracemalloc.start()
    found = table.read("t.csv", data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.rows.shape == (50_000, 1)
    assert peak < 2 * found.rows.nbytes + 2**20
