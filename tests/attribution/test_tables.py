"""Rows of named features: found by name as Python's own csv finds them, or refused by name."""

import csv
import io

import numpy as np
import pytest

from attribution import InvalidRequest, InvalidTable, tables
from tests.hostile.models import refusal

TEXT = "id,smoker,age,dose\nx1,yes,61,1.5\nx2,no,40,-2e1\nx3,yes,50,\n"
WHOLE = TEXT.replace("50,\n", "50,4\n").encode()
FEATURES, CATEGORIES = ("age", "smoker"), {"smoker": ("no", "yes")}


def test_columns_are_found_by_name_and_categories_by_place() -> None:
    found = tables.read(TEXT.encode(), "p.csv", FEATURES, CATEGORIES)  # dose is not asked for
    rows = list(csv.DictReader(io.StringIO(TEXT)))
    np.testing.assert_array_equal(
        found.rows, [[float(r["age"]), ["no", "yes"].index(r["smoker"])] for r in rows]
    )
    assert found.names == FEATURES


def test_without_features_all_columns_are_taken() -> None:
    found = tables.read(b'"a, b",c\r\n1,2\r\n', "t.csv")
    assert (found.names, found.rows.tolist()) == (("a, b", "c"), [[1, 2]])


def test_a_row_and_typical_rows() -> None:
    found = tables.read(WHOLE, "p.csv", ("dose", "age", "smoker"), CATEGORIES)
    row = tables.pick(found, 2)
    assert row.dtype == np.float32
    assert row.tolist() == [[-20, 40, 0]]
    np.testing.assert_allclose(tables.typical(found, "mean", CATEGORIES), [[-14.5 / 3, 151 / 3, 1]])
    assert tables.typical(found, "median", ["smoker"]).tolist() == [[1.5, 50, 1]]
    for call in (
        lambda: tables.pick(found, 0),
        lambda: tables.pick(found, 4),
        lambda: tables.pick(found, 1.5),
        lambda: tables.typical(found, "mode"),
        lambda: tables.typical(found, "mean", ["site"]),
    ):
        with pytest.raises(InvalidRequest):
            call()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"age,smoker\n", "no row"),
        (b"61,1\n40,0\n", "line of numbers"),
        (b"smoker\nyes\n", "no column 'age': add"),
        (b"Age,smoker\n1,no\n", "'Age' may be meant"),
        (b"age;smoker\n1;no\n", "Semicolons"),
        (b"age,smoker,age\n1,no,1\n", "'age' twice"),
        (b"age,smoker\n1,maybe\n", "'maybe' for 'smoker'; one of 'no', 'yes'"),
        (b"age,smoker\n1,no\n,yes\n", "Line 3 of p.csv has nothing for 'age'"),
        (b"age,smoker\nNA,yes\n", "'NA' for 'age'"),
        (b"age,smoker\n1,\n", "nothing for 'smoker'"),
        (b"age,smoker\n1e400,no\n", "finite"),
        (b"age,smoker\n1e39,no\n", "finite"),
        (b"age,smoker\n0x10,no\n", "finite"),
        (b"age,smoker\n1,no,3\n", "3 cells"),
        (b"age,smoker\n" + b"1" * 1001 + b",no\n", "1,000 characters"),
        (b"age,smoker\n\xff,no\n", "UTF-8"),
        (b'age,smoker\n"1,no\n', "CSV"),
        (bytes(10 * 2**20 + 1), "10 MB"),
        (b"age,smoker\n" + b"1,no\n" * 100_001, "100,000 rows"),
        (b"," * 2**20, "more than"),
        ("age,smoker", "bytes"),
    ],
)
def test_refusals(data: bytes, words: str) -> None:
    with pytest.raises(InvalidTable, match=words) as error:
        tables.read(data, "p.csv", FEATURES, CATEGORIES)
    refusal(str(error.value))


def test_a_column_without_a_name_is_refused_only_where_it_is_taken() -> None:
    """(pandas writes its index so.)"""
    data = b",age,smoker\n0,61,yes\n"
    assert tables.read(data, "p.csv", FEATURES, CATEGORIES).rows.tolist() == [[61, 1]]
    with pytest.raises(InvalidTable, match="without a name"):
        tables.read(data, "p.csv")
