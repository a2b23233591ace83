"""Texts of the backtest command."""

from dsl.messages import Text

TEXTS: dict[str, Text] = {
    "argument_file": Text("전략 파일", "strategy file"),
    "option_from": Text("거래를 시작할 날 (그날 09:00 KST) 또는 시각", "first day (from 09:00 KST) or time of trading"),
    "option_to": Text("끝나는 날 다음 날 (포함하지 않음)", "first day left out"),
    "option_markets": Text("마켓 코드, 쉼표로 구분 (없으면 파일의 markets)", "market codes, comma separated (default: the file's)"),
    "option_cash": Text("처음 현금. 예: 1000만원", "starting cash, such as 10_000_000"),
    "option_data": Text("캔들 폴더 (없으면 {variable} 또는 사용자 폴더)", "candle folder (default: {variable}, else the user's folder)"),
    "option_base": Text("계산에 쓸 가장 작은 캔들. 예: 1m", "base candles of the run, such as 1m"),
    "option_fee": Text(
        "한쪽 수수료. 마켓이나 날짜마다 다르면 여러 번 씁니다. 예: 0.05%, '0.04% from 2025-03-01', 'KRW-USDT 0.01%'",
        "fee per side; repeat it where markets or dates differ: 0.05%, '0.04% from 2025-03-01', 'KRW-USDT 0.01%'",
    ),
    "option_slippage": Text(
        "시장가 체결이 불리해지는 정도. 예: 5bp. 주문이 클수록 커지게: '5bp + 10bp per 1% of volume' (제곱근으로 커지면 끝에 ', sqrt')",
        "how much worse a market order fills, such as 5bp; growing with the order: '5bp + 10bp per 1% of volume' (', sqrt' behind it: "
        "with the square root)",
    ),
    "option_participation": Text(
        "한 봉 거래량에서 내 주문이 체결될 수 있는 가장 큰 몫. 예: 10%. 나머지는 다음 봉에서 이어서 체결됩니다",
        "largest share of a bar's volume that may be ours, such as 10%; the rest of an order goes on in the next bars",
    ),
    "option_walk_books": Text(
        "기록해 둔 호가창이 있는 시각에는 슬리피지를 그 호가창으로 계산합니다. 없는 시각에는 --slippage를 씁니다",
        "where an order book was recorded, slippage is what the order would have paid in it; elsewhere --slippage",
    ),
    "option_queue": Text(
        "기다리는 지정가 매수나 목표가 매도(leave.order: limit)에 가격이 닿기만 했을 때, 그 가격에서 거래된 것으로 볼 봉 거래량의 몫. "
        "예: 10%. 먼저 줄 선 물량은 --walk-books, --book의 호가창에서 읽습니다. 없으면 닿기만 해서는 체결되지 않습니다",
        "share of a bar's volume that trades at the price of a waiting limit buy, or target (leave.order: limit), which the price only "
        "touches, such as 10%; who stands before it is read from the books of --walk-books and --book; without it a touch fills nothing",
    ),
    "option_visible": Text(
        "업비트가 호가창에 보여 주는 한쪽의 크기. 이보다 큰 시장가 매수는 거절되고 매도는 나뉩니다. "
        "예: '50_000_000 KRW', '5% of 1h turnover', recorded(기록된 호가창만). 기록된 호가창은 --walk-books와 함께 먼저 씁니다",
        "what the exchange shows on each side of its book; larger market buys are refused, larger sales are cut. Such as '50_000_000 KRW', "
        "'5% of 1h turnover', recorded (recorded books only); with --walk-books a recorded book comes first",
    ),
    "option_halt": Text(
        "주문이 체결되지 않는 시간(장애, 거래 중단). 예: '2025-03-01T10:00..2025-03-01T12:00', 앞에 마켓을 쓰면 그 마켓만. "
        "한 줄에 하나씩 쓴 파일도 됩니다. outages: 저장된 어느 마켓도 거래되지 않은 시간. 여러 번 쓸 수 있습니다",
        "when no order trades (an outage, a suspended market), such as '2025-03-01T10:00..2025-03-01T12:00', with a market before it for "
        "that one alone, or a file with one a line; outages: whenever none of the stored markets traded; can be repeated",
    ),
    "option_latency": Text(
        "판단한 뒤 주문이 거래소에 닿기까지 걸리는 시간. 예: 500ms, 2s, 1 bar. 닿은 뒤 시작하는 첫 봉에서 체결됩니다",
        "from a decision to the order's arrival, such as 500ms, 2s, 1 bar; it fills in the first bar that begins after that",
    ),
    "option_book": Text(
        "호가 기록이 없는 곳에서 book.* 과 depth 가 쓸 호가 모형. 예: 'spread 10bp', 'spread 10bp, depth 5% of 1h turnover within 0.5%'. "
        "없으면 값이 없는 것으로 봅니다",
        "the order book that book.* and depth read where none was recorded: 'spread 10bp', or 'spread 10bp, depth 5% of 1h turnover within "
        "0.5%' (default: missing)",
    ),
    "option_rounding": Text(
        "upbit: 호가 단위와 소수 8자리. none: 반올림 없음 (다른 엔진과 비교할 때)",
        "upbit: price grid and 8 decimals. none: continuous, to compare with other engines",
    ),
    "option_json": Text("결과를 JSON 으로 쓸 파일, - 이면 화면에 그것만", "write the result as JSON to this file; - prints only that"),
    "option_report": Text("HTML 보고서 파일", "where to write the HTML report"),
    "option_no_report": Text("HTML 보고서를 쓰지 않음", "write no HTML report"),
    "option_trades": Text("거래 목록을 CSV 로 쓸 파일, - 이면 화면에 그것만", "write the trades as CSV to this file; - prints only those"),
    "option_doctor": Text(
        "결과 진단. deep: params 의 숫자를 10%씩 바꾸어 다시 돌려 봄",
        "result doctor. deep: run again with each of the params a tenth lower and higher",
    ),
    "option_random": Text("결과와 견줄 무작위 진입의 수, 0 이면 안 함", "random entries to hold the result against, 0 = none"),
    "moved": Text("파라미터를 바꾸어 다시 돌리는 중", "running again with moved parameters"),
    "option_checked": Text(
        "장부 검산: 체결 기록만으로 현금과 보유분을 따로 계산해 견줌 (느림)",
        "audit the books: cash and positions recomputed from the fills alone (slow)",
    ),
    "bad_random": Text("--random 은 0 부터 {most} 까지입니다.", "--random lies between 0 and {most}."),
    "option_block": Text("한 번에 계산하는 캔들 수 (결과는 같음)", "candles computed at a time (results do not depend on it)"),
    "option_exchange": Text("업비트 시세 주소", "address of the exchange's public candles"),
    "two_documents": Text("--json - 과 --trades - 는 함께 쓸 수 없습니다.", "--json - and --trades - exclude each other."),
    "bad_block": Text("--block 은 1 부터 {most} 까지입니다.", "--block lies between 1 and {most}."),
    "fetching": Text("캔들 받는 중 {market}", "fetching candles {market}"),
    "running": Text("백테스트", "backtest"),
    "report_written": Text("보고서: {path}", "report: {path}"),
    "part_reports_written": Text("전략별 보고서: {paths}", "reports of the strategies: {paths}"),
    "cannot_write": Text("{path} 에 쓸 수 없습니다: {reason}", "cannot write {path}: {reason}"),
    "synthetic": Text("합성 캔들: 실제로 거래된 적이 없습니다.", "SYNTHETIC candles: generated, never traded."),
    "cannot_run": Text("이 캔들로는 실행할 수 없습니다: {reason}", "cannot run on these candles: {reason}"),
    "computed": Text("{bars:,}개 캔들을 {seconds:.2f}초에 계산했습니다.", "computed {bars:,} candles in {seconds:.2f} s."),
}
