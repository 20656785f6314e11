"""Write assets/results: what the dashboard shows before TensorFlow is loaded.

    python -m assets.build_results

catalogue.json holds the layers of the models; <model>/<sample>.npz the
answer to the default request. Run it again after a change to a model, a sample or a method.
"""

from __future__ import annotations

import json
from typing import Any

import attribution
from attribution.bundled import ASSETS
from attribution.zoo import cards
from dashboard import request
from dashboard.catalogue import RESULTS, Model, catalogue
from dashboard.engine import Engine, Source
from dashboard.record import Record, record_path


def describe() -> dict[str, Any]:
    """The content of catalogue.json: the layers of each bundled model, as its network has them."""
    return {
        name: [
            [x.name, x.kind, list(x.shape), x.is_cut, x.channel_axis]
            for x in attribution.load(name).layers
        ]
        for name in cards()
    }


def compute(engine: Engine, model: Model, sample: str) -> Record:
    """The record of one sample, computed."""
    methods = catalogue().methods
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
