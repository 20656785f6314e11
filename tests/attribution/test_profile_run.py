"""A run: it finds what the library says of each input alone, however often it was stopped."""

import json
import resource
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

import attribution
from attribution import InvalidRequest, Network, baselines, profile
from attribution.profile.results import Run
from attribution.profile.rows import WIDE, joined
from attribution.profile.worker import Task, Worker
from tests.attribution import profiles

LAYERS = ["relu", "hidden"]


@pytest.fixture(scope="module")
def net() -> Network:
    return Network(profiles.network())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return profiles.write(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def whole(made: Path, net: Network, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run that was never stopped."""
    return begun(net, made, tmp_path_factory.mktemp("whole") / "run")


@pytest.fixture
def pictures(made: Path, tmp_path: Path) -> Path:
    """A copy of the made folder, to be spoilt."""
    return Path(shutil.copytree(made, tmp_path / "copy"))


def begun(net: Network, made: Path, out: Path, **more: Any) -> Run:
    asked = {"layers": LAYERS, "card": made / "shapes.yaml", "target": "label", "tolerance": 0.05}
    asked |= more
    return profile.run(net, made / "pictures", out, **asked)


def shards(run: Run) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(Path(run.folder, "shards").iterdir())}


def test_its_numbers_are_those_of_each_input_alone(whole: Run, net: Network, made: Path) -> None:
    rows = joined(list(whole.rows()))
    assert rows.index.tolist() == list(range(20))
    assert rows.label.tolist() == rows.target.tolist() == [0] * 10 + [1] * 10
    for place in (0, 13):
        path = made / "pictures" / whole.manifest.path[place]
        x = np.asarray(Image.open(path), "f4")[None, :, :, None] / 255
        target = int(rows.label[place])
        alone = attribution.neuron_integrated_gradients(net, x, LAYERS, target=target)
        values = keras.Model(net.model.input, net.model.get_layer("relu").output)(x)
        for layer in LAYERS:
            expected = alone[layer].channels()[0]
            np.testing.assert_allclose(rows.units[layer][place], expected, rtol=1e-4, atol=1e-6)
        spread = alone["relu"].error * np.abs(alone["relu"].scores).sum((1, 2))
        np.testing.assert_allclose(
            rows.quadrature["relu"][place], spread[0] ** 2, rtol=1e-3, atol=1e-12
        )
        mean = np.asarray(values).mean((0, 1, 2))
        np.testing.assert_allclose(rows.activations["relu"][place], mean, rtol=1e-5)
        np.testing.assert_allclose(rows.score[place], net.score(x, target), rtol=1e-5)
        np.testing.assert_allclose(rows.reference[place], net.score(x * 0, target), rtol=1e-5)
        assert rows.evaluations[place] == alone["relu"].evaluations[0]


def test_its_table_has_the_means_of_the_rows(whole: Run) -> None:
    rows, table = joined(list(whole.rows())), whole.table("hidden")
    assert list(table.columns[:5]) == ["class", "unit", "count", "mean", "standard_error"]
    found = table[(table["class"] == "square") & (table["unit"] == 3)].iloc[0]
    values = rows.units["hidden"][rows.label == 1, 3].astype(float)
    assert found["count"] == 10
    assert found["mean"] == pytest.approx(values.mean(), rel=1e-5)
    assert found["standard_error"] == pytest.approx(values.std(ddof=1) / np.sqrt(10), rel=1e-5)
    with pytest.raises(attribution.UnknownLayer):
        whole.table("conv")


def test_by_default_class_means_are_sampled_the_same_in_every_part(
    whole: Run, net: Network, made: Path, tmp_path: Path
) -> None:
    found = begun(net, made, tmp_path / "run", tolerance=None)
    for part in (2, 1):
        begun(net, made, tmp_path / f"part{part}", tolerance=None, shard=(part, 2))
    merged = profile.merge([tmp_path / "part1", tmp_path / "part2"])
    assert shards(merged) == shards(found)
    rows, exact = joined(list(found.rows())), joined(list(whole.rows()))
    assert rows.evaluations.mean() < exact.evaluations.min()
    apart = rows.units["hidden"].astype(float) - exact.units["hidden"]
    assert (np.abs(apart.mean(0)) < 5 * np.sqrt(rows.quadrature["hidden"].sum(0)) / 20 + 1e-3).all()
    np.testing.assert_allclose(rows.activations["relu"], exact.activations["relu"], rtol=1e-4)
    (Path(found.folder) / "plan.json").unlink()
    (Path(found.folder) / "shards/00001.parquet").unlink()
    assert shards(begun(net, made, tmp_path / "run", tolerance=None)) == shards(merged)
    (Path(found.folder) / "plan.json").write_text("{")
    with pytest.raises(InvalidRequest, match=r"plan\.json of the run is damaged"):
        begun(net, made, tmp_path / "run", tolerance=None)


class Stopped(Exception):
    pass


@pytest.mark.parametrize("after", [0, 1, 2])
def test_stopped_and_begun_again_it_ends_the_same(
    after: int, whole: Run, net: Network, made: Path, tmp_path: Path
) -> None:
    told: list[int] = []

    def stop(done: int, total: int) -> None:
        told.append(done)
        if len(told) > after:
            raise Stopped

    with pytest.raises(Stopped):
        begun(net, made, tmp_path / "run", progress=stop)
    assert not profile.open(tmp_path / "run").status().finished
    again: list[int] = []
    found = begun(net, made, tmp_path / "run", progress=lambda done, total: again.append(done))
    assert again[0] == told[-1]
    assert found.status().finished
    assert shards(found) == shards(whole)


def test_two_parts_are_one_in_one_folder_or_merged(
    whole: Run, net: Network, made: Path, tmp_path: Path
) -> None:
    for part in (1, 2):
        begun(net, made, tmp_path / "shared", shard=(part, 2))
        begun(net, made, tmp_path / f"part{part}", shard=(part, 2))
    assert shards(profile.open(tmp_path / "shared")) == shards(whole)
    parts = [tmp_path / "part2", tmp_path / "part1"]
    assert not profile.open(parts[0]).status().finished
    merged = profile.merge(parts, tmp_path / "joined")
    assert shards(merged) == shards(whole)
    assert merged.table("hidden").equals(whole.table("hidden"))
    assert shards(profile.merge(parts)) == shards(whole)
    other = begun(net, made, tmp_path / "other", seed=1)
    with pytest.raises(InvalidRequest, match=r"another run.*seed 1, not 0"):
        profile.merge([whole.folder, other.folder])


def test_an_fsspec_path_holds_the_same(
    whole: Run, net: Network, made: Path, tmp_path: Path
) -> None:
    pytest.importorskip("fsspec")
    begun(net, made, f"file://{tmp_path}/run")
    assert shards(profile.open(tmp_path / "run")) == shards(whole)
    found = profile.run(
        net, f"file://{made}/pictures", "memory://profiles/run",
        layers="hidden", card=made / "shapes.yaml",
    )  # fmt: skip
    assert found.status().finished
    assert profile.open("memory://profiles/run").manifest.id == whole.manifest.id


CHANGED: dict[str, Any] = {
    "another model": {},
    "layers": {"layers": ["hidden"]},
    "target": {"target": 2},
    "baseline": {"baseline": 0.5},
    "method": {"method": "gradient_times_difference", "tolerance": None},
    "precision .*sampled": {"tolerance": None},
    "precision": {"tolerance": 0.2},
    "seed": {"seed": 3},
    "another data, labels or limit": {"limit": 12},
}


@pytest.mark.parametrize("what", CHANGED)
def test_what_changes_a_number_is_refused_by_name(
    what: str, whole: Run, net: Network, made: Path
) -> None:
    other = Network(profiles.network(seed=2)) if what == "another model" else net
    with pytest.raises(InvalidRequest, match=what) as refused:
        begun(other, made, Path(whole.folder), **CHANGED[what])
    assert str(refused.value).count("\n") == 0
    assert whole.status().finished


def test_a_damaged_shard_is_named_and_made_anew(
    whole: Run, net: Network, made: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(whole.folder, tmp_path / "run"))
    good = shards(whole)
    (copy / "shards/00001.parquet").write_bytes(good["00001.parquet"][:-100])
    broken = bytearray(good["00000.parquet"])
    broken[len(broken) // 2] ^= 4
    (copy / "shards/00000.parquet").write_bytes(broken)
    found = profile.open(copy)
    assert list(found.status().damaged) == [0, 1]
    assert "00001" in str(found.status())
    with pytest.raises(InvalidRequest, match=r"shards/00000.parquet of .* is damaged"):
        list(found.rows())
    assert shards(begun(net, made, copy)) == good


def test_of_a_folder_half_deleted_nothing_is_lost(
    whole: Run, net: Network, made: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(whole.folder, tmp_path / "run"))
    (copy / "quarantine").mkdir()
    (copy / "quarantine/00001.parquet").write_bytes(b"PAR1")
    with pytest.raises(InvalidRequest, match=r"00001.* is damaged, its quarantine is damaged"):
        profile.open(copy).quarantine()
    (copy / "quarantine/00001.parquet").unlink()
    for name in ("manifest.parquet", "card.yaml", "shards/00002.parquet"):
        (copy / name).unlink()
    with pytest.raises(InvalidRequest, match=r"manifest\.parquet is missing"):
        _ = profile.open(copy).manifest
    told: list[int] = []
    found = begun(net, made, copy, progress=lambda done, total: told.append(done))
    assert told == [16, 20]
    assert shards(found) == shards(whole)
    (copy / "run.json").unlink()
    for act in (lambda: begun(net, made, copy), lambda: profile.open(copy)):
        with pytest.raises(InvalidRequest, match=r"holds shards and no run\.json"):
            act()
    (copy / "run.json").write_text(Path(whole.folder, "run.json").read_text()[:-40])
    with pytest.raises(InvalidRequest, match=r"run\.json in .* is damaged"):
        begun(net, made, copy)


def test_a_bad_file_goes_to_the_quarantine(
    whole: Run, net: Network, pictures: Path, tmp_path: Path
) -> None:
    folder = pictures / "pictures/round"
    (folder / "03.png").write_bytes(b"no picture")
    (folder / "04.png").write_bytes((folder / "04.png").read_bytes()[:60])
    (folder / "05.png").unlink()
    (folder / "05.png").symlink_to("nothing")
    found = begun(net, pictures, tmp_path / "run")
    table = found.quarantine()
    assert table["id"].tolist() == [f"round/0{n}.png" for n in (3, 4, 5)]
    assert all(len(reason) > 20 and "\n" not in reason for reason in table["reason"])
    rows, before = joined(list(found.rows())), joined(list(whole.rows()))
    assert rows.index.tolist() == [n for n in range(20) if n not in (3, 4, 5)]
    for name in WIDE:
        np.testing.assert_allclose(
            getattr(rows, name)["hidden"], getattr(before, name)["hidden"][rows.index], rtol=1e-3,
            atol=1e-9,
        )  # fmt: skip
    assert found.status().finished
    assert found.status().quarantined == 3


def test_a_file_that_changes_under_the_run_is_not_taken_for_the_other(
    net: Network, pictures: Path, tmp_path: Path
) -> None:
    def stop(done: int, total: int) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        begun(net, pictures, tmp_path / "run", progress=stop)
    shutil.copy(pictures / "pictures/round/00.png", pictures / "pictures/square/09.png")
    found = begun(net, pictures, tmp_path / "run")
    assert found.quarantine().to_numpy().tolist() == [
        ["square/09.png", "The file has changed since the run began."]
    ]


def test_without_space_left_one_sentence_and_no_shard_is_lost(
    whole: Run, net: Network, made: Path, tmp_path: Path
) -> None:
    def fill(done: int, total: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (500 if done >= 8 else before, before))

    before = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    try:
        with pytest.raises(InvalidRequest, match=r"shards/00001.*no space left.*goes on"):
            begun(net, made, tmp_path / "run", progress=fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, before))
    assert sorted(p.name for p in (tmp_path / "run/shards").iterdir()) == ["00000.parquet"]
    assert shards(begun(net, made, tmp_path / "run")) == shards(whole)


def test_targets_and_baselines(net: Network, made: Path, tmp_path: Path) -> None:
    rows = joined(list(begun(net, made, tmp_path / "p", target="predicted").rows()))
    paths = [made / "pictures" / p for p in profile.open(tmp_path / "p").manifest.path]
    x = np.stack([np.asarray(Image.open(p), "f4")[..., None] / 255 for p in paths])
    assert rows.target.tolist() == net.model.predict(x, verbose=0).argmax(1).tolist()
    rows = joined(list(begun(net, made, tmp_path / "l", target="long", baseline="mean").rows()))
    assert set(rows.target.tolist()) == {2}
    means = x.mean((1, 2), keepdims=True) + np.zeros_like(x)
    np.testing.assert_allclose(rows.reference, net.score(means, 2), rtol=1e-4)
    two = begun(net, made, tmp_path / "c", target={0: 1, 1: -1}, baseline=x[0], limit=2)
    rows = joined(list(two.rows()))
    assert rows.target.tolist() == [-1, -1]
    np.testing.assert_allclose(rows.reference, net.score(x[:1], {0: 1, 1: -1})[0], rtol=1e-4)
    noisy = begun(
        net,
        made,
        tmp_path / "n",
        baseline="noise:2",
        method="deeplift_rescale",
        tolerance=None,
        limit=4,
    )
    assert (joined(list(noisy.rows())).quadrature["relu"] == 0).all()


CARD_OF_TWO = """\
inputs:
  picture: {kind: image, size: [4, 4], colours: grey, range: [0, 1]}
  age: {kind: table}
"""


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Network, Path]:
    """A network of a picture and of a row of numbers, and six examples."""
    folder = tmp_path_factory.mktemp("two")
    picture, age = keras.Input((4, 4, 1), name="picture"), keras.Input((2,), name="age")
    joined_ = keras.layers.Concatenate(name="h")([keras.layers.Flatten()(picture), age])
    out = keras.layers.Dense(1, name="out")(keras.layers.Dense(3, "tanh")(joined_))
    rng = np.random.default_rng(6)
    x = {"picture": rng.uniform(size=(6, 4, 4, 1)), "age": rng.normal(3, 1, (6, 2))}
    (folder / "card.yaml").write_text(CARD_OF_TWO)
    np.savez(folder / "two.npz", **x, label=np.arange(6) % 2)
    return Network(keras.Model([picture, age], out, name="two")), folder


OF_TWO = {  # word -> what it is kept as, and the references of each input
    "mean": ("picture=mean,age=mean", lambda p, a: [(p * 0 + p.mean((1, 2, 3), keepdims=True),
                                                     a * 0 + a.mean(0))]),
    "0.5": ("picture=0.5,age=0.5", lambda p, a: [(p * 0 + 0.5, a * 0 + 0.5)]),
    "blur:1": ("picture=blur:1,age=zeros", lambda p, a: [(baselines.blur(p, 1), a * 0)]),
    "noise:2": (
        "picture=noise:2,age=zeros", lambda p, a: [(n, a * 0) for n in baselines.noise(p, 0, 2)]
    ),
    "age=1": ("picture=zeros,age=1", lambda p, a: [(p * 0, a * 0 + 1)]),
}  # fmt: skip


@pytest.mark.parametrize("word", OF_TWO)
def test_each_of_several_inputs_has_its_own_baseline(
    word: str, two: tuple[Network, Path], tmp_path: Path
) -> None:
    net, folder = two
    kept, references = OF_TWO[word]
    asked = {"layers": "h", "card": folder / "card.yaml", "target": 0, "baseline": word}
    found = profile.run(net, folder / "two.npz", tmp_path / "run", tolerance=0.05, **asked)
    assert found.job.basis.baseline.split(" ")[0] == kept
    rows = joined(list(found.rows()))
    with np.load(folder / "two.npz") as file:
        given = file["picture"].astype("f4"), file["age"].astype("f4")
    expected = np.mean([net.model(list(r)) for r in references(*given)], axis=0)[:, 0]
    np.testing.assert_allclose(rows.reference, expected[rows.index], rtol=1e-5)
    if word == "age=1":  # what stays at zero contributes as much as it is away from that
        assert (rows.units["h"][:, :16] != 0).any()
    again = profile.run(net, folder / "two.npz", tmp_path / "run", tolerance=0.05, **asked)
    assert again.job == found.job


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("shuffle", r"'shuffle', and none of the inputs picture \(image\), age \(table\) offers"),
        ("dose=1", "names the input 'dose'; the model has picture, age"),
        ("age=nought", "baseline is 'nought'"),
    ],
)
def test_a_baseline_that_no_input_has_is_refused(
    word: str, why: str, two: tuple[Network, Path], tmp_path: Path
) -> None:
    net, folder = two
    with pytest.raises(InvalidRequest, match=why):
        profile.run(
            net, folder / "two.npz", tmp_path / "run", layers="h", card=folder / "card.yaml",
            target=0, baseline=word,
        )  # fmt: skip
    assert not (tmp_path / "run").exists()


def test_inputs_that_no_process_survives_are_left_out(
    whole: Run, net: Network, made: Path, tmp_path: Path
) -> None:
    """Without them the shard is as if they could not be read: see test_profile_stopped."""
    found = begun(net, made, tmp_path / "run", limit=None)
    task = Task(found.folder, "shapes", str(made / "pictures"), found.job.fingerprint)
    tried: list[int] = []
    receipt = Worker.of(task, net).work(1, {9: "signal 9"}, tried.append)
    assert (receipt.inputs, receipt.quarantined) == (7, 1)
    assert tried == [8, *range(10, 16), -1]
    assert found.quarantine().to_numpy().tolist() == [
        ["round/09.png", "Every process that scores it ends, the last one with signal 9."]
    ]
    again = begun(net, made, tmp_path / "run", limit=None)
    assert shards(again) == shards(found)
    assert joined(list(found.rows())).index.tolist() == [n for n in range(20) if n != 9]


WRONG: dict[str, dict[str, Any]] = {
    "no layer 'hiden'": {"layers": "hiden"},
    "2/1": {"shard": (2, 1)},
    "engine is 'spark'": {"engine": "spark"},
    "workers is 0": {"workers": 0},
    "limit is 0": {"limit": 0},
    "method is 'magic'": {"method": "magic"},
    "takes no tolerance": {"method": "deeplift_rescale", "tolerance": 0.1},
    "'oval' is no output": {"target": "oval"},
    "baseline is 'nought'": {"baseline": "nought"},
    "one array of the shape": {"baseline": np.zeros((3, 3))},
    "target": {"target": 7},
    "There is no label file": {"labels": "none.csv"},
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_with_all_inputs_is_said_before_anything_is_kept(
    what: str, net: Network, made: Path, tmp_path: Path
) -> None:
    with pytest.raises(attribution.AttributionError, match=what):
        begun(net, made, tmp_path / "run", **WRONG[what])
    assert not (tmp_path / "run").exists()


def test_a_method_that_cannot_answer_leaves_no_run(made: Path, tmp_path: Path) -> None:
    x = keras.Input((8, 8, 1), name="x")
    flat = keras.layers.Flatten(name="hidden")(x)
    real, _ = keras.ops.rfft(flat)
    odd = Network(keras.Model(x, keras.layers.Dense(3)(real), name="odd"))
    with pytest.raises(attribution.UnsupportedOperation):
        begun(
            odd, made, tmp_path / "run", layers="hidden", method="deeplift_rescale", tolerance=None
        )
    assert not (tmp_path / "run").exists()


def test_a_model_that_changed_is_refused_by_its_workers(whole: Run, made: Path) -> None:
    task = Task(whole.folder, "shapes", str(made / "pictures"), whole.job.fingerprint)
    with pytest.raises(InvalidRequest, match="has changed since the run began"):
        Worker.of(task, Network(profiles.network(seed=2)))


def test_it_says_what_it_was_made_from(whole: Run) -> None:
    said = json.loads(Path(whole.folder, "run.json").read_text())
    assert said["fingerprint"] == whole.job.fingerprint
    assert said["basis"]["layers"] == LAYERS
    assert said["basis"]["target"] == {"label": [0, 1]}
    assert said["basis"]["versions"]["keras"] == keras.__version__
    (Path(whole.folder) / "shards").stat()


def test_exports(whole: Run, net: Network, tmp_path: Path) -> None:
    import pandas as pd

    profile.export(whole, tmp_path / "units.csv")
    table = pd.read_csv(tmp_path / "units.csv")
    assert table["layer"].unique().tolist() == LAYERS
    assert len(table) == 2 * (4 + 5)
    profile.export(whole, tmp_path / "inputs.parquet")
    rows, inputs = joined(list(whole.rows())), pd.read_parquet(tmp_path / "inputs.parquet")
    assert inputs["label"].tolist() == ["round"] * 10 + ["square"] * 10
    np.testing.assert_array_equal(np.stack(inputs["units:hidden"]), rows.units["hidden"])
    profile.export(whole, tmp_path / "units.npz", net)
    found = np.load(tmp_path / "units.npz")
    expected = np.abs(rows.units["relu"].reshape(2, 10, 4)).mean((0, 1))
    np.testing.assert_allclose(found["conv/kernel"], expected, rtol=1e-5)
    shapes = {w.path: w.shape[-1] for w in net.model.weights}
    assert {name: len(v) for name, v in found.items()} == {
        name: shapes[name] for name in ("conv/kernel", "hidden/kernel")
    }
    with pytest.raises(InvalidRequest, match=r"must end in \.csv"):
        profile.export(whole, tmp_path / "units.txt")
    with pytest.raises(InvalidRequest, match="not that of the run"):
        profile.export(whole, tmp_path / "x.npz", Network(profiles.network(seed=2)))
