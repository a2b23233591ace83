"""Texts of the generated reference page."""

from dsl.messages import Text

TEXTS: dict[str, Text] = {
    "title": Text("규칙에서 쓰는 함수", "Functions of the rule language"),
    "intro": Text(
        "이 문서는 함수 목록에서 자동으로 만들어집니다. 봉 수는 `20`, `20 bars` 또는 `24h` 처럼 씁니다. 기준 시점(anchor)은 `day`,"
        " `week`(월요일), `month`(1일) 또는 `48 bars` 이고, 하루와 주와 달은 모두 09:00(KST)에 시작합니다. 값이 없으면 missing 이고,"
        " missing 은 사거나 팔지 않습니다. 식과 설명의 세부는 영어로 적습니다.",
        "Made from the catalogue. A window is written `20`, `20 bars` or `24h`. An anchor is `day`, `week` (Monday), `month` (the first) or"
        " `48 bars`; days, weeks and months begin at 09:00 KST. What has no value is missing, and missing neither buys nor sells.",
    ),
    "argument_name": Text("함수 이름 (없으면 모두)", "name of a function (default: all)"),
    "unknown": Text("`{name}` 함수는 없습니다. 혹시 `{hint}`?", "there is no function `{name}`. Did you mean `{hint}`?"),
    "operators": Text("연산자", "Operators"),
    "formula": Text("식", "formula"),
    "seed": Text("첫 값", "seed"),
    "degenerate": Text("특별한 경우", "degenerate cases"),
    "range": Text("범위", "range"),
    "memory": Text("기억", "memory"),
    "memory_window": Text("최근 n봉", "the last n bars"),
    "memory_keyed": Text("재귀 (일정한 간격으로 다시 시작)", "recursive, restarted on a grid"),
    "memory_session": Text("기준 시각 이후", "since the anchor"),
    "memory_event": Text("정해진 봉 수 안의 사건", "an event within a bounded number of bars"),
    "also": Text("다른 곳에서 부르는 이름", "elsewhere called"),
    "example": Text("예", "example"),
}
