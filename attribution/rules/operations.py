"""The rules of DeepLIFT: how a contribution passes back through each TensorFlow operation.

Every operation belongs to one of four families (Shrikumar, Greenside, Kundaje, arXiv 1704.02685,
section 3), and RULES says to which:

linear       sums, copies, convolutions: the gradient itself.
elementwise  activations, exp, rsqrt: the slope of the secant, Dy / Dx (the Rescale rule).
bilinear     products, and whatever else is of second degree: the gradient at the mean of the pair.
max          pools and maxima: credit to the winner of the larger side.

Each multiplier, times the difference of its operand, summed over the operands, gives back the
multiplier times Dy, exactly. An operation that is not in the table is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import tensorflow as tf

from attribution.rules import pairs
from attribution.rules.pairs import difference, halves, join, mean, own_gradient, times, twice
from attribution.trace.graph import Graph
from attribution.trace.replay import replay

Family = Literal["linear", "elementwise", "bilinear", "max"]
Gradients = list[Any]
"""One multiplier for each of some inputs of an operation."""
Back = Callable[[tf.Operation, Sequence[int], Sequence[tf.Tensor]], Gradients]
"""back(op, which, gradients by its outputs) -> the multipliers of the inputs numbered `which`."""


@dataclass(frozen=True)
class Rule:
    """What is done at operations of one type.

    back : the multipliers of the inputs that vary with x; None: TensorFlow's own gradient.
    operands : the inputs that may vary; None for any.
    most : how many of them may vary at once.
    """

    family: Family
    back: Back | None = None
    operands: tuple[int, ...] | None = None
    most: int = 1

    def allows(self, which: Sequence[int]) -> bool:
        """Whether the rule is exact where the inputs numbered `which` vary."""
        known = self.operands is None or set(which) <= set(self.operands)
        return known and len(which) <= self.most


def same(op: tf.Operation, which: Sequence[int], m: Sequence[tf.Tensor]) -> Gradients:
    """Operations that hand on their inputs, whatever gradient they were given."""
    return [m[i] if i < len(m) else None for i in which]


def linear(op: tf.Operation, which: Sequence[int], m: Sequence[tf.Tensor]) -> Gradients:
    """TensorFlow's own gradient."""
    return own_gradient(op, which, {}, m)[0]


def rescale(op: tf.Operation, which: Sequence[int], m: Sequence[tf.Tensor]) -> Gradients:
    """m Dy / Dx; as Dx -> 0, m f'."""
    x, narrow = spread(op, which[0])
    return [narrow(times(m[0], secant(op, which[0], x)))]


def secant(op: tf.Operation, i: int, x: tf.Tensor) -> tf.Tensor:
    """Dy / Dx, (N, ...), of an elementwise operation of its input number `i`, which is `x`."""
    x1, x0 = halves(x)
    y1, y0 = halves(op.outputs[0])
    slope = pairs.kinked_slope if op.type in KINKED else pairs.slope
    return slope(function(op, i), x0, x1 - x0, y0, y1 - y0)


def function(op: tf.Operation, i: int) -> pairs.Function:
    """The operation as a function of its input number `i`, the others as they are."""
    return lambda x: replay(op, {i: x})[0]


def spread(op: tf.Operation, i: int) -> tuple[tf.Tensor, pairs.Function]:
    """Input number `i` in the shape of the output, and how a multiplier of that shape goes back."""
    x, y = op.inputs[i], op.outputs[0]
    shape = x.shape[1:]
    if len(op.inputs) == 1 or (shape.is_fully_defined() and shape == y.shape[1:]):
        return x, lambda m: m
    narrow = tf.identity(x)
    wide = narrow + tf.zeros_like(y)
    return wide, lambda m: tf.gradients(wide, narrow, m)[0]


def at_mean(op: tf.Operation, which: Sequence[int], m: Sequence[tf.Tensor]) -> Gradients:
    """The gradient at the mean of the pair, exact for every function of second degree.

    Of a product a b this is m_a = m (b + b0)/2 and m_b = m (a + a0)/2.
    """
    return own_gradient(op, which, {i: twice(mean(op.inputs[i])) for i in which}, m)[0]


def product(op: tf.Operation, which: Sequence[int], m: Sequence[tf.Tensor]) -> Gradients:
    """`at_mean` for operations that are linear in each operand."""
    return (linear if len(which) == 1 else at_mean)(op, which, m)


def divide(op: tf.Operation, which: Sequence[int], m: Sequence[tf.Tensor]) -> Gradients:
    """a / b: linear in a, elementwise in b; both as the product a * (1 / b)."""
    if tuple(which) == (0,):
        return linear(op, which, m)
    if tuple(which) == (1,):
        return rescale(op, which, m)
    a, narrow_a = spread(op, 0)
    b, narrow_b = spread(op, 1)
    b1, b0 = halves(b)
    by_b = -mean(a) / (b1 * b0)
    return [narrow_a(times(m[0], (1 / b1 + 1 / b0) / 2)), narrow_b(times(m[0], by_b))]


