"""A made-up machine that is watched: two channels in which knocks and surges are planted.

vibration : noise and a steady hum; a knock is a ringing that dies away (8 Hz, over half a second).
current   : noise around a load; a surge is a smooth rise and fall (a Gaussian, some 0.3 s wide).
Either may be there or not, and so may what is neither: a single wild sample in the vibration, a
step in the current. Because their times are returned, an attribution can be held against the truth.
Needs NumPy only.
"""

from dataclasses import dataclass

import numpy as np

RATE = 50.0  # samples a second
LENGTH = 200  # samples: four seconds
CHANNELS = ("vibration", "current")
LABELS = ("knock", "surge")


@dataclass(frozen=True)
class Watch:
    """What was measured, and the truth about it.

    series: float32 (count, length, 2). labels: uint8 (count, 2), 0 or 1 for each of ``LABELS``.
    starts: int (count, 2), the sample with which a knock or surge begins; -1 where there is none.
    """

    series: np.ndarray
    labels: np.ndarray
    starts: np.ndarray


def watch(count: int, seed: int) -> Watch:
    """As many stretches of four seconds; the same seed gives the same."""
    rng = np.random.default_rng(seed)
    time = np.arange(LENGTH) / RATE
    series = rng.normal(0, (0.25, 0.15), (count, LENGTH, 2))
    hum = rng.uniform(0, 2 * np.pi, (count, 1))
    series[..., 0] += 0.3 * np.sin(2 * np.pi * 3 * time + hum)
    series[..., 1] += rng.uniform(0.5, 1.5, (count, 1))
    labels = rng.random((count, 2)) < 0.5
    starts = np.where(labels, rng.integers(10, LENGTH - 40, (count, 2)), -1)
    for example, (knock, surge) in enumerate(starts):
        if rng.random() < 0.5:
            series[example, rng.integers(LENGTH), 0] += rng.choice((-1, 1)) * rng.uniform(2, 3)
        if rng.random() < 0.5:
            series[example, rng.integers(LENGTH) :, 1] += rng.uniform(-0.5, 0.5)
        if knock >= 0:
            since = time[: LENGTH - knock]
            ringing = np.exp(-since / 0.2) * np.sin(2 * np.pi * 8 * since)
            series[example, knock:, 0] += rng.uniform(1.5, 2.5) * ringing
        if surge >= 0:
            bump = np.exp(-0.5 * ((time - time[surge] - 0.4) / 0.15) ** 2)
            series[example, :, 1] += rng.uniform(0.8, 1.5) * bump
    return Watch(series.astype(np.float32), labels.astype(np.uint8), starts)
