"""Texts of backtest reports: names and definitions of figures, headings, columns, reasons, assumptions."""

from __future__ import annotations

from dsl.messages import Text

#: figure key -> (Korean name, English name, Korean definition, English definition)
_FIGURES: dict[str, tuple[str, str, str, str]] = {
    "end_equity": (
        "최종 자산", "End equity",
        "기간 끝의 현금과 보유분(마지막 체결가로 평가)의 합.",
        "Cash plus open positions at their last prices when the run ends.",
    ),
    "profit": (
        "손익", "Profit",
        "최종 자산에서 시작 현금을 뺀 금액. 보유 중인 포지션은 마지막 체결가로 평가합니다.",
        "End equity less starting cash. Open positions count at their last prices.",
    ),
    "total_return": (
        "총수익률", "Total return",
        "최종 자산 ÷ 시작 현금 − 1.",
        "End equity / starting cash − 1.",
    ),
    "annualised_return": (
        "연환산 수익률", "Annualised return",
        "(최종 ÷ 시작)^(365일 ÷ 기간) − 1. 기간이 하루보다 짧으면 정의하지 않습니다.",
        "(end / start)^(365 days / length of the run) − 1. Not defined for runs under one day.",
    ),
    "best_day": (
        "최고의 날", "Best day",
        "하루 수익률 가운데 가장 높은 값. 하루는 09:00 KST(00:00 UTC)에 바뀝니다.",
        "Highest daily return. A day turns at 09:00 KST (00:00 UTC).",
    ),
    "worst_day": (
        "최악의 날", "Worst day",
        "하루 수익률 가운데 가장 낮은 값.",
        "Lowest daily return.",
    ),
    "winning_days": (
        "이익일 비율", "Winning days",
        "이익이 난 날 ÷ 자산이 변한 날.",
        "Days with a gain / days on which equity changed.",
    ),
    "maximum_drawdown": (
        "최대 낙폭(MDD)", "Maximum drawdown",
        "그때까지의 최고 자산에서 가장 깊게 내려간 비율. 일별이 아니라 모든 봉 마감에서 잽니다.",
        "Deepest fall from the highest equity so far, over every bar close, not only daily ones.",
    ),
    "maximum_drawdown_length": (
        "최대 낙폭 기간", "Maximum drawdown length",
        "최대 낙폭이 시작된 고점부터 그 고점을 되찾을 때까지의 시간. 되찾지 못했으면 기간 끝까지.",
        "Time from the peak before the deepest fall until that peak was reached again, or to the end of the run.",
    ),
    "longest_drawdown_length": (
        "최장 낙폭 기간", "Longest drawdown",
        "자산이 이전 고점 아래에 머문 가장 긴 시간.",
        "Longest time that equity stayed below an earlier peak.",
    ),
    "annualised_volatility": (
        "연환산 변동성", "Annualised volatility",
        "하루 수익률의 표본 표준편차(n − 1) × √365.",
        "Sample standard deviation (n − 1) of daily returns × √365.",
    ),
    "sharpe": (
        "샤프 지수", "Sharpe ratio",
        "하루 수익률의 평균 ÷ 표본 표준편차(n − 1) × √365. 무위험 수익률은 0.",
        "Mean daily return / sample standard deviation (n − 1) × √365. Risk-free rate 0.",
    ),
    "sortino": (
        "소르티노 지수", "Sortino ratio",
        "하루 수익률의 평균 ÷ √(손실일 수익률 제곱의 합 ÷ 전체 일수) × √365.",
        "Mean daily return / √(sum of squared losing days / all days) × √365.",
    ),
    "calmar": (
        "칼마 지수", "Calmar ratio",
        "연환산 수익률 ÷ 최대 낙폭의 크기. 둘 다 전체 기간.",
        "Annualised return / size of the maximum drawdown, both over the whole run.",
    ),
    "closed_trades": (
        "청산한 거래", "Closed trades",
        "진입에서 전량 청산까지 간 포지션의 수.",
        "Positions that went from open to flat.",
    ),
    "win_rate": (
        "승률", "Win rate",
        "모든 수수료를 뺀 손익이 0보다 큰 거래 ÷ 청산한 거래.",
        "Trades with a profit above zero after all fees / closed trades.",
    ),
    "average_trade": (
        "거래당 평균 손익", "Average trade",
        "청산한 거래의 평균 손익(수수료 차감).",
        "Mean profit of closed trades after fees.",
    ),
    "average_trade_return": (
        "거래당 평균 수익률", "Average trade return",
        "손익 ÷ (매수 금액 + 매수 수수료)의 평균.",
        "Mean of profit / (cost + buying fees).",
    ),
    "average_win": (
        "평균 이익", "Average win",
        "이익 거래의 평균 손익.",
        "Mean profit of the trades that gained.",
    ),
    "average_loss": (
        "평균 손실", "Average loss",
        "손실 거래의 평균 손익(음수).",
        "Mean profit of the trades that lost (negative).",
    ),
    "average_win_return": (
        "평균 이익률", "Average win return",
        "이익 거래의 평균 수익률.",
        "Mean return of the trades that gained.",
    ),
    "average_loss_return": (
        "평균 손실률", "Average loss return",
        "손실 거래의 평균 수익률(음수).",
        "Mean return of the trades that lost (negative).",
    ),
    "profit_factor": (
        "손익비(PF)", "Profit factor",
        "이익의 합 ÷ 손실의 합(원). 손실 거래가 없으면 정의하지 않습니다.",
        "Sum of gains / sum of losses in KRW. Not defined without a losing trade.",
    ),
    "payoff_ratio": (
        "평균 손익비", "Payoff ratio",
        "평균 이익 ÷ 평균 손실의 크기(원). 이익이나 손실이 없으면 정의하지 않습니다.",
        "Average win / size of the average loss in KRW. Not defined without a win or a loss.",
    ),
    "best_trade": (
        "최고의 거래", "Best trade",
        "청산한 거래 가운데 가장 높은 수익률.",
        "Highest return of a closed trade.",
    ),
    "worst_trade": (
        "최악의 거래", "Worst trade",
        "청산한 거래 가운데 가장 낮은 수익률.",
        "Lowest return of a closed trade.",
    ),
    "longest_losing_streak": (
        "최장 연속 손실", "Longest losing streak",
        "청산 순서로 손실이 이어진 거래의 최대 수. 손익이 0인 거래는 연속을 끊습니다.",
        "Most losing trades in a row, by time of closing. A trade of exactly zero ends the streak.",
    ),
    "average_holding": (
        "평균 보유 시간", "Average holding time",
        "첫 매수 체결부터 마지막 매도 체결까지의 평균 시간.",
        "Mean time from the first buy to the last sale.",
    ),
    "open_trades": (
        "보유 중인 거래", "Open trades",
        "기간 끝에 아직 열려 있는 포지션의 수. 승률 등 거래 지표에는 들어가지 않습니다.",
        "Positions still open when the run ends. They are not part of the figures of closed trades.",
    ),
    "open_profit": (
        "평가 손익", "Open profit",
        "열린 포지션의 지금까지 손익. 마지막 체결가로 평가하고 매도 수수료는 빼지 않습니다.",
        "Profit so far of open positions, at last prices, without a selling fee.",
    ),
    "trades_per_day": (
        "하루 거래 수", "Trades per day",
        "청산한 거래 ÷ 기간(일).",
        "Closed trades / days of the run.",
    ),
    "exposure": (
        "평균 투자 비중", "Exposure",
        "봉 마감마다 잰 (보유분 평가액 ÷ 자산)의 평균.",
        "Mean over bar closes of open positions / equity.",
    ),
    "time_in_market": (
        "보유 시간 비율", "Time in the market",
        "포지션이 하나라도 있던 봉 마감의 비율.",
        "Share of bar closes with at least one open position.",
    ),
    "fees_paid": (
        "낸 수수료", "Fees paid",
        "모든 체결의 수수료 합.",
        "Sum of the fees of all fills.",
    ),
    "slippage_paid": (
        "낸 슬리피지", "Slippage paid",
        "기준 가격보다 불리하게 체결된 만큼의 금액. 호가 단위 올림·내림도 들어갑니다.",
        "What fills worse than the base price cost; rounding to the price grid is included.",
    ),
    "average_slippage": (
        "평균 슬리피지", "Average slippage",
        "낸 슬리피지 ÷ 기준 가격으로 잰 거래 금액(0.01% 단위).",
        "Slippage paid / traded value at base prices, in basis points.",
    ),
    "traded_value": (
        "거래 금액", "Traded value",
        "모든 체결의 가격 × 수량의 합(매수와 매도).",
        "Sum of price × quantity over all fills, buys and sales.",
    ),
    "turnover": (
        "회전율", "Turnover",
        "거래 금액 ÷ 평균 자산.",
        "Traded value / mean equity.",
    ),
}  # fmt: skip

