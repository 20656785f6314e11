"""What a server of the dashboard holds in memory: each bundled network, each page, the viewer.

    python -m benchmarks.footprint                      all tables; some ten minutes on two cores
    python -m benchmarks.footprint --network digits     one row
    python -m benchmarks.footprint --viewer             the viewer alone
    python -m benchmarks.footprint --requests 200       of EfficientNet-Lite0, no two alike

Each row is that of a server of its own, which is served on a free port and stopped.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator

from benchmarks.load import memory, resident, served, serving
from benchmarks.sessions import Run, Session
from dashboard.kinds import KINDS
from dashboard.lessons import reading
from dashboard.request.catalogue import Model, catalogue
from dashboard.work.profiles import BUNDLED

VIEWER = "deploy/viewer/streamlit_app.py"
PAGES = ("overview", "compare", "ablate", "path")
SETTLED = 2.0  # seconds: what loads behind the page's back has begun by then
Address = tuple[str, dict[str, str]]


def question(model: Model) -> dict[str, str]:
    """A request of which nothing was computed beforehand."""
    cuts = [layer.name for layer in model.layers if layer.is_cut and layer.name != model.card.layer]
    _, baseline, *_ = KINDS[model.kind].baselines
    return {"model": model.name, "layer": cuts[len(cuts) // 2], "baseline": baseline}


async def network(port: int, process: int, name: str) -> list[float]:
    """MiB at rest, and after each page has computed, one after the other."""
    model = catalogue().models[name]
    async with Session(port) as tab:
        await said(tab, "", {"model": name})
        await asyncio.sleep(SETTLED)
        await said(tab, "", {"model": name, "layer": question(model)["layer"]})
        found = [resident(process)]
        for page in ("", *PAGES):
            await said(tab, page, question(model))
            found.append(resident(process))
    return found


async def said(tab: Session, page: str, query: dict[str, str]) -> Run:
    """A page, without trouble."""
    run = await tab.open(page=page, **query)
    assert not run.trouble, (page, query, run.trouble)
    return run


def recorded() -> Iterator[tuple[str, list[Address]]]:
    """What the viewer shows, page by page."""
    models = catalogue().models.values()
    samples = [{"model": m.name, "input": s.name} for m in models for s in m.card.samples]
    yield "Explore", [("", each) for each in samples]
    yield "Overview", [("overview", each) for each in samples]
    steps = [
        {"lesson": name, "step": str(number)}
        for name, lesson in reading.bundled().items()
        for number in range(1, len(lesson.steps) + 2)
    ]
    yield "Learn", [("learn", {}), *(("learn", each) for each in steps)]
    runs = sorted(path.name for path in BUNDLED.iterdir() if path.is_dir())
    units = [{"run": run, **more} for run in runs for more in ({}, {"unit": "1"})]
    yield "Data set", [("dataset", each) for each in units]
    yield "About", [("about", {})]


async def walk(port: int, process: int) -> list[tuple[str, int, float, list[str]]]:
    """Every page of the viewer: its name, how many views, MiB after them, and what went wrong."""
    found = []
    for page, addresses in recorded():
        trouble: list[str] = []
        for name, query in addresses:
            async with Session(port) as tab:
                trouble += (await tab.open(page=name, **query)).trouble
        found.append((page, len(addresses), resident(process), trouble))
    return found


def viewer() -> None:
    """The table of the viewer."""
    with served(serving(VIEWER)) as (port, process):
        started = resident(process.pid)
        rows = asyncio.run(walk(port, process.pid))
    print(f"\n| the viewer, after | views | MiB |\n|---|---|---|\n| its start | | {started:.0f} |")
    for page, views, size, trouble in rows:
        print(f"| {page} | {views} | {size:.0f} |", *sorted(set(trouble)))


def networks(names: list[str]) -> None:
    """The table of the networks."""
    print("\n| MiB | loaded | Explore | Overview | Compare | Ablate | Path |\n|---|" + "---|" * 6)
    for name in names:
        with served() as (port, process):
            sizes = asyncio.run(network(port, process.pid, name))
        print(f"| {name} | " + " | ".join(f"{size:.0f}" for size in sizes) + " |", flush=True)


def requests(count: int) -> None:
    """What many different requests leave."""
    with served() as (port, process):
        for what, measured, _ in asyncio.run(memory(port, process.pid, count)):
            print(f"{what}: {measured}")


def main() -> None:
    """What is asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", choices=catalogue().models)
    parser.add_argument("--viewer", action="store_true")
    parser.add_argument("--requests", type=int)
    asked = parser.parse_args()
    every = not (asked.network or asked.viewer or asked.requests)
    if every or asked.viewer:
        viewer()
    if every or asked.network:
        networks([asked.network] if asked.network else list(catalogue().models))
    if every or asked.requests:
        requests(asked.requests or 200)


if __name__ == "__main__":
    main()
