"""Texts about what is wrong on a command line."""

from dsl.messages import Text

TEXTS: dict[str, Text] = {
    "unreadable": Text("{path} 파일을 읽을 수 없습니다: {reason}", "cannot read {path}: {reason}"),
    "bad_time": Text(
        "{option} `{text}` 을 날짜로 읽을 수 없습니다. 예: 2025-09-01 (그날 09:00부터) 또는 2025-09-01T13:30 (한국 시각)",
        "{option} `{text}` is not a date. Write 2025-09-01 (from 09:00 KST of that day) or 2025-09-01T13:30 (Korean time)",
    ),
    "empty_range": Text(
        "--from 이 --to 보다 늦거나 같습니다. --to 는 끝나는 날 다음 날입니다.",
        "--from is not before --to. --to is the first day that is left out.",
    ),
    "bad_amount": Text(
        "{option} `{text}` 을 금액으로 읽을 수 없습니다. 예: 1000만원, 10_000_000 KRW",
        "{option} `{text}` is not an amount. Write 10_000_000 KRW or 1000만원",
    ),
    "bad_ratio": Text("{option} `{text}` 은 비율이 아닙니다. 예: 0.05%, 5bp", "{option} `{text}` is not a ratio. Write 0.05% or 5bp"),
    "bad_choice": Text("{option} `{text}` 은 없습니다. 가능한 값: {choices}", "{option} has no `{text}`. Choose one of: {choices}"),
    "bad_market": Text(
        "`{code}` 은 원화 마켓 코드가 아닙니다. 예: {hint}", "`{code}` is not the code of a KRW market. Write it like {hint}"
    ),
    "no_markets": Text(
        "마켓이 없습니다. 파일에 `markets: [KRW-BTC]` 를 쓰거나 --markets KRW-BTC,KRW-ETH 를 붙이세요.",
        "no markets: write `markets: [KRW-BTC]` in the file or add --markets KRW-BTC,KRW-ETH",
    ),
}
