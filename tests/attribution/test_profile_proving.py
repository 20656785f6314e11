"""A run proven on inputs that it has not used, on a network whose units are known to act alone."""

import os
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

import attribution
from attribution import InvalidRequest, Network, UnknownLayer, cli, profile
from attribution.profile import proof
from attribution.profile.results import Run
from tests.attribution import profiles

# Unit j of h is feature j; a class's units are worth WEIGHTS[class] to its output.
WEIGHTS = np.array([[4.0, 0.0, 1.0, 0.5, 0.0, 0.0], [0.0, 3.0, 0.8, -0.5, 0.0, 0.0]])
TYPICAL = np.array([[1.0, 0.0, 2.0, 1.0], [0.0, 1.0, 2.0, 1.0]])
EFFECTS = WEIGHTS * np.hstack([TYPICAL, np.zeros((2, 2))])


def linear() -> keras.Model:
    x = keras.Input((2, 6))
    h = keras.layers.Activation("linear", name="h")(x)
    mean = keras.layers.GlobalAveragePooling1D(name="mean")(h)
    out = keras.layers.Dense(2, "softmax", name="out", use_bias=False)
    model = keras.Model(x, out(mean), name="linear")
    out.set_weights([WEIGHTS.T.astype("float32")])
    return model


def inputs(count: int, seed: int, classes: int = 2) -> tuple[Any, Any]:
    """Each is typical of its class, but for the two features that no class uses."""
    label = np.arange(count) % classes
    x = np.zeros((count, 2, 6), "float32")
    x[:, :, :4] = TYPICAL[label % 2, None]
    x[:, :, 4:] = np.random.default_rng(seed).normal(size=(count, 2, 2))
    return x, label


def saved(path: Path, count: int = 40, seed: int = 0, **more: Any) -> Path:
    x, label = inputs(count, seed)
    names = np.array(["left", "right"])[label]
    np.savez(path, **{"x": x, "label": label.astype(str), "side": names, **more})
    return path


@pytest.fixture(scope="module")
def net() -> Network:
    return Network(linear())


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    linear().save(folder / "linear.keras")
    return saved(folder / "all.npz")


def begun(net: Any, data: Path, out: Path, **more: Any) -> Run:
    asked = {"layers": ["h", "mean"], "target": "label", "tolerance": 0.05, "limit": 24}
    return profile.run(net, data, out, **{**asked, **more})


