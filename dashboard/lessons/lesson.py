"""Lesson: what a file of a lesson may say. The description of a field is what its errors expect."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from dashboard.lessons.checks import CHECKS, FIGURES, KINDS

Words = Annotated[str, Field(min_length=1, max_length=10_000)]
Short = Annotated[str, Field(min_length=1, max_length=200)]
Value = str | int | float | bool | list[int]


def _called(value: Any) -> Any:
    """`top_unit`, or `share_of: 5` with what it is asked about."""
    if isinstance(value, str):
        return {"name": value}
    if isinstance(value, dict) and len(value) == 1 and "name" not in value:
        ((name, about),) = value.items()
        return {"name": name, "about": about}
    return value


def _listed(value: Any) -> Any:
    """A list of words stands for itself; else what the check may find, with the words for it."""
    return {str(each): str(each) for each in value} if isinstance(value, list) else value


class LessonPart(BaseModel):
    """Part of a lesson: fixed once it is made, and of known fields alone."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class LiveView(LessonPart):
    """A page of the dashboard without its controls, for a request as a link holds it."""

    page: Literal["explore", "compare", "ablate", "flip", "path", "steps", "toy", "minimum"] = (
        Field(description=f"one of {', '.join(FIGURES)}")
    )
    link: dict[str, Value] = Field(
        {}, description="names and values as in a link, such as {model: digits, input: digit-7}"
    )
    show: tuple[Short, ...] = Field(
        min_length=1, max_length=6, description="a list of figures, such as [map, ranking]"
    )
    controls: tuple[Short, ...] = Field(
        (), max_length=6, description="a list of names of a link that a learner may turn"
    )

    @model_validator(mode="after")
    def _check(self) -> LiveView:
        for name in self.show:
            if name not in FIGURES[self.page]:
                listed = ", ".join(FIGURES[self.page])
                raise ValueError(f"page {self.page} has no figure {name!r}; it has {listed}")
        return self


class CheckCall(LessonPart):
    """Which check, and what it is asked about."""

    name: Short = Field(description="the name of a check, such as top_unit")
    about: int | float | str | None = Field(None, description="a number or a name")


class Exercise(LessonPart):
    """A question that is answered before the view opens, and the check that answers it."""

    ask: Words = Field(description="a text: the question")
    kind: Literal["choice", "number", "unit", "cell"] = Field(
        description="choice, number, unit or cell"
    )
    choices: Annotated[
        dict[str, Words],
        BeforeValidator(_listed, json_schema_input_type=dict[str, str] | list[str]),
    ] = Field({}, description="what the check may find: the words for it, or a list of words")
    within: Annotated[float, Field(ge=0)] = Field(
        0, description="how far off an answer may be, a number of 0 or more"
    )
    unit: str = Field("", max_length=40, description="a text: what the number counts")
    among: Annotated[int, Field(ge=2, le=24)] = Field(
        12, description="how many units there are to choose from, 2 to 24"
    )
    check: Annotated[
        CheckCall,
        BeforeValidator(_called, json_schema_input_type=str | dict[str, str | int | float]),
    ] = Field(description="a check, such as top_unit, or with a value: {share_of: 5}")

    @model_validator(mode="after")
    def _check(self) -> Exercise:
        if (self.kind == "choice") != bool(self.choices):
            have = "needs choices" if self.kind == "choice" else "has no choices"
            raise ValueError(f"a question of kind {self.kind} {have}")
        return self


class LessonStep(LessonPart):
    """A text, and a live view that a question may stand before."""

    title: Short = Field(description="a text of one line")
    text: Words = Field(description="a text: paragraphs, **bold**, *emphasis*, `code`, - lists")
    first: tuple[Short, ...] = Field(
        (), max_length=3, description="a list of figures that are seen before the answer"
    )
    view: LiveView | None = Field(None, description="page, link, show and controls")
    question: Exercise | None = Field(None, description="ask, kind and check")
    hint: str = Field("", max_length=2_000, description="a text")
    look: str = Field("", max_length=4_000, description="a text: what there is to be seen")
    reflection: str = Field("", max_length=2_000, description="a text: something to think about")

    @model_validator(mode="after")
    def _check(self) -> LessonStep:
        if self.view is None:
            if self.question or self.first:
                raise ValueError("a question and first figures need a view")
            return self
        for name in self.first:
            if name not in FIGURES[self.view.page]:
                listed = ", ".join(FIGURES[self.view.page])
                raise ValueError(f"page {self.view.page} has no figure {name!r}; it has {listed}")
        if asked := self.question:
            _fits(asked, self.view.page)
        return self


def _fits(asked: Exercise, page: str) -> None:
    known = CHECKS[page]
    check = known.get(asked.check.name)
    if check is None:
        listed = ", ".join(known) or "none"
        raise ValueError(f"page {page} has no check {asked.check.name!r}; it has {listed}")
    if KINDS[check.kind] != asked.kind:
        raise ValueError(
            f"the check {asked.check.name} answers a question of kind {KINDS[check.kind]}, "
            f"and this one is of kind {asked.kind}"
        )
    if (asked.check.about is None) != (check.about == ""):
        need = f"needs {check.about}" if check.about else "takes no value"
        shown = f"{{{asked.check.name}: ...}}" if check.about else asked.check.name
        raise ValueError(f"the check {asked.check.name} {need}: write {shown}")


class Lesson(LessonPart):
    """Steps, with what they teach, to whom, and in how many minutes."""

    title: Short = Field(description="a text of one line")
    teaches: Words = Field(description="a text: what one knows afterwards")
    audience: Words = Field(alias="for", description="a text: for whom it is")
    minutes: Annotated[int, Field(ge=1, le=240)] = Field(description="a whole number")
    order: int = Field(100, description="a whole number: lower ones stand first")
    cover: Annotated[int, Field(ge=1, le=40)] | None = Field(
        None, description="a step's number: from what it finds the picture of the card is drawn"
    )
    steps: tuple[LessonStep, ...] = Field(
        min_length=1, max_length=40, description="a list of steps, each with title and text"
    )

    @model_validator(mode="after")
    def _check(self) -> Lesson:
        if self.cover and (self.cover > len(self.steps) or not self.steps[self.cover - 1].view):
            raise ValueError(f"cover is {self.cover}, and that is no step with a view")
        return self
