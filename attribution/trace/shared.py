"""What the rules of DeepLIFT find of a traced model, made once.

TensorFlow calls a registered gradient by name, for one operation at a time: what one finds, others
need, and the graph keeps it for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import tensorflow as tf

from attribution.errors import UnsupportedOperation

Slopes = tuple[tf.Tensor, tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]
"""Slope of each part's effect and the parts of the input, (2N, ...); how multipliers go back."""


@dataclass
class Shared:
    """What has been found so far.

    parts : tensor -> its D+ and D-, (2N, ...).
    told : tensor -> whether these can be told apart.
    slopes : operation -> those of an activation.
    refusals : rule -> layer -> the error for it.
    functions : name -> definition of each tf.function that operations call.
    """

    parts: dict[str, tf.Tensor] = field(default_factory=dict)
    told: dict[str, bool] = field(default_factory=dict)
    slopes: dict[str, Slopes] = field(default_factory=dict)
    refusals: dict[str, Mapping[str, UnsupportedOperation]] = field(default_factory=dict)
    functions: dict[str, Any] = field(default_factory=dict)
