"""Write assets/results: what the dashboard shows before TensorFlow is loaded.

    python -m assets.build_results

catalogue.json holds the layers of the models; <model>/<sample>.npz what the pages show of the
default request, under the keys of the engine's store. Run it again after a change to a model, a
sample or a method.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

import attribution
from attribution.bundled import ASSETS
from attribution.zoo import Sample, cards
from dashboard.kinds.sequence import request as dna
from dashboard.kinds.sequence.lab import Lab
from dashboard.request import request
from dashboard.request.catalogue import RESULTS, Model, catalogue
from dashboard.request.form import Known
from dashboard.work import records, studies
from dashboard.work.answer import Answer
from dashboard.work.engine import Engine, Source
from dashboard.work.store import Store
from dashboard.work.workshop import STORE_BYTES


def describe() -> dict[str, Any]:
    """The content of catalogue.json: the layers of each bundled model, as its network has them."""
    return {
        name: [
            [x.name, x.kind, list(x.shape), x.is_cut, x.channel_axis]
            for x in attribution.load(name).layers
        ]
        for name in cards()
    }


def picture(engine: Engine, model: Model, sample: Sample, overview: bool) -> Mapping[str, Any]:
    """What Explore shows of a photograph and, where that is asked for, Overview."""
    values, _ = request.read({"model": model.name, "input": sample.name}, catalogue())
    asked = request.request(Known(catalogue(), values))
    source = Source(sample.name, sample.title, "", sample.path.read_bytes)
    engine.answer(source, asked, _ignore, _ignore)  # so that `seconds` is the time once it is warm
    engine.store = Store(STORE_BYTES)
    answer = engine.answer(source, asked, _ignore, _ignore)
    engine.facts(source, model.name, asked.fit)
    engine.references(source, asked, answer.target)
    if overview:
        studies.overview(engine, source, asked, _ignore, _ignore)
    return _kept(engine)


def sequence(lab: Lab, model: Model, sample: Sample) -> Mapping[str, Any]:
    """What Sequence shows of a sample: its bases, their changes, and the largest filter."""
    values, _ = dna.read({"model": model.name, "input": sample.name}, catalogue())
    asked = dna.question(Known(catalogue(), values).values)
    letters = lab.read(sample.path.read_bytes())[0].letters
    target = sample.target
    if target is None:
        target = lab.prediction("", letters, model.name).predicted
    asked = replace(asked, target=target)
    lab.read_bases("", letters, asked, _ignore, _ignore)
    lab.store = Store(STORE_BYTES)
    answer = lab.read_bases("", letters, asked, _ignore, _ignore).answer
    lab.prediction("", letters, model.name)
    lab.effects("", letters, model.name, target)
    lab.pattern(model.name, answer.layer, answer.order(1)[0])
    return _kept(lab)


def _kept(engine: Engine) -> Mapping[str, Any]:
    """What the store holds now, but for pixels; activations of pictures in half precision."""
    found = {repr(key): each for key, each in engine.store.items() if key[0] != "pixels"}
    for key, each in found.items():
        if isinstance(each, Answer):
            found[key] = replace(each, activations=each.activations.astype(np.float16))
    return found


def _ignore(*_: int) -> None:
    pass


def main() -> None:
    """Write everything."""
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(describe(), indent=1, ensure_ascii=False)
    (RESULTS / "catalogue.json").write_text(text + "\n", encoding="utf-8")
    lab = Lab(recorded=False)
    for model in catalogue().models.values():
        for sample in model.samples:
            image = model.kind == "image"
            found = picture(lab, model, sample, True) if image else sequence(lab, model, sample)
            path = records.path(model.name, sample.name)
            records.save(found, path)
            print(f"{path.relative_to(ASSETS)}: {path.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
