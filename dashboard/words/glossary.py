"""Glossary: every term of a page in one sentence. Help texts and About read this one list."""

from __future__ import annotations

GLOSSARY = {
    "Neuron": "One number inside the network, worked out from the input on the way to the answer.",
    "Channel": "Neurons that look for the same thing, one at each position; in DNA also called a "
    "filter.",
    "Layer": "All neurons of one step of the network, from early ones near the input to late ones "
    "near the answer.",
    "Cut": "A layer that all of the signal passes through, so that its scores must add up to the "
    "whole difference.",
    "Target": "The output of the network that is explained, usually its answer.",
    "Logit": "The score of an output before it is squeezed into a probability: the higher, the "
    "surer the network.",
    "Baseline": "The input that this one is compared with, such as a grey picture: it stands for "
    "nothing to see.",
    "F(x)": "The target's logit for this input; of a network that answers with a number, that "
    "number.",
    "F(baseline)": "The same for the baseline.",
    "Difference": "F(x) less F(baseline): what the scores divide among the neurons.",
    "Contribution": "A neuron's share of the difference: above zero it speaks for the target, "
    "below zero against it.",
    "Evidence": "The contributions above zero, added up.",
    "Gap": "The sum of all scores less the difference that they must add up to; near zero is "
    "needed, but proves little alone.",
    "Estimated error": "How far the scores may be from the exact ones, as a share of their total "
    "size.",
    "Converged": "The estimated error is within what was asked for.",
    "Error at most": "The work goes on until the estimated error is below this.",
    "Finest features seen": "The widest step between two evaluations on the way from the baseline "
    "to the input; what happens within it goes unseen.",
    "Evaluations": "How often the network was asked for a gradient.",
    "Seconds": "How long that took.",
    "Method": "The rule by which the difference is divided among the neurons.",
    "Probability": "How likely the network holds an output to be, from 0 to 100 %.",
    "Path": "The straight way from the baseline to the input, along which the network is followed.",
    "Ablation": "Holding neurons at a fixed value and measuring what becomes of the answer.",
}


def explain(term: str) -> str:
    """Its sentence."""
    return GLOSSARY[term]
