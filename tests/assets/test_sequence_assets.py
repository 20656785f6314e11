"""The sequence models, samples and motifs are what the cards and the README say they are.

Sequences are read and encoded here by hand, not with the project's own code.
"""

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from assets.simulate import MOTIFS, TASKS, Site, probabilities, simulate
from tests.assets import bundle
from tests.assets.bundle import ASSETS, CARDS, EXPECTED, entry

JASPAR = json.loads((ASSETS / "motifs.json").read_text(encoding="utf-8"))["motifs"]
SAMPLES = {
    Path(sample["file"]).stem: model
    for model in ("tal1-gata1", "splice-donor")
    for sample in CARDS[model]["samples"]
}
SIMULATED = [name for name, model in SAMPLES.items() if model == "tal1-gata1"]


@pytest.fixture(scope="module")
def networks():
    return {
        name: keras.models.load_model(ASSETS / "models" / f"{name}.keras", compile=False)
        for name in ("tal1-gata1", "splice-donor")
    }


def read(name: str) -> tuple[str, str]:
    """Header and letters of a one-record FASTA file."""
    header, *lines = bundle.SAMPLES[name]["file"].read_text("ascii").split("\n")
    return header, "".join(lines)


def encode(sequence: str) -> np.ndarray:
    return np.array([[[letter == base for base in "ACGT"] for letter in sequence]], np.float32)


def rank_sum_auc(scores: np.ndarray, labels: np.ndarray) -> float:
    """The Mann-Whitney statistic, as a share of all pairs of a positive and a negative."""
    ranks = np.empty(len(scores))
    ranks[scores.argsort()] = np.arange(1, len(scores) + 1)
    positives = labels.sum()
    pairs = positives * (len(labels) - positives)
    return (ranks[labels == 1].sum() - positives * (positives + 1) / 2) / pairs


def test_tal1_gata1_finds_the_motifs_in_fresh_sequences(networks):
    data = simulate(4000, seed=20_240_607)
    scores = networks["tal1-gata1"].predict(data.one_hot(), batch_size=500, verbose=0)
    areas = {task: rank_sum_auc(scores[:, i], data.labels[:, i]) for i, task in enumerate(TASKS)}
    assert min(areas.values()) >= 0.98, areas


@pytest.mark.parametrize("name", SAMPLES)
def test_each_sample_is_scored_as_it_was_measured(networks, name):
    _, letters = read(name)
    found = networks[SAMPLES[name]](encode(letters)).numpy()[0]
    assert found == pytest.approx(EXPECTED[name]["probabilities"], abs=6e-4)


@pytest.mark.parametrize("name", SAMPLES)
def test_each_sample_fits_its_model(networks, name):
    _, letters = read(name)
    described = entry(SAMPLES[name])
    assert set(letters) <= set(described["alphabet"])
    assert networks[SAMPLES[name]].input_shape == (None, described["length"], 4)
    assert len(letters) == described["length"]


@pytest.mark.parametrize("model", ["tal1-gata1", "splice-donor"])
def test_each_output_has_a_label_and_a_logit(networks, model):
    labels = CARDS[model]["outputs"]["names"]
    network = networks[model]
    assert network.name == model
    assert network.layers[0].name == "sequence"
    assert network.output_shape == (None, len(labels))
    assert network.get_layer("logits").activation is keras.activations.linear
    assert network.layers[-1].name == "predictions"
    assert network.layers[-1].activation is keras.activations.sigmoid


@pytest.mark.parametrize(
    ("model", "names"),
    [
        ("tal1-gata1", "sequence conv1 relu1 conv2 relu2 pool dense dense_relu logits predictions"),
        ("splice-donor", "sequence flatten dense1 bn1 relu1 dense2 bn2 relu2 logits predictions"),
    ],
)
def test_layer_names(networks, model, names):
    assert " ".join(layer.name for layer in networks[model].layers) == names


def test_a_donor_site_needs_its_gt(networks):
    """In-silico mutagenesis: no base matters as much as the two that open the intron."""
    _, letters = read("donor-strong")
    network = networks["splice-donor"]
    logit = keras.Model(network.input, network.get_layer("logits").output)
    mutants = [letters[:i] + base + letters[i + 1 :] for i in range(18) for base in "ACGT"]
    scores = logit(np.concatenate([encode(mutant) for mutant in mutants])).numpy()
    drops = logit(encode(letters)).numpy().item() - scores.reshape(18, 4).min(axis=1)
    boundary = 5  # bases of the exon
    assert letters[boundary : boundary + 2] == "GT"
    assert set(drops.argsort()[-2:]) == {boundary, boundary + 1}


@pytest.mark.parametrize("name", SIMULATED)
def test_the_embedded_motifs_of_a_sample_are_where_the_simulator_put_them(name):
    header, letters = read(name)
    example = int(header.split("example ")[1].split(";")[0])
    data = simulate(400, seed=7)
    assert data.text(example) == letters
    stated = tuple(Site(**site) for site in EXPECTED[name]["embedded"])
    assert data.sites[example] == stated
    assert all(f"{site.motif} {site.start}-{site.end}" in header for site in stated)


def test_the_simulator_repeats_itself_and_keeps_its_word():
    data, again = simulate(2000, seed=3), simulate(2000, seed=3)
    assert np.array_equal(data.codes, again.codes)
    assert not np.array_equal(data.codes, simulate(2000, seed=4).codes)
    assert data.labels.mean(axis=0).tolist() == [0.25, 0.5, 0.5]
    for sites, (both, gata1, tal1) in zip(data.sites, data.labels, strict=True):
        motifs = [site.motif for site in sites]
        assert (("GATA1" in motifs), ("TAL1" in motifs)) == (gata1, tal1)
        assert both == gata1 * tal1
        assert max(motifs.count("GATA1"), motifs.count("TAL1")) <= 3
        edges = [0, *(edge for site in sites for edge in (site.start, site.end)), 200]
        assert edges == sorted(edges)


@pytest.mark.parametrize("motif", MOTIFS)
def test_embedded_motifs_follow_the_jaspar_matrix(motif):
    data = simulate(4000, seed=5)
    drawn = [
        data.codes[example, site.start : site.end]
        for example, sites in enumerate(data.sites)
        for site in sites
        if site.motif == motif
    ]
    # Three standard errors of a frequency of one half are 0.027 for 3,100 sites.
    assert len(drawn) > 3100
    assert np.eye(4)[drawn].mean(axis=0) == pytest.approx(probabilities(motif), abs=0.03)


def test_motifs_read_as_published():
    """The consensus of each matrix, letter by letter the most frequent base."""
    consensus = {
        motif["accession"]: "".join("ACGT"[row] for row in np.argmax(motif["counts"], axis=0))
        for motif in JASPAR
    }
    assert consensus["MA0035.3"] == "TTCTTATCTGT"
    assert consensus["MA0091.1"] == "CGACCATCTGTT"
    assert consensus["MA0139.1"] == "TGGCCACCAGGGGGCGCTA"
    assert len(consensus) == len(JASPAR)
    (ctcf,) = (motif for motif in JASPAR if motif["accession"] == "MA0139.1")
    assert ctcf["counts"][0][:10] == [87, 167, 281, 56, 8, 744, 40, 107, 851, 5]
