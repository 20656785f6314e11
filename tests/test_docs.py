"""The documentation builds, is complete, and does what it says."""

import ast
import functools
import inspect
import math
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import attribution
from tests.documentation import DOCS, PAGES, ROOT, built, documented, fences, python, used

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
RUN = [page for page in PAGES if python(page)]
PROGRAMS = {
    **{str(p.relative_to(ROOT)): python(p) for p in [*RUN, ROOT / "README.md"]},
    **{str(p.relative_to(ROOT)): p.read_text() for p in (ROOT / "examples").glob("*.py")},
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module", autouse=True)
def _models_loaded_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(attribution, "load", functools.cache(attribution.load))
        yield


def same(said: str, shown: str) -> bool:
    """Word for word, and numbers to what another machine's rounding may change."""
    words, numbers = (" ".join(NUMBER.sub("#", t).split()) for t in (said, shown)), []
    for text in (said, shown):
        numbers.append([float(n) for n in NUMBER.findall(text)])
    return len(set(words)) == 1 and all(
        math.isclose(a, b, rel_tol=0.02, abs_tol=0.011) for a, b in zip(*numbers, strict=True)
    )


def test_what_is_shown_is_compared() -> None:
    assert same("a  1.00\n", "a 1.01")
    assert not same("a 1.00", "a 1.10")
    assert not same("a 1.00", "b 1.00")


@pytest.mark.parametrize("path", RUN, ids=lambda p: p.stem)
def test_examples_print_what_is_shown(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    said = ""
    for language, text in fences(path):
        if language == "python":
            exec(compile(text, path.name, "exec"), names)
            said = capsys.readouterr().out
        else:
            assert same(said, text), f"{path.name} shows:\n{text}\nIt printed:\n{said}"


def test_examples_use_public_names_alone(site: Path) -> None:
    public = documented(site) | {"attribution", *(f"attribution.{n}" for n in attribution.__all__)}
    of_modules = {n for n in public if inspect.ismodule(getattr(attribution, n[12:], None))}
    held = {f"attribution.{n}" for n in attribution.__all__} - of_modules - {"attribution.Network"}
    for where, program in PROGRAMS.items():
        named = {n for n in used(program) if n.rpartition(".")[0] not in held}
        assert named, f"{where} uses nothing of the library"
        assert named <= public, f"{where} uses what is not public: {sorted(named - public)}"
        attributes = {n.attr for n in ast.walk(ast.parse(program)) if isinstance(n, ast.Attribute)}
        assert not {name for name in attributes if name.startswith("_")}


def test_private_names_would_be_found() -> None:
    program = "from attribution.trace import graph\nnet = attribution.load('a')\nnet.graph()"
    assert {"attribution.trace.graph", "attribution.Network.graph"} <= set(used(program))


def test_every_public_name_is_in_the_api(site: Path) -> None:
    found = documented(site)
    for name in attribution.__all__:
        value = getattr(attribution, name)
        modules = getattr(value, "__module__", "").split(".")[1:]  # a package shows what is in it
        places = {f"attribution.{name}", *(f"attribution.{module}.{name}" for module in modules)}
        assert found & places, f"{name} is public: add ::: attribution.{name} to a page in docs/api"
        if inspect.ismodule(value):
            own = {
                f"attribution.{name}.{n}"
                for n, v in vars(value).items()
                if not n.startswith("_") and getattr(v, "__module__", None) == value.__name__
                and inspect.getdoc(v) and (inspect.isfunction(v) or inspect.isclass(v))
            }  # fmt: skip
            assert own <= found
    assert not {n for n in found if any(part.startswith("_") for part in n.split("."))}
    roots = {n.split(".")[1] for n in found if n.count(".")}
    assert roots <= set(attribution.__all__)


def test_every_page_is_in_the_navigation() -> None:
    def files(entries: list[Any]) -> Iterator[str]:
        for entry in entries:
            for value in entry.values():
                yield from files(value) if isinstance(value, list) else [value]

    configuration = tomllib.loads((ROOT / "zensical.toml").read_text())
    listed = list(files(configuration["project"]["nav"]))
    assert sorted(listed) == sorted(p.relative_to(DOCS).as_posix() for p in PAGES)


def test_methods_are_described_as_the_table_does() -> None:
    text = (DOCS / "methods.md").read_text()
    described = dict(
        re.findall(r"^## ([^{\n]*?)(?: \{[^\n]*)?\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    )
    methods = attribution.METHODS
    assert [t for t in described if t != "Beside the table"] == [m.title for m in methods.values()]
    for name, method in methods.items():
        section = " ".join(described[method.title].split())
        assert f'METHODS["{name}"]' in section
        assert f"`attribution.{method.function.__name__}`" in section
        assert section.count("```math") >= 1
        for word, told in (
            ("Promise", method.promise), ("Caveat", method.caveat), ("Cost", method.cost),
            ("Unit", f"{method.unit}."),
            ("Sums to F(x) - F(baseline) over a cut", "yes." if method.complete else "no."),
        ):  # fmt: skip
            assert f"**{word}:** {told}" in section
        for option, value in method.options.items():
            assert f'{option}="{value}"' in section
        told = section.split("**Knows of its own error:** ")[1]
        assert told.startswith(KNOWS[method.accuracy])


KNOWS = {
    "estimated": "`error` is estimated",
    "closes": "`error` is NaN; `converged` says",
    "unknown": "nothing: `error` is NaN, `converged` is `None`",
}


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > len(PAGES)  # and that for addresses that do not exist
    for page in pages:
        for tag in re.findall(r"<(?:script|link|img|iframe|source)\b[^>]*>", page.read_text()):
            address = re.search(r'(?:src|href)="([^"]*)"', tag)
            assert not (address and re.match(r"(https?:)?//", address[1])), f"{page.name}: {tag}"
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", sheet.read_text())


def test_pages_show_formulas_and_definitions(site: Path) -> None:
    methods = (site / "methods.html").read_text()
    assert methods.count("<math ") == (DOCS / "methods.md").read_text().count("```math")
    scores = (site / "api" / "scores.html").read_text()
    assert "<dt><code>tolerance</code></dt>" in scores
    assert "(batch, *input)" in scores  # the star is no emphasis
    benchmarks = (site / "benchmarks.html").read_text()
    for heading in re.findall(
        "^## (.*)", (ROOT / "benchmarks/README.md").read_text(), re.MULTILINE
    ):
        assert heading.replace("'", "") in benchmarks.replace("'", "").replace("&#39;", "")


def test_no_docstring_is_left_as_it_was_written(site: Path) -> None:
    for page in (site / "api").glob("*.html"):
        text = re.sub(r"<(code|pre)\b.*?</\1>", "", page.read_text(), flags=re.DOTALL)
        assert not re.search(r"<p>[^<]*\n-{4,}|:(class|func|meth):", text), page.name
        assert not re.search(r"<p>\w+ : ", text), page.name


def test_every_block_is_python() -> None:
    for page in RUN:
        ast.parse(python(page))
