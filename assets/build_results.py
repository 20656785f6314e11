"""Write assets/results: what the dashboard shows before TensorFlow is loaded.

    python -m assets.build_results

catalogue.json holds the models' layers and the samples' descriptions; <model>/<sample>.npz the
answer to the default request. Run it again after a change to a model, a sample or a method.
"""

from __future__ import annotations

import json
from typing import Any

import attribution
from attribution.bundled import ASSETS
from attribution.zoo import Card, cards
from dashboard import request
from dashboard.catalogue import RESULTS, Model, catalogue
from dashboard.engine import Engine, Source
from dashboard.record import Record, record_path


def describe() -> dict[str, Any]:
    """The content of catalogue.json, from the core's own tables."""
    manifest = json.loads((ASSETS / "manifest.json").read_text(encoding="utf-8"))
    fields = ("name", "title", "accuracy", "complete", "cost", "promise", "caveat", "unit")
    return {
        "models": {
            name: _model(card, manifest["models"][name]["labels"]) for name, card in cards().items()
        },
        "methods": [{f: getattr(m, f) for f in fields} for m in attribution.METHODS.values()],
    }


def _model(card: Card, labels: str) -> dict[str, Any]:
    net = attribution.load(card.name)
    samples = [
        {f: getattr(s, f) for f in ("name", "title", "kind", "look_for", "credit", "licence")}
        | {"file": s.path.relative_to(ASSETS).as_posix()}
        for s in card.samples
    ]
    return {
        "title": card.title,
        "summary": card.summary,
        "kind": card.kind,
        "input": dict(card.input),
        "labels": labels,
        "default_layer": card.default_layer,
        "samples": samples,
        "layers": [[x.name, x.kind, list(x.shape), x.is_cut, x.channel_axis] for x in net.layers],
    }


def compute(engine: Engine, model: Model, sample: str) -> Record:
    """The record of one sample, computed."""
    methods = engine.methods(wait=True)
    values, _ = request.read({"model": model.name, "input": sample}, catalogue(), methods)
    asked = request.request(request.Known(catalogue(), methods, values))
    found = model.sample(sample)
    assert found, sample
    source = Source(found.name, found.title, "", found.path.read_bytes)
    facts = engine.facts(source, model.name, asked.fit)
    engine.answer(
        source, asked, _ignore, _ignore
    )  # once before, so that `seconds` is the warm time
    engine.store.put(("answer", "", asked), None, engine.store.limit + 1)
    answer = engine.answer(source, asked, _ignore, _ignore)
    references = engine.references(source, asked, answer.target)
    return Record(request.as_text(asked), facts.pixels, facts.probabilities, answer, references)


def _ignore(*_: int) -> None:
    pass


def main() -> None:
    """Write everything."""
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(describe(), indent=1, ensure_ascii=False)
    (RESULTS / "catalogue.json").write_text(text + "\n", encoding="utf-8")
    engine = Engine(recorded=False)
    for model in catalogue().of_kind("image"):
        for sample in model.samples:
            path = record_path(model.name, sample.name)
            compute(engine, model, sample.name).save(path)
            print(f"{path.relative_to(ASSETS)}: {path.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
