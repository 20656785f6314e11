"""Attribution: the scores of a layer's neurons, and how far they can be trusted."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import numpy as np
import numpy.typing as npt

from attribution import summary, units
from attribution.errors import InvalidRequest
from attribution.files import archive, saved
from attribution.request import Request

if TYPE_CHECKING:
    import pandas as pd

Array = npt.NDArray[Any]
_SHOWN = 300  # characters of a path in a message


@dataclass(frozen=True)
class Attribution:
    """What a method says of one layer, for a batch of examples.

    scores : float32 (batch, *layer shape), each neuron's contribution to F(x) - F(baseline), in
        units of the target (the logit); float64 where they are exact (`certified`).
    gap : (batch,) sum of scores - (F(x) - F(baseline)); NaN where the layer is not a cut, whose sum
        is only this branch's share.
    error : (batch,) estimated L1 distance of the scores to the exact ones, relative to their L1
        norm; NaN for methods that know no such error.
    converged : (batch,) whether the error is within the tolerance or, for DeepLIFT, the sums close;
        None for methods that know neither.
    evaluations : (batch,) gradient evaluations spent for each example.
    resolution : (batch,) the widest stretch of the path between two nodes, of a length of 1: what
        is narrower was not seen. 0 where all is seen (`certified`), NaN for methods that follow no
        path.
    channel_axis : the axis of the layer's shape (without the batch) that holds the channels; None
        where that is not known.
    f_input, f_baseline : (batch,) the target score at x and (mean of the) reference(s): at the end
        of the path, which is the model's own unless a note says that an input is held at x.
    standard_error : over several references, (batch, *layer shape); None for one.
    notes : sentences that a reader of the numbers must know.
    request : what was asked; None in a file of version 0.1.
    """

    scores: Array
    gap: Array
    error: Array
    converged: Array | None
    evaluations: Array
    f_input: Array
    f_baseline: Array
    target: Any
    layer: str
    method: str
    is_cut: bool
    tolerance: float | None = None
    standard_error: Array | None = None
    notes: tuple[str, ...] = field(default=())
    resolution: Array | None = None
    channel_axis: int | None = None
    request: Request | None = None

    def __post_init__(self) -> None:
        if self.resolution is None:
            object.__setattr__(self, "resolution", np.full(len(self.scores), np.nan))
        if self.channel_axis is None and self.scores.ndim == 2:
            object.__setattr__(self, "channel_axis", 0)  # a layer of one axis has no other

    @property
    def delta(self) -> Array:
        """(batch,) F(x) - F(baseline)."""
        return self.f_input - self.f_baseline

    @property
    def certified(self) -> bool:
        """Whether the integral was found exactly (`exact=True`): `error` is what float64 rounds."""
        return self.request is not None and self.request.options.get("exact") == 1

    @property
    def total(self) -> Array:
        """(batch,) sum of the layer's scores: delta + gap of a cut, else the branch's share."""
        return self.scores.reshape(len(self.scores), -1).sum(1, dtype=np.float64)

    def channels(self, axis: int | None = None) -> Array:
        """float64 (batch, channels): scores summed over positions, all axes but the channels'.

        axis : of the layer's shape, without the batch, which holds the channels; None takes
            `channel_axis`. Raises InvalidRequest where neither says it.
        """
        shape = self.scores.shape[1:]
        return units.summed(
            self.scores, units.channel_axis(self.layer, shape, self.channel_axis, axis)
        )

    def top(
        self,
        k: int,
        by: Literal["channel", "neuron"] = "channel",
        example: int | None = None,
        axis: int | None = None,
    ) -> pd.DataFrame:
        """The k largest by |score| of one example: columns index, score, share.

        index is the channel's number, or for neurons the tuple of its place in the layer. share is
        |score| over the sum of all |scores| of that kind. Equal scores keep the layer's order.
        example : its place in the batch, which may be left out where the batch is one.
        axis : as in `channels`.

        Raises InvalidRequest for an example that is not in the batch, or none of several.
        """
        import pandas as pd  # loaded for tables alone

        if by not in ("channel", "neuron"):
            raise InvalidRequest(f"by is 'channel' or 'neuron', not {by!r}.")
        scores = self.channels(axis) if by == "channel" else self.scores
        values = scores[self._place(example)]
        flat = values.reshape(-1)
        order = units.largest(flat, k)
        places = (
            [int(i) for i in order]
            if by == "channel"
            else [tuple(int(n) for n in np.unravel_index(i, values.shape)) for i in order]
        )
        norm = float(np.abs(flat).sum(dtype=np.float64))
        return pd.DataFrame(
            {
                "index": pd.Series(places, dtype="int64" if by == "channel" else "object"),
                "score": flat[order].astype(float),
                "share": np.abs(flat[order]).astype(float) / (norm or 1.0),
            }
        )

    def to_frame(self) -> pd.DataFrame:
        """One row for each neuron of each example, in the layer's order.

        Columns: example; axis 0, axis 1, ... (the neuron's place); channel, where that is known;
        score; and standard_error, over several references.
        """
        import pandas as pd

        shape = self.scores.shape
        places = np.indices(shape).reshape(len(shape), -1)
        names = ["example", *(f"axis {i}" for i in range(len(shape) - 1))]
        columns: dict[str, Array] = dict(zip(names, places, strict=True))
        if self.channel_axis is not None:
            columns["channel"] = places[1 + self.channel_axis]
        columns["score"] = self.scores.reshape(-1)
        if self.standard_error is not None:
            columns["standard_error"] = self.standard_error.reshape(-1)
        return pd.DataFrame(columns)

    def __repr__(self) -> str:
        """A short summary: no array is written out."""
        return summary.text(self)

    def _repr_html_(self) -> str:
        """What a notebook shows: the verdict, the numbers, and the top of the ranking."""
        return summary.html(self)

    def _place(self, example: int | None) -> int:
        """The example that is meant; there is no first among several."""
        batch = len(self.scores)
        if example is None and batch != 1:
            raise InvalidRequest(
                f"The result is of {batch} examples: say which, example=0 to {batch - 1}."
            )
        place = 0 if example is None else example
        if not isinstance(place, int | np.integer) or not -batch <= place < batch:
            raise InvalidRequest(
                f"example is {place!r}; the result is of {batch}, from 0 to {batch - 1}."
            )
        return int(place)

    def save(self, path: str | Path | BinaryIO) -> None:
        """Write everything to an .npz file, by path or open (arrays, one JSON text; no pickle).

        Raises InvalidRequest, and writes nothing, where arrays do not fit each other or the fields
        hold what has no place in a file.
        """
        try:
            arrays = saved.pack(vars(self))
        except archive.Damaged as why:
            raise InvalidRequest(f"This Attribution cannot be saved: {why}.") from why
        if not isinstance(path, str | Path):
            archive.write(path, arrays)
            return
        with Path(path).open("wb") as file:  # numpy would append .npz to a bare name
            archive.write(file, arrays)

    @staticmethod
    def load(path: str | Path | BinaryIO) -> Attribution:
        """Read what `save` wrote, in this version or 0.1; a note says what a file of 0.1 lacks.

        Raises InvalidRequest for any other file, however it is damaged or made up, and
        FileNotFoundError where there is none.
        """
        try:
            return Attribution(**saved.unpack(archive.read(path)))
        except archive.Damaged as why:
            raise InvalidRequest(f"{_named(path)} is not a saved Attribution: {why}.") from why


def _named(path: Any) -> str:
    """The name of a file in a message, on one line; its end where it is long."""
    name = path if isinstance(path, str | Path) else getattr(path, "name", None)
    if not isinstance(name, str | Path):
        return "The file"
    text = repr(str(name))
    return text if len(text) <= _SHOWN else f"'...{text[-_SHOWN:]}"
