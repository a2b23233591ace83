"""Texts about what is wrong on a command line."""

from dsl.messages import Text

TEXTS: dict[str, Text] = {
    "unreadable": Text("{path} 파일을 읽을 수 없습니다: {reason}", "cannot read {path}: {reason}"),
    "portfolio_here": Text(
        "{path} 은(는) 포트폴리오 파일입니다. 이 명령은 전략 하나를 봅니다. "
        "계좌 전체는 jangdan backtest 로 보고, 여기에는 전략 파일을 쓰세요:\n{commands}",
        "{path} is a portfolio, and this command looks at one strategy. jangdan backtest shows the whole account; here name the file of a "
        "strategy:\n{commands}",
    ),
    "risk_here": Text(
        "{path} 은(는) 위험 관리 파일입니다. 전략 파일을 쓰고, 그 안에 risk_profile 로 이 파일의 이름을 적으세요",
        "{path} is a risk profile. Name a strategy file; it names its profile under risk_profile",
    ),
    "bad_time": Text(
        "{option} `{text}` 을(를) 날짜로 읽을 수 없습니다. 예: 2025-09-01 (그날 09:00부터) 또는 2025-09-01T13:30 (한국 시각)",
        "{option} `{text}` is not a date. Write 2025-09-01 (from 09:00 KST of that day) or 2025-09-01T13:30 (Korean time)",
    ),
    "empty_range": Text(
        "--from 이 --to 보다 늦거나 같습니다. --to 는 끝나는 날 다음 날입니다.",
        "--from is not before --to. --to is the first day that is left out.",
    ),
    "bad_amount": Text(
        "{option} `{text}` 을(를) 금액으로 읽을 수 없습니다. 예: 1000만원, 10_000_000 KRW",
        "{option} `{text}` is not an amount. Write 10_000_000 KRW or 1000만원",
    ),
    "bad_ratio": Text("{option} `{text}` 은(는) 비율이 아닙니다. 예: 0.05%, 5bp", "{option} `{text}` is not a ratio. Write 0.05% or 5bp"),
    "bad_fee": Text(
        "{option} `{text}` 을(를) 읽을 수 없습니다. 예: 0.05%, 0.04% from 2025-03-01, KRW-USDT 0.01% from 2025-03-01",
        "{option} `{text}` is no fee. Write 0.05%, 0.04% from 2025-03-01 or KRW-USDT 0.01% from 2025-03-01",
    ),
    "bad_slippage": Text(
        "{option} `{text}` 을(를) 읽을 수 없습니다. 예: 5bp, 5bp + 10bp per 1% of volume, 5bp + 10bp per 1% of volume, sqrt",
        "{option} `{text}` is no slippage. Write 5bp, 5bp + 10bp per 1% of volume or 5bp + 10bp per 1% of volume, sqrt",
    ),
    "too_much_slippage": Text(
        "{option} `{text}`: 봉 거래량만큼 큰 주문의 슬리피지가 100%를 넘습니다. 더 작게 쓰거나 끝에 `, sqrt` 를 붙이세요",
        "{option} `{text}`: an order as large as a bar's volume would slip by 100% or more. Write less, or add `, sqrt`",
    ),
    "bad_participation": Text(
        "{option} `{text}` 은(는) 0%보다 크고 100% 이하여야 합니다. 예: 10%",
        "{option} `{text}` must be above 0% and at most 100%. Write 10%",
    ),
    "bad_latency": Text(
        "{option} `{text}` 을(를) 읽을 수 없습니다. 하루 이하의 시간이나 1000개 이하의 봉을 쓰세요. 예: 500ms, 2s, 1m, 1 bar",
        "{option} `{text}` is no latency. Write a time up to a day or up to 1000 bars: 500ms, 2s, 1m, 1 bar",
    ),
    "bad_book": Text(
        "{option} `{text}` 을(를) 읽을 수 없습니다. 예: 'spread 10bp', 'spread 10bp, depth 5% of 1h turnover within 0.5%'. "
        "거래대금의 기간은 하루까지이고, within 은 스프레드의 절반보다 커야 합니다",
        "{option} `{text}` is no order book. Write 'spread 10bp' or 'spread 10bp, depth 5% of 1h turnover within 0.5%', with the turnover "
        "of a day at most, and more than half the spread behind `within`",
    ),
    "bad_visible": Text(
        "{option} `{text}` 을(를) 읽을 수 없습니다. 예: '50_000_000 KRW', '5% of 1h turnover'(기간은 하루까지), recorded",
        "{option} `{text}` is no size of the book. Write '50_000_000 KRW', '5% of 1h turnover' (of a day at most) or recorded",
    ),
    "bad_halt": Text(
        "{option} `{text}` 을(를) 읽을 수 없습니다. 시작이 끝보다 앞서야 합니다. 예: '2025-03-01T10:00..2025-03-01T12:00', "
        "'KRW-XRP 2025-03-01..2025-03-04', 이렇게 쓴 줄이 든 파일, outages",
        "{option} `{text}` is no stretch of time, which must begin before it ends. Write '2025-03-01T10:00..2025-03-01T12:00', "
        "'KRW-XRP 2025-03-01..2025-03-04', a file of such lines or outages",
    ),
    "bad_choice": Text("{option} `{text}` 은(는) 없습니다. 가능한 값: {choices}", "{option} has no `{text}`. Choose one of: {choices}"),
    "bad_market": Text(
        "`{code}` 은(는) 원화 마켓 코드가 아닙니다. 예: {hint}", "`{code}` is not the code of a KRW market. Write it like {hint}"
    ),
    "no_markets": Text(
        "마켓이 없습니다. 파일에 `markets: [KRW-BTC]`(정한 마켓)나 `universe:`(조건에 맞는 마켓을 고름)를 쓰거나, "
        "명령에 --markets KRW-BTC,KRW-ETH 를 붙이세요.",
        "no markets: write `markets: [KRW-BTC]` (fixed ones) or `universe:` (chosen by rules) in the file, "
        "or add --markets KRW-BTC,KRW-ETH to the command",
    ),
    "time_out_of_range": Text(
        "{option} `{text}`: 업비트 캔들은 2017년부터 있습니다. {first} 부터 {last} 사이의 날짜를 적으세요",
        "{option} `{text}`: Upbit's candles begin in 2017; name a date from {first} to {last}",
    ),
    "too_much_money": Text("{option} `{text}` 은(는) 너무 큽니다. 1000조원까지 됩니다", "{option} `{text}` is too much: at most 1e15 KRW"),
    "reason_ENOENT": Text("그런 파일이나 폴더가 없습니다", "there is no such file or folder"),
    "reason_EISDIR": Text("파일이 아니라 폴더입니다. 파일 이름까지 적으세요", "it is a folder; name a file"),
    "reason_ENOTDIR": Text("경로 가운데에 폴더가 아닌 것이 있습니다", "a part of the path is no folder"),
    "reason_EEXIST": Text("같은 이름의 파일이 이미 있습니다", "a file of that name is in the way"),
    "reason_EACCES": Text("권한이 없습니다", "permission denied"),
    "reason_EPERM": Text("권한이 없습니다", "permission denied"),
    "reason_EROFS": Text("읽기 전용입니다", "it is read-only"),
    "reason_ENOSPC": Text("디스크가 가득 찼습니다", "the disk is full"),
    "reason_ENAMETOOLONG": Text("이름이 너무 깁니다", "the name is too long"),
}
