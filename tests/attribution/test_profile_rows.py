"""Rows and manifests: what is written comes back, and what is damaged is known."""

import numpy as np
import pytest

from attribution.profile import manifest as manifests
from attribution.profile import rows
from attribution.profile.manifest import Manifest
from attribution.profile.rows import Rows, Unreadable


def some(index: list[int], seed: int = 0) -> Rows:
    generator = np.random.default_rng(seed)
    n = len(index)
    whole = {k: generator.integers(0, 9, n) for k in ("label", "target", "evaluations")}
    floats = {k: generator.normal(size=n).astype("f4") for k in ("score", "reference")}
    wide = {
        k: {"a": generator.normal(size=(n, 3)).astype("f4"), "b: c": np.ones((n, 1), "f4")}
        for k in ("units", "quadrature", "activations")
    }
    return Rows(index=np.array(index, np.int64), **whole, **floats, **wide)


def same(one: Rows, two: Rows) -> bool:
    plain = all(np.array_equal(getattr(one, n), getattr(two, n)) for n in rows.PLAIN)
    wide = [(getattr(one, n), getattr(two, n)) for n in rows.WIDE]
    return plain and all(
        list(a) == list(b) and all(np.array_equal(a[k], b[k]) for k in a) for a, b in wide
    )


@pytest.mark.parametrize("index", [[], [4], [0, 2, 5]])
def test_what_is_written_comes_back(index: list[int]) -> None:
    found, about = rows.from_bytes(rows.to_bytes(some(index), {"fingerprint": "f", "shard": 3}))
    assert same(found, some(index))
    assert about == {"fingerprint": "f", "shard": 3}


def test_a_file_without_rows_keeps_its_layers() -> None:
    found, _ = rows.from_bytes(rows.to_bytes(rows.empty({"a": 3}), {}))
    assert {n: v.shape for n, v in found.units.items()} == {"a": (0, 3)}


def test_every_byte_that_changes_is_noticed() -> None:
    """Wherever a disk turns a bit of a file: it is refused, or its numbers are the same."""
    written = rows.to_bytes(some([0, 1, 2]), {"shard": 0})
    refused = 0
    for place in range(0, len(written), 31):
        damaged = bytearray(written)
        damaged[place] ^= 0x10
        try:
            found, _ = rows.from_bytes(bytes(damaged))
        except Unreadable:
            refused += 1
        else:
            assert same(found, some([0, 1, 2]))
    assert refused > len(written) // 31 // 4
    for end in (0, 4, len(written) // 2, len(written) - 1):
        with pytest.raises(Unreadable):
            rows.from_bytes(written[:end])


def test_parts_are_joined_in_the_order_of_the_manifest() -> None:
    whole = some([0, 1, 2, 3])
    parts = [whole.take(slice(2, 4)), whole.take(np.array([1])), whole.take([0])]
    assert same(rows.joined(parts), whole)


def made(labels: list[int]) -> Manifest:
    n = len(labels)
    names = tuple(f"{i:03}.png" for i in range(n))
    return Manifest(
        id=names, path=names, record=np.zeros(n, np.int64), digest=("d",) * n,
        label=np.array(labels, np.int64), classes=("cat", "dog"),
        attributes={"striped": ("yes",) * n},
    )  # fmt: skip


def test_a_manifest_comes_back() -> None:
    given = made([0, 1, -1])
    found = manifests.from_bytes(manifests.to_bytes(given))
    assert (found.id, found.path, found.digest) == (given.id, given.path, given.digest)
    assert (found.classes, found.attributes) == (given.classes, given.attributes)
    assert found.label.tolist() == [0, 1, -1]
    assert found.fingerprint() == given.fingerprint()
    assert found.fingerprint() != given.take([0, 1]).fingerprint()


def test_a_sample_holds_as_many_of_each_class_as_can_be() -> None:
    given = made([0] * 90 + [1] * 5)
    places = given.sample(20, seed=1)
    assert list(places) == sorted(set(places.tolist()))
    assert np.bincount(given.label[places]).tolist() == [15, 5]
    assert list(places) == list(given.sample(20, seed=1))
    assert list(places) != list(given.sample(20, seed=2))
    assert len(given.sample(1000, seed=1)) == 95