@pytest.fixture(scope="module")
def proven(net: Network, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = begun(net, data, tmp_path_factory.mktemp("run") / "run")
    assert run.proof("h") is None
    assert run.pruning("h") is None
    notes = run.prove(data, model=net)
    assert notes == ("24 of 40 inputs are left out, which the run has used.",)
    return run


@pytest.mark.parametrize("layer", ["h", "mean"])
def test_where_units_act_alone_what_is_predicted_is_measured(proven: Run, layer: str) -> None:
    found = proven.proof(layer)
    assert found is not None
    assert found["class"].tolist() == ["0"] * 4 + ["1"] * 4
    assert found["count"].tolist() == [1, 2, 5, 6] * 2
    assert set(found["inputs"]) == {8}
    ordered = -np.sort(-np.abs(EFFECTS), axis=1)
    signs = np.array([[1, 1, 1, 1, 1, 1], [1, 1, -1, 1, 1, 1]])
    expected = (ordered * signs).cumsum(1)[:, [0, 1, 4, 5]].ravel()
    np.testing.assert_allclose(found["predicted"], expected, rtol=1e-5)
    np.testing.assert_allclose(found["measured"], expected, rtol=1e-5)
    np.testing.assert_allclose(found["low"], expected, rtol=1e-3)  # all inputs fall alike
    assert found["random"].isna().tolist() == [False, False, True, True] * 2
    assert (found["random_high"] < found["measured"]).tolist() == [True, True, False, False] * 2


def test_each_of_the_first_units_is_switched_off_alone(proven: Run) -> None:
    found = proven.ablation("h")
    assert found is not None
    assert list(found.columns[:3]) == ["class", "unit", "predicted"]
    assert set(found["inputs"]) == {8}
    for c, part in found.groupby("class"):
        effects = EFFECTS[int(c)]
        assert part["unit"].tolist() == np.argsort(-np.abs(effects), kind="stable").tolist()
        for column in ("predicted", "measured", "low", "high"):
            expected = effects[part["unit"]]
            np.testing.assert_allclose(part[column], expected, rtol=1e-3, atol=1e-5)


def test_units_that_nothing_needs_can_go(proven: Run) -> None:
    found = proven.pruning("h")
    assert found is not None
    assert found.curve["count"].tolist() == list(range(7))
    # 4 and 5 have no weight, 3 little; without 1, which alone speaks for it, class 1 is lost.
    assert found.units.tolist() == [4, 5, 3]
    assert found.curve["accuracy"].tolist() == [1.0] * 4 + [0.5] * 3


def test_a_proof_is_that_of_the_inputs_left_over(net: Network, tmp_path: Path) -> None:
    x, label = inputs(40, 0)
    x[:, :, :4] *= np.random.default_rng(3).uniform(0.5, 1.5, size=(40, 1, 4))
    data = saved(tmp_path / "all.npz", x=x)
    run = begun(net, data, tmp_path / "run", layers="h")
    run.prove(data, model=net, k=3)
    found = run.proof("h")
    assert found is not None
    left = np.setdiff1d(np.arange(40), run.manifest.record)
    for c, part in found.groupby("class"):
        seen = (WEIGHTS * x[run.manifest.record].mean(1)[:, None])[
            label[run.manifest.record] == int(c), int(c)
        ]
        order = np.argsort(-np.abs(seen.mean(0)), kind="stable")[:3]
        mine = x[left[label[left] == int(c)]]
        expected = proof.removals(
            net, mine, "h", order, seen.mean(0), target=int(c), counts=(1, 2, 3)
        )
        for column in ("count", "predicted", "measured", "low", "high"):
            np.testing.assert_allclose(part[column], expected[column], rtol=1e-3)
        falls = (WEIGHTS[int(c)] * mine.mean(1))[:, order[0]]
        np.testing.assert_allclose(part["measured"].iloc[0], falls.mean(), rtol=1e-4)


def test_used_inputs_are_left_out_also_from_other_files(
    net: Network, data: Path, tmp_path: Path
) -> None:
    run = begun(net, data, tmp_path / "run", layers="h", limit=None)
    with pytest.raises(InvalidRequest, match="no input that the run has not used"):
        run.prove(data, model=net)
    copied = Path(shutil.copy(data, tmp_path / "copied.npz"))
    with pytest.raises(InvalidRequest, match="no input that the run has not used"):
        run.prove(copied, model=net)
    x, label = inputs(40, 0)
    more, others = inputs(6, 9, classes=3)
    mixed = np.concatenate([more, x[:10]])
    kinds = np.concatenate([others, label[:10]]).astype(str)
    other = saved(tmp_path / "b.npz", 16, x=mixed, label=kinds, side=kinds)
    notes = run.prove(other, model=net)
    assert (
        "2 of 16 inputs are left out, which are of no class of the run, such as '2' (2)." in notes
    )
    assert "10 of 16 inputs are left out, which the run has used." in notes
    found = run.proof("h")
    assert found is not None
    assert set(found["inputs"]) == {2}


def test_one_class_is_proven_alone_and_the_others_stay(
    net: Network, data: Path, tmp_path: Path
) -> None:
    run = begun(net, data, tmp_path / "run")
    run.prove(data, model=net, layers="h", classes="0", k=2, each=3)
    assert run.status().proven == ("h",)
    assert run.pruning("h") is None
    run.prove(data, model=net, layers="h", k=1, each=5)
    run.prove(data, model=net, layers=["h"], classes=["0"], k=2, each=3)
    found = run.proof("h")
    assert found is not None
    assert found[["class", "count", "inputs"]].to_numpy().tolist() == [
        ["0", 1, 3],
        ["0", 2, 3],
        ["1", 1, 5],
    ]
    alone = run.ablation("h")
    assert alone is not None
    assert alone[["class", "unit", "inputs"]].to_numpy().tolist() == [
        ["0", 0, 3],
        ["0", 2, 3],
        ["1", 1, 5],
    ]
    assert run.pruning("h") is not None


def test_a_unit_that_only_one_class_uses_has_its_name(proven: Run, tmp_path: Path) -> None:
    assert proven.names("h") == {0: "0", 1: "1"}
    own = tmp_path / "own.yaml"
    own.write_text("h: {0: stripes, 3: both}\nelse: {99: x}\n")
    Path(proven.folder, "names.yaml").write_bytes(own.read_bytes())
    assert proven.names("h") == {0: "stripes", 1: "1", 3: "both"}
    assert proven.names("mean") == {0: "0", 1: "1"}
    Path(proven.folder, "names.yaml").unlink()


def test_an_attribute_of_yes_and_no_gives_its_own_name(net: Network, tmp_path: Path) -> None:
    x, _ = inputs(40, 0)
    striped = np.arange(40) % 4 < 2
    x[:, :, 4] = striped[:, None]
    texts = np.where(striped, "yes", "No")
    data = saved(tmp_path / "a.npz", x=x, striped=texts)
    run = begun(net, data, tmp_path / "run", layers="h", limit=None)
    assert run.names("h")[4] == "striped"


def test_what_is_damaged_or_of_another_run_is_said(
    net: Network, data: Path, tmp_path: Path
) -> None:
    run = begun(net, data, tmp_path / "run", layers="h")
    run.prove(data, model=net)
    other = begun(net, data, tmp_path / "other", layers="h", seed=1)
    os.makedirs(tmp_path / "other/proof")
    file = Path(run.folder, "proof/h.parquet")
    Path(other.folder, "proof/h.parquet").write_bytes(file.read_bytes())
    with pytest.raises(InvalidRequest, match=r"proof/h.parquet of .* is of another run"):
        other.proof("h")
    Path(run.folder, "proof/h.alone.parquet").unlink()  # as in a proof of before
    assert run.ablation("h") is None
    assert run.proof("h") is not None
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(InvalidRequest, match="damaged"):
        run.proof("h")
    run.prove(data, model=net)
    assert run.proof("h") is not None
    Path(run.folder, "names.yaml").write_text("h: [1]")
    with pytest.raises(InvalidRequest, match="holds no names"):
        run.names("h")


def test_bad_input_is_a_sentence(net: Network, proven: Run, data: Path, tmp_path: Path) -> None:
    for more, what in (
        ({"classes": "2"}, "no class '2'; it has 0, 1"),
        ({"k": 0}, "k is 0"),
        ({"each": 0}, "each is 0"),
        ({"allowed": 2.0}, "allowed is 2.0"),
        ({"each": 1}, "Nothing can be proven"),
        (
            {"model": Network(keras.Sequential([keras.Input((2, 6)), keras.layers.Flatten()]))},
            "not",
        ),
    ):
        with pytest.raises(InvalidRequest, match=what):
            proven.prove(data, **{"model": net, **more})
    for ask in (proven.names, proven.proof, proven.pruning):
        with pytest.raises(UnknownLayer):
            ask("no")
    with pytest.raises(UnknownLayer):
        proven.prove(data, model=net, layers="no")
    with pytest.raises(InvalidRequest, match="is not there"):
        proven.prove(data)  # the network was in memory alone
    names = tmp_path / "names.yaml"
    names.write_text("h: {6: x}")
    with pytest.raises(InvalidRequest, match="unit 6 of h, whose 6 units"):
        proven.prove(data, model=net, names=names)
    half = begun(net, data, tmp_path / "half", layers="h", shard=(1, 2))
    with pytest.raises(InvalidRequest, match="Only a finished run"):
        half.prove(data, model=net)


def test_a_model_without_classes_is_proven_and_nothing_pruned(tmp_path: Path) -> None:
    x = keras.Input((2, 6))
    h = keras.layers.Activation("linear", name="h")(x)
    net = Network(
        keras.Model(
            x, keras.layers.Dense(1)(keras.layers.GlobalAveragePooling1D()(h)), name="number"
        )
    )
    data = saved(tmp_path / "all.npz")
    run = begun(net, data, tmp_path / "run", layers="h", target=0)
    notes = run.prove(data, model=net)
    assert any("No accuracy is followed" in note for note in notes)
    assert run.proof("h") is not None
    assert run.pruning("h") is None


def test_on_the_command_line(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(data.parent)
    own = tmp_path / "own.yaml"
    own.write_text("h: {2: both}\n")

    def said(line: str) -> tuple[str, str]:
        assert cli.main(["profile", *line.split()]) == 0
        return capsys.readouterr()

    run = f"{tmp_path}/run"
    begun = f"run linear.keras all.npz --out {run} --layer h --target label --limit 24"
    assert "profile prove" in said(f"{begun} --names {own}")[1] + said(f"status {run}")[1]
    out, err = said(f"prove {run} all.npz --layer h --first 2 --each 6")
    assert "24 of 40 inputs are left out" in err
    told = "h, 0: without the first 2 the score falls by 6 (95 %: 6 to 6, 6 inputs), predicted 6;"
    assert told in out
    assert "can go" in out
    assert said(f"status {run}")[0].strip().endswith("Proven: h.")
    said(f"export {run} {tmp_path}/units.csv")
    table = pd.read_csv(tmp_path / "units.proof.csv")
    assert table[["layer", "count"]].to_numpy().tolist() == [["h", 1], ["h", 2]] * 2
    alone = pd.read_csv(tmp_path / "units.ablation.csv")
    assert alone[["class", "unit"]].to_numpy().tolist() == [[0, 0], [0, 2], [1, 1], [1, 2]]
    assert pd.read_csv(tmp_path / "units.pruning.csv")["count"].tolist() == list(range(7))
    pruned = attribution.profile.open(run).pruning("h")
    assert (tmp_path / "units.prune.yaml").read_text() == f"h: {pruned.units.tolist()}\n"
    names = (tmp_path / "units.names.yaml").read_text()
    assert "2: both" in names
    said(f"prove {run} all.npz --names {tmp_path}/units.names.yaml")  # what is written can be read
    with pytest.raises(SystemExit):
        cli.main(["profile", "prove", run, "all.npz", "--class", "3"])
    assert "no class '3'" in capsys.readouterr().err


def test_files_that_cannot_be_read_stop_nothing_and_merging_keeps_the_proof(tmp_path: Path) -> None:
    made = profiles.write(tmp_path, each=8)
    asked = {"layers": "hidden", "limit": 8, "baseline": "noise:2"}
    run = profile.run(made / "shapes.keras", made / "pictures", made / "run", **asked)
    (made / "pictures/round/bad.png").write_bytes(b"x")
    seen: list[tuple[int, int]] = []
    notes = run.prove(made / "pictures", progress=lambda *at: seen.append(at))
    assert any("cannot be used: 1, such as 'round/bad.png'" in note for note in notes)
    assert seen[-1] == (9, 9)
    found = profile.merge([run.folder], made / "merged").proof("hidden")
    pd.testing.assert_frame_equal(found, run.proof("hidden"))
    assert found["inputs"].tolist() == [4] * 6
