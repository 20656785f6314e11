"""Checkup: does the library say of a network what Keras says of it, and what can be explained?

Every finding compares with Keras run on each example alone, or reads the traced graph. The report
is a letter: the verdict first, then what was found, each with the mend.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from attribution.arguments import Baseline, Input, Target
from attribution.checks import against_keras
from attribution.checks import findings as _findings
from attribution.checks.findings import Finding
from attribution.errors import AttributionError, InvalidRequest
from attribution.layers import LayerInfo
from attribution.network import Network
from attribution.questions import question as _question

Array = npt.NDArray[Any]
_WIDTH = 92


@dataclass(frozen=True)
class Report:
    """What `check` found; as text, a letter.

    layers : with the axis of the channels of each, and whether it is a cut.
    explainable : layer -> method -> None where it works, else the sentence that refuses it.
    """

    model: str
    verdict: str
    findings: tuple[Finding, ...]
    layers: tuple[LayerInfo, ...]
    explainable: Mapping[str, Mapping[str, str | None]]

    @property
    def fine(self) -> bool:
        """Whether nothing was found that a user of the numbers must mend or mind."""
        return all(f.fine for f in self.findings)

    def __str__(self) -> str:
        width = max((len(f.topic) for f in self.findings), default=0)
        lines = [self.verdict, ""]
        for f in self.findings:
            mark = " " if f.fine else "!"
            told = f"{f.sentence} {f.mend}".rstrip()
            lines += textwrap.wrap(
                f"{mark} {f.topic:{width}}  {told}",
                _WIDTH,
                subsequent_indent=" " * (width + 4),
                break_long_words=False,
            )
        return "\n".join(line.rstrip() for line in lines)


def check(
    net: Network, x: Input | None = None, *, target: Target = None, baseline: Baseline = None
) -> Report:
    """Examine a network before its numbers are believed.

    Compared are the answers for each example alone and among others with Keras's own, twice; looked
    at are which axis of every layer counts the examples and which the channels, whether activations
    and gradients are finite, what stays at x along the path, which layers are cuts, and which
    methods each layer can be explained with.

    Parameters
    ----------
    x : (batch, *input), or a dict or list of such arrays; None: two examples of noise (of integer
        inputs: zeros and ones), which show less than real ones.
    target, baseline : as in `neuron_integrated_gradients`.

    Raises
    ------
    InvalidRequest : x, target or baseline does not fit the network.
    """
    made_up = x is None
    arrays = against_keras.neutral(net) if made_up else net.arrays(x)
    explainable = net.explainable()
    findings = [_input(net, arrays, made_up), *against_keras.compared(net, arrays)]
    try:
        question = _question.ask(
            net,
            against_keras.given(net, arrays),
            "all",
            target=target,
            baseline=baseline,
        )
    except InvalidRequest:
        if any(None in methods.values() for methods in explainable.values()):
            raise  # what was asked does not fit; the network can be explained
        works = 0
    except AttributionError as error:
        works = 0
        findings.append(Finding("Score", False, str(error)))
    else:
        works = len(question.layers)
        findings += [
            _findings.score(question),
            _findings.rows(net, question),
            _findings.channels(net),
            _findings.finite(net, question),
            _findings.held(question),
            _findings.state(question),
            _findings.cuts(net),
        ]
    findings.append(_findings.methods(explainable))
    verdict = _verdict(net, works, [f.topic.lower() for f in findings if not f.fine])
    return Report(net.model.name, verdict, tuple(findings), net.layers, explainable)


def _verdict(net: Network, works: int, minded: Sequence[str]) -> str:
    """works : layers that can be explained. minded : what was found not to be as it should."""
    name = repr(net.model.name)
    if not works:
        return f"{name} cannot be explained as it is: see what is marked with !."
    told = f"{name} can be explained: {works} of {len(net.layers)} layers by one method or more."
    return f"{told} Mind {_findings.listed(minded)}, marked with !." if minded else told


def _input(net: Network, arrays: Sequence[Array], made_up: bool) -> Finding:
    shapes = ", ".join(
        f"{name} {' x '.join(map(str, a.shape[1:])) or 'one number'} ({a.dtype})"
        for name, a in zip(net.input_shapes, arrays, strict=True)
    )
    count = len(arrays[0])
    whose = "made up, of noise" if made_up else "of yours"
    mend = "Real examples show more: give some as x." if made_up else ""
    return Finding("Input", True, f"{count} example{'s' * (count > 1)} {whose}: {shapes}.", mend)
