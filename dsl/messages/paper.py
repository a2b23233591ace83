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
    "argument_file": Text("전략 파일", "strategy file"),
    "argument_journal": Text("paper 가 쓴 기록 파일", "journal that paper wrote"),
    "option_speed": Text(
        "시장 시간의 빠르기. 600이면 10분이 1초, 0이면 되는대로 빨리",
        "speed of market time: 600 is ten minutes a second, 0 as fast as it goes",
    ),
    "option_from": Text("거래를 시작할 날 (그날 09:00 KST) 또는 시각", "first day (from 09:00 KST) or time of trading"),
    "option_to": Text("끝나는 날 다음 날 (포함하지 않음)", "first day left out"),
    "option_markets": Text("마켓 코드, 쉼표로 구분 (없으면 파일의 markets)", "market codes, comma separated (default: the file's)"),
    "option_cash": Text("처음 현금. 예: 1000만원", "starting cash, such as 10_000_000"),
    "option_data": Text("캔들 폴더 (없으면 {variable} 또는 사용자 폴더)", "candle folder (default: {variable}, else the user's folder)"),
    "option_fee": Text(
        "한쪽 수수료. 마켓이나 날짜마다 다르면 여러 번 씁니다. 예: 0.05%, 'KRW-USDT 0.01% from 2025-03-01'",
        "fee per side; repeat it where markets or dates differ: 0.05%, 'KRW-USDT 0.01% from 2025-03-01'",
    ),
    "no_volume": Text(
        "--slippage `{text}`: 거래량에 따른 슬리피지는 백테스트에서만 됩니다. 5bp 처럼 쓰세요",
        "--slippage `{text}`: slippage by volume is for backtests only. Write it like 5bp",
    ),
    "option_slippage": Text("시장가 체결이 불리해지는 정도", "how much worse a market order fills"),
    "option_latency": Text("주문이 거래소에 닿는 데 걸리는 밀리초", "milliseconds until an order reaches the exchange"),
    "option_journal": Text("기록 파일 (없으면 reports/ 아래)", "journal file (default: below reports/)"),
    "option_json": Text("결과를 JSON 문서 하나로만 내보냄", "print the result as one JSON document and nothing else"),
    "option_exchange": Text("업비트 시세 주소", "address of the exchange's public candles"),
    "begin": Text(
        "모의투자를 시작합니다: 마켓 {markets}개, {first} ~ {last}{took}. 멈추기: Ctrl+C",
        "paper trading begins: {markets} markets, {first} to {last}{took}. Stop: Ctrl+C",
    ),
    "safety": Text(
        "`safety`의 {names}: 모의투자에는 일어날 수 없는 일이라 쓰이지 않습니다.",
        "`safety` {names}: cannot happen on paper, so it has no part here.",
    ),
    "safety_books": Text(
        "`safety`의 books_disagree: 체결이 있는 봉마다 장부를 견주고, 다르면 바로 끝냅니다.",
        "`safety` books_disagree: the books are compared after every bar with a fill; a difference ends the run.",
    ),
    "begin_takes": Text(", 약 {length} 걸립니다", ", takes about {length}"),
    "running": Text("모의투자", "paper"),
    "synthetic": Text("SYNTHETIC: 만들어 낸 캔들입니다. 실제 거래가 아닙니다.", "SYNTHETIC: generated candles, never traded."),
    "stopped_early": Text("도중에 멈췄습니다. 여기까지의 결과입니다.", "Stopped early; this is how far it came."),
    "summary": Text(
        "{bars}봉, 주문 판단 {intents}건, 체결 {fills}건, 거절 {refusals}건. 현금 {cash}, 평가액 {equity}",
        "{bars} bars, {intents} intents, {fills} fills, {refusals} refusals. Cash {cash}, equity {equity}",
    ),
    "journal_written": Text("기록: {path} (확인: jangdan replay {path})", "journal: {path} (check it: jangdan replay {path})"),
    "other_version": Text(
        "{file} 은(는) 지금 버전에서 같은 전략({version})으로 읽히지 않습니다. 그때의 장단으로 재생하세요.",
        "{file} is not read as the same strategy ({version}) by this version. Replay it with the Jangdan that wrote it.",
    ),
    "replay_same": Text(
        "같습니다: 사건 {events}건을 다시 판단해 주문 {intents}건이 한 비트까지 같습니다.",
        "same: {events} events decided again, {intents} intents equal to the last bit.",
    ),
    "replay_torn": Text("{path} 의 마지막 줄이 잘려 있어 빼고 봅니다.", "the last line of {path} is cut off and left out."),
    "replay_unended": Text("{path} 은(는) 도중에 끊긴 기록입니다.", "{path} was broken off."),
    "replay_empty": Text(
        "{path} 에 견줄 주문이 없습니다. 같다고 할 수 없습니다.", "{path} holds no intent to compare, which proves nothing."
    ),
    "replay_differs": Text(
        "{path} 의 {event}번째 사건에서 달라집니다.\n  기록: {recorded}\n  재생: {decided}",
        "{path} differs at event {event}.\n  recorded: {recorded}\n  decided:  {decided}",
    ),
    "nothing": Text("없음", "nothing"),
}
