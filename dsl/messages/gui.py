"""Texts of the app."""

from dsl.messages import Text

TEXTS: dict[str, Text] = {
    "title": Text("장단", "Jangdan"),
    "not_yet": Text("앱 화면은 아직 없습니다.", "There is no app yet."),
    "instead": Text(
        "지금은 명령줄을 쓰세요: jangdan backtest 전략파일, jangdan paper 전략파일.",
        "Use the command line for now: jangdan backtest FILE, jangdan paper FILE.",
    ),
}
