"""Series: values along time, of one channel or several, as inputs of a model.

    (recording,) = read(data, "run.csv", channels=("vibration", "current"))
    x = window(recording.values, 200)[None]        # float32 (1, 200, 2)
    baseline = moving_average(x, 25)               # or baselines.zeros(x), baselines.mean(x)

Read are CSV (a line of names above the values or not; a line for each time), .npy and .npz
(times, channels), and WAV.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from attribution import arrays
from attribution.errors import InvalidArray, InvalidRequest, InvalidSeries, one_line
from attribution.inputs import bounds, table, wav
from attribution.inputs.bounds import whole

MAX_BYTES = arrays.MAX_BYTES
MAX_LENGTH = 1_000_000  # times
TIMES = ("time", "t", "seconds", "time (s)", "time_s", "time [s]")
"""Names, in small letters, of a column that holds the times in seconds."""
_UNEVEN = 0.01  # of a step, by which a time may be off

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Recording:
    """One series.

    name : of the file, with a number where it holds several; not escaped.
    values : float32 (times, channels). channels : their names; none where the file has none.
    rate : samples a second; None where the file does not say.
    """

    name: str
    values: NDArray[np.float32]
    channels: tuple[str, ...] = ()
    rate: float | None = None


def read(
    data: bytes,
    name: str,
    channels: Sequence[str] | int | None = None,
    rate: float | None = None,
) -> list[Recording]:
    """The series in the bytes of a CSV, .npy, .npz or WAV file: one, or of arrays many.

    name : of the file, for messages. channels : that the model takes: their names in its order
        (columns of a CSV file are found by them, and others left out), or how many; None is any.
    rate : samples a second that the model takes, held against the file's where it says one.

    A column "time" or "t" (seconds) is no channel unless it is asked for: it gives the rate.

    Raises
    ------
    InvalidSeries : no bytes, more than 10 MB, 1,000,000 times or 10,000 series, another kind of
        file or a damaged one, other channels, another rate, uneven times, values that are no finite
        numbers.
    """
    bounds.check_bytes(data, name, MAX_BYTES, InvalidSeries)
    try:
        found = _recordings(data, name, channels)
    except InvalidSeries:
        raise
    except (InvalidRequest, InvalidArray) as error:
        raise InvalidSeries(str(error)) from error
    return [_checked(one_line(r.name), r, channels, rate) for r in found]


def window(values: ArrayLike, length: int, start: int | None = None) -> Floats:
    """`length` times of (times, channels), from `start` on (from 0; None: the middle ones).

    Raises InvalidSeries for a shorter series, which is not made up at its ends, and InvalidRequest
    for a length or a start out of range.
    """
    series = np.asarray(values)
    length = whole("length", length, 1)
    spare = len(series) - length
    if spare < 0:
        raise InvalidSeries(
            f"The series has {len(series):,} times and the model takes {length:,}: give a "
            "longer one."
        )
    first = spare // 2 if start is None else whole("start", start, 0, spare)
    return series[first : first + length]


def moving_average(x: ArrayLike, width: int) -> Floats:
    """A baseline: at each time the mean over the `width` times around it, of each channel.

    x : (batch, times, channels). width : odd, at most twice the times. At the ends the mean is over
    the times that are there.

    Raises InvalidRequest for another shape, values that are not finite, or another width.
    """
    batch = np.asarray(x)
    if batch.ndim != 3 or batch.dtype.kind not in "fiub" or not np.isfinite(batch).all():
        raise InvalidRequest(
            f"x has shape {batch.shape} and type {batch.dtype}; finite numbers (batch, times, "
            "channels) are expected."
        )
    times = batch.shape[1]
    width = whole("width", width, 1, 2 * times)
    if width % 2 == 0:
        raise InvalidRequest(f"width is {width}; an odd number has a middle: give {width + 1}.")
    sums = np.cumsum(np.pad(batch.astype(np.float64), ((0, 0), (1, 0), (0, 0))), axis=1)
    first = np.maximum(np.arange(times) - width // 2, 0)
    last = np.minimum(np.arange(times) + width // 2 + 1, times)
    means = (sums[:, last] - sums[:, first]) / (last - first)[:, None]
    return means.astype(batch.dtype if batch.dtype.kind == "f" else np.float32)


def _recordings(data: bytes, name: str, channels: Sequence[str] | int | None) -> list[Recording]:
    suffix, stem = PurePath(name).suffix.lower(), PurePath(name).stem or name
    if data.startswith(b"RIFF") or suffix == ".wav":
        values, rate = wav.read(name, data)
        return [Recording(stem, values, rate=rate)]
    if data.startswith((b"\x93NUMPY", b"PK")) or suffix in (".npy", ".npz"):
        count = channels if isinstance(channels, int | None) else len(channels)
        try:
            found = arrays.read(data, name, (None, count))
        except InvalidArray:
            if count not in (None, 1):
                raise
            found = arrays.read(data, name, (None,))  # of one channel the axis may be left out
        return [Recording(a.name, a.values.reshape(len(a.values), -1)) for a in found]
    return [_columns(one_line(name), stem, table.read(name, data), channels)]


def _columns(
    name: str, stem: str, found: table.Table, channels: Sequence[str] | int | None
) -> Recording:
    """The channels of a table, and the rate where it holds the times."""
    names = list(found.names)
    wanted = list(channels) if isinstance(channels, Sequence) else None
    timed = [n for n in names if n.lower() in TIMES and n not in (wanted or ())]
    rate = _rate(name, found.rows[:, names.index(timed[0])]) if timed else None
    kept = [n for n in names if n not in timed] if wanted is None or not names else wanted
    missing = [n for n in kept if n not in names]
    if missing:
        raise InvalidSeries(
            f"{name} has no column {one_line(missing[0])!r}; name its columns as the model does: "
            f"{one_line(', '.join(kept), 200)}."
        )
    rows = found.rows[:, [names.index(n) for n in kept]] if names else found.rows
    with np.errstate(over="ignore"):
        return Recording(stem, rows.astype(np.float32), tuple(kept), rate)


def _rate(name: str, times: NDArray[np.float64]) -> float:
    """Samples a second, from their times in seconds."""
    with np.errstate(all="ignore"):  # times as large as numbers get are uneven too
        steps = np.diff(times)
        step = float(np.mean(steps)) if len(steps) else 0.0
        even = (np.abs(steps - step) <= _UNEVEN * step).all()
    if not even or not 0 < step < np.inf:
        raise InvalidSeries(
            f"The times of {name} are not in even steps upwards: bring it to one rate, or "
            "remove the column."
        )
    return 1 / step


def _checked(
    name: str, found: Recording, channels: Sequence[str] | int | None, rate: float | None
) -> Recording:
    times, count = found.values.shape
    wanted = count if channels is None else channels if isinstance(channels, int) else len(channels)
    if not found.values.size or count != wanted:
        raise InvalidSeries(
            f"{name} has shape ({times}, {count}); (times, channels) with {wanted} in the place of "
            "channels, and at least one time, is expected."
        )
    if times > MAX_LENGTH:
        raise InvalidSeries(f"{name} has more than {MAX_LENGTH:,} times: cut a piece out.")
    if not np.isfinite(found.values).all():
        raise InvalidSeries(
            f"{name} holds values that are no finite float32 numbers: replace them."
        )
    if rate and found.rate and abs(found.rate - rate) > _UNEVEN * rate:
        raise InvalidSeries(
            f"{name} has {found.rate:g} samples a second and the model takes {rate:g}: bring it to "
            "that rate."
        )
    return found
