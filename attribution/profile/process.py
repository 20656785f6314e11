"""A worker's process, `python -m attribution.profile.process`.

It is told what to do in lines on its standard input, answers in lines on its standard output, and
ends when the input does: with whoever started it.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from dataclasses import asdict
from typing import Any

from attribution.errors import AttributionError, one_line
from attribution.profile.worker import Receipt, Task, Worker


def main() -> None:
    """Answer orders until there are no more."""
    sink = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what others print is no answer
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started this ends it
    orders: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(orders,), daemon=True).start()

    def answer(said: Any) -> None:
        sink.write(json.dumps(said) + "\n")

    worker, task = None, Task(**json.loads(orders.get()))
    while True:
        shard, lost, wary = json.loads(orders.get())
        at = (lambda place: answer({"at": place})) if wary else None
        try:
            worker = worker or Worker.of(task)
            receipt = worker.work(shard, {int(place): why for place, why in lost.items()}, at)
        except (AttributionError, OSError) as error:
            receipt = Receipt(shard, error=one_line(str(error), 600), fatal=True)
        answer(asdict(receipt))


def _listen(orders: queue.SimpleQueue[str]) -> None:
    """Hand on the lines of standard input; with the last one, the process ends at once."""
    for line in sys.stdin:
        orders.put(line)
    os._exit(0)


if __name__ == "__main__":
    main()
