"""Links and values from a browser that no control of the dashboard has written."""

import functools
import random
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from attribution.cards.entries import INPUTS
from dashboard import text
from dashboard.controls.session import KEPT
from dashboard.kinds import FORMS
from dashboard.request import hidden
from dashboard.request.catalogue import Catalogue, catalogue
from dashboard.request.form import Form, Known, write

_ODD = (
    *("", " ", "0", "-1", "1", "5", "nan", "inf", "1e400", "1e-5", "9" * 40, "9" * 5000, "1,2,3"),
    *("cat", "dog", "zeros", "blur", "all", "cuts", "12G,30A", "999999T", "0A" * 30, "\u0663"),
    *("file-0123456789ab", "text-" + "f" * 12, "0.25,0.25,0.25,0.25", "nan,0,0,1", "1,0,0"),
    *("<img src=x onerror=alert(1)>", "[x](https://evil.example)", "https://evil.example/login"),
    *("www.evil.example", ":smile:", "`a`", "$x^2$", "a\nb", "\0", "\ud800", "\u202eabc"),
    *("%00", "../../etc/passwd", "x" * 100_000, "None", "True"),
)
_BROWSER: tuple[Any, ...] = (None, True, 1, -1, 2.5, float("nan"), 10**30, [], [1, 2], ["x"], {})
_LIVE = re.compile(r"(?<!\\)(?:\\\\)*[<>\[\]`$*]|https?://|www\.|:smile:")
"""What Markdown acts on, where it is not escaped or parted by a character that is not seen."""

Asked = tuple[dict[str, str], list[str]]


@functools.cache
def everything() -> Catalogue:
    """The bundled networks, and one more for each kind of input that none of them takes."""
    given = catalogue()
    first = next(iter(given.models.values()))
    missing = [kind for kind in FORMS if not given.of_kind(kind)]
    cards = {
        kind: first.card.model_copy(update={"inputs": {"x": INPUTS[kind](kind=kind)}})
        for kind in missing
    }
    more = {kind: replace(first, name=kind, card=card) for kind, card in cards.items()}
    return Catalogue({**given.models, **more})


def make(rng: random.Random) -> Asked:
    """The query of a link to some kind of network, and the values of `hide`."""
    form = FORMS[rng.choice([*FORMS])]
    model = rng.choice(everything().of_kind(form.kind)).name
    names = [spec.name for spec in form.specs]
    count = rng.choice((1, 2, 5, len(names)))
    calm = rng.random() < 0.3
    query = {name: _value(form, model, name, calm, rng) for name in rng.sample(names, count)}
    query = {"model": model, **query}
    hide = (
        []
        if calm
        else [",".join(rng.choices((*_ODD[:-3], *hidden.CONTROLS), k=rng.choice((0, 1, 3, 40))))]
    )
    return query, hide


def attempt(asked: Asked, folder: Path) -> bool:
    """Whether all of a link fits; a sentence for each value that does not."""
    query, hide = asked
    known = everything()
    form = FORMS[known.kind(query["model"])]
    values, problems = form.read(query, known)
    assert len(problems) <= len(query)
    link = form.query(values, Known(form, known, values))
    assert form.read(link, known) == (values, []), link
    names, more = hidden.read(hide)
    assert names <= set(hidden.CONTROLS)
    rng = random.Random(repr(sorted(query)))
    used = {name: rng.choice((*_BROWSER, *_ODD[:20])) for name in query}
    model = used.get("model")
    after = FORMS[known.kind(model if isinstance(model, str) else None, values["model"])]
    old = {k: v for k, v in values.items() if after is form or k in KEPT}
    changed, others = after.changed(old, used, known)
    again = after.query(changed, Known(after, known, changed))
    assert after.read(again, known) == (changed, []), again
    for problem in (*problems, *others, *([more] if more else [])):
        assert text.plain(problem) == problem, repr(problem)  # one line, nothing unseen
        assert len(problem) < 1000, problem
        assert not _LIVE.search(text.markdown(problem)), problem
    return not (problems or more)


def _value(form: Form, model: str, name: str, calm: bool, rng: random.Random) -> str:
    """One of the values that are offered, always if it is to be calm, or anything."""
    values = form.read({"model": model}, everything())[0]
    options = form.by_name[name].options
    if calm or rng.random() < 0.3:
        offered = options(Known(form, everything(), values)) if options else ()
        return write(rng.choice([o for o in offered if o is not None] or ["0"]))
    return rng.choice(_ODD)
