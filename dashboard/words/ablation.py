"""Ablation in words: what happens when channels are switched off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard.request.picks import MOST
from dashboard.words.numbers import fixed, number, percent, signed
from dashboard.words.quantity import LOGIT
from dashboard.work.findings import Ablation, Curve

AGREES = 0.1  # predicted and measured change differ by less than this part of the larger
RIVALS = ("classes", "positions")  # forms of an output of which one number is the answer
YES = 0.5  # a label is true from here on


def ablation_head(
    ablation: Ablation, names: Sequence[str], form: str = "classes", unit: str = "channel"
) -> str:
    """The answer of Ablate. names : of the numbers beside the target. form : of the output.
    unit : what is switched off."""
    count = len(ablation.channels)
    if not count:
        return f"Nothing is switched off: choose {unit}s, or a quick pick"
    start = f"Without {counted(count, unit)}"
    if form in RIVALS:
        before, after = (int(p.argmax()) for p in ablation.probabilities)
        if before == after:
            return f"{start} the answer is still {names[before]}"
        chance = percent(float(ablation.probabilities[1].max()))
        return f"{start} the answer is {names[after]} ({chance}), no longer {names[before]}"
    was, now = (float(p[ablation.at]) for p in ablation.probabilities)
    if form == "number":
        return f"{start} {names[ablation.at]} goes from {number(was)} to {number(now)}"
    turned = "" if (was >= YES) == (now >= YES) else f": now a {'no' if was >= YES else 'yes'}"
    return f"{start} {names[ablation.at]} goes from {percent(was)} to {percent(now)}{turned}"


def change(ablation: Ablation, unit: str = "channel", of: str = LOGIT) -> str:
    """Predicted against measured. of : what changes."""
    predicted, measured, count = ablation.predicted, ablation.measured, len(ablation.channels)
    if not count:
        return "Nothing is switched off, so nothing changes."
    which, them = ("score of this", "it") if count == 1 else (f"scores of these {count}", "them")
    sentence = (
        f"The {which} {unit if count == 1 else f'{unit}s'} foretell{'s' * (count == 1)} a change "
        f"of {signed(predicted)}; switching {them} off changes the {of} from "
        f"{fixed(ablation.before)} to {fixed(ablation.after)}, by {signed(measured)}."
    )
    larger = max(abs(predicted), abs(measured))
    if larger == 0 or abs(predicted - measured) <= AGREES * larger:
        return sentence
    if predicted * measured < 0:
        return (
            f"{sentence} The sign is another: the rest of the network makes up for them, and more."
        )
    less = "less" if abs(measured) < abs(predicted) else "more"
    return (
        f"{sentence} That is {less} than foretold: scores share out what the whole layer does, "
        "and the rest does not stay as it was."
    )


def classes(ablation: Ablation, names: Sequence[str], form: str = "classes") -> str:
    """Before and after, in words: of the first, or where each is true or not of the target."""
    before, after = ablation.probabilities
    first, last = int(before.argmax()), int(after.argmax())
    if form not in RIVALS:
        first = last = ablation.at
    say = number if form == "number" else percent
    verb = "falls" if after[first] < before[first] else "goes"
    chances = f"{say(float(before[first]))} to {say(float(after[first]))}"
    sentence = f"{names[first]} {verb} from {chances}"
    if last != first:
        sentence += (
            f"; {names[last]} is now first with {percent(float(after[last]))}, "
            f"before {percent(float(before[last]))}"
        )
    return sentence + "."


def curves(
    found: Mapping[str, Curve], names: Sequence[str], form: str = "classes", unit: str = "channel"
) -> str:
    """How many it takes to change the answer, against chance."""
    best = found["supporting"]
    random = [c for name, c in found.items() if name.startswith("random")]
    most = len(best.scores) - 1
    if form == "number":
        ends = [float(c.scores[-1]) for c in random]
        return (
            f"The first {most}, most supporting first, take the output from "
            f"{number(float(best.scores[0]))} to {number(float(best.scores[-1]))}; in random order "
            f"to between {number(min(ends))} and {number(max(ends))}."
        )
    if best.flips is not None and best.becomes is not None:
        verb = "flips" if best.flips == 1 else "flip"
        to = names[best.becomes] if form in RIVALS else "no" if best.becomes < 0 else "yes"
        first = f"{counted(best.flips, unit)} {verb} the prediction to {to}"
    else:
        first = f"The {most} most supporting {unit}s do not flip the prediction"
    taken = [c.flips for c in random if c.flips is not None]
    chance = (
        f"in random order none of {len(random)} draws flips it within {most}"
        if not taken
        else f"in random order {len(taken)} of {len(random)} draws flip it within {most}, the "
        f"first at {min(taken)}"
    )
    active = found["activation"].flips
    by_activity = (
        f"by activation it takes {active}"
        if active is not None
        else f"by activation more than {most}"
    )
    return f"{first}, taken most supporting first; {by_activity}; {chance}."


def more(units: int, unit: str) -> str:
    """Why the curve ends."""
    return f"The first {MOST} of {units:,} {unit}s." if units > MOST else f"All {units} {unit}s."


def counted(count: int, unit: str) -> str:
    """'1 channel', '12 neurons'."""
    return f"{count:,} {unit}" if count == 1 else f"{count:,} {unit}s"
