"""Learn: lessons as cards, and one lesson, a step at a time."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard import classroom, settings
from dashboard.controls import drawer, embed, reach
from dashboard.controls.top import top
from dashboard.figures import cover
from dashboard.lessons import covers, prose, reading
from dashboard.lessons.lesson import Lesson
from dashboard.lessons.replies import Learning, questions
from dashboard.text import html, markdown, plain, quoted
from dashboard.views import lesson_answers, lesson_end, lesson_step
from dashboard.work.engine import Engine

PAGE = "learn"
LESSON, STEP = "lesson", "step"  # in the address
_CAME, _LOST = "came", "lost"


def asked() -> bool:
    """Whether the address opens a lesson."""
    return LESSON in st.query_params


def first(home: bool) -> bool:
    """Whether a visitor of a class, who has just come, is sent here from the first page."""
    new = _CAME not in st.session_state
    st.session_state[_CAME] = True
    return bool(settings.text(settings.CLASSROOM)) and new and home and not st.query_params


def address() -> dict[str, str]:
    """What the address holds of this page's own."""
    return {n: st.query_params[n] for n in (LESSON, STEP, "embed") if n in st.query_params}


def lost(home: bool) -> None:
    """Note that a link named what a server with lessons alone has not. home : not another page."""
    st.session_state[_LOST] = not home or bool(st.query_params.keys() - address().keys())


def show(engine: Engine) -> None:
    """The page."""
    if st.session_state.pop(_LOST, False):
        st.info("This server shows lessons alone, so what the link names is not here.")
    lessons, problems = reading.shelf()
    lesson_answers.take(lessons)
    name = st.query_params.get(LESSON, "")
    if name in lessons:
        _lesson(engine, name, lessons[name])
        reach.figures()
    else:
        if name:
            listed = ", ".join(lessons)
            st.warning(markdown(f"There is no lesson {quoted(name)}; there are: {listed}."))
        for problem in problems:
            st.warning(markdown(problem))
        _cards(engine, lessons)
        top("cards")
    lesson_answers.keep(lessons)
    embed.height()
    drawer.drawer()


def _cards(engine: Engine, lessons: Mapping[str, Lesson]) -> None:
    st.title("Learn", anchor=False)
    st.markdown(
        "Lessons of ten minutes. Each step asks first, and shows the answer on a live network once "
        "you have committed to a guess."
    )
    if url := settings.text(settings.CLASSROOM):
        with st.expander("Join with a phone", icon=":material/qr_code_2:", expanded=True):
            st.markdown(f"**{markdown(url)}**")
            st.image(classroom.picture(url), width=220, alt=plain(f"The address {url}"))
    places = [
        column for _ in range(-(-len(lessons) // 2)) for column in st.columns(2, gap="medium")
    ]
    for (name, lesson), place in zip(lessons.items(), places, strict=False):
        with place.container(border=True, key=f"card_{name}"):
            st.image(_cover(engine, lesson), alt="", width="stretch")
            asked_of, mine = questions(lesson), lesson_answers.learning(name)
            st.subheader(markdown(lesson.title), anchor=False)
            done = f" · {len(mine.replies)} of {len(asked_of)} answered" if mine.replies else ""
            st.caption(markdown(f"{lesson.minutes} minutes · {len(lesson.steps)} steps{done}"))
            st.markdown(prose.markdown(lesson.teaches))
            st.caption(markdown(f"For: {lesson.audience}"))
            st.button(
                markdown(
                    f"Go on with {lesson.title}" if mine.replies else f"Begin: {lesson.title}"
                ),
                key=f"begin_{name}",
                on_click=_turn,
                args=(name, max(mine.replies, default=1)),
                width="stretch",
            )


def _cover(engine: Engine, lesson: Lesson) -> str:
    try:
        return _drawn(engine, lesson)
    except covers.NothingFound:
        return cover.nothing()


@st.cache_data(show_spinner=False, max_entries=200, hash_funcs={Lesson: Lesson.model_dump_json})
def _drawn(_engine: Engine, lesson: Lesson) -> str:
    return covers.cover(_engine, lesson)


def _lesson(engine: Engine, name: str, lesson: Lesson) -> None:
    last = len(lesson.steps) + 1
    text = st.query_params.get(STEP, "1")
    step = min(max(int(text), 1), last) if text.isdecimal() and len(text) < 4 else 1
    mine = lesson_answers.learning(name)
    with st.container(horizontal=True, vertical_alignment="center", key="lesson_head"):
        st.button(
            "All lessons", icon=":material/arrow_back:", type="tertiary", on_click=_turn, key="all"
        )
        st.markdown(f"**{markdown(lesson.title)}**", width="stretch")
        st.html(_dots(mine, lesson, step), width="content")
    if step == last:
        lesson_end.show(engine, name, lesson, mine)
    else:
        lesson_step.show(engine, name, lesson, step, mine)
    with st.container(horizontal=True, horizontal_alignment="distribute", key="lesson_foot"):
        st.button(
            "Back",
            shortcut="B",
            disabled=step == 1,
            on_click=_turn,
            args=(name, step - 1),
            key="back",
        )
        if mine.replies:
            with st.popover("Begin again", type="tertiary", key="again"):
                st.markdown("Your answers to this lesson are forgotten, and it begins at its top.")
                st.button("Forget my answers", key="forget", on_click=_again, args=(name,))
        if step < last:
            st.button(
                "Next" if step < last - 1 else "Finish",
                shortcut="N",
                type="primary",
                on_click=_turn,
                args=(name, step + 1),
                key="next",
            )
    answered = (
        step in mine.replies and drawer.narrow()
    )  # there it is far from where one has sent it
    place = lesson_step.VERDICT if answered else ""
    top(f"{name}/{step}/{place}", place)


def _turn(name: str = "", step: int = 1) -> None:
    """Open a step of a lesson, or all lessons, as a callback."""
    st.query_params.from_dict({LESSON: name, STEP: str(step)} if name else {})


def _again(name: str) -> None:
    lesson_answers.forget(name)
    _turn(name)


def _dots(mine: Learning, lesson: Lesson, here: int) -> str:
    """Filled: answered; a ring: open; larger: the one that is shown."""
    dots = []
    for step in range(1, len(lesson.steps) + 1):
        full = step in mine.replies
        dots.append(f'<span class="{"here" if step == here else ""}">{"●" if full else "○"}</span>')
    said = f"Step {here} of {len(lesson.steps)}" if here <= len(lesson.steps) else "The end"
    told = f"{said}, {len(mine.replies)} answered"
    return (
        "<style>.dots { letter-spacing: .2em; white-space: nowrap } "
        ".dots .here { font-size: 1.5em; line-height: 1 }</style>"
        f'<span class="dots" role="img" aria-label="{html(told)}">{"".join(dots)}</span>'
    )
