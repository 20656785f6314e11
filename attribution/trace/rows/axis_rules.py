"""How TensorFlow's operations move the axes of their inputs: one row of RULES a family."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import tensorflow as tf

from attribution.trace.rows import arithmetic, moves
from attribution.trace.rows.operand import Rule, static


def _each(types: str, rule: Rule) -> dict[str, Rule]:
    return dict.fromkeys(types.split(), rule)


def _input(i: int) -> Callable[[tf.Operation], Any]:
    return lambda op: static(op.inputs[i])


def _last(count: int) -> Callable[[tf.Operation], Any]:
    return lambda op: range(-count, 0)


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        **_each(
            "Abs Acos Acosh Add AddN AddV2 Angle AsString Asin Asinh Atan Atan2 Atanh BesselI0e "
            "BesselI1e BitwiseAnd BitwiseOr BitwiseXor Cast Ceil ClipByValue Complex ComplexAbs "
            "Conj Cos Cosh Digamma Div DivNoNan Elu Equal Erf Erfc Erfinv Exp Expm1 Floor "
            "FloorDiv FloorMod Greater GreaterEqual Igamma Igammac Imag Inv Invert IsFinite IsInf "
            "IsNan LeakyRelu LeftShift Less LessEqual Lgamma Log Log1p LogicalAnd LogicalNot "
            "LogicalOr LookupTableFind LookupTableFindV2 Maximum Minimum Mod Mul MulNoNan Ndtri "
            "Neg NextAfter NotEqual Pow Real RealDiv Reciprocal Relu Relu6 RightShift Rint Round "
            "Rsqrt SelectV2 Selu Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Square "
            "SquaredDifference StringToHashBucketFast Sub Tan Tanh TruncateDiv TruncateMod Xdivy "
            "Xlog1py Xlogy Zeta",
            arithmetic.elementwise,
        ),
        **_each(
            "Identity Snapshot StopGradient PreventGradient CheckNumerics EnsureShape "
            "PlaceholderWithDefault ZerosLike OnesLike Bucketize Bitcast DeepCopy "
            "FakeQuantWithMinMaxArgs FakeQuantWithMinMaxVars",
            arithmetic.first,
        ),
        **_each("Select", arithmetic.choice),
        **_each("BiasAdd BiasAddV1", arithmetic.bias),
        **_each("Conv2D Conv3D DepthwiseConv2dNative", arithmetic.convolution(0)),
        **_each("Conv2DBackpropInput Conv3DBackpropInputV2", arithmetic.convolution(2)),
        **_each("FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3", arithmetic.batch_norm),
        **_each(
            "MaxPool MaxPoolV2 MaxPool3D AvgPool AvgPool3D ResizeBilinear ResizeNearestNeighbor "
            "ResizeBicubic ResizeArea ScaleAndTranslate",
            arithmetic.pool,
        ),
        **_each("MatMul BatchMatMul BatchMatMulV2 BatchMatMulV3", arithmetic.product),
        **_each("Einsum", arithmetic.einsum),
        **_each(
            "Sum Mean Max Min Prod All Any EuclideanNorm ArgMax ArgMin",
            arithmetic.reduced,
        ),
        **_each("Softmax LogSoftmax LRN", arithmetic.along(_last(1))),
        **_each("Cumprod CumulativeLogsumexp ReverseV2", arithmetic.along(_input(1))),
        **_each("Cumsum", arithmetic.running),
        **_each("Roll", arithmetic.along(_input(2))),
        **_each("TopKV2 TopK RFFT IRFFT", arithmetic.along(_last(1), same=False)),
        **_each("RFFT2D IRFFT2D", arithmetic.along(_last(2), same=False)),
        **_each("RFFT3D IRFFT3D", arithmetic.along(_last(3), same=False)),
        **_each("FFT IFFT", arithmetic.along(_last(1))),
        **_each("FFT2D IFFT2D MatrixBandPart MatrixInverse Cholesky", arithmetic.along(_last(2))),
        **_each("FFT3D IFFT3D", arithmetic.along(_last(3))),
        **_each("Transpose", moves.transpose),
        **_each("ExpandDims", moves.expand),
        **_each("Squeeze", moves.squeeze),
        **_each("Reshape", moves.reshape),
        **_each("Pack", moves.pack),
        **_each("Unpack", moves.unpack),
        **_each("ConcatV2", moves.concat),
        **_each("Split", moves.split(1, 0)),
        **_each("SplitV", moves.split(0, 2)),
        **_each("Slice", moves.cut),
        **_each("StridedSlice", moves.strided),
        **_each("GatherV2 ResourceGather", moves.gather),
        **_each("GatherNd ResourceGatherNd", moves.gather_nd),
        **_each("Tile", moves.tile),
        **_each("BroadcastTo", moves.broadcast),
        **_each("Fill", moves.fill),
        **_each("OneHot", moves.one_hot),
        **_each("DenseBincount", arithmetic.counts),
        **_each("Pad PadV2 MirrorPad", moves.pad),
        **_each("SpaceToBatchND BatchToSpaceND", moves.scatter),
        **_each("SpaceToDepth DepthToSpace", moves.depth),
        **_each("MatrixDiagV2 MatrixDiagV3 MatrixDiagPartV2 MatrixDiagPartV3", moves.diagonal),
    }
)
"""TensorFlow operation type -> the axes of its results. What is not here is not known."""

LENGTHS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        **dict.fromkeys(["TopKV2", "Reshape", "Tile", "BroadcastTo", "OneHot"], (1,)),
        **dict.fromkeys(["Fill"], (0,)),
        **dict.fromkeys(["Slice"], (1, 2)),
        **dict.fromkeys(["StridedSlice"], (1, 2, 3)),
        **dict.fromkeys(["Conv2DBackpropInput", "Conv3DBackpropInputV2"], (0,)),
        **dict.fromkeys(
            ["ResizeBilinear", "ResizeNearestNeighbor", "ResizeBicubic", "ResizeArea"], (1,)
        ),
    }
)
"""Which inputs say how long an operation's results are, and may depend on the batch's size."""
