"""Paper: a lesson as one page of its own, with its figures, for a projector or another platform."""

from __future__ import annotations

from dataclasses import replace

from dashboard.export import web
from dashboard.export.drawing import Drawing
from dashboard.lessons import drawings, prose, scenes
from dashboard.lessons.lesson import Exercise, Lesson, LessonStep
from dashboard.lessons.replies import said
from dashboard.lessons.scenes import Scene
from dashboard.text import html
from dashboard.work.engine import Engine

_STYLE = """<style>
section { border-top: 1px solid var(--line); padding-top: 1rem; margin-top: 2rem }
details { border: 1px solid var(--line); border-radius: 6px; padding: .5rem 1rem; margin: 1rem 0 }
summary { cursor: pointer; font-weight: 600; padding: .3rem 0 }
figure { overflow-x: auto } .ask { font-weight: 600 }
</style>"""


def page(engine: Engine, lesson: Lesson) -> str:
    """The page. Raises InvalidLesson, Refused and Unanswerable for a lesson that does not hold."""
    figures: list[str] = []
    parts = [
        _STYLE,
        f"<h1>{html(lesson.title)}</h1>",
        f"<p>{html(lesson.teaches)}</p>",
        f"<p>For: {html(lesson.audience)} {lesson.minutes} minutes.</p>",
    ]
    for number, step in enumerate(lesson.steps, 1):
        parts += ["<section>", f"<h2>{number}. {html(step.title)}</h2>", prose.html(step.text)]
        if step.view:
            chosen = scenes.known(engine, step.view)
            scene = scenes.scene(engine, step.view, chosen)
            parts += _view(scene, step, number, figures)
        else:
            parts += _after(step)
        parts.append("</section>")
    return web.document(lesson.title, parts, figures)


def _view(scene: Scene, step: LessonStep, number: int, figures: list[str]) -> list[str]:
    assert step.view is not None

    def drawn(name: str, before: str = "") -> str:
        drawing = replace(scene.drawings[name], name=f"{number}-{before}{name}")
        figures.append(web.figure(_fixed(drawing), "lesson", "svg"))
        return figures[-1]

    shown = [drawn(name) for name in step.view.show]
    asked = step.question
    if asked is None:
        return [*shown, *_after(step)]
    before = [drawn(name, "first-") for name in step.first]
    if asked.kind == "unit":
        tiles = drawings.tiles(scene.found, scenes.candidates(scene, asked), None)
        figures.append(web.figure(replace(_fixed(tiles), name=f"{number}-choose"), "lesson", "svg"))
        before.append(figures[-1])
    return [
        *before,
        f'<p class="ask">{html(asked.ask)}</p>',
        *_choices(asked),
        _folded("A hint", [prose.html(step.hint)]) if step.hint else "",
        _folded(
            "The answer, once you have committed to a guess",
            [
                f"<p><strong>{html(said(asked, scene.answer(asked)))}</strong></p>",
                *shown,
                *_after(step),
            ],
        ),
    ]


def _fixed(drawing: Drawing) -> Drawing:
    """Of a width of its own: what is folded away has none from which to take it."""
    width = {"width": drawing.width, "autosize": False}
    return replace(drawing, paper=lambda: drawing.on_paper().update_layout(width))


def _choices(asked: Exercise) -> list[str]:
    if not asked.choices:
        return []
    return ["<ul>", *(f"<li>{html(words)}</li>" for words in asked.choices.values()), "</ul>"]


def _after(step: LessonStep) -> list[str]:
    look = prose.html(f"**What to look at.** {step.look}") if step.look else ""
    think = prose.html(f"**To think about.** {step.reflection}") if step.reflection else ""
    return [look, think]


def _folded(title: str, parts: list[str]) -> str:
    return f"<details><summary>{html(title)}</summary>{''.join(parts)}</details>"
