"""What the checks of the bundled lessons must find, from the library alone: no dashboard."""

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

import attribution
from attribution import baselines, images, sequences

Array = np.ndarray
SHADES = {"black": 0, "white": 255}


@functools.cache
def network(model: str) -> tuple[attribution.Network, attribution.Card]:
    return attribution.load(model), attribution.zoo.cards()[model]


@functools.cache
def sample(model: str, name: str) -> Array:
    _, card = network(model)
    data = next(s for s in card.samples if s.name == name).file.read_bytes()
    if card.input.kind == "sequence":
        return sequences.encode(sequences.read(data)[0].letters)[None].astype(np.float32)
    encoding = card.encoding()
    return encoding.encode(images.fit(images.decode(data), encoding.size))[None]


def baseline(model: str, x: Array, name: str) -> Array:
    _, card = network(model)
    if card.input.kind == "sequence":
        assert not name
        return np.full_like(x, 0.25)
    if name in SHADES:
        encoding = card.encoding()
        return encoding.encode(np.full((*encoding.size, 3), SHADES[name], np.uint8))[None]
    return baselines.blur(x, 16.0) if name == "blur" else np.zeros_like(x)


class Truth:
    """One view: A, and B where the link says of it."""

    def __init__(self, link: Mapping[str, Any]) -> None:
        self.link = link
        self.net, self.card = network(link["model"])
        self.x = sample(link["model"], link["input"])
        self.said = np.asarray(self.net.predict(self.x))[0]
        about = next(s for s in self.card.samples if s.name == link["input"]).target
        usual = int(self.said.argmax())
        if self.card.input.kind == "sequence" and about is not None:
            usual = about
        self.target = link.get("target", usual)

    def given(self, b: bool = False) -> dict[str, Any]:
        name = self.link.get("baseline", "")
        name = self.link.get("b_baseline", name) if b else name
        target = self.link.get("b_target", self.target) if b else self.target
        return {"target": target, "baseline": baseline(self.link["model"], self.x, name)}

    @functools.lru_cache  # noqa: B019 a test's few objects
    def result(self, b: bool = False, **more: Any) -> Any:
        method = attribution.METHODS[self.link.get("b_method" if b else "method", "nig")]
        how = more or ({"tolerance": 0.05} if method.estimated else {})
        return method.run(self.net, self.x, self.link["layer"], **self.given(b), **how)

    def units(self, b: bool = False, **more: Any) -> Array:
        scores = self.result(b, **more).scores[0].astype(np.float64)
        return scores.sum(axis=tuple(range(scores.ndim - 1)))

    def map(self) -> Array:
        return self.result().scores[0].astype(np.float64).sum(axis=-1)

    def held(self, order: Array, to: Any = None) -> Array:
        """The logits with the first k channels of an order held, (k, classes)."""
        sets = [[int(c) for c in order[:k]] for k in range(41)]
        found = attribution.ablated_outputs(
            self.net, self.x, self.link["layer"], sets, to=to, **self.given(), output="logit"
        )
        return found.reshape(len(sets), -1)

    def name(self, index: int) -> str:
        return self.card.labels[index]


def toy(link: Mapping[str, Any], scores: str, which: int) -> float:
    """From a Riemann sum along the path of the definition."""
    h = np.array([link["toy_first"], link["toy_second"]], float)
    a = (np.arange(200_000) + 0.5) / 200_000
    if scores == "gradient":
        return float(h[which - 1]) if h.sum() < 1 else 0.0
    if scores == "conductance":
        return float(h[which - 1] * (a * h.sum() < 1).mean())
    if scores == "integrated":  # of i1 - relu(i1 - i2)
        open_ = float(h[0] > h[1])
        return float(h[which - 1] * [1 - open_, open_][which - 1])
    alone = [h[0] - max(h[0], 0.0), 0.0]  # F with the other at 0
    both = min(h)
    other = alone[2 - which]
    return float((alone[which - 1] + both - other) / 2)  # the Shapley value of two players


def find(page: str, check: str, about: Any, link: Mapping[str, Any]) -> Any:
    """The right answer to a question of a bundled lesson."""
    if page in ("toy", "minimum"):
        if check == "saturated":
            return "yes" if link["toy_first"] + link["toy_second"] > 1 else "no"
        return toy(link, check.removesuffix("_of"), about)
    of = Truth(link)
    return globals()[f"_{check}"](of, about)


def _top_units(of: Truth, k: int) -> tuple[int, ...]:
    return tuple(int(i) for i in np.argsort(-of.units())[:k])


def _rank_of(of: Truth, unit: int) -> int:
    return [int(i) for i in np.argsort(-of.units())].index(unit) + 1


