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

READING = (10.0, 20.0)  # seconds for a step: six times as fast as ten minutes a lesson
GIB = 1024.0  # MiB


async def learner(port: int, name: str, seed: int) -> tuple[Run, list[Run]]:
    """One learner: the first step, and each that follows."""
    rng = random.Random(seed)
    async with Session(port) as tab:
        await asyncio.sleep(rng.uniform(0, 10))  # who comes through the door together
        first = await tab.open(page="learn", lesson=name, step="1")
        later = []
        for step in range(2, len(reading.bundled()[name].steps) + 2):
            await asyncio.sleep(rng.uniform(*READING))
            later.append(await tab.open(page="learn", lesson=name, step=str(step)))
    return first, later


async def walk(port: int, learners: int) -> tuple[list[Run], list[Run]]:
    """All of them at once, over the lessons in turn."""
    names = list(reading.bundled())
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(learner(port, names[i % len(names)], i)) for i in range(learners)
        ]
    done = [task.result() for task in tasks]
    return [first for first, _ in done], [run for _, later in done for run in later]


def main() -> None:
    """Run it and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, default=30)
    learners = parser.parse_args().learners
    with served() as (port, process):
        opened, steps = asyncio.run(walk(port, learners))
        memory = resident(process.pid)
    trouble = [text for run in (*opened, *steps) for text in run.trouble]
    empty = sum(not run.headline for run in (*opened, *steps))
    seconds = sorted(run.seconds for run in steps)
    late = seconds[int(0.95 * len(seconds))]
    print(f"\n{learners} learners, {len(steps)} steps\n")
    print("| what | measured | must be |\n|---|---|---|")
    print(f"| the last lesson opens after | {max(r.seconds for r in opened):.1f} s | 10 s |")
    print(f"| a step, median | {statistics.median(seconds):.2f} s | 1 s |")
    print(f"| a step, 95th percentile | {late:.2f} s | 3 s |")
    print(f"| memory | {memory / GIB:.2f} GiB | 2 GB |")
    print(f"| failed | {len(trouble) + empty} | 0 |")
    for text in trouble:
        print(text)


if __name__ == "__main__":
    main()
