"""Texts of the result doctor: what each check is called, what it found, what to do about it."""

from __future__ import annotations

from dsl.messages import Text

#: check -> (Korean name, English name, Korean advice, English advice)
_CHECKS: dict[str, tuple[str, str, str, str]] = {
    "few_trades": (
        "거래 수", "Number of trades",
        "기간이나 마켓을 늘려서 거래가 30건을 넘는지 보세요.",
        "Run it over a longer time or more markets until there are more than 30 trades.",
    ),
    "short_period": (
        "기간", "Length of the run",
        "--from 을 앞당겨 오르는 장과 내리는 장을 모두 지나게 하세요. 연환산 값은 참고만 하세요.",
        "Begin earlier with --from, so that rising and falling markets are both in it. Read annualised figures with care.",
    ),
    "one_trade": (
        "한 건에 기댄 결과", "One trade",
        "그 거래를 빼고도 남는 전략인지 보세요. 우연히 맞은 한 건일 수 있습니다.",
        "Judge the strategy without that trade: it may have been luck.",
    ),
    "one_market": (
        "한 코인에 기댄 결과", "One market",
        "그 코인을 --markets 에서 빼고 다시 돌려 보세요.",
        "Run it again with --markets that leave this coin out.",
    ),
    "first_days": (
        "초반에 기댄 결과", "The first days",
        "--from 을 몇 번 바꾸어 시작하는 날에 따라 결과가 얼마나 달라지는지 보세요.",
        "Move --from a few times and see how much hangs on the day it begins.",
    ),
    "one_period": (
        "한 시기에 기댄 결과", "One period",
        "그 시기를 뺀 앞뒤를 따로 돌려 보세요. 한 번의 장세에만 맞는 규칙일 수 있습니다.",
        "Run the time before and after it by themselves: the rules may fit one mood of the market only.",
    ),
    "costs": (
        "비용", "Costs",
        "거래를 줄이거나 더 오래 보유하거나 목표가를 넓히세요. 수수료와 슬리피지가 조금만 나빠져도 결과가 뒤집힐 수 있습니다.",
        "Trade less, hold longer or aim further: slightly worse fees or slippage would turn this result.",
    ),
    "volume": (
        "체결 가능성", "Size of the fills",
        "현금이나 비중을 줄이거나 거래대금이 큰 마켓만 쓰세요. --participation 10% 로 다시 돌려 보면 실제에 가깝습니다.",
        "Use less cash, smaller positions or markets with more turnover; --participation 10% shows what is left of it.",
    ),
    "ambiguous": (
        "봉 안의 순서", "Order inside bars",
        "더 짧은 캔들로 돌리세요(--base 1m). 손절과 목표가 사이를 넓혀도 줄어듭니다.",
        "Run it on finer candles (--base 1m); a wider distance between stop and target helps too.",
    ),
    "warm_up": (
        "준비 구간", "Warm-up",
        "시작일 앞의 캔들을 더 넣어 두거나(jangdan data import) --from 을 늦추세요.",
        "Store candles from before the first day (jangdan data import) or begin later with --from.",
    ),
    "gaps": (
        "캔들 빈 구간", "Gaps in the candles",
        "jangdan data check 로 빈 구간을 찾아 캔들을 채우세요. 기록이 없는 봉에서는 손절도 시험하지 못합니다.",
        "Find what is missing with `jangdan data check` and import it: in a bar that nobody recorded no stop is tested.",
    ),
    "stranded": (
        "팔 수 없는 보유분", "Positions nobody could sell",
        "이런 보유분은 마지막 가격으로 셈합니다. 값이 0이었다면 결과가 어떻게 되는지 보고, 거래가 끝나기 전에 파는 규칙을 두세요.",
        "They count at their last price: look at the result if they were worth nothing, and add a rule that sells before trading ends.",
    ),
    "empty_universe": (
        "빈 유니버스", "Empty universe",
        "`jangdan why FILE --summary` 로 어느 조건이 얼마나 걸렀는지 보세요. "
        "호가 기록이 없어서라면 --book 'spread 10bp' 처럼 호가 모형을 쓸 수 있습니다.",
        "`jangdan why FILE --summary` shows what each rule left. If no order book was recorded, --book 'spread 10bp' supposes one.",
    ),
    "survivors": (
        "살아남은 코인", "Coins that lasted",
        "상장 폐지된 코인의 캔들도 받아 함께 돌리세요. 지금 있는 코인만 고르면 결과가 좋아 보입니다.",
        "Add candles of coins that were delisted: choosing among those that lasted flatters a result.",
    ),
    "random_entry": (
        "무작위 진입과 견주기", "Against random entries",
        "진입 규칙이 우연보다 낫다는 증거가 부족합니다. 다른 기간과 마켓에서도 확인하세요.",
        "The entry rules are not shown to be better than chance: test them on other times and markets.",
    ),
    "buy_and_hold": (
        "그냥 보유와 견주기", "Against buy and hold",
        "낙폭까지 견주어, 사고팔 만한 값이 있는지 판단하세요.",
        "Compare the falls too, and decide whether trading is worth it here.",
    ),
    "cliff": (
        "파라미터 절벽", "Parameters on a cliff",
        "그 값 주변에서도 비슷한 결과가 나오는 넓은 구간의 값을 고르세요.",
        "Choose a value in whose neighbourhood results stay alike.",
    ),
}  # fmt: skip

