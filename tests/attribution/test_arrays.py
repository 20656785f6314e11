"""Files of numbers as inputs of any shape: NumPy's own writing, and what must be refused."""

import io
import pickle
import zipfile

import numpy as np
import pytest

from attribution import InvalidArray, arrays

X = np.arange(24, dtype=np.float64).reshape(2, 3, 4)


def npy(array: np.ndarray, **more) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, **more)
    return buffer.getvalue()


def npz(**named: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **named)
    return buffer.getvalue()


@pytest.mark.parametrize("shape", [(3, 4), (None, 4), (None, None), (3, None)])
def test_many_examples_of_an_array(shape) -> None:
    found = arrays.read(npy(X), "folder/x.npy", shape)
    assert [a.name for a in found] == ["x 1", "x 2"]
    assert all(a.values.dtype == np.float32 for a in found)
    np.testing.assert_array_equal([a.values for a in found], X)


def test_one_example_in_any_order_and_dtype() -> None:
    data = npy(np.asfortranarray(X.astype(">i2")))
    (found,) = arrays.read(data, "x.npy", (2, 3, 4), "int32")
    assert (found.name, found.values.dtype) == ("x", np.int32)
    np.testing.assert_array_equal(found.values, X)


def test_a_file_of_named_arrays() -> None:
    found = arrays.read(npz(before=X[0], after=X), "x.npz", (3, 4))
    assert [a.name for a in found] == ["before", "after 1", "after 2"]
    np.testing.assert_array_equal([a.values for a in found], [X[0], *X])
    (alone,) = arrays.read(npz(arr_0=X[1]), "mine.npz", (3, 4))
    assert alone.name == "mine"


@pytest.mark.parametrize("header", ["", "age,dose,site\n"])
def test_a_table_is_an_example_a_line_or_a_grid(header: str) -> None:
    data = (header + "1,2,3\n4,5.5,-6e1\n").encode()
    rows = [[1, 2, 3], [4, 5.5, -60]]
    found = arrays.read(data, "t.csv", (3,))
    assert [a.name for a in found] == ["t 1", "t 2"]
    np.testing.assert_array_equal([a.values for a in found], rows)
    for shape in ((2, 3), (None, 3), (None, None)):
        (grid,) = arrays.read(data, "t.csv", shape)
        np.testing.assert_array_equal(grid.values, rows)


def bomb() -> bytes:
    """A file of some 200 KB that unpacks to 200 MB."""
    return npz(x=np.zeros((25, 2**20)))


@pytest.mark.parametrize(
    ("data", "shape", "words"),
    [
        (lambda: b"", (3,), "empty"),
        (lambda: bytes(10 * 2**20 + 1), (3,), "10 MB"),
        (lambda: npy(X), (3, 5), r"shape \(2, 3, 4\)"),
        (lambda: npy(X), (4,), r"shape \(4\)"),
        (lambda: npy(X[:0]), (3, 4), "shape"),
        (lambda: npy(np.full((3,), np.nan)), (3,), "NaN"),
        (lambda: npy(np.full((3,), 1e300)), (3,), "float32"),
        (lambda: npy(np.array(["a", "b", "c"])), (3,), "numbers"),
        (lambda: npy(np.array([1j, 2, 3])), (3,), "numbers"),
        (lambda: npy(np.array([{}, {}, {}]), allow_pickle=True), (3,), "numbers"),
        (lambda: npy(X)[:-8], (3, 4), "incomplete"),
        (lambda: npz(x=X)[:-30], (3, 4), "damaged"),
        (lambda: npz(x=np.array([{}])), (3,), "something else"),
        (lambda: npy(np.zeros((10_001, 1))), (1,), "10,000"),
        (lambda: npz(a=np.zeros((9_000, 1)), b=np.zeros((9_000, 1))), (1,), "10,000"),
        (bomb, (2**20,), "memory"),
        (lambda: b"1,2,3", (2,), "2 features"),
        (lambda: b"1,2,x", (3,), "neither"),
        (lambda: b"1,2\n3,4", (3, 2), "shape"),
        (lambda: b"1,2", (1, 1, 2), "table"),
        (lambda: pickle.dumps([1, 2]), (2,), "UTF-8"),
    ],
)  # fmt: skip
def test_what_is_refused(data, shape, words: str) -> None:
    with pytest.raises(InvalidArray, match=words) as caught:
        arrays.read(data(), "x\n\x1b[31m" + "y" * 200, shape)
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 400


def test_whole_numbers_stay_whole() -> None:
    with pytest.raises(InvalidArray, match="int32"):
        arrays.read(npy(np.array([1.5, 2])), "x.npy", (2,), "int32")


def test_an_archive_without_arrays_and_data_that_is_no_bytes() -> None:
    buffer = io.BytesIO()
    zipfile.ZipFile(buffer, "w").close()
    with pytest.raises(InvalidArray, match="no array"):
        arrays.read(buffer.getvalue(), "x.npz", (2,))
    with pytest.raises(InvalidArray, match="bytes"):
        arrays.read("1,2", "x.csv", (2,))  # type: ignore[arg-type]


SHAPES = {"a": (4,), "b": (None, 2)}


def test_a_model_with_several_inputs_has_an_array_for_each() -> None:
    a, b = np.arange(8.0).reshape(2, 4), np.arange(12.0).reshape(2, 3, 2)
    first, second = arrays.read_named(npz(b=b, a=a), "both.npz", SHAPES)
    assert list(first) == ["a", "b"]
    np.testing.assert_array_equal(first["b"], b[0])
    np.testing.assert_array_equal(second["a"], a[1])
    (one,) = arrays.read_named(npz(a=a[0], b=b[0]), "one.npz", SHAPES)
    np.testing.assert_array_equal(one["b"], b[0])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (npy(X), "np.savez"),
        (npz(a=np.zeros(4), c=np.zeros(2)), "holds a, c"),
        (npz(a=np.zeros((2, 4)), b=np.zeros((3, 5, 2))), "2 of a, 3 of b"),
        (npz(a=np.zeros(5), b=np.zeros((5, 2))), r"a has shape \(5\)"),
        (npz(a=np.full(4, np.nan), b=np.zeros((5, 2))), "NaN"),
        (b"", "0 bytes"),
    ],
)
def test_what_does_not_hold_every_input_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(InvalidArray, match=said):
        arrays.read_named(data, "both.npz", SHAPES)