_PLAIN: dict[str, Text] = {
    "language": Text("한국어", "English"),
    "synthetic": Text("SYNTHETIC · 만들어 낸 시세입니다. 실제 거래가 아닙니다", "SYNTHETIC · generated prices, never traded"),
    "title": Text("백테스트", "Backtest"),
    "period": Text("기간", "Period"),
    "clock": Text("판단하는 봉(clock)", "Clock"),
    "base": Text("계산에 쓴 캔들", "Base candles"),
    "markets": Text("마켓", "Markets"),
    "version": Text("버전", "Version"),
    "cash": Text("시작 현금", "Starting cash"),
    "kst": Text("시각은 모두 KST", "All times are KST"),
    "past": Text("지난 결과는 앞으로의 수익을 약속하지 않습니다.", "Past results promise nothing about the future."),
    "none": Text("없음", "none"),
    "day_unit": Text("일", "d"),
    "times_unit": Text("배", "x"),
    "hour_unit": Text("시간", "h"),
    "minute_unit": Text("분", "m"),
    "second_unit": Text("초", "s"),
    "group.return": Text("수익", "Return"),
    "group.risk": Text("위험", "Risk"),
    "group.trade": Text("거래", "Trades"),
    "group.cost": Text("비용", "Costs"),
    "strategy": Text("전략", "Strategy"),
    "buy_and_hold": Text("그냥 보유", "Buy and hold"),
    "buy_and_hold_about": Text(
        "같은 현금을 모든 마켓에 똑같이 나누어 첫 가격에 사서 끝까지 보유(살 때의 수수료와 슬리피지는 같음).",
        "The same cash in equal parts in every market, bought at its first known price at the same costs and held to the end.",
    ),
    "head.summary": Text("요약", "Summary"),
    "head.equity": Text("자산과 낙폭", "Equity and drawdown"),
    "head.candles": Text("차트와 매매", "Chart and trades"),
    "head.monthly": Text("월별 수익률", "Monthly returns"),
    "head.daily": Text("일별 수익률", "Daily returns"),
    "head.distribution": Text("거래 수익률 분포", "Distribution of trade returns"),
    "head.figures": Text("지표", "Figures"),
    "head.trades": Text("거래 목록", "Trades"),
    "head.markets": Text("마켓별", "By market"),
    "head.exits": Text("청산 규칙별", "By exit rule"),
    "head.skipped": Text("사지 않은 이유", "Why entries were skipped"),
    "head.rules": Text("규칙이 참이었던 횟수", "How often each rule was true"),
    "head.strategies": Text("전략별", "By strategy"),
    "head.universe": Text("유니버스의 조건", "Rules of the universe"),
    "head.assumptions": Text("가정", "Assumptions"),
    "column.number": Text("번호", "No."),
    "column.market": Text("마켓", "Market"),
    "column.opened": Text("진입", "Opened"),
    "column.closed": Text("청산", "Closed"),
    "column.entry": Text("진입가", "Entry"),
    "column.exit": Text("청산가", "Exit"),
    "column.quantity": Text("수량", "Quantity"),
    "column.cost": Text("매수 금액", "Cost"),
    "column.profit": Text("손익", "Profit"),
    "column.return": Text("수익률", "Return"),
    "column.fees": Text("수수료", "Fees"),
    "column.slippage": Text("슬리피지", "Slippage"),
    "column.holding": Text("보유", "Held"),
    "column.best": Text("최고", "Best"),
    "column.worst": Text("최저", "Worst"),
    "column.reasons": Text("청산 규칙", "Exit rules"),
    "column.trades": Text("거래", "Trades"),
    "column.held_return": Text("그냥 보유", "Held"),
    "column.exit_rule": Text("규칙", "Rule"),
    "column.sales": Text("매도", "Sales"),
    "column.closing": Text("마지막 매도", "Ended a trade"),
    "column.average_return": Text("평균 수익률", "Average return"),
    "column.ambiguous": Text("순서 불명", "Ambiguous"),
    "column.reason": Text("이유", "Reason"),
    "column.count": Text("횟수", "Count"),
    "column.condition": Text("조건", "Condition"),
    "column.true": Text("참", "True"),
    "column.false": Text("거짓", "False"),
    "column.missing": Text("값 없음", "Missing"),
    "column.share": Text("몫", "Share"),
    "column.percentile": Text("무작위 진입보다 나음", "Beats random entries"),
    "column.passed": Text("통과", "Passed"),
    "column.failed": Text("걸러짐", "Left out"),
    "column.remaining": Text("차례로 남은 것", "Left in turn"),
    "column.emptied": Text("혼자 모두 거른 때", "Left none alone"),
    "universe": Text(
        "유니버스를 {instants}번 정했고 후보는 모두 {candidates}개, 뽑힌 종목은 {members}개(평균 {mean})입니다. "
        "남은 종목이 없던 때 {empty}번(그중 후보가 없던 때 {bare}번).",
        "Decided {instants} times, of {candidates} candidates in all {members} were chosen ({mean} on average). Without a market: "
        "{empty} times (of them without a candidate: {bare}).",
    ),
    "column.month": Text("월", "Month"),
    "column.year": Text("연간", "Year"),
    "open": Text("보유 중", "open"),
    "kind.stop": Text("손절·보호", "Stop"),
    "kind.target": Text("목표가", "Target"),
    "kind.risk": Text("위험 관리", "Risk file"),
    "kind.rule": Text("조건", "Rule"),
    "skip.entries_stopped": Text("진입이 멈춰 있었음", "Entries were stopped"),
    "skip.loss_limit": Text("손실 한도에 닿아 진입 중지", "Stopped by a limit of loss"),
    "skip.drawdown": Text("낙폭 한도에 닿아 진입 중지", "Stopped by the drawdown ladder"),
    "skip.breaker": Text("차단 조건(breakers)이 걸려 있음", "A breaker was in force"),
    "skip.breaker_missing": Text("차단 조건의 값이 없음", "A breaker had no value"),
    "skip.account_positions": Text("계좌 전체의 동시 보유 한도", "Limit of open positions of the account"),
    "skip.positions_per_market": Text("한 마켓의 보유 한도(모든 전략)", "Limit of positions in one market, all strategies together"),
    "skip.market_busy": Text("다른 전략의 주문이 진행 중", "Another strategy's order was working there"),
    "skip.sector": Text("섹터별 보유 한도", "Limit of positions in the sector"),
    "skip.crowding": Text("함께 움직이는 종목의 한도(crowding)", "Limit of positions that move together (crowding)"),
    "skip.crowding_missing": Text(
        "함께 움직이는지 잴 수 없음(crowding)", "Whether it moves with what is held was not known (crowding)"
    ),
    "skip.orders_per_minute": Text("1분 주문 수 한도", "Limit of orders per minute"),
    "skip.slippage": Text("예상 슬리피지가 한도보다 큼", "Expected slippage above the limit"),
    "skip.order_condition": Text("주문 조건(order, cost)이 참이 아님", "The condition on the order was not true"),
    "skip.halted": Text("거래가 멈춘 시간(halt)", "The market was halted (--halt)"),
    "skip.open_positions": Text("동시 보유 한도", "Limit of open positions"),
    "skip.entries_per_day": Text("하루 진입 한도", "Limit of entries per day"),
    "skip.cooldown": Text("손실 뒤 쉬는 시간", "Cooling down after a loss"),
    "skip.reentry": Text("재진입 대기", "Too soon after the last exit"),
    "skip.no_price": Text("아직 체결가가 없음", "No price yet"),
    "skip.no_level": Text("손절 가격을 계산할 수 없음", "The stop had no value"),
    "skip.stop_above_entry": Text("손절 가격이 진입가보다 낮지 않음", "The stop was not below the entry"),
    "skip.no_size": Text("크기 배수가 없거나 0 이하", "The size multiplier was missing or not above zero"),
    "skip.target_below_cost": Text("목표가가 비용을 넘지 못함", "The target did not cover the costs"),
    "skip.book_missing": Text("호가 잔량의 값이 없음(max_book_share)", "The depth of the book had no value (max_book_share)"),
    "skip.book_share": Text("호가 잔량이 모자람(max_book_share)", "Too little in the book (max_book_share)"),
    "skip.no_cash": Text("남은 현금이 최소 주문 금액보다 적음", "Not enough cash left for the smallest order"),
    "skip.below_minimum": Text("최소 주문 금액 미만", "Below the smallest order"),
    "assume.fill": Text(
        "봉 마감에서 판단하고 다음 체결 봉의 시가에 삽니다. 손절과 목표가는 봉 안에서 닿으면 체결됩니다. 순서를 모르면 나쁜 쪽을 씁니다.",
        "Decided when a bar closes, bought at the open of the next traded bar. Stops and targets fill inside a bar when touched; "
        "where the order inside is unknown the worse one counts.",
    ),
    "assume.limit_orders": Text(
        "지정가 매수는 가격이 지정가보다 낮게 거래될 때만 전부 체결된 것으로 봅니다. 닿기만 하면 체결되지 않습니다. "
        "호가는 마지막 체결가와 슬리피지로 만들고, 시간(after, reprice)은 봉이 시작할 때만 봅니다.",
        "A limit buy fills, whole, only when the price trades below it; a touch fills nothing. Best bid and ask are modelled from the last "
        "price and the slippage, and times (after, reprice) are looked at only where a bar begins.",
    ),
    "assume.best_orders": Text(
        "최유리 지정가 매수(best)는 시장가 매수와 똑같이 계산합니다.", "A `best` buy is counted as a market buy."
    ),
    "assume.limit_sales": Text(
        "목표가 매도는 그 가격에 걸어 둔 지정가로 보고, 가격이 목표가보다 높게 거래될 때만 체결됩니다. 닿기만 하면 체결되지 않습니다.",
        "A target is a limit order that waits at its price: it fills only when the price trades above it; a touch fills nothing.",
    ),
    "assume.leave_slippage": Text(
        "슬리피지가 leave.max_slippage보다 큽니다. 이 계산에서는 나누어 팔아도 나아지지 않으므로 한 번에 팝니다. 한도",
        "Slippage is above leave.max_slippage; slices would not sell better in this model, so sales were made at once. Limit",
    ),
    "cost.all_markets": Text("모든 종목", "all markets"),
    "cost.fee_of": Text("{market} 수수료(한쪽): {rate}", "Fee per side of {market}: {rate}"),
    "cost.fee_since": Text("{market} 수수료(한쪽): {since} KST부터 {rate}", "Fee per side of {market}: {rate} from {since} KST"),
    "cost.impact": Text(
        "주문이 봉 거래량의 1%일 때마다 슬리피지가 {more} 커집니다. 판단할 때는 직전에 거래된 봉의 거래량으로 어림합니다.",
        "Slippage grows by {more} for every 1% of a bar's volume that an order is; decisions expect the volume of the bar before.",
    ),
    "cost.impact_root": Text(
        "주문이 봉 거래량의 1%이면 슬리피지가 {more} 커지고, 그 비율의 제곱근에 따라 늘어납니다. "
        "판단할 때는 직전에 거래된 봉의 거래량으로 어림합니다.",
        "An order of 1% of a bar's volume slips by {more} more, growing with the square root of that share; decisions expect the volume of "
        "the bar before.",
    ),
    "cost.participation": Text(
        "한 봉에서 거래량의 {share}까지만 체결되고, 나머지는 다음 봉에서 이어서 체결됩니다.",
        "At most {share} of a bar's volume fills our orders; the rest goes on in the next bars.",
    ),
    "cost.slices": Text(
        "팔 때 슬리피지가 leave.max_slippage({most})를 넘지 않도록 여러 봉에 나누어 팝니다. 손절도 나누지만 멈추지 않습니다.",
        "Sales are cut over several bars so that slippage stays within leave.max_slippage ({most}); stops too, and never given up.",
    ),
    "cost.latency": Text(
        "주문은 판단하고 {time} 뒤에 닿고, 그 뒤에 시작하는 첫 봉의 시가에 체결됩니다. 봉 안에서 닿은 손절과 목표가도 그렇습니다.",
        "Orders arrive {time} after the decision and fill at the open of the first bar that begins then; stops and targets touched inside "
        "a bar too.",
    ),
    "cost.latency_waits": Text(
        "거래소에 먼저 걸어 둔 목표가 매도는 이 지연 없이 그 가격에 닿은 봉에서 팝니다.",
        "Targets that had waited at the exchange sell in the bar that reaches them, without that delay.",
    ),
    "cost.latency_bars": Text(
        "주문은 판단하고 캔들 {bars}개 뒤에 닿고, 그때 시작하는 봉의 시가에 체결됩니다. 봉 안에서 닿은 손절과 목표가도 그렇습니다.",
        "Orders arrive {bars} base bars after the decision and fill at the open then; stops and targets touched inside a bar too.",
    ),
    "cost.books": Text(
        "체결을 슬리피지 계산 방법으로 나누면 기록된 호가창 {book}건, 호가창에 보이는 것보다 커서 나머지는 가장 나쁜 호가로 {beyond}건, "
        "기록이 없어 정한 슬리피지로 {model}건, 지정가에 기다려 슬리피지 없음 {limit}건입니다.",
        "Fills whose slippage was found in a recorded order book: {book}; larger than the book, the rest at its worst price: {beyond}; "
        "at the stated slippage, as no book was recorded: {model}; waiting at a limit, without slippage: {limit}.",
    ),
    "cost.book_spread": Text(
        "기록된 호가가 없으면 호가 모형을 씁니다: 마지막 가격 둘레 스프레드 {spread}(적어도 한 호가 단위), 잔량은 값 없음.",
        "Where no book was recorded one is supposed: a spread of {spread} around the last price (one price unit at least), sizes missing.",
    ),
    "cost.book": Text(
        "기록된 호가가 없으면 호가 모형을 씁니다: 마지막 가격 둘레 스프레드 {spread}(적어도 한 호가 단위), "
        "중간 가격에서 {within}까지 양쪽에 각각 최근 {window} 거래대금의 {depth}.",
        "Where no book was recorded one is supposed: a spread of {spread} around the last price (one price unit at least), and on each "
        "side, up to {within} from the middle, {depth} of the turnover of the last {window}.",
    ),
    "cost.queue": Text(
        "가격이 기다리는 지정가 주문(매수, 목표가 매도)에 닿기만 하면 봉 거래량의 {share}가 그 가격에서 거래된 것으로 보고, 먼저 줄 선 "
        "물량({ahead})을 뺀 만큼 체결합니다.",
        "Where the price only touches a waiting limit order (a buy, a target), {share} of the bar's volume is taken to have traded there; "
        "what stood before it ({ahead}) goes first.",
    ),
    "cost.queue_recorded": Text("기록된 호가창", "by the recorded book"),
    "cost.queue_supposed": Text("호가 모형", "by the supposed book"),
    "cost.queue_both": Text("기록된 호가창, 없으면 호가 모형", "by the recorded book, else by the supposed one"),
    "cost.queue_nobody": Text("알 수 없어 없는 것으로 봄", "not known: taken as nothing"),
    "cost.visible": Text(
        "호가창에 보이는 크기({shown})보다 큰 시장가 주문: 거절된 매수 {refused}건, 나뉜 매도 {cut}건.",
        "Market orders larger than what the exchange shows ({shown}): buys refused {refused}, sales cut {cut}.",
    ),
    "cost.visible_recorded": Text("기록된 호가창", "recorded books"),
    "cost.visible_turnover": Text("최근 {window} 거래대금의 {share}", "{share} of the turnover of the last {window}"),
    "cost.halts": Text(
        "주문이 체결되지 않는 시간 {halts}곳: 거절된 진입 {entries}건, 끝날 때까지 기다린 주문 {orders}건.",
        "Halts, in which no order trades: {halts}; entries refused {entries}, orders that waited for their end {orders}.",
    ),
    "cost.outages": Text(
        "저장된 어느 마켓도 거래되지 않은 1분 이상의 시간(거래소 장애로 봅니다): {outages}곳, 모두 {length}.",
        "Outages of the exchange, as the candles tell them (no stored market traded for a minute or more): {outages}, together {length}.",
    ),
    "cost.parts": Text("여러 봉에 나뉘어 체결된 주문: {count}건", "Orders that filled over several bars: {count}"),
    "assume.fee": Text("수수료(한쪽)", "Fee per side"),
    "assume.slippage": Text("슬리피지(한쪽)", "Slippage per side"),
    "assume.rounding": Text("가격과 수량", "Prices and quantities"),
    "assume.rounding_upbit": Text("업비트 호가 단위 · 소수 8자리", "Upbit's price grid · 8 decimals"),
    "assume.rounding_none": Text("반올림 없음(다른 엔진과 비교용)", "No rounding (for comparison with other engines)"),
    "assume.ambiguous": Text("순서를 모르는 봉(손절 먼저로 계산)", "Bars of unknown order (counted stop first)"),
    "assume.ambiguous_krw": Text("목표가가 먼저였다면의 차이", "Difference had the target come first"),
    "assume.left_out_breakers": Text(
        "더 짧은 봉이 없어 보지 못한 위험 관리 조건", "Limits of the risk profile left out: they need finer candles than this run had"
    ),
    "assume.inside": Text("안의 더 짧은 봉으로 순서를 정한 봉", "Bars whose order is told by finer ones inside"),
    "assume.of_inside": Text(
        "{bars}개. 더 짧은 봉을 다 더해도 그 봉과 달라 쓰지 않은 것 {apart}개",
        "{bars}; not used, as the finer ones do not add up to it: {apart}",
    ),
    "assume.named_markets": Text(
        "이름으로 고른 마켓(결과를 아는 지금의 선택)", "Markets named (a choice of today, which knows how they did)"
    ),
    "assume.of_stored": Text(
        "{markets}개. 그동안 저장된 원화 마켓은 {stored}개이고 "
        "그 가운데 {ended}개는 사라진 것이 확실하며 {unsure}개는 캔들이 먼저 끝납니다",
        "{markets}; {stored} KRW markets are stored for that time: "
        "{ended} are known to have ended, the candles of {unsure} more stop early",
    ),
    "assume.safety": Text(
        "실거래의 고장에 대비한 설정(`safety`)이라 여기서는 쓰이지 않음",
        "Guards against faults of live trading (`safety`) that have no part here",
    ),
    "assume.book_share": Text(
        "한 번의 매수는 호가 잔량의 몫까지만 합니다. 기록된 값이 없으면 사지 않습니다",
        "A buy takes at most this much of the book; where nothing is recorded, nothing is bought",
    ),
    "assume.unsettled": Text("준비 구간이 덜 찬 진입", "Entries before the values had settled"),
    "assume.sale_below_minimum": Text("최소 매도 금액 미달로 미룬 매도", "Sales put off: below the exchange's minimum"),
    "assume.flag": Text("기록이 없어 아니라고 본 판단: {series}", "Decisions that took an unrecorded flag as false: {series}"),
    "assume.missing": Text("값이 없던 판단: {series}", "Decisions without a value: {series}"),
    "assume.share": Text(
        "계좌에서 이 전략의 몫은 {share}({money})입니다. 수익률과 낙폭은 그 몫을 따로 떼어 놓은 계좌처럼 계산합니다. "
        "현금과 한도는 계좌가 함께 씁니다.",
        "This strategy's share of the account is {share} ({money}). Returns and falls are of that share as if it were an account; cash and "
        "limits are the account's.",
    ),
    "assume.modelled": Text("기록이 없어 호가 모형의 값을 쓴 판단: {series}", "Decisions on a supposed book: {series}"),
    "assume.of_closes": Text("{all}번 중 {count}번, {markets}개 종목", "{count} of {all}, in {markets} markets"),
    "more.trades": Text("더 보기 ({count}건 남음)", "Show more ({count} left)"),
    "more.cut": Text("거래가 많아 마지막 {count}건만 담았습니다. 전체는 CSV에 있습니다.",
        "Only the last {count} trades are in this page; the CSV has all."),
    "filter.all": Text("전체", "All"),
    "filter.wins": Text("이익", "Wins"),
    "filter.losses": Text("손실", "Losses"),
    "filter.text": Text("찾기…", "Search…"),
    "filter.shown": Text("{count}건 · 손익 합 {sum}", "{count} trades · profit {sum}"),
    "page.theme": Text("밝게/어둡게", "Light/dark"),
    "page.colours": Text("빨강/파랑 ↔ 초록/빨강", "Red/blue ↔ green/red"),
    "page.reset": Text("전체 보기", "Reset view"),
    "page.log": Text("로그 눈금", "Log scale"),
    "page.hint": Text("누른 뒤 휠: 확대 · 끌기: 이동 · 두 번 누르기: 전체", "Click, then wheel: zoom · drag: pan · double-click: reset"),
    "page.overview": Text("넓은 구간은 봉을 합쳐 보여 줍니다", "Wide views show merged bars"),
    "page.no_script": Text("차트와 표를 보려면 JavaScript가 필요합니다.", "Charts and tables need JavaScript."),
    "page.equity": Text("자산", "Equity"),
    "page.drawdown": Text("낙폭", "Drawdown"),
    "page.trades": Text("{count}건", "{count}"),
    "page.buy": Text("매수", "Buy"),
    "page.sell": Text("매도", "Sell"),
    "page.open": Text("시가", "Open"),
    "page.high": Text("고가", "High"),
    "page.low": Text("저가", "Low"),
    "page.close": Text("종가", "Close"),
}  # fmt: skip


def _all() -> dict[str, Text]:
    named = {f"figure.{key}": Text(ko, en) for key, (ko, en, _, _) in _FIGURES.items()}
    return named | {f"about.{key}": Text(ko, en) for key, (_, _, ko, en) in _FIGURES.items()} | _PLAIN


TEXTS: dict[str, Text] = _all()
