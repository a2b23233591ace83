"""Texts of paper trading and replay."""

from dsl.messages import Text

TEXTS: dict[str, Text] = {
    "journal_exists": Text(
        "{path} 파일이 이미 있습니다. 기록은 덮어쓰지 않으니 다른 이름을 쓰세요.",
        "{path} exists already. A journal is never overwritten: choose another name.",
    ),
    "journal_unwritable": Text("기록 {path} 을(를) 만들 수 없습니다: {problem}", "the journal {path} cannot be made: {problem}"),
    "journal_unreadable": Text("기록 {path} 을(를) 읽을 수 없습니다: {problem}", "the journal {path} cannot be read: {problem}"),
    "not_a_journal": Text("{path} 은(는) 장단의 기록이 아닙니다.", "{path} is no journal of Jangdan."),
    "journal_broken": Text(
        "{path} 의 {line}번째 줄이 깨져 있습니다. 마지막 줄이 아니므로 믿을 수 없습니다.",
        "line {line} of {path} is broken. It is not the last one, so the journal cannot be trusted.",
    ),
    "journal_impossible": Text(
        "{path} 의 {event}번째 사건은 있을 수 없습니다: {problem}", "event {event} of {path} cannot be true: {problem}"
    ),
}
