"""A class of thirty: each opens a lesson and walks through it, by the dashboard's own protocol.

    python -m benchmarks.classroom                    some minutes on two cores
    python -m benchmarks.classroom --learners 10      shorter

Serves the dashboard on a free port, asks of it, and stops it. Only this machine is asked.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics

from benchmarks.load import resident, served
from benchmarks.sessions import Run, Session
from dashboard.lessons import reading

READING = (5.0, 15.0)  # seconds before and after an answer: five times as fast as ten minutes
GIB = 1024.0  # MiB


async def learner(port: int, name: str, seed: int) -> tuple[Run, list[Run], list[Run]]:
    """One learner: the first step, those that follow, and the views that open after answers."""
    rng, steps = random.Random(seed), reading.bundled()[name].steps
    later, views = [], []
    async with Session(port) as tab:
        await asyncio.sleep(rng.uniform(0, 10))  # who comes through the door together
        for number in range(1, len(steps) + 2):
            here = {"lesson": name, "step": str(number)}
            later.append(await tab.open(page="learn", **here))
            await asyncio.sleep(rng.uniform(*READING))
            asked = steps[number - 1].question if number <= len(steps) else None
            if asked and asked.kind in ("number", "cell"):
                views.append(await tab.send("Answer", 3, page="learn", **here))
                assert views[-1].charts, "the view did not open"
                await asyncio.sleep(rng.uniform(*READING))
    return later[0], later[1:], views


async def walk(port: int, learners: int) -> tuple[list[Run], list[Run], list[Run]]:
    """All of them at once, over the lessons in turn."""
    names = list(reading.bundled())
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(learner(port, names[i % len(names)], i)) for i in range(learners)
        ]
    done = [task.result() for task in tasks]
    opened = [first for first, _, _ in done]
    return (
        opened,
        [run for _, later, _ in done for run in later],
        [run for *_, views in done for run in views],
    )


def main() -> None:
    """Run it and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, default=30)
    learners = parser.parse_args().learners
    with served() as (port, process):
        opened, steps, views = asyncio.run(walk(port, learners))
        memory = resident(process.pid)
    every = [*opened, *steps, *views]
    trouble = [text for run in every for text in run.trouble]
    failed = len(trouble) + sum(not run.headline for run in every)
    print(f"\n{learners} learners, {len(steps)} steps, {len(views)} views after an answer\n")
    print("| what | measured | must be |\n|---|---|---|")
    print(f"| the last lesson opens after | {max(r.seconds for r in opened):.1f} s | 10 s |")
    for what, runs in (("step", steps), ("view", views)):
        seconds = sorted(run.seconds for run in runs)
        late = seconds[int(0.95 * len(seconds))]
        print(f"| a {what}, median | {statistics.median(seconds):.2f} s | 1 s |")
        print(f"| a {what}, 95th percentile | {late:.2f} s | 3 s |")
    print(f"| memory | {memory / GIB:.2f} GiB | 2 GB |")
    print(f"| failed | {failed} | 0 |")
    for text in trouble:
        print(text)


if __name__ == "__main__":
    main()