def winner(op: tf.Operation, which: Sequence[int], m: Sequence[tf.Tensor]) -> Gradients:
    """Max pools and maxima (cross-max): m Dy goes to the place that holds the larger output.

    That is the input's winner where y > y0 and the reference's elsewhere, where |D| >= |Dy| > 0.
    Overlapping windows add up. Places that do not differ get the gradient, which scores 0.
    """
    y1, y0 = halves(op.outputs[0])
    ahead = (y1 <= y0) if op.type in ("Min", "Minimum") else (y1 >= y0)
    m1, _ = halves(m[0])
    credit = m1 * (y1 - y0)
    none = tf.zeros_like(credit)
    split = join(tf.where(ahead, credit, none), tf.where(ahead, none, credit))
    given, plain = own_gradient(op, which, {}, [split], m)
    found: Gradients = []
    for i, share, gradient in zip(which, given, plain, strict=True):
        moved = difference(op.inputs[i])
        quotient = tf.math.divide_no_nan(tf.add(*halves(share)), moved)
        found.append(twice(tf.where(tf.equal(moved, 0), mean(gradient), quotient)))
    return found


def maximum(op: tf.Operation, which: Sequence[int], m: Sequence[tf.Tensor]) -> Gradients:
    """max(a, b) and min(a, b): a function of one operand, or a contest of both."""
    return (rescale if len(which) == 1 else winner)(op, which, m)


def softmax(op: tf.Operation, which: Sequence[int], m: Sequence[tf.Tensor]) -> Gradients:
    """exp, sum, divide: elementwise, linear, and the product with a reciprocal."""
    e1, e0, by_x = _exponentials(op.inputs[0])
    s1, s0 = (tf.reduce_sum(e, -1, keepdims=True) for e in (e1, e0))
    m1, _ = halves(m[0])
    by_sum = -tf.reduce_sum(m1 * (e1 + e0) / 2, -1, keepdims=True) / (s1 * s0)
    return [twice((m1 * (1 / s1 + 1 / s0) / 2 + by_sum) * by_x)]


def log_softmax(op: tf.Operation, which: Sequence[int], m: Sequence[tf.Tensor]) -> Gradients:
    """x - log(sum(exp(x))): linear and elementwise."""
    e1, e0, by_x = _exponentials(op.inputs[0])
    s1, s0 = (tf.reduce_sum(e, -1, keepdims=True) for e in (e1, e0))
    by_sum = pairs.slope(tf.math.log, s0, s1 - s0, tf.math.log(s0), tf.math.log(s1 / s0))
    m1, _ = halves(m[0])
    return [twice(m1 - tf.reduce_sum(m1, -1, keepdims=True) * by_sum * by_x)]


