"""The documentation as the tests see it: its pages, their Python, and the site built of them."""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
FENCE = re.compile(r"^```(python|text)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SOURCES = ("attribution", "benchmarks/README.md", "docs", "zensical.toml")


def fences(page: Path) -> list[tuple[str, str]]:
    """(language, text) of each block of Python, and of what it prints."""
    return [(m[1], m[2]) for m in FENCE.finditer(page.read_text(encoding="utf-8"))]


def python(page: Path) -> str:
    """The page as one program."""
    return "\n".join(text for language, text in fences(page) if language == "python")


def built(folder: Path) -> Path:
    """The site, strictly built in a folder of its own."""
    for name in SOURCES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
        else:
            shutil.copy(ROOT / name, folder / name)
    build = [sys.executable, "-m", "zensical", "build", "--strict"]
    done = subprocess.run(build, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "site"


def documented(site: Path) -> set[str]:
    """The names that the pages of the API describe, such as attribution.Network.layers."""
    pages = (site / "api").glob("*.html")
    return {
        n for p in pages for n in re.findall(r' id="(attribution[\w.]*)" class="doc', p.read_text())
    }


def used(program: str) -> Iterator[str]:
    """What a program names of the library, such as attribution.Network.layers."""
    tree = ast.parse(program)
    known = {"attribution": "attribution"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "attribution":
                    yield alias.name
                    known[alias.asname or alias.name] = (
                        alias.name if alias.asname else "attribution"
                    )
        elif (
            isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "attribution"
        ):
            for alias in node.names:
                yield f"{node.module}.{alias.name}"
                known[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            made = _dotted(node.value.func, known)
            if made in {"attribution.load", "attribution.Network"}:
                known |= {
                    t.id: "attribution.Network" for t in node.targets if isinstance(t, ast.Name)
                }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (name := _dotted(node, known)):
            yield name


def _dotted(node: ast.expr, known: dict[str, str]) -> str | None:
    """The full name of an expression that begins with something known of the library."""
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value, known)
        return before and f"{before}.{node.attr}"
    return None
