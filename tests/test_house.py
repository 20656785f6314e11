"""The house keeps its rules: who may import what, and nothing that a user would have to add."""

import ast
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = {"attribution", "dashboard"}
OPTIONAL = {"kaleido", "choreographer", "fsspec", "ray"}  # the extras "pictures" and "ray"
PACKAGE_OF_MODULE = {
    "PIL": "pillow",
    "lazy_loader": "lazy-loader",
    "yaml": "pyyaml",
}  # where the two names differ

MAY_NOT_IMPORT = {
    "attribution": {"streamlit", "plotly", "dashboard"},  # the core knows no screen
    "dashboard/figures": {"streamlit", "tensorflow", "keras"},  # figures only draw
    "dashboard/views": {"tensorflow", "keras"},  # pages only show
}


def imports(file: Path) -> Iterator[str]:
    """Top-level names of the modules that a file imports, wherever it does so."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def imported_at_once(file: Path, modules: set[str]) -> set[str]:
    """The modules of ours that are loaded with a file: not those for types or in functions."""
    found: set[str] = set()
    waiting: list[ast.stmt] = list(ast.parse(file.read_text()).body)
    for node in waiting:
        if isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (names & modules) or ({node.module} & modules)
        elif isinstance(node, ast.If) and ast.unparse(node.test) != "TYPE_CHECKING":
            waiting += node.body + node.orelse
    return found


@pytest.mark.parametrize("package", ["attribution", "dashboard"])
def test_no_module_needs_itself(package: str) -> None:
    files = {
        ".".join(f.relative_to(ROOT).with_suffix("").parts): f
        for f in (ROOT / package).rglob("*.py")
        if f.stem != "__init__"
    }
    needs = {name: imported_at_once(file, set(files)) for name, file in files.items()}
    assert any(needs.values())
    TopologicalSorter(needs).prepare()  # raises CycleError, which shows the circle


@pytest.mark.parametrize(("room", "forbidden"), MAY_NOT_IMPORT.items())
def test_each_room_imports_only_what_it_may(room: str, forbidden: set[str]) -> None:
    files = sorted((ROOT / room).rglob("*.py"))
    assert files, f"{room}/ is empty or has moved: change the rule with it"
    broken = {str(file.relative_to(ROOT)): forbidden & set(imports(file)) for file in files}
    assert not {file: names for file, names in broken.items() if names}


ROOMS = {  # room -> the rooms that it may import, beside the nouns at the root
    "inputs": set[str](),
    "files": set[str](),
    "cards": {"trace"},
    "trace": set[str](),
    "questions": {"trace"},
    "rules": {"trace", "questions"},
    "integration": {"trace", "questions", "rules"},
    "exact": {"trace", "questions", "rules"},
    "checks": {"trace", "questions", "rules"},
    "profile": {"cards", "files", "inputs", "integration", "questions", "trace"},
    "commands": {"cards", "files", "inputs", "profile"},
}


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_of_the_library_import_only_those_below(room: str) -> None:
    files = list((ROOT / "attribution" / room).rglob("*.py"))
    assert files
    found = {name for file in files for name in modules(file)} & set(ROOMS)
    assert found - {room} <= ROOMS[room]


PAGES = ("views", "lessons", "kinds", "controls", "export", "figures", "words", "work", "request")
"""The rooms of the dashboard from the top down: each imports those below it alone."""


@pytest.mark.parametrize("room", PAGES)
def test_rooms_of_the_dashboard_import_only_those_below(room: str) -> None:
    names = {
        ".".join(f.relative_to(ROOT).with_suffix("").parts)
        for f in (ROOT / "dashboard").rglob("*.py")
    }
    files = list((ROOT / "dashboard" / room).rglob("*.py"))
    assert files
    needed = {name.split(".")[1] for file in files for name in imported_at_once(file, names)}
    assert needed & set(PAGES) <= set(PAGES[PAGES.index(room) :])


def test_pages_reach_kinds_through_their_registry() -> None:
    pages = [*(ROOT / "dashboard/views").glob("*.py"), ROOT / "dashboard/app.py"]
    named = {
        node.module
        for file in pages
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dashboard.kinds.")
    }
    assert named <= {"dashboard.kinds.kind"}


def test_no_two_classes_have_one_name() -> None:
    names = [
        node.name
        for room in OURS
        for file in (ROOT / room).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ClassDef)
    ]
    assert {"Network", "Query"} <= set(names)
    assert not {name for name in names if names.count(name) > 1}


def test_files_of_the_dashboard_can_be_read_in_one_sitting() -> None:
    lines = {f: len(f.read_text().splitlines()) for f in (ROOT / "dashboard").rglob("*.py")}
    assert not {file.name: count for file, count in lines.items() if count > 300}


PLAIN = {
    "__version__",
    "bundled",
    "cards",
    "cells",
    "errors",
    "images",
    "layers",
    "methods",
    "motifs",
    "sequences",
    "zoo",
}
PLAIN |= {"arrays", "baselines", "series", "tables", "tokens"}  # NumPy alone
PLAIN |= {"filters", "result", "Convergence", "Walk"}  # for the types of what is found


def modules(file: Path) -> Iterator[str]:
    """The modules of the library that a file imports, wherever it does so."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.split(".")[0] == "attribution")
        elif isinstance(node, ast.ImportFrom) and node.module == "attribution":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("attribution."):
            yield str(node.module).split(".")[1]