_PLAIN: dict[str, Text] = {
    "head": Text("결과 진단", "Result doctor"),
    "summary": Text(
        "점검 {all}가지: 심각 {serious}, 주의 {warning}, 이상 없음 {fine}, 판단 못 함 {not_judged}",
        "{all} checks: serious {serious}, warnings {warning}, fine {fine}, not judged {not_judged}",
    ),
    "level.serious": Text("심각", "serious"),
    "level.warning": Text("주의", "warning"),
    "level.fine": Text("이상 없음", "fine"),
    "level.not_judged": Text("판단 못 함", "not judged"),
    "no_trades": Text("거래가 없어 판단할 것이 없습니다.", "No trades to judge by."),
    "no_profit": Text("이익이 없어 따질 것이 없습니다.", "There is no profit to look into."),
    "few_trades.none": Text(
        "체결된 거래가 없습니다. 아래 ‘사지 않은 이유’와 규칙 횟수를 보세요.",
        "Nothing was traded. See ‘Why entries were skipped’ and the rule counts below.",
    ),
    "few_trades.undecided": Text(
        "전략의 clock 봉이 기간 안에서 하나도 닫히지 않아 아무 결정도 없었습니다.",
        "Not one bar of the strategy's clock closed in the run, so nothing was decided.",
    ),
    "few_trades.found": Text("청산한 거래가 {count}건뿐이라 표본이 부족합니다.", "Closed trades: only {count}, too few to judge by."),
    "few_trades.fine": Text("청산한 거래 {count}건.", "{count} closed trades."),
    "short_period.found": Text("기간이 {length}뿐입니다.", "Only {length} long."),
    "short_period.fine": Text("{length} 동안 돌렸습니다.", "{length} long."),
    "one_trade.found": Text(
        "가장 좋은 거래 한 건({number}번, {market}, {profit})이 전체 손익의 {share}입니다. 빼면 {rest}입니다.",
        "The best trade (no. {number}, {market}, {profit}) is {share} of the profit. Without it: {rest}.",
    ),
    "one_trade.fine": Text(
        "가장 좋은 거래({number}번, {market})는 전체 손익의 {share}. 빼도 {rest}.",
        "The best trade (no. {number}, {market}) is {share} of the profit; without it {rest}.",
    ),
    "one_market.found": Text(
        "{market}에서 낸 손익({profit})이 전체의 {share}입니다. 빼면 {rest}입니다.",
        "{market} made {profit}, {share} of the profit. Without it: {rest}.",
    ),
    "one_market.fine": Text(
        "가장 좋은 마켓 {market}[은/는] 전체 손익의 {share}. 빼도 {rest}.",
        "The best market, {market}, is {share} of the profit; without it {rest}.",
    ),
    "one_market.only": Text(
        "마켓 하나만 돌렸습니다. 다른 마켓에서도 통하는지는 알 수 없습니다.",
        "Only one market was run: nothing shows that the rules hold elsewhere.",
    ),
    "first_days.found": Text(
        "처음 10분의 1({from} ~ {to})의 손익이 {profit}, 전체의 {share}입니다. 그 뒤로는 {rest}입니다.",
        "The first tenth of the run ({from} to {to}) made {profit}, {share} of the profit. After it: {rest}.",
    ),
    "first_days.fine": Text(
        "처음 10분의 1은 전체 손익의 {share}. 그 뒤로 {rest}.", "The first tenth of the run is {share} of the profit; after it {rest}."
    ),
    "one_period.found": Text(
        "{from} ~ {to}의 손익이 {profit}, 전체의 {share}입니다. 나머지 기간은 모두 합해 {rest}입니다.",
        "{from} to {to} made {profit}, {share} of the profit. All the rest of the run: {rest}.",
    ),
    "one_period.fine": Text(
        "처음을 뺀 가장 좋은 10분의 1({from} ~ {to})은 전체 손익의 {share}. 빼도 {rest}.",
        "The best tenth of the run after the first ({from} to {to}) is {share} of the profit; without it {rest}.",
    ),
    "costs.found": Text(
        "비용을 빼기 전 {before} 가운데 수수료 {fees}과 슬리피지 {slippage}이 {share}를 가져갔습니다. 남은 것은 {after}입니다.",
        "Of {before} before costs, fees of {fees} and slippage of {slippage} took {share}. What is left: {after}.",
    ),
    "costs.fine": Text(
        "비용은 비용을 빼기 전 손익({before})의 {share}.", "Costs are {share} of the profit before them ({before})."
    ),
    "costs.no_edge": Text(
        "수수료와 슬리피지가 없었어도 {before}입니다. 비용 탓이 아닙니다.",
        "Even without fees and slippage the result is {before}: costs are not the reason.",
    ),
    "volume.found": Text(
        "체결 {count}건 가운데 {large}건이 그 봉 거래대금의 {limit} 이상이었습니다(가장 큰 것 {largest}, 중앙값 {median}).",
        "{large} of {count} fills were {limit} or more of what was traded in their bar (largest {largest}, median {median}).",
    ),
    "volume.fine": Text(
        "체결 {count}건 가운데 그 봉 거래대금의 {limit} 이상은 {large}건(가장 큰 것 {largest}).",
        "{large} of {count} fills were {limit} or more of what was traded in their bar (largest {largest}).",
    ),
    "volume.unknown": Text("거래대금을 몰라 판단할 수 없습니다.", "The traded value of the bars is not known."),
    "ambiguous.found": Text(
        "봉 안의 순서를 모르는 청산이 매도 {sales}건 가운데 {count}건이고, "
        "목표가가 먼저였다면 {krw}이 달라집니다. 손익({profit})의 {share}입니다.",
        "{count} of {sales} sales hang on the unknown order inside a bar; had the targets come first, {krw} would differ: {share} of the "
        "result ({profit}).",
    ),
    "ambiguous.account": Text("계좌의 진단에서 함께 봅니다.", "Counted for the whole account, in its check-up."),
    "ambiguous.fine": Text(
        "봉 안의 순서를 모르는 청산 {count}건, 차이 {krw}.", "{count} sales hang on the unknown order inside a bar, for {krw}."
    ),
    "warm_up.found": Text(
        "기간의 {share} 동안 지표 값이 캔들이 시작된 때에 따라 달라집니다. 진입 {entries}건 가운데 {unsettled}건이 그런 값으로 샀습니다. "
        "실거래라면 이때는 사지 않습니다. 시작일 앞의 캔들이 {more}만큼 더 있어야 합니다.",
        "For {share} of the run the values still depend on where the candles begin; {unsettled} of {entries} entries were decided by such "
        "values. Live trading would not have bought then. It takes {more} more of candles before the first day.",
    ),
    "warm_up.fine": Text(
        "값이 캔들이 시작된 때에 따라 달라지는 기간 {share}. 진입 {entries}건 가운데 {unsettled}건이 그때입니다.",
        "The values depend on where the candles begin for {share} of the run; {unsettled} of {entries} entries fell into it.",
    ),
    "warm_up.unknown": Text("준비 구간을 알 수 없습니다.", "It is not known when the values had settled."),
    "gaps.found": Text(
        "보유한 봉 {held}개 가운데 {unknown}개({share})는 캔들 기록이 없습니다. 거래가 없던 봉은 {quiet}입니다.",
        "{unknown} of {held} bars with a position ({share}) were not recorded. Nothing traded in {quiet} of them.",
    ),
    "gaps.run": Text(
        "마켓마다 첫 캔들과 마지막 캔들 사이의 봉 가운데 {lacking}는 기록이 없습니다(보유한 봉은 {held}개 가운데 {unknown}개). "
        "그 기간에는 판단도 체결도 없어, 기간으로 나눈 숫자와 그냥 보유와의 비교가 맞지 않습니다.",
        "{lacking} of the bars between each market's first and last candle were not recorded (with a position {unknown} of {held}). "
        "Nothing was decided or filled there, so figures per day or year and the comparison with holding are off.",
    ),
    "gaps.fine": Text(
        "보유한 봉 {held}개 가운데 기록이 없는 봉 {unknown}개, 거래가 없던 봉 {quiet}.",
        "{unknown} of {held} bars with a position were not recorded; nothing traded in {quiet} of them.",
    ),
    "stranded.found": Text(
        "마지막까지 남은 보유분 {open}개 가운데 {count}개({krw}, 끝 평가금액의 {share})는 마지막 7일에 거래가 없던 마켓에 있습니다. "
        "값이 0이라면 손익은 {without}입니다.",
        "{count} of {open} positions that are still open ({krw}, {share} of the end equity) are in markets without a trade in the last 7 "
        "days. Worth nothing, they would leave a profit of {without}.",
    ),
    "stranded.fine": Text(
        "마지막까지 남은 보유분 {open}개 가운데 마지막 7일에 거래가 없던 마켓의 것은 {count}개({krw}).",
        "{count} of {open} positions that are still open ({krw}) are in markets without a trade in the last 7 days.",
    ),
    "stranded.none": Text("끝에 남은 보유분이 없습니다.", "No position is open at the end."),
    "empty_universe.found": Text(
        "유니버스를 정한 {instants}번 가운데 {empty}번({share})은 남은 종목이 없었고, 그동안은 사지 않습니다. "
        "혼자서 모두 거른 조건(횟수): {rules}.",
        "{empty} of {instants} decisions of the universe ({share}) left no market, and nothing was bought until the next. Rules that alone "
        "left none (times): {rules}.",
    ),
    "empty_universe.together": Text(
        "유니버스를 정한 {instants}번 가운데 {empty}번({share})은 남은 종목이 없었습니다. "
        "혼자서 모두 거른 조건은 없고, 조건을 다 맞춘 종목이 없었습니다.",
        "{empty} of {instants} decisions of the universe ({share}) left no market: no rule alone, but no market met them all.",
    ),
    "empty_universe.fine": Text(
        "유니버스를 정한 {instants}번 가운데 비어 있던 것은 {empty}번. 평균 {mean}개 종목.",
        "{empty} of {instants} decisions of the universe left no market; {mean} markets on average.",
    ),
    "empty_universe.without": Text("파일에 universe 가 없습니다.", "The file has no universe."),
    "survivors.found": Text(
        "마켓 {markets}개가 모두 {days}일 기간의 끝까지 거래되었습니다. 사라진 코인이 하나도 없습니다.",
        "All {markets} markets were still traded at the end of {days} days: not one coin that disappeared is among them.",
    ),
    "survivors.fine": Text(
        "마켓 {markets}개 가운데 기간 안에 끝난 마켓 {ended}개.", "{ended} of {markets} markets ended inside the run."
    ),
    "survivors.told": Text(
        "마켓 {markets}개 가운데 {ended}개의 캔들이 기간 안에 끝납니다. 거래가 끝난 것이 확실한 마켓 {sure}개, 수집만 끝났는지 알 수 없는 "
        "마켓 {unsure}개, 그 뒤에도 거래된 마켓 {later}개.",
        "The candles of {ended} of {markets} markets end inside the run: in {sure} trading is known to have ended, of {unsure} nobody "
        "knows whether only the recording stopped, {later} traded on.",
    ),
    "survivors.unsure": Text(
        "마켓 {markets}개 가운데 {ended}개의 캔들이 기간 안에 끝나지만, 상장 폐지되었는지 수집만 끝났는지 저장된 자료로는 알 수 없습니다"
        "({unsure}개, 그 뒤에도 거래된 마켓 {later}개). 상장 폐지된 마켓이면 data import --delisted 로 알려 주세요.",
        "The candles of {ended} of {markets} markets end inside the run, but the store does not say whether the coins were delisted or "
        "only not recorded any further ({unsure} of them; {later} traded on). State it of a delisted one with data import --delisted.",
    ),
    "survivors.chosen": Text(
        "이름으로 고른 마켓 {markets}개는 모두 {days}일 기간의 끝까지 거래되었습니다. "
        "그동안 저장된 원화 마켓 {stored}개 가운데 {gone}개는 사라진 것이 확실하고 {stopped}개는 캔들이 먼저 끝나지만(이유는 알 수 없음), "
        "그 가운데 하나도 고르지 않았습니다.",
        "All {markets} markets that were named were still traded at the end of {days} days. Of the {stored} KRW markets stored for "
        "that time {gone} are known to have ended, the candles of {stopped} more stop, nobody knows why, and none of these was named.",
    ),
    "survivors.unknown": Text(
        "이름으로 고른 마켓 {markets}개는 모두 {days}일 기간의 끝까지 거래되었습니다. "
        "저장된 원화 마켓 {stored}개 가운데 사라진 코인이 없어서, 사라진 코인을 골랐다면 어땠을지 알 수 없습니다.",
        "All {markets} markets that were named were still traded at the end of {days} days. None of the {stored} KRW markets stored "
        "for that time disappeared, so what naming one that did would have cost cannot be known.",
    ),
    "survivors.short": Text("기간이 짧아 상장 폐지를 따지지 않습니다.", "The run is too short for delistings to matter."),
    "random_entry.found": Text(
        "같은 거래를 아무 때나 샀어도 {draws}번 가운데 {better}는 이보다 나았습니다(중앙값 {median}, 이 전략의 청산한 거래 {profit}).",
        "The same trades at random times did better in {better} of {draws} draws (median {median}, its own closed trades {profit}).",
    ),
    "random_entry.fine": Text(
        "같은 거래를 아무 때나 산 {draws}번 가운데 {percentile}보다 나았습니다(중앙값 {median}, 이 전략의 청산한 거래 {profit}).",
        "Better than {percentile} of {draws} draws of the same trades at random times (median {median}, its own closed trades {profit}).",
    ),
    "random_entry.none": Text("무작위 진입을 돌리지 않았습니다.", "No random entries were drawn."),
    "buy_and_hold.found": Text(
        "그냥 보유했으면 {held}, 이 전략은 {own}입니다(최대 낙폭 {held_fall} 대 {own_fall}).",
        "Buying and holding made {held}, this strategy {own} (maximum drawdown {held_fall} against {own_fall}).",
    ),
    "buy_and_hold.fine": Text(
        "이 전략 {own}, 그냥 보유 {held}(최대 낙폭 {own_fall} 대 {held_fall}).",
        "This strategy made {own}, buying and holding {held} (maximum drawdown {own_fall} against {held_fall}).",
    ),
    "cliff.found": Text(
        "파라미터 {name}[을/를] {value}에서 {moved_to}[으로/로]만 바꿔도 손익이 {profit}에서 {worst}[으로/로] 바뀝니다"
        "(다시 돌린 {runs}번 가운데 가장 나쁜 값).",
        "Moving {name} from {value} to {moved_to} alone takes the profit from {profit} to {worst} (the worst of {runs} runs).",
    ),
    "cliff.fine": Text(
        "파라미터를 하나씩 10% 바꾼 {runs}번 가운데 가장 나쁜 손익 {worst}({name}: {value} → {moved_to}).",
        "The worst of {runs} runs with one parameter moved by a tenth made {worst} ({name}: {value} to {moved_to}).",
    ),
    "cliff.not_run": Text("돌리지 않았습니다. --doctor deep 을 붙이면 봅니다.", "Not run; add --doctor deep to see it."),
    "cliff.portfolio": Text(
        "전략 하나가 아니라 계좌 전체의 점검에서 봅니다(--doctor deep).",
        "Looked at for the whole account, not for one of its strategies (--doctor deep).",
    ),
    "cliff.no_parameters": Text("파일에 조정할 숫자(params)가 없습니다.", "The file names no parameters."),
}  # fmt: skip


def _all() -> dict[str, Text]:
    named = {f"name.{key}": Text(ko, en) for key, (ko, en, _, _) in _CHECKS.items()}
    return named | {f"advice.{key}": Text(ko, en) for key, (_, _, ko, en) in _CHECKS.items()} | _PLAIN


TEXTS: dict[str, Text] = _all()
