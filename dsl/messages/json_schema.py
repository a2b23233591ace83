"""Texts of `jangdan schema`."""

from dsl.messages import Text

TEXTS: dict[str, Text] = {
    "argument_kind": Text("파일의 종류: {kinds}", "kind of file: {kinds}"),
    "unknown": Text("`{name}` 파일은 없습니다. 있는 종류: {kinds}", "there is no kind of file called `{name}`. There are: {kinds}"),
    "all": Text("모두 맞아야 합니다", "All of them must be true."),
    "any": Text("하나라도 맞으면 됩니다", "One of them is enough."),
    "none": Text("하나도 맞지 않아야 합니다", "None of them may be true."),
    "at_least": Text("`2 of` 처럼, 그 수만큼 맞아야 합니다", "At least that many must be true: `2 of`."),
}