def test_only_one_room_calls_what_computes() -> None:
    room = ROOT / "dashboard"
    callers = {f.relative_to(room).parts[0] for f in room.rglob("*.py") if set(modules(f)) - PLAIN}
    assert callers == {"work"}


OUR_WORDS = {"words", "sentences", "hidden"}
DRAW_WORDS = {"caption", "header", "subheader", "error", "warning", "info", "success", "write"}


def drawn_raw(file: Path) -> Iterator[str]:
    """Words that Streamlit would read as Markdown, and that are neither ours nor sanitised."""
    for node in ast.walk(ast.parse(file.read_text())):
        if not (isinstance(node, ast.Call) and node.args):
            continue
        names = {n.attr for n in ast.walk(node.func) if isinstance(n, ast.Attribute)}
        of = next((n.id for n in ast.walk(node.func) if isinstance(n, ast.Name)), "")
        if names & DRAW_WORDS and of not in OUR_WORDS and not ours(node.args[0]):
            yield f"{file.name}:{node.lineno}"


def ours(words: ast.expr) -> bool:
    if isinstance(words, ast.Call):
        return isinstance(words.func, ast.Name) and words.func.id == "markdown"
    return isinstance(words, ast.Constant)


def test_words_on_pages_go_through_the_one_sanitiser() -> None:
    room = ROOT / "dashboard"
    screens = [
        f for name in ("views", "controls", "kinds", "lessons") for f in (room / name).rglob("*.py")
    ]
    assert len(screens) > 10
    assert not [line for file in (*screens, room / "app.py") for line in drawn_raw(file)]
    escapers = {f.name for f in room.rglob("*.py") if "html" in imports(f)}
    assert escapers <= {"text.py"}


def test_every_figure_of_a_page_has_the_one_camera() -> None:
    room = ROOT / "dashboard"
    drawing = {f.name for f in room.rglob("*.py") if ".plotly_chart" in f.read_text()}
    assert drawing == {"chart.py"}


def test_no_text_stands_alone_where_streamlit_would_draw_it() -> None:
    """Streamlit draws every string, and every value, that stands alone in the script it runs."""
    for name in ("app.py", "server.py"):
        lines = ast.parse((ROOT / "dashboard" / name).read_text()).body[1:]
        alone = [n for n in lines if isinstance(n, ast.Expr) and not isinstance(n.value, ast.Call)]
        assert not alone


def test_a_deployment_needs_requirements_txt_only() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    required = {line.split("==")[0] for line in lines if "==" in line}
    files = [file for room in OURS for file in (ROOT / room).rglob("*.py")]
    imported = {name for file in files for name in imports(file)} - OURS - sys.stdlib_module_names
    at_once = imported - OPTIONAL
    assert {PACKAGE_OF_MODULE.get(name, name) for name in at_once} == required
    for file in files:  # what is optional is asked for where it is used
        lines = ast.parse(file.read_text()).body
        assert not OPTIONAL & {
            n.module.split(".")[0] for n in lines if isinstance(n, ast.ImportFrom) and n.module
        }
