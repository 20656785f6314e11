"""Whatever is handed in, there is an answer or the one refusal that is documented; nothing else.

Some 500 inputs here; `python -m benchmarks.hostile` tries 20,000, with limits of time.
"""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attribution import InvalidRequest, InvalidSequence, sequences
from attribution.commands import words
from dashboard import text
from dashboard.kinds import FORMS
from dashboard.request import hidden
from dashboard.request.form import Form
from tests.hostile.kinds import KINDS, Kind
from tests.hostile.links import everything
from tests.hostile.models import refusal

COUNT = 400
SEED = 0


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_answer_or_a_refusal(kind: Kind, tmp_path: Path) -> None:
    """(Both are seen: inputs of which all are refused at once would try nothing.)"""
    outcomes = Counter()
    for number in range(round(COUNT * kind.share)):
        try:
            outcomes[kind.attempt(kind.given(SEED, number), tmp_path)] += 1
        except BaseException as error:
            error.add_note(f"{kind.name}: input {number} of seed {SEED}")
            raise
    assert min(outcomes[True], outcomes[False]) >= 1, outcomes


@settings(max_examples=25)
@given(st.text() | st.text(alphabet="0123456789:,.-+einfa _\u0663"))
def test_targets(text: str) -> None:
    try:
        found = words.read_target(text, labels=("cat", "dog"))
    except InvalidRequest as error:
        refusal(str(error))
    else:
        assert isinstance(found, int | tuple | dict)


@settings(max_examples=25)
@given(st.text(alphabet="ACGTUNacgt>;\n\r\t *\x00é") | st.binary())
def test_sequences(data: str | bytes) -> None:
    try:
        records = sequences.read(data)
    except InvalidSequence as error:
        refusal(str(error))
    else:
        assert all(set(record.letters) <= set(sequences.IUPAC) for record in records)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_links(form: Form, data: st.DataObject) -> None:
    names = [spec.name for spec in form.specs]
    query = data.draw(st.dictionaries(st.sampled_from(names), st.text()))
    query = {"model": everything().of_kind(form.kind)[0].name, **query}
    form = FORMS[everything().kind(query["model"])]  # that of the first for a name that is none
    values, problems = form.read(query, everything())
    assert list(values) == [spec.name for spec in form.specs]
    hidden_names, more = hidden.read(query.values())
    assert hidden_names <= set(hidden.CONTROLS)
    for problem in (*problems, *([more] if more else [])):
        assert len(problem) > 20
        assert text.plain(problem) == problem  # one line, nothing unseen
