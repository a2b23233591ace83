"""Texts about a new version of a file that cannot take over as things stand. Codes R3xx; see diagnostics."""

from __future__ import annotations

from dsl.messages import Text

TEXTS: dict[str, Text] = {
    "R301": Text("`{key}`: 포지션이 열려 있는 동안에는 바꿀 수 없습니다", "`{key}` cannot change while positions are open"),
    "R301.label": Text("포지션이 모두 정리되어야 합니다 (지금 값: {old})", "needs a flat strategy (was {old})"),
    "R301.label.added": Text("포지션이 모두 정리되어야 합니다", "needs a flat strategy"),
    "note.open_now": Text("열린 포지션: {markets} (버전 {version}에서 열림)", "open now: {markets} (opened by version {version})"),
    "note.open_now_alone": Text("열린 포지션: {markets}", "open now: {markets}"),
    "note.allowed_live": Text(
        "열린 채로 바꿀 수 있는 것: params, factors, weight, entry, limits, execution",
        "allowed live: params, factors, weights, entry, limits, execution",
    ),
    "note.choose_flat": Text(
        "고르세요: 정리될 때까지 기다리기 / 지금 모두 팔기 / 다른 이름의 전략으로 따로 돌리기",
        "choose: wait until flat / flatten now / run as a second strategy",
    ),
}
