"""Messages are plain sentences, and each error is also the built-in one it stands for."""

import pickle

import pytest

from attribution.errors import AttributionError, UnknownLayer, UnsupportedOperation


def test_unknown_layer_lists_close_matches():
    error = UnknownLayer("Block6d_ad", ["stem_conv", "block6d_add", "block6c_add", "logits"])
    assert str(error) == (
        "The network has no layer 'Block6d_ad'. Did you mean 'block6d_add' or 'block6c_add'?"
    )
    assert isinstance(error, KeyError)
    assert isinstance(error, AttributionError)


def test_unknown_layer_without_a_close_match_lists_what_there_is():
    error = UnknownLayer("zzz", [f"conv{i}" for i in range(8)])
    assert str(error).endswith("'conv0', 'conv1', 'conv2', 'conv3', 'conv4', 'conv5' and 2 more.")
    assert str(UnknownLayer("zzz")) == "The network has no layer 'zzz'."


def test_a_very_long_name_is_cut():
    assert len(str(UnknownLayer("x" * 10**6, ["conv"]))) < 200


def test_unsupported_operation_names_layer_and_operation():
    error = UnsupportedOperation("head", "Erfinv", "Use neuron_integrated_gradients.")
    assert str(error) == (
        "Layer 'head' uses the TensorFlow operation Erfinv, for which there is no exact rule. "
        "Use neuron_integrated_gradients."
    )
    assert isinstance(error, ValueError)


@pytest.mark.parametrize(
    "error", [UnknownLayer("a", ["b", "ab"]), UnsupportedOperation("dense", "Foo", "Do that.")]
)
def test_errors_survive_pickling(error):
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