def _exponentials(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """exp at x and at the reference, scaled alike so that none overflows, and its slope."""
    x1, x0 = halves(x)
    top = tf.reduce_max(tf.maximum(x1, x0), -1, keepdims=True)
    e1, e0 = tf.exp(x1 - top), tf.exp(x0 - top)
    return e1, e0, pairs.slope(tf.exp, x0 - top, x1 - x0, e0, e1 - e0)


def _each(types: str, rule: Rule) -> dict[str, Rule]:
    return dict.fromkeys(types.split(), rule)


_ANY = 1_000_000

MOVES: Mapping[str, Rule] = MappingProxyType(
    _each("Add AddV2 AddN BiasAdd ConcatV2 Pack SelectV2 Select", Rule("linear", most=_ANY))
    | _each("IdentityN", Rule("linear", same, most=_ANY))
    | _each("StopGradient PreventGradient", Rule("linear", same))
    | _each("Split", Rule("linear", operands=(1,)))
    | _each(
        "Identity Snapshot EnsureShape CheckNumerics Cast Reshape Squeeze ExpandDims Transpose "
        "Slice StridedSlice SplitV Unpack GatherV2 Tile BroadcastTo Roll ReverseV2 "
        "Pad PadV2 MirrorPad SpaceToBatchND BatchToSpaceND SpaceToDepth DepthToSpace "
        "MatrixDiagPartV3 Sum Mean Cumsum AvgPool AvgPool3D ResizeBilinear ResizeNearestNeighbor",
        Rule("linear", operands=(0,)),
    )
)
"""Linear operations whose weights are never negative: parts of either sign keep apart."""

WEIGHTS: Mapping[str, Rule] = MappingProxyType(
    _each("Conv2D Conv3D DepthwiseConv2dNative", Rule("linear", operands=(0,)))
    | _each("Conv2DBackpropInput Conv3DBackpropInputV2", Rule("linear", operands=(2,)))
    | _each("MatMul", Rule("linear"))
    | _each("BatchMatMul BatchMatMulV2 BatchMatMulV3 Einsum", Rule("bilinear", product, most=2))
)
"""Sums with weights of both signs, where these do not vary; the second input holds them, or x."""

ACTIVATIONS: Mapping[str, Rule] = MappingProxyType(
    _each(
        "Relu Relu6 LeakyRelu Elu Selu Softplus Softsign Sigmoid Tanh Erf Erfc Abs Atan",
        Rule("elementwise", rescale),
    )
    | _each("Maximum Minimum", Rule("max", maximum, most=2))
    | _each("ClipByValue", Rule("elementwise", rescale, operands=(0,)))
)
"""Functions of one variable that are finite everywhere, to which RevealCancel may apply."""

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        **MOVES,
        **WEIGHTS,
        **ACTIVATIONS,
        **_each("Sub", Rule("linear", most=2)),
        **_each("Neg FusedBatchNormV3 ResizeBicubic", Rule("linear", operands=(0,))),
        **_each(
            "Exp Expm1 Log Log1p Sqrt Rsqrt Reciprocal Inv Pow Sin Cos Tan Asin Acos Sinh Cosh "
            "Asinh Acosh Atanh Sign Round Rint Floor Ceil Erfinv Ndtri Lgamma Digamma",
            Rule("elementwise", rescale),
        ),
        **_each("Mul MulNoNan", Rule("bilinear", product, most=2)),
        **_each("SquaredDifference", Rule("bilinear", at_mean, most=2)),
        **_each("Square", Rule("bilinear", at_mean)),
        **_each("RealDiv Div", Rule("bilinear", divide, most=2)),
        **_each("DivNoNan", Rule("linear", operands=(0,))),
        **_each("Softmax", Rule("bilinear", softmax)),
        **_each("LogSoftmax", Rule("elementwise", log_softmax)),
        **_each("MaxPool MaxPool3D Max Min", Rule("max", winner, operands=(0,))),
    }
)
"""TensorFlow operation type -> what is done there. What is not here is refused."""

CALLS = ("PartitionedCall", "StatefulPartitionedCall")
"""Calls of an inner tf.function: as linear as what is inside."""
KINKED = ("Relu", "Relu6", "Abs", "Minimum", "Maximum", "ClipByValue")

RESCALE = "attribution.rescale"


@tf.RegisterGradient(RESCALE)
def _rescale(op: tf.Operation, *m: tf.Tensor) -> Gradients:
    return apply(op, m, lambda rule: rule.back or linear)


def scattered(graph: Graph, tensor: tf.Tensor) -> int:
    """How many blocks SpaceToBatchND made of every example (dilated convolutions); 0 for none.

    The rows of such a tensor go block by block, so that its halves are not those of the batch.
    """
    layout = graph.examples.layout(tensor)
    blocks = layout.outer if layout is not None and layout.axis == 0 else None
    return blocks if blocks is not None and blocks > 1 else 0


def apply(op: tf.Operation, m: Sequence[tf.Tensor], choose: Callable[[Rule], Back]) -> Gradients:
    """Call the rule of an operation from within tf.gradients; 0 where there is none.

    Such an operation is refused when a layer behind it is asked for (`refusals`), and until then
    it must not end the trace.
    """
    graph = Graph.of(op)
    which = [i for i, t in enumerate(op.inputs) if graph.ways.varies(t)]
    rule = RULES.get(op.type)
    found: Gradients = [None] * len(op.inputs)
    if not which:
        return found
    given: Gradients = [tf.zeros_like(op.inputs[i]) for i in which]
    if rule is not None and rule.allows(which) and not complex_operand(op, which):
        given = choose(rule)(op, which, m)
    for i, multiplier in zip(which, given, strict=True):
        found[i] = multiplier
    return found


def complex_operand(op: tf.Operation, which: Sequence[int]) -> bool:
    """Whether one of the inputs numbered `which` is complex: the rules compare real numbers."""
    return any(op.inputs[i].dtype.is_complex for i in which)


def overrides(name: str, own: Iterable[str]) -> Mapping[str, str]:
    """Every TensorFlow operation type -> `name`, but for those that keep their own gradient."""
    kept = {*own, *CALLS}
    return MappingProxyType({t: name for t in dir(tf.raw_ops) if t[0].isupper() and t not in kept})


OVERRIDES = overrides(RESCALE, [t for t, rule in RULES.items() if rule.back is None])
"""What `Network.graph(override=)` takes for the Rescale rule."""
