"""Export: a run's numbers for other programs: tables, every row, or importances of weights."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from attribution.errors import InvalidRequest, one_line
from attribution.profile import storage
from attribution.profile.results import Run

if TYPE_CHECKING:
    import keras
    import pandas as pd

    from attribution.network import Network

FORMATS = (".csv", ".parquet", ".npz")
Array = npt.NDArray[Any]


def export(run: Run, out: str | Path, net: Network | None = None) -> None:
    """Write a run to a file, by its ending.

    .csv : the statistics, `Run.table` of each layer below one another, with a column "layer".
    .parquet : a row for each input: its id, label and attributes, and all of `Rows`.
    .npz : for pruning and regularisers, the importance of each unit, (units,), below the path of
        each Keras weight that makes these units, `weight.path`; the units are the last axis of a
        kernel, the axis before it of a depthwise one. It is the mean size of the unit's
        contribution over all inputs, each class counted alike.

    Beside OUT.csv, or another ending, where the run has them: OUT.proof.csv (`Run.proof` of each
    layer), OUT.ablation.csv (`Run.ablation`), OUT.pruning.csv (the accuracy without the least
    units), OUT.prune.yaml (layer -> the units that can go) and OUT.names.yaml (layer -> unit ->
    name, to be given as one's own).

    out : a path or URL. net : the model, which .npz needs.

    Raises
    ------
    InvalidRequest : another ending, no finished shard, a model that the run is not of.
    """
    folder, name = storage.split(out)
    suffix = Path(name).suffix.lower()
    if suffix not in FORMATS:
        raise InvalidRequest(
            f"{one_line(str(out))!r} must end in {', '.join(FORMATS[:-1])} or {FORMATS[-1]}."
        )
    if suffix == ".csv":
        data = tables(run).to_csv(index=False).encode()
    elif suffix == ".parquet":
        sink = io.BytesIO()
        inputs(run).to_parquet(sink, index=False)
        data = sink.getvalue()
    else:
        if net is None:
            raise InvalidRequest("An .npz file is keyed by the model's weights: give the model.")
        sink = io.BytesIO()
        np.savez(sink, allow_pickle=False, **importances(run, net))
        data = sink.getvalue()
    folder.write(name, data)
    for ending, text in _beside(run).items():
        folder.write(f"{name[: -len(suffix)]}.{ending}", text.encode())


def _beside(run: Run) -> dict[str, str]:
    """What is written beside a run's numbers: the ending of its name, and the file."""
    import pandas as pd
    import yaml

    proofs, single, curves = {}, {}, {}
    can_go, names = {}, {}
    for layer in run.layers:
        if (proof := run.proof(layer)) is not None:
            proofs[layer] = proof
        if (ablation := run.ablation(layer)) is not None:
            single[layer] = ablation
        if (pruning := run.pruning(layer)) is not None:
            curves[layer] = pruning.curve
            can_go[layer] = pruning.units.tolist()
        if named := run.names(layer):
            names[layer] = named
    found = {}
    listed = {"proof.csv": proofs, "ablation.csv": single, "pruning.csv": curves}
    for ending, frames in listed.items():
        if frames:
            whole = pd.concat(frames, names=["layer"]).reset_index("layer")
            found[ending] = whole.to_csv(index=False)
    for ending, lists in (("prune.yaml", can_go), ("names.yaml", names)):
        if lists:
            found[ending] = yaml.safe_dump(lists, allow_unicode=True, default_flow_style=None)
    return found


def tables(run: Run) -> pd.DataFrame:
    """The statistics of all layers, with a column "layer" before the others."""
    import pandas as pd  # loaded for tables alone

    found = [run.table(layer) for layer in run.layers]
    for layer, table in zip(run.layers, found, strict=True):
        table.insert(0, "layer", layer)
    return pd.concat(found, ignore_index=True)


def inputs(run: Run) -> pd.DataFrame:
    """A row for each input: id, label, attributes and all of `Rows`; of each layer as lists."""
    import pandas as pd

    rows = run.whole()
    manifest = run.manifest.take(rows.index)
    names = [*run.classes, ""]  # the last for those without a label
    columns: dict[str, Any] = {
        "id": manifest.id,
        "label": [names[label] for label in rows.label],
        **{f"attribute:{name}": values for name, values in manifest.attributes.items()},
        **{name: getattr(rows, name) for name in ("target", "score", "reference", "evaluations")},
    }
    for kind in ("units", "quadrature", "activations"):
        columns |= {f"{kind}:{layer}": list(v) for layer, v in getattr(rows, kind).items()}
    return pd.DataFrame(columns)


def importances(run: Run, net: Network) -> dict[str, Array]:
    """Weight path -> (units,) the mean size of each unit's contribution, each class counted alike.

    Raises
    ------
    InvalidRequest : another model than that of the run; no layer whose units a weight makes.
    """
    if net.digest() != run.job.basis.model:
        raise InvalidRequest("The model is not that of the run: its weights or operations differ.")
    rows = run.whole()
    found: dict[str, Array] = {}
    for layer, units in rows.units.items():
        sizes = np.abs(units).astype(np.float64)
        means = [sizes[rows.label == label].mean(0) for label in np.unique(rows.label)]
        importance = np.mean(means, axis=0).astype(np.float32)
        for weight in makers(net.model, layer, len(importance)):
            found[weight] = np.maximum(found.get(weight, importance), importance)
    if not found:
        raise InvalidRequest(
            f"No kernel makes the units of {', '.join(map(one_line, run.layers))}: score a dense "
            "or convolutional layer, or what follows it unit by unit."
        )
    return found


def makers(model: keras.Model, name: str, units: int) -> tuple[str, ...]:
    """The paths of the kernels whose output are the units of a layer, unit by unit.

    From the layer back through what has no kernel and keeps the number of channels (activations,
    normalisation, pooling, sums), and through depthwise kernels, which are among them.
    """
    layers = {layer.name: layer for layer in _all(model)}
    waiting, met, found = [layers.get(name)], set[int](), []
    while waiting:
        layer = waiting.pop()
        if layer is None or id(layer) in met:
            continue
        met.add(id(layer))
        kernel = getattr(layer, "kernel", None)
        if kernel is not None:
            depthwise = "Depthwise" in type(layer).__name__
            if int(kernel.shape[-2 if depthwise else -1]) != units:
                continue
            found.append(kernel.path)
            if not depthwise:
                continue
        waiting += _before(layer, units)
    return tuple(sorted(found))


def _all(model: keras.Model) -> Iterator[Any]:
    for layer in model.layers:
        yield layer
        if hasattr(layer, "layers"):
            yield from _all(layer)


def _before(layer: Any, units: int) -> Iterator[Any]:
    """The layers whose results a layer is given, with as many channels."""
    for node in getattr(layer, "_inbound_nodes", ()):
        for tensor in node.input_tensors:
            before = tensor._keras_history.operation
            if len(tensor.shape) > 1 and tensor.shape[-1] == units:
                yield before