def _top_cell(of: Truth, _: None) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(of.map().argmax(), of.map().shape))


def _share_of(of: Truth, k: int) -> float:
    sizes = sorted(abs(of.units()), reverse=True)
    return 100 * sum(sizes[:k]) / sum(sizes)


def _word(value: float) -> str:
    return "supports" if value > 1e-9 else "opposes" if value < -1e-9 else "neither"


def _sign_of(of: Truth, unit: int) -> str:
    return _word(of.units()[unit])


def _sign_at(of: Truth, cell: str) -> str:
    row, column = cell.split(",")
    return _word(of.map()[int(row), int(column)])


def _answer_is(of: Truth, _: None) -> str:
    return of.name(int(of.said.argmax()))


def _at_baseline(of: Truth, _: None) -> float:
    given = of.given()
    return float(of.net.score(given["baseline"], given["target"])[0])


def _converged(of: Truth, _: None) -> str:
    fine = of.result(tolerance=0.005).scores
    apart = np.abs(of.result().scores - fine).sum() / np.abs(fine).sum()
    return "yes" if apart < 0.05 else "no"


def _total_of(of: Truth, which: str) -> float:
    return float(of.units(b=which == "B").sum())


def _flipped_signs(of: Truth, _: None) -> int:
    return int((np.sign(of.units()) != np.sign(of.units(b=True))).sum())


def _shared(of: Truth, k: int) -> int:
    first, second = (set(np.argsort(-abs(of.units(b)))[:k]) for b in (False, True))
    return len(first & second)


def _same_top(of: Truth, _: None) -> str:
    return "yes" if of.units().argmax() == of.units(b=True).argmax() else "no"


def _closer(of: Truth, _: None) -> str:
    given = of.given()
    delta = float(
        of.net.score(of.x, given["target"])[0] - of.net.score(given["baseline"], given["target"])[0]
    )
    apart = [abs(of.units(b).sum() - delta) / abs(delta) for b in (False, True)]
    return "neither" if max(apart) < 1e-3 else "AB"[int(np.argmin(apart))]


def _larger_difference(of: Truth, _: None) -> str:
    first, second = (
        float(of.net.score(of.x, g["target"])[0] - of.net.score(g["baseline"], g["target"])[0])
        for g in (of.given(), of.given(b=True))
    )
    return "A" if first > second else "B"


def _gains(of: Truth, _: None) -> str:
    walk = attribution.walk(of.net, of.x, of.link["layer"], **of.given(), tolerance=0.02)
    run = walk.accumulated[:, of.link["channel"]]
    return "early" if np.interp(0.5, walk.nodes, run) / run[-1] > 0.5 else "late"


def _wrong_signs(of: Truth, steps: int) -> int:
    fine = of.units(tolerance=0.01)
    return int((np.sign(of.units(steps=steps)) != np.sign(fine)).sum())


def _total_after(of: Truth, steps: int) -> float:
    return float(of.units(steps=steps).sum())


def _error_after(of: Truth, steps: int) -> float:
    fine = of.result(tolerance=0.01).scores
    return 100 * float(np.abs(of.result(steps=steps).scores - fine).sum() / np.abs(fine).sum())


def _enough(of: Truth, percent: float) -> int:
    return next(n for n in (3, 5, 10, 20, 50, 100) if _error_after(of, n) <= percent)


def _measured_is(of: Truth, _: None) -> str:
    off = np.argsort(-of.units())[: of.link["count"]]
    logits = of.held(off)[[0, of.link["count"]], of.target]
    ratio = (logits[0] - logits[1]) / of.units()[off].sum()
    return "the same" if abs(ratio - 1) < 0.02 else "more" if ratio > 1 else "less"


def _turned(logits: Array) -> tuple[int, int]:
    answers = logits.argmax(axis=1)
    k = next(i for i, each in enumerate(answers) if each != answers[0])
    return k, int(answers[k])


def _fewest_to_flip(of: Truth, order: str) -> int:
    assert order == "supporting"
    return _turned(of.held(np.argsort(-of.units())))[0]


def _becomes(of: Truth, order: str) -> str:
    assert order == "supporting"
    return of.name(_turned(of.held(np.argsort(-of.units())))[1])


def _fewest_to_turn(of: Truth, _: None) -> int:
    k, into = _turned(of.held(np.argsort(of.units(b=True) - of.units())))
    assert into == of.link["b_target"]
    return k


def _top_position(of: Truth, _: None) -> int:
    method = attribution.METHODS[of.link.get("method", "nig")]
    found = method.run(of.net, of.x, "sequence", **of.given(), tolerance=0.05)
    return int(found.scores[0].sum(axis=-1).argmax()) + 1
