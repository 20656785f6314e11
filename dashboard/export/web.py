"""Web: a page of its own that needs no network, no script and no font."""

from __future__ import annotations

from collections.abc import Iterable

from dashboard.text import html

LAST_WORD = "<p>Attribution is not causation: it divides one number among neurons by a rule.</p>"
_STYLE = """
:root { color-scheme: light dark; --line: #8883; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.6rem; line-height: 1.25 } h2 { font-size: 1.1rem; margin-top: 2rem }
dl { display: flex; flex-wrap: wrap; gap: .5rem 2rem } dt { font-size: .8rem }
dd { margin: 0; font-size: 1.2rem; font-weight: 600 }
figure { margin: 0 0 1rem } .figures { display: flex; flex-wrap: wrap; gap: 1rem }
svg { max-width: 100%; height: auto; border: 1px solid var(--line) }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .15rem .8rem .15rem 0; text-align: right; border-bottom: 1px solid var(--line) }
th[scope=row], thead th:first-child { text-align: left }
pre { overflow: auto; padding: .8rem; border: 1px solid var(--line); font-size: .85rem }
"""


def document(title: str, parts: Iterable[str]) -> str:
    """The page. parts : of its body, as HTML."""
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{html(title)}</title><style>{_STYLE}</style></head>",
            "<body><main>",
            *parts,
            "</main></body></html>",
            "",
        ]
    )


def table(names: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Rows whose first cell is a heading."""
    head = "".join(f'<th scope="col">{html(name)}</th>' for name in names)
    body = []
    for first, *rest in rows:
        cells = "".join(f"<td>{html(cell)}</td>" for cell in rest)
        body.append(f'<tr><th scope="row">{html(first)}</th>{cells}</tr>')
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"


def request_table(lines: Iterable[tuple[str, str]], link: str) -> str:
    """What was asked, name by name, and where it is seen again."""
    asked = table(["", "value"], lines)
    return f'{asked}\n<p><a href="{html(link)}">{html(link)}</a></p>' if link else asked
