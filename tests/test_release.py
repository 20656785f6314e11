"""What a release says of itself agrees: version, citation, the Pythons that are tried."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

import attribution

ROOT = Path(__file__).parent.parent
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
# Of the Citation File Format 1.2.0: what a file must hold, and what a work it refers to must hold.
REQUIRED, REQUIRED_OF_A_WORK = (
    {"authors", "cff-version", "message", "title"},
    {"authors", "title", "type"},
)


def test_one_version_everywhere() -> None:
    newest = re.search(
        r"^## \[?(\d+\.\d+\.\d+)\]? - ", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    assert newest
    assert CITATION["version"] == attribution.__version__ == newest[1]


def test_the_citation_is_complete() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert set(CITATION) >= REQUIRED
    assert CITATION["cff-version"] == "1.2.0"
    assert CITATION["license"] == project["license"]
    for work in (CITATION["preferred-citation"], *CITATION["references"]):
        assert set(work) >= REQUIRED_OF_A_WORK
        assert all({"family-names", "given-names"} <= set(author) for author in work["authors"])


@pytest.mark.parametrize("number", ["1807.09946", "1704.02685"])
def test_both_papers_are_cited_by_the_docs_and_the_citation(number: str) -> None:
    works = [CITATION["preferred-citation"], *CITATION["references"]]
    assert f"https://arxiv.org/abs/{number}" in {work["url"] for work in works}
    assert f"https://arxiv.org/abs/{number}" in (ROOT / "docs/methods.md").read_text()


def test_the_workflow_tries_every_python_that_is_supported() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text())
    job = workflow["jobs"]["test"]
    tried = job["strategy"]["matrix"]["python"]
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    first, beyond = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", wanted).groups()
    assert tried == [f"3.{minor}" for minor in range(int(first), int(beyond))]
    assert {"run": "make test"} in job["steps"]


ROOMS = (ROOT, ROOT / "attribution", ROOT / "dashboard", ROOT / "attribution/rules")


def test_what_contributors_are_told_of_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    table = [line for line in text.splitlines() if line.startswith("| ")]
    named = [n for line in table for n in re.findall(r"`([\w./-]+(?:\.\w+|/))`", line)]
    assert len(named) > 15
    assert not [n for n in named if not any((room / n).exists() for room in ROOMS)]
    rooms = {f.parent.name for f in (ROOT / "attribution").glob("*/__init__.py")}
    picture = text[text.index("attribution/  ") : text.index("assets/  ")]
    assert rooms == set(re.findall(r"(\w+)/", picture)) - {"attribution"}


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#]+)", (ROOT / page).read_text())
    local = [link for link in links if not link.startswith("http")]
    assert not [link for link in local if not (ROOT / link).exists()]
    assert links or page == "CONTRIBUTING.md"
