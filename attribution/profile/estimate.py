"""Estimates: the scores of one batch of inputs, each channel's, with what the integral adds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from attribution.errors import InvalidRequest
from attribution.methods import METHODS
from attribution.profile.job import PLAN

if TYPE_CHECKING:
    from attribution.network import Network
    from attribution.profile.job import Job
    from attribution.profile.plan import Plan
    from attribution.profile.storage import Directory
    from attribution.result import Attribution

Array = npt.NDArray[Any]
TOLERANCE = 0.05
"""The estimated error of each input's scores, where none is asked for."""


@dataclass(frozen=True)
class Estimates:
    """Of one batch, each as in `rows.Rows`."""

    target: Array
    score: Array
    reference: Array
    evaluations: Array
    units: Mapping[str, Array]
    quadrature: Mapping[str, Array]
    activations: Mapping[str, Array]


@dataclass(frozen=True)
class Adaptive:
    """The plan in which each input is scored to a precision of its own.

    method : of `METHODS`. tolerance : of integrals; None for methods that have none.
    """

    method: str
    tolerance: float | None = None


def estimate(
    net: Network,
    layers: Sequence[str],
    x: Any,
    places: Array,
    target: Any,
    baseline: Any,
    plan: Adaptive | Plan,
) -> Estimates:
    """The scores of a batch.

    x : (batch, *shape), or a dict of such arrays. places : (batch,) in the manifest, from which a
    plan that draws at random takes its chance. target, baseline : as of the methods.
    """
    if not isinstance(plan, Adaptive):
        from attribution.profile.sampled import sampled

        return sampled(net, layers, x, places, target, baseline, plan)
    method = METHODS[plan.method]
    given: Any = {"tolerance": plan.tolerance} if method.estimated else {}
    found = method.run(net, x, list(layers), target=target, baseline=baseline, **given)
    first = found[layers[0]]
    return Estimates(
        classes(first.target, len(first.scores)),
        first.f_input,
        first.f_baseline,
        first.evaluations,
        {name: found[name].channels() for name in layers},
        {name: _variance(found[name], method.estimated) for name in layers},
        mean_activations(net, x, layers),
    )


def mean_activations(net: Network, x: Any, layers: Sequence[str]) -> dict[str, Array]:
    """Layer -> (batch, units): the mean activation of each channel over its positions."""
    found = net.activations(x, list(layers))
    return {name: _over(values, net.layer(name), np.mean) for name, values in found.items()}


def _over(values: Array, info: Any, sum_up: Any) -> Array:
    """(batch, units) of (batch, *shape): what is summed up over all axes but the channels'."""
    axis = 0 if info.channel_axis is None else info.channel_axis
    channels_last = np.moveaxis(values, 1 + axis, -1)
    axes = tuple(range(1, channels_last.ndim - 1))
    return np.asarray(sum_up(channels_last, axis=axes, dtype=np.float64))


def _variance(found: Attribution, estimated: bool) -> Array:
    """(batch, units) the squared error of each channel's contribution.

    The estimated error is one number for a layer, of the sum of all sizes; each channel has its
    share of that sum. A method that integrates nothing has no such error.
    """
    if not estimated:
        return np.zeros_like(found.channels())
    sizes = _over(np.abs(found.scores), found, np.sum)
    return np.asarray((found.error[:, None] * sizes) ** 2)


def classes(target: Any, batch: int) -> Array:
    """(batch,) the class that was explained: of a place the last number, -1 for a sum."""
    if isinstance(target, tuple) and target and isinstance(target[0], str):
        target = target[1] if len(target) == 2 else target[1:]
    if isinstance(target, Mapping):
        return np.full(batch, -1)
    values = np.asarray(target)
    if isinstance(target, tuple) or values.ndim == 0:
        return np.full(batch, values.reshape(-1)[-1] if values.size else 0)
    return values.reshape(batch, -1)[:, -1]


def plan_bytes(plan: Plan) -> bytes:
    """A plan as a file."""
    return json.dumps(asdict(plan)).encode()


def plan_of(data: bytes) -> Plan:
    """The plan of a file. Raises InvalidRequest for something else."""
    from attribution.profile.plan import Plan

    try:
        said: Any = json.loads(data)
        fields: Any = {k: tuple(v) if isinstance(v, list) else v for k, v in said.items()}
        return Plan(**fields)
    except (ValueError, TypeError, AttributeError) as error:
        raise InvalidRequest(
            f"{PLAN} of the run is damaged: remove it, and start the same run again."
        ) from error


def kept_plan(folder: Directory, run: Job) -> Adaptive | Plan | None:
    """The plan that a run began with; None where its file is not there.

    Raises InvalidRequest where it is damaged.
    """
    basis = run.basis
    if not basis.sampled:
        return Adaptive(basis.method, basis.precision["tolerance"])
    return plan_of(folder.read(PLAN)) if folder.exists(PLAN) else None
