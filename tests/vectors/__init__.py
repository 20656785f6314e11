"""Numeric cases as data: networks, inputs and the scores that others published or derived by hand.

`vectors.json` is read by nothing but this file, and this file knows no method: what it builds is
what the JSON says. An entry has `id, kind, method, layers, layer, input, baseline, target,
expected, tolerance, notes`, and where needed `constant` (inputs off the path), `neuron`,
`layer_mask`, `layer_baseline`, `multiply_by_inputs` and `recomputed` (a more precise value).

    @parametrize("conductance")
    def test_conductance(case):
        net = Network(build(case))
        result = method(net, inputs(case), layer_names(case)[0], **request(case))
        assert_close(case, result.scores)
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest

Case = dict[str, Any]
Array = npt.NDArray[Any]

_CASES: list[Case] = json.loads(Path(__file__).with_name("vectors.json").read_text("utf-8"))
_SECOND = "_call2"  # a name that ends so is the second call of the layer before the ending


def cases(*methods: str) -> list[Case]:
    """The cases of these methods, in the file's order; of all methods where none is named."""
    known = {case["method"] for case in _CASES}
    assert known.issuperset(methods), f"no cases of {set(methods) - known}"
    return [case for case in _CASES if not methods or case["method"] in methods]


def case(name: str) -> Case:
    """The case of that id."""
    (found,) = (case for case in _CASES if case["id"] == name)
    return found


def parametrize(*methods: str) -> pytest.MarkDecorator:
    """A test for each case of these methods; the test's argument is `case`, its id the case's."""
    found = cases(*methods)
    return pytest.mark.parametrize("case", found, ids=[case["id"] for case in found])


def build(case: Case) -> keras.Model:
    """The functional Keras model of the case, with the case's weights and names, in float32."""
    tensors = {
        name: keras.Input(array.shape[1:], name=name) for name, array in inputs(case).items()
    }
    starts = list(tensors.values()) if len(tensors) > 1 else next(iter(tensors.values()))
    made: dict[str, keras.Layer] = {}
    for entry in case["layers"]:
        shared = entry["name"].removesuffix(_SECOND)
        if shared not in made:
            made[shared] = _layer(entry)
        given = [tensors[name] for name in entry["inbound"]]
        several = entry["class"] in ("Add", "Concatenate")
        tensors[entry["name"]] = made[shared](given if several else given[0])
    model = keras.Model(starts, tensors[case["layers"][-1]["name"]])
    for entry in case["layers"]:
        weights = ("kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance")
        values = [np.array(entry[key], np.float32) for key in weights if key in entry]
        made[entry["name"].removesuffix(_SECOND)].set_weights(values)
    return model


def _layer(entry: dict[str, Any]) -> keras.Layer:
    plain = ("name", "activation", "scale", "offset", "strides", "pool_size", "epsilon")
    options = {key: entry[key] for key in plain if key in entry}
    if "kernel" in entry:
        kernel = np.shape(entry["kernel"])
        if entry["class"] == "Dense":
            options["units"] = kernel[-1]
        else:
            options |= {"filters": kernel[-1], "kernel_size": kernel[:-2]}
    return getattr(keras.layers, entry["class"])(**options)


def inputs(case: Case) -> dict[str, Array]:
    """x: input name -> float32 (batch, *shape), those off the path included."""
    return _arrays(case["input"]) | _arrays(case.get("constant", {}))


def baselines(case: Case) -> dict[str, Array] | None:
    """x', as `inputs`: an input off the path has the value that it has in x. None: not given."""
    if not case["baseline"]:
        return None
    return _arrays(case["baseline"]) | _arrays(case.get("constant", {}))


def _arrays(named: dict[str, Any]) -> dict[str, Array]:
    return {name: np.array(values, np.float32) for name, values in named.items()}


def target(case: Case) -> int | dict[Any, float]:
    """The target as methods take it; null means the sum of all outputs."""
    given = case["target"]
    if given is None:
        shape = build(case).output_shape[1:]
        return dict.fromkeys(np.ndindex(shape), 1.0)
    if isinstance(given, dict):
        return {int(index): weight for index, weight in given.items()}
    return int(given)


def request(case: Case) -> dict[str, Any]:
    """Keyword arguments of a method: targets of the cases are outputs, softmax included."""
    return {"target": target(case), "baseline": baselines(case), "output": "output"}


def layer_names(case: Case) -> list[str]:
    """The layers asked for, as Network names them; the inputs on the path where none is named."""
    asked = case["layer"]
    if asked is None:
        return list(case["input"])
    names = [asked] if isinstance(asked, str) else asked
    return [f"{n.removesuffix(_SECOND)}#2" if n.endswith(_SECOND) else n for n in names]


def expected(case: Case) -> list[Array]:
    """The scores of each of `layer_names`, the more precise value where there is one."""
    values = case["expected"] if case.get("recomputed") is None else case["recomputed"]
    several = len(layer_names(case)) > 1
    return [np.array(v) for v in (values if several else [values])]


def assert_close(case: Case, *scores: Any) -> None:
    """The scores of each of `layer_names` are those expected, to the case's own tolerance."""
    wanted = expected(case)
    assert len(scores) == len(wanted)
    for found, value in zip(scores, wanted, strict=True):
        np.testing.assert_allclose(found, value, rtol=0, atol=case["tolerance"])
