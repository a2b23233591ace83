"""What every section of a file has in common: only known keys, leaves as text."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, StringConstraints, Tag

Text = Annotated[str, StringConstraints(min_length=1)]


class Section(BaseModel):
    """A mapping of a file. Unknown keys are refused, values keep the text of the file."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


def _text_as_value(data: Any) -> Any:
    return {"value": data} if isinstance(data, str) else data


class Param(Section):
    """A number that may be tuned: `{value: 9, range: 5..15, step: 1}`, or just `9`."""

    value: Text
    range: Text | None = None
    step: Text | None = None


ParamValue = Annotated[Param, BeforeValidator(_text_as_value)]


def _condition_tag(data: Any) -> str:
    return "<rule>" if isinstance(data, str) else "<group>"


class Group(Section):
    """Conditions joined: exactly one of `all`, `any`, `none`, `at_least`."""

    all: dict[Text, Condition] | None = None
    any: dict[Text, Condition] | None = None
    none: dict[Text, Condition] | None = None
    at_least: dict[Text, dict[Text, Condition]] | None = None


#: a rule, or a group of them
Condition = Annotated[Annotated[Text, Tag("<rule>")] | Annotated[Group, Tag("<group>")], Discriminator(_condition_tag)]

Group.model_rebuild()
