"""Write assets/results: what the dashboard shows before TensorFlow is loaded.

    python -m assets.build_results [MODEL ...]

catalogue.json holds the layers of the models; <model>/<sample>.npz what the pages show of the
default request, under the keys of the engine's store, and <model>/<sample>.lessons.npz what the
lessons show beside that. Run it again after a change to a model, a sample, a method or the views of
a lesson; with names, of these models alone.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import attribution
from attribution.bundled import ASSETS
from attribution.cards import Card, Sample
from attribution.zoo import cards
from dashboard.kinds import KINDS
from dashboard.lessons import reading, scenes
from dashboard.request import request
from dashboard.request.catalogue import RESULTS, Model, catalogue
from dashboard.request.form import Known
from dashboard.work import describe as describe_
from dashboard.work import records, studies
from dashboard.work.answer import Answer
from dashboard.work.engine import Engine
from dashboard.work.findings import Trail
from dashboard.work.store import Store
from dashboard.work.workshop import STORE_BYTES


def describe(name: str, card: Card) -> dict[str, Any]:
    """What catalogue.json holds of a bundled model, as its network has it."""
    net = attribution.load(name)
    data = card.samples[0].file.read_bytes()
    if card.input.kind == "image":
        frame = card.encoding()
        x = frame.encode(attribution.images.fit(attribution.images.decode(data), frame.size))
        x = x[None]
    elif card.input.kind == "sequence":
        x = attribution.sequences.encode(attribution.sequences.read(data)[0].letters)[None]
    else:
        x = describe_.example(net, card)
    return {"outputs": describe_.outputs(net, x), "layers": describe_.layers(net, x)}


def record(
    engine: Engine, model: Model, sample: Sample, overview: bool = True
) -> Mapping[str, Any]:
    """What Explore shows of a sample and, where that is asked for, Overview."""
    kind = KINDS[model.kind]
    values, _ = kind.form.read({"model": model.name, "input": sample.name}, catalogue())
    known = Known(kind.form, catalogue(), values)
    item, asked = kind.sample(engine, known, sample), request.request(known)
    target = engine.prediction(item).predicted if item.about is None else item.about
    asked = replace(asked, target=target)
    engine.answer(item, asked, _ignore, _ignore)  # so that `seconds` is the time once it is warm
    engine.store = Store(STORE_BYTES)
    answer = engine.answer(item, asked, _ignore, _ignore)
    engine.prediction(item)
    kind.first_paint(engine, known, item, answer)
    if overview:
        studies.overview(engine, item, asked, _ignore, _ignore)
    return _kept(engine)


def lessons(asked: Sequence[str]) -> Mapping[tuple[str, str], Mapping[str, Any]]:
    """What the bundled lessons show, by model and sample, beside what its own record holds."""
    engine = Engine(recorded=False)
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for lesson in reading.bundled().values():
        for view in filter(None, (step.view for step in lesson.steps)):
            chosen = scenes.known(engine, view)
            if view.page in scenes.ALONE or chosen.model.name not in asked:
                continue
            engine.store = Store(STORE_BYTES)
            scenes.scene(engine, view, chosen)
            place = chosen.model.name, chosen.values["input"]
            found.setdefault(place, {}).update(_kept(engine))
    for place, kept in found.items():
        for key in records.load(records.path(*place)):
            kept.pop(key, None)
    return found


def _kept(engine: Engine) -> Mapping[str, Any]:
    """What the store holds now, but for pixels; activations and paths in half precision."""
    found = {repr(key): each for key, each in engine.store.items() if key[0] != "pixels"}
    for key, each in found.items():
        if isinstance(each, Answer):
            found[key] = replace(each, activations=each.activations.astype(np.float16))
        if isinstance(each, Trail):
            names = ("activations", "gradients", "accumulated")
            small = {n: getattr(each.walk, n).astype(np.float16) for n in names}
            found[key] = replace(each, walk=replace(each.walk, **small))
    return found


def _ignore(*_: int) -> None:
    pass


def main() -> None:
    """Write everything, or what is of the models that are named."""
    RESULTS.mkdir(exist_ok=True)
    asked = sys.argv[1:] or list(cards())
    written = RESULTS / "catalogue.json"
    known = json.loads(written.read_text(encoding="utf-8")) if written.is_file() else {}
    found = {n: describe(n, card) if n in asked else known[n] for n, card in cards().items()}
    text = json.dumps(found, indent=1, ensure_ascii=False)
    written.write_text(text + "\n", encoding="utf-8")
    engine = Engine(recorded=False)
    for model in (catalogue().models[name] for name in asked):
        for sample in model.card.samples:
            path = records.path(model.name, sample.name)
            _save(record(engine, model, sample), path)
    for (name, sample_name), kept in lessons(asked).items():
        if kept:
            _save(kept, records.path(name, f"{sample_name}{records.LESSONS}"))


def _save(found: Mapping[str, Any], path: Path) -> None:
    records.save(found, path)
    print(f"{path.relative_to(ASSETS)}: {path.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
