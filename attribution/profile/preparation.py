"""Preparation: from what is asked to the job of a run, whose parts are in its folder then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attribution import cards, zoo
from attribution.bundled import MODELS
from attribution.cards import Card
from attribution.errors import InvalidRequest, one_line
from attribution.files import targets
from attribution.methods import METHODS
from attribution.profile import baseline as baselines
from attribution.profile import data as sources
from attribution.profile import job as jobs
from attribution.profile import manifest as manifests
from attribution.profile import storage
from attribution.profile.estimate import TOLERANCE, Adaptive, kept_plan, plan_bytes
from attribution.profile.intake import UNREADABLE, Intake
from attribution.profile.job import Basis, Job
from attribution.profile.manifest import Manifest
from attribution.profile.reader import Reader
from attribution.profile.storage import Directory
from attribution.profile.worker import Task, Worker
from attribution.request import digest

if TYPE_CHECKING:
    from attribution.network import Network


def model(given: Any, card: Card | str | Path | None) -> tuple[Network, Card | None, str]:
    """A network, its card, and where it is read from; "" for one that is in memory alone."""
    found = card if card is None or isinstance(card, Card) else cards.read(card)
    if isinstance(given, str | Path):
        if str(given) in MODELS:
            return zoo.load(given), found or cards.bundled()[str(given)], str(given)
        beside = cards.beside(given)
        found = found or (cards.read(beside) if beside else None)
        return zoo.load(given), found, str(Path(given).absolute())
    from attribution.network import Network

    return given if isinstance(given, Network) else Network(given), found, ""


def network(job: Job, given: Any = None) -> Network:
    """The network of a run: what is given, as of `model`, or what lies where it lay.

    Raises InvalidRequest where it is not there, or is another one.
    """
    if given is None and not (job.model in MODELS or Path(job.model).is_file()):
        raise InvalidRequest(
            f"The model of the run, {one_line(job.model)}, is not there: say where with --model."
        )
    place = job.model if given is None else given
    net = zoo.load(place) if isinstance(place, str | Path) else model(place, None)[0]
    if net.digest() != job.basis.model:
        raise InvalidRequest("The model is not that of the run: its weights or operations differ.")
    return net


def prepared(
    folder: Directory,
    intake: Intake,
    card: Card | None,
    task: Task,
    *,
    layers: Sequence[str],
    target: Any,
    baseline: Any,
    method: str,
    labels: str | Path | None,
    limit: int | None,
    tolerance: float | None,
    seed: int,
) -> Job:
    """The job of a folder, new or gone on with.

    Raises
    ------
    InvalidRequest : what does not fit; a folder of another run, with what differs.
    """
    before, net = jobs.read(folder), intake.net
    asked = {"data": task.data, "labels": _file_digest(labels), "limit": limit, "seed": seed}
    units = _units(net, layers)
    precision = _precision(method, tolerance)
    manifest, notes = _manifest(folder, before, asked, labels, intake)
    word, fixed = _baseline(folder, before, baseline, intake, manifest, task.data)
    text = None if card is None else cards.text(card.model_copy(update={"samples": ()}))
    basis = Basis(
        model=net.digest(),
        card=digest([text]) if text else "",
        manifest=manifest.fingerprint(),
        layers=tuple(units),
        target=target_rule(target, manifest, intake),
        baseline=word if fixed is None else f"{word} {digest(_arrays(fixed))}",
        method=method,
        precision=precision,
        seed=seed,
        shard=jobs.shard_size(len(manifest)),
        versions=jobs.versions(),
    )
    if before is not None and (differs := before.basis.differs(basis)):
        raise InvalidRequest(
            f"{one_line(folder.path)} holds another run, with {differs}: give another folder, or "
            "what that run was made with."
        )
    count, classes = len(manifest), manifest.classes
    job = before or Job(basis, task.model, task.data, asked, count, classes, units, notes)
    plan = kept_plan(folder, before) if before else None
    plan = plan or Worker(task, job, intake, manifest, fixed).plan
    parts = {
        jobs.PLAN: None if isinstance(plan, Adaptive) else plan_bytes(plan),
        jobs.MANIFEST: manifests.to_bytes(manifest),
        jobs.CARD: text.encode() if text else None,
        jobs.BASELINE: None if fixed is None else baselines.to_bytes(fixed),
        jobs.FILE: jobs.to_bytes(job),  # the last: a folder with it has all of them
    }
    for name, content in parts.items():
        if content is not None and not (folder.exists(name) and folder.read(name) == content):
            folder.write(name, content)
    return job


def _file_digest(path: str | Path | None) -> str | None:
    if path is None:
        return None
    root, name = storage.split(path)
    try:
        return sources.digest(root, name)
    except OSError as error:
        raise InvalidRequest(f"There is no label file {one_line(str(path))!r}.") from error


def _units(net: Network, names: Sequence[str]) -> dict[str, int]:
    """Layer -> how many units it has. "all" is every cut whose units are known."""
    known = {info.name: info for info in net.layers}
    counts = {}
    for info in known.values() if list(names) == ["all"] else map(net.layer, names):
        axis = 0 if len(info.shape) == 1 else info.channel_axis
        count = None if axis is None else info.shape[axis]
        if count is not None and (list(names) != ["all"] or info.is_cut):
            counts[info.name] = count
        elif list(names) != ["all"]:
            raise InvalidRequest(
                f"It is not known which axis of layer {one_line(info.name)!r} counts its units: "
                "take another layer."
            )
    if not counts:
        raise InvalidRequest("No layer is given: the command layers lists the names.")
    return counts


def _precision(method: str, tolerance: float | None) -> dict[str, Any]:
    if method not in METHODS:
        raise InvalidRequest(f"method is {method!r}; give one of {', '.join(METHODS)}.")
    if not METHODS[method].estimated:
        if tolerance is not None:
            raise InvalidRequest(f"{METHODS[method].title} takes no tolerance.")
        return {"tolerance": None}
    if tolerance is None and method == "nig":
        return {"plan": "sampled"}
    return {"tolerance": TOLERANCE if tolerance is None else tolerance}


def _manifest(
    folder: Directory,
    before: Job | None,
    asked: Mapping[str, Any],
    labels: str | Path | None,
    intake: Intake,
) -> tuple[Manifest, tuple[str, ...]]:
    """The inputs: those that were listed when the run began, as long as the same are asked for."""
    if before is not None and before.asked == asked and folder.exists(jobs.MANIFEST):
        try:
            kept = manifests.from_bytes(folder.read(jobs.MANIFEST))
        except InvalidRequest:
            kept = None
        if kept is not None and kept.fingerprint() == before.basis.manifest:
            return kept, before.notes
    label_file = None if labels is None else str(labels)
    found, notes = sources.survey(asked["data"], label_file, intake)
    limit = asked["limit"]
    if limit is not None and limit < len(found):
        found = found.take(found.sample(limit, asked["seed"]))
    return found, notes


def _baseline(
    folder: Directory,
    before: Job | None,
    given: Any,
    intake: Intake,
    manifest: Manifest,
    data: str,
) -> tuple[str, Any]:
    """The word of a baseline, and what is one for all inputs: an array; of several, by name."""
    word, fixed = baselines.frozen(given)
    rows = ["x"] if intake.kind == "table" and len(intake.shape) == 1 and word == "mean" else []
    if intake.several and fixed is None:
        kinds = {name: intake.card.inputs[name].kind for name in intake.shapes}
        word = baselines.each(word, kinds)
        flat = (n for n, shape in intake.shapes.items() if kinds[n] == "table" and len(shape) == 1)
        rows = [name for name in flat if baselines.apart(word).get(name) == "mean"]
    if not rows:
        return word, fixed
    if before is not None and folder.exists(jobs.BASELINE):
        return word, baselines.from_bytes(folder.read(jobs.BASELINE))
    reader = Reader(data, manifest, intake)
    means = {
        name: baselines.mean_of(
            example[name] if intake.several else example
            for example in _readable(reader, len(manifest))
        )
        for name in rows
    }
    return word, means if intake.several else means["x"]


def _arrays(fixed: Any) -> list[Any]:
    return list(fixed.values()) if isinstance(fixed, dict) else [fixed]


def _readable(reader: Reader, count: int) -> Iterator[Any]:
    for place in range(count):
        with suppress(*UNREADABLE):  # it comes into the quarantine
            yield reader.read(place)


def target_rule(given: Any, manifest: Manifest, intake: Intake) -> Any:
    """What is kept of a target: "predicted", the output of each class, or a target as JSON."""
    net = intake.net
    output = net.graph().output
    shape = net.output_shapes[output]
    entry = intake.card.output(output)
    names = [name.casefold() for name in (entry.names or ())] if entry else []
    if isinstance(given, str) and given in ("predicted", "label"):
        if len(shape) > 1:
            raise InvalidRequest(
                f"target is {given}, and the model's output has {len(shape)} axes: give a place of "
                "it, such as (position, class)."
            )
        if given == "predicted":
            return given
        return {"label": [_output(label, names, shape) for label in manifest.classes]}
    if isinstance(given, str):
        return _output(given, names, shape)
    return targets.to_json(given)


def _output(label: str, names: Sequence[str], shape: Sequence[int | None]) -> int:
    """The output of a class, by its name on the card or by its number."""
    count = (shape[-1] if shape else 1) or len(names)
    if label.casefold() in names:
        return names.index(label.casefold())
    if label.isdecimal() and int(label) < count:
        return int(label)
    known = f", such as {one_line(names[0])}" if names else ""
    raise InvalidRequest(
        f"The class {one_line(label)!r} is no output of the model: name it as the card does{known},"
        f" by a number below {count}, or explain the predicted class."
    )
