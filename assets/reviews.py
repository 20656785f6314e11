"""Short made-up reviews in which the verdict is known: praise and blame, and words that turn them.

The planted rule: a word of praise counts +1, a word of blame -1; "not", "never" or "hardly" before
it (with "very" or "so" between, or not) turns it round. A review is positive where the sum is above
zero, negative where it is below, and else undecided, as a review of no words is. All other words
count nothing, so a network has to know praise and blame apart from all else. Needs NumPy only.
"""

import numpy as np

PRAISE = ("good", "great", "lovely", "funny", "clever", "moving", "fresh", "brilliant")
BLAME = ("bad", "boring", "awful", "dull", "silly", "slow", "stale", "weak")
TURNS = ("not", "never", "hardly")
STRONG = ("very", "so", "really", "quite")
NOUNS = (
    *("film", "story", "music", "plot", "cast", "ending", "book", "dialogue", "scenery", "hero"),
    *("first", "second", "half", "part", "idea"),
)
FILLERS = ("the", "a", "was", "is", "and", "but", "i", "we", "found", "it", "this", "with", "of")
IDLE = frozenset((*NOUNS, *FILLERS))
VERDICTS = ("negative", "undecided", "positive")
PADDING, UNKNOWN = "[PAD]", "[UNK]"
VOCABULARY = (PADDING, UNKNOWN, *PRAISE, *BLAME, *TURNS, *STRONG, *NOUNS, *FILLERS)
LENGTH = 24
_FORMS = (
    *("the {noun} was {verdict}", "i found the {noun} {verdict}", "this {noun} is {verdict}"),
    *("{verdict} and it is a {noun}", "we found {verdict} the {noun}", "with a {verdict} {noun}"),
)
_ASIDES = ("and", "but", "with the {noun}", "of the {noun}", "it was {strong} a {noun}")


def total(review: str) -> int:
    """What the planted rule makes of a review: above zero is positive, below it negative."""
    found, turned = 0, False
    for word in review.split():
        if word in PRAISE or word in BLAME:
            sign = 1 if word in PRAISE else -1
            found += -sign if turned else sign
        turned = word in TURNS or (turned and word in STRONG)
    return found


def write(count: int, seed: int, hidden: float = 0.0) -> tuple[list[str], np.ndarray]:
    """As many reviews, and of each which of ``VERDICTS`` it is: int (count,).

    hidden : the share of the words that count nothing which are replaced by one that is not known.
    """
    rng = np.random.default_rng(seed)
    reviews: list[str] = []
    while len(reviews) < count:
        review = _review(rng)
        words = [
            UNKNOWN if word in IDLE and rng.random() < hidden else word for word in review.split()
        ]
        if len(words) <= LENGTH:
            reviews.append(" ".join(words))
    return reviews, np.array([1 + np.sign(total(review)) for review in reviews])


def ids(reviews: list[str]) -> np.ndarray:
    """Positions in the vocabulary, padded with 0 on the right: int32 (reviews, length)."""
    found = np.zeros((len(reviews), LENGTH), np.int32)
    for row, review in zip(found, reviews, strict=True):
        numbers = [VOCABULARY.index(w) if w in VOCABULARY else 1 for w in review.split()]
        row[: len(numbers)] = numbers
    return found


def _review(rng: np.random.Generator) -> str:
    parts: list[str] = []
    for _ in range(rng.integers(5)):  # none: the padding alone, with which others are compared
        if parts:
            parts.append(_filled(rng, rng.choice(_ASIDES)))
        words = [str(rng.choice(PRAISE if rng.random() < 0.5 else BLAME))]
        if rng.random() < 0.4:
            words.insert(0, str(rng.choice(STRONG)))
        if rng.random() < 0.4:
            words.insert(0, str(rng.choice(TURNS)))
        if rng.random() < 0.25:  # no word that counts, though perhaps one that would turn it
            words.pop()
        parts.append(_filled(rng, rng.choice(_FORMS)).replace("{verdict}", " ".join(words)))
    return " ".join(parts)


def _filled(rng: np.random.Generator, form: str) -> str:
    noun, strong = rng.choice(NOUNS), rng.choice(STRONG)
    return form.replace("{noun}", noun).replace("{strong}", strong)
