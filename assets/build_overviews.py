"""Write assets/results/<model>/<sample>.overview.json: every layer's sums for the default request.

    python -m assets.build_overviews

Run it again after a change to a model, a sample or a method.
"""

from __future__ import annotations

from attribution.bundled import ASSETS
from dashboard import overviews, request, studies
from dashboard.catalogue import catalogue
from dashboard.engine import Engine, Source
from dashboard.form import Known


def main() -> None:
    """Write everything."""
    engine = Engine(recorded=False)
    methods = catalogue().methods
    for model in catalogue().of_kind("image"):
        for sample in model.samples:
            values, _ = request.read(
                {"model": model.name, "input": sample.name}, catalogue(), methods
            )
            asked = request.request(Known(catalogue(), methods, values))
            source = Source(sample.name, sample.title, "", sample.path.read_bytes)
            found = studies.overview(engine, source, asked, _ignore, _ignore)
            path = overviews.overview_path(model.name, sample.name)
            overviews.save(path, request.as_text(studies.overview_key(asked)[1]), found)
            print(f"{path.relative_to(ASSETS)}: {path.stat().st_size / 1024:.0f} KB")


def _ignore(*_: int) -> None:
    pass


if __name__ == "__main__":
    main()
