"""Texts of the editor's help."""

from dsl.messages import Text

TEXTS: dict[str, Text] = {
    "fix": Text("고치기: {fix}", "Change to: {fix}"),
    "in_risk_file": Text("위험 설정 파일 {where}: {message}", "risk profile {where}: {message}"),
}
