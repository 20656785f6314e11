"""Paths, cuts and dependence in graphs that are drawn by hand: no TensorFlow takes part."""

import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from attribution.trace.connectivity import Connectivity, after, before, depending


@dataclass(frozen=True)
class Kind:
    name: str = "float32"
    is_floating: bool = True
    is_complex: bool = False


WHOLE = Kind("int32", is_floating=False)


@dataclass(frozen=True)
class Tensor:
    name: str
    dtype: Kind = field(default_factory=Kind)


@dataclass(frozen=True)
class Op:
    type: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


def drawn(seed: int) -> tuple[list[Op], list[Tensor], Tensor]:
    """Some ten operations in an order in which they can be run, two starts and a score."""
    dice = random.Random(seed)
    starts = [Tensor("x"), Tensor("y")]
    tensors, operations = [*starts, Tensor("constant")], []
    for i in range(dice.randint(4, 9)):
        inputs = tuple(dice.choices(tensors, k=dice.randint(1, 3)))
        kind = dice.choice([Kind(), Kind(), Kind(), WHOLE])
        outputs = tuple(Tensor(f"{i}:{k}", kind) for k in range(dice.randint(1, 2)))
        operations.append(Op(dice.choice(["Add", "Mul", "Shape"]), inputs, outputs))
        tensors += outputs
    return operations, starts, tensors[-1]


def walks(
    operations: list[Op], tensor: Tensor, end: Tensor, *, values: bool = False
) -> Iterator[tuple[str, ...]]:
    """Every way from a tensor to the end, as the tensors that it passes, by trying all.

    values : of any kind, but not through operations that read no values; else differentiable ones.
    """
    if tensor.name == end.name:
        yield (tensor.name,)
    if not values and not tensor.dtype.is_floating:
        return
    for op in operations:
        if values and op.type == "Shape":
            continue
        for given in op.inputs:
            if given.name == tensor.name:
                for out in op.outputs:
                    for rest in walks(operations, out, end, values=values):
                        yield (tensor.name, *rest)


@pytest.mark.parametrize("seed", range(60))
def test_against_walking_every_way(seed: int) -> None:
    operations, starts, score = drawn(seed)
    tensors = {t.name: t for op in operations for t in (*op.inputs, *op.outputs)}
    ways = [way for start in starts for way in walks(operations, start, score)]
    given: Any = operations
    found = Connectivity.between(starts, score, given)
    assert found.paths == len(ways)
    for name, tensor in tensors.items():
        through = sum(name in way for way in ways)
        from_start = sum(len(list(walks(operations, s, tensor))) for s in starts)
        to_score = len(list(walks(operations, tensor, score)))
        floating = tensor.dtype.is_floating
        assert found.to_score.get(name, 0) == (to_score if floating or name == score.name else 0)
        assert found.varies(tensor) == (floating and from_start > 0)
        assert found.reaches(tensor) == (to_score > 0 and (floating or name == score.name))
        if floating:
            assert found.is_cut(tensor) == (len(ways) > 0 and through == len(ways))
        reached = any(True for s in starts for _ in walks(operations, s, tensor, values=True))
        assert found.moves(tensor) == reached


def test_many_paths_are_counted_exactly() -> None:
    """Each step doubles the ways: 2^200 of them, beyond every float."""
    tensors = [Tensor(f"t{i}") for i in range(201)]
    chain: Any = [Op("Add", (tensors[i], tensors[i]), (tensors[i + 1],)) for i in range(200)]
    assert before([tensors[-1]], chain)["t0"] == 2**200
    assert after([tensors[0]], chain)["t200"] == 2**200
    assert Connectivity.between([tensors[0]], tensors[-1], chain).is_cut(tensors[77])


def test_what_is_given_lets_nothing_through() -> None:
    a, b, c = (Tensor(name) for name in "abc")
    chain: Any = [Op("Add", (a,), (b,)), Op("Add", (b,), (c,))]
    assert depending([a], chain) == {"a", "b", "c"}
    assert depending([a], chain, fed={"b"}) == {"a"}


def test_no_tensorflow() -> None:
    code = "import sys, attribution.trace.connectivity; print('tensorflow' in sys.modules)"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, check=True)
    assert done.stdout.split() == [b"False"]
