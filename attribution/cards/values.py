"""Values: what the fields of a card may hold, and the form that all its entries have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

from attribution.cards import names as _names


class Folder(Protocol):
    """Where the files that a card names lie."""

    def file(self, name: str) -> Path:
        """The file of that name. Raises InvalidRequest where it lies outside, or is none."""


def _listed(value: Any, info: ValidationInfo, empty: bool = False) -> Any:
    """Names as they are, or out of the file that is named in their place."""
    if not isinstance(value, str):
        return value
    if info.context is None:
        raise ValueError("a list is expected; only a card's own file can name another for it")
    return _names.read(_file(value, info), "the file of names", empty)


def _file(value: Any, info: ValidationInfo) -> Path:
    if not isinstance(value, str | Path):
        raise ValueError("the name of a file is expected")
    folder: Folder | None = info.context
    return Path(value) if folder is None else folder.file(str(value))


Whole = Annotated[int, Field(strict=True, ge=1)]
Index = Annotated[int, Field(strict=True, ge=0)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Text = Annotated[str, Field(max_length=10_000)]
Name = Annotated[str, Field(min_length=1, max_length=1_000)]
Names = Annotated[
    tuple[Name, ...],
    BeforeValidator(_listed, json_schema_input_type=str | list[str | int]),
    Field(min_length=1),
]
Words = Annotated[
    tuple[Annotated[str, Field(max_length=1_000)], ...],
    BeforeValidator(
        lambda value, info: _listed(value, info, empty=True),
        json_schema_input_type=str | list[str | int],
    ),
    Field(min_length=1),
]
"""As Names, and one may be empty."""
File = Annotated[Path, BeforeValidator(_file, json_schema_input_type=str)]


class Entry(BaseModel):
    """Part of a card: fixed once it is made, and of known fields alone."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)
