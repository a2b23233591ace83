"""What every key of the files means, in one line: completion, hover, the JSON Schema and `explain` read it. Paths as in dsl/keys.py."""

from dsl.messages import Text

TEXTS: dict[str, Text] = {
    # ---- strategy ----
    "strategy": Text("전략 파일: 언제 사고, 언제 팔고, 얼마나 살지", "A strategy file: when to buy, when to sell, how much."),
    "strategy.schema": Text("파일의 종류와 버전", "Kind and version of the file."),
    "strategy.name": Text("전략의 이름. 기록과 파일 이름에 쓰입니다", "Name of the strategy, used in records and file names."),
    "strategy.title": Text("화면에 보이는 제목", "Title shown on screen."),
    "strategy.state": Text(
        "off: 꺼짐, paper: 모의투자, live: 실거래 (따로 확인을 받습니다)",
        "off, paper (simulated exchange) or live (asks for a separate confirmation).",
    ),
    "strategy.risk_profile": Text("함께 쓰는 위험 관리 파일의 이름", "Name of the risk file that guards this strategy."),
    "strategy.clock": Text("판단하는 봉. 이 봉이 닫힐 때마다 규칙을 봅니다", "Bars that decide: rules are looked at whenever one closes."),
    "strategy.aliases": Text("다른 마켓을 규칙 안에서 부르는 이름", "Short names for other markets, usable inside rules."),
    "strategy.aliases.*": Text("마켓 코드 (예: KRW-BTC)", "Market code, such as KRW-BTC."),
    "strategy.markets": Text("거래할 마켓", "Markets to trade."),
    "strategy.markets.*": Text("마켓 코드 (예: KRW-BTC)", "Market code, such as KRW-BTC."),
    "strategy.params": Text("조정할 수 있는 숫자", "Numbers that may be tuned."),
    "strategy.params.*": Text("조정할 수 있는 숫자 하나", "One number that may be tuned."),
    "strategy.params.*.value": Text("지금 쓰는 값", "The value in use."),
    "strategy.params.*.range": Text("조정할 때의 범위", "Bounds for tuning."),
    "strategy.params.*.step": Text("조정할 때의 간격", "Step for tuning."),
    "strategy.external": Text(
        "밖에서 오는 값 (예: 김치 프리미엄, 모델의 신호)", "Series from outside, such as a premium or a model's signal."
    ),
    "strategy.external.*": Text("밖에서 오는 값 하나", "One series from outside."),
    "strategy.external.*.file": Text("값을 읽는 파일 (Parquet, CSV)", "File that it is read from (Parquet, CSV)."),
    "strategy.external.*.or": Text("api: 프로그램이 보내 주는 값도 받습니다", "api: values may be posted too."),
    "strategy.external.*.stale_after": Text("이보다 오래되면 값이 없는 것으로 봅니다", "Older values count as missing."),
    "strategy.universe": Text("거래할 마켓을 고르는 방법과 때", "How and when the markets to trade are chosen."),
    "strategy.universe.quote": Text("기준 통화 (지금은 KRW만)", "Quote currency (KRW for now)."),
    "strategy.universe.refresh": Text("다시 고르는 때", "When they are chosen anew."),
    "strategy.universe.keep": Text("모두 맞아야 남습니다", "A market stays when all of these are true."),
    "strategy.universe.keep.*": Text("남는 조건", "Condition to stay."),
    "strategy.universe.drop": Text("하나라도 맞으면 뺍니다", "A market is left out when any of these is true."),
    "strategy.universe.drop.*": Text("빼는 조건", "Condition to be left out."),
    "strategy.universe.take": Text("위에서부터 몇 개를 쓸지", "How many are taken from the top."),
    "strategy.universe.by": Text("순서를 정하는 값 (큰 것부터)", "Value that orders them, largest first."),
    "strategy.define": Text("이름 붙인 규칙. 어느 봉에서나 쓸 수 있습니다", "Named rules, usable on any bars."),
    "strategy.define.*": Text("이름 붙인 규칙", "A named rule."),
    "strategy.regime": Text(
        "시장 국면. 위에서부터 처음 맞는 것이 지금 국면입니다", "Market regimes: the first that is true from the top holds."
    ),
    "strategy.regime.*": Text("이 국면인 조건 (otherwise: 그 밖의 이름)", "Condition of this regime (otherwise: name of the rest)."),
    "strategy.factors": Text("점수를 이루는 값들. 모두 -1..1", "Parts of the score, each inside -1..1."),
    "strategy.factors.*": Text("점수의 한 부분", "One part of the score."),
    "strategy.factors.*.value": Text("-1..1 사이의 값", "A value inside -1..1."),
    "strategy.factors.*.weight": Text("점수에서 차지하는 무게", "Its weight in the score."),
    "strategy.score": Text("팩터를 하나의 점수로 모으는 방법", "How factors become one number."),
    "strategy.score.combine": Text("모으는 방법: 가중 평균", "How they are combined: weighted mean."),
    "strategy.score.missing_factor": Text(
        "팩터 값이 없을 때. block: 점수도 없음, neutral: 0으로 봄, skip: 빼고 셈",
        "When a factor has no value. block: no score, neutral: taken as 0, skip: left out.",
    ),
    "strategy.entry": Text("사는 조건", "When to buy."),
    "strategy.sizing": Text("얼마나 살지", "How large a buy is."),
    "strategy.sizing.risk": Text(
        "손절되면 잃는 금액 (수수료와 슬리피지 포함)", "What is lost if the stop is hit, fees and slippage included."
    ),
    "strategy.sizing.weight": Text(
        "한 번에 사는 금액, 평가금액에 대한 비율로. 정해진 금액의 상한은 위험 파일의 `orders.max_order`",
        "Amount of one buy, a share of equity. A limit in KRW is `orders.max_order` of a risk file.",
    ),
    "strategy.sizing.max_weight": Text("한 마켓에 넣는 금액의 한도", "Most that goes into one market."),
    "strategy.sizing.min_order": Text("이보다 작으면 사지 않습니다", "Smaller buys are not made."),
    "strategy.sizing.scale": Text("금액에 곱하는 수", "Multiplies the size."),
    "strategy.execution": Text("주문을 내는 방법", "How orders are placed."),
    "strategy.execution.enter": Text("살 때의 주문", "Orders that buy."),
    "strategy.execution.enter.order": Text("주문 종류", "Kind of order."),
    "strategy.execution.enter.price": Text("지정가", "Limit price."),
    "strategy.execution.enter.reprice": Text("가격을 다시 맞추는 간격", "How often the price is set anew."),
    "strategy.execution.enter.time_in_force": Text(
        "ioc: 바로 체결되지 않은 만큼 취소, fok: 전량이 아니면 취소", "ioc: what is not filled at once is cancelled; fok: all or nothing."
    ),
    "strategy.execution.enter.after": Text("이만큼 지나도 다 체결되지 않으면", "When it is not filled after this long."),
    "strategy.execution.enter.then": Text("그때 하는 일", "What happens then."),
    "strategy.execution.leave": Text("팔 때의 주문", "Orders that sell."),
    "strategy.execution.leave.order": Text(
        "market: 시장가. limit: 목표가는 그 가격에 지정가로 걸어 두고, 손절과 조건 매도는 시장가",
        "market; limit: targets wait at their price as limit orders, stops and conditions sell at the market.",
    ),
    "strategy.execution.leave.max_slippage": Text(
        "슬리피지가 이를 넘으면 나누어 팔고 알립니다 (손절은 멈추지 않습니다)",
        "Beyond this slippage the sale is split and reported; a stop is never given up.",
    ),
    "strategy.exits": Text("파는 방법. 위에서부터 봅니다", "Ways out, tried from the top."),
    "strategy.exits.*": Text("파는 방법 하나. `stop` 은 손절입니다", "One way out; `stop` is the hard stop."),
    "strategy.exits.*.at": Text(
        "봉 안에서 지켜보는 가격. -2%, +3% 처럼 쓰거나 식으로", "Price watched inside the bar: -2%, +3% or a formula."
    ),
    "strategy.exits.*.when": Text("봉이 닫힐 때 보는 조건", "Condition, looked at when the bar closes."),
    "strategy.exits.*.frozen": Text("true: 살 때 정한 가격 그대로", "true: the price taken at entry stays."),
    "strategy.exits.*.sell": Text("파는 양 (없으면 모두)", "How much is sold (all, if not said)."),
    "strategy.exits.*.after": Text("이 청산이 일어난 뒤부터", "Only after this exit has fired."),
    "strategy.limits": Text("매수를 제한합니다", "Limits on entries."),
    "strategy.limits.open_positions": Text("동시에 들고 있는 종목 수의 한도", "Most positions at a time."),
    "strategy.limits.entries_per_market": Text("마켓마다 하루에 살 수 있는 횟수", "Most entries a day in each market."),
    "strategy.limits.cooldown": Text(
        "손실을 볼 때마다 그 마켓이 쉬는 시간. 잇단 손실은 위험 파일의 `acct.losses_in_row`",
        "How long a market pauses after each losing trade. Losses in a row: `acct.losses_in_row` in a risk file.",
    ),
    "strategy.limits.reentry": Text("판 뒤에 다시 사기까지 쉬는 봉 수", "Bars to wait after an exit."),
    "strategy.reload": Text("파일이 바뀌었을 때", "What a changed file does."),
    "strategy.reload.open_positions": Text(
        "keep_their_version: 산 때의 규칙대로, adopt_exits: 새 청산 규칙으로, flatten_first: 먼저 모두 팔고",
        "keep_their_version: the rules they were opened with; adopt_exits: the new exits; flatten_first: sell all first.",
    ),
    "strategy.tests": Text("이 파일의 시험", "Tests of this file."),
    "strategy.tests.*": Text("시험 하나", "One test."),
    "strategy.tests.*.name": Text("시험의 이름", "Name of the test."),
    "strategy.tests.*.rule": Text("시험하는 규칙", "The rule under test."),
    "strategy.tests.*.given": Text(
        "시험에 줄 값: 캔들, 외부 시계열, 표시(1과 0)", "Values of the test: candles, external series, flags (1 and 0)."
    ),
    "strategy.tests.*.given.*": Text("값의 나열. `20x100` 은 100이 20번", "Values in order; `20x100` is 100 twenty times."),
    "strategy.tests.*.replay": Text("저장된 캔들로 돌리는 시험", "A test on stored candles."),
    "strategy.tests.*.replay.markets": Text("마켓", "Markets."),
    "strategy.tests.*.replay.markets.*": Text("마켓 코드", "Market code."),
    "strategy.tests.*.replay.from": Text("첫날", "First day."),
    "strategy.tests.*.replay.to": Text("끝 날", "Last day."),
    "strategy.tests.*.expect": Text("기대하는 결과", "Expected result."),
    # ---- portfolio ----
    "portfolio": Text("포트폴리오 파일: 한 계좌에서 여러 전략을 함께 돌립니다", "A portfolio file: several strategies on one account."),
    "portfolio.schema": Text("파일의 종류와 버전", "Kind and version of the file."),
    "portfolio.name": Text("포트폴리오의 이름", "Name of the portfolio."),
    "portfolio.title": Text("화면에 보이는 제목", "Title shown on screen."),
    "portfolio.state": Text(
        "off: 꺼짐, paper: 모의투자, live: 실거래 (따로 확인을 받습니다)",
        "off, paper (simulated exchange) or live (asks for a separate confirmation).",
    ),
    "portfolio.risk_profile": Text("모든 전략에 적용하는 위험 관리 파일의 이름", "Name of the risk file that guards all its strategies."),
    "portfolio.capital": Text("엔진이 쓸 수 있는 금액의 한도", "Most that the engine may use."),
    "portfolio.aliases": Text("다른 마켓을 규칙 안에서 부르는 이름", "Short names for markets, usable inside rules."),
    "portfolio.aliases.*": Text("마켓 코드 (예: KRW-BTC)", "Market code, such as KRW-BTC."),
    "portfolio.params": Text("조정할 수 있는 숫자", "Numbers that may be tuned."),
    "portfolio.params.*": Text("조정할 수 있는 숫자 하나", "One number that may be tuned."),
    "portfolio.params.*.value": Text("지금 쓰는 값", "The value in use."),
    "portfolio.params.*.range": Text("조정할 때의 범위", "Bounds for tuning."),
    "portfolio.params.*.step": Text("조정할 때의 간격", "Step for tuning."),
    "portfolio.define": Text("이름 붙인 규칙. 어느 봉에서나 쓸 수 있습니다", "Named rules, usable on any bars."),
    "portfolio.define.*": Text("이름 붙인 규칙", "A named rule."),
    "portfolio.regime": Text(
        "시장 국면. 위에서부터 처음 맞는 것이 지금 국면입니다", "Market regimes: the first that is true from the top holds."
    ),
    "portfolio.regime.*": Text("이 국면인 조건 (otherwise: 그 밖의 이름)", "Condition of this regime (otherwise: name of the rest)."),
    "portfolio.strategies": Text("함께 돌리는 전략들", "The strategies of the portfolio."),
    "portfolio.strategies.*": Text("전략 하나", "One strategy."),
    "portfolio.strategies.*.strategy": Text("전략 파일의 이름 (`.yaml` 없이)", "Name of the strategy's file, without `.yaml`."),
    "portfolio.strategies.*.weight": Text("평가금액에서 이 전략이 쓰는 몫", "Its share of the equity."),
    "portfolio.strategies.*.when": Text("이 조건이 맞을 때만 새로 삽니다", "It enters only while this is true."),
    # ---- risk ----
    "risk": Text("위험 관리 파일: 잃을 수 있는 한도와 지키는 장치", "A risk file: limits of loss, and what guards them."),
    "risk.schema": Text("파일의 종류와 버전", "Kind and version of the file."),
    "risk.name": Text("위험 관리 파일의 이름", "Name of the profile."),
    "risk.title": Text("화면에 보이는 제목", "Title shown on screen."),
    "risk.capital": Text("엔진이 쓸 수 있는 돈", "Money that the engine may use."),
    "risk.aliases": Text("마켓을 규칙 안에서 부르는 이름", "Short names for markets, usable inside rules."),
    "risk.aliases.*": Text("마켓 코드 (예: KRW-BTC)", "Market code, such as KRW-BTC."),
    "risk.sectors": Text("함께 세는 마켓의 묶음", "Groups of markets that are counted together."),
    "risk.sectors.*": Text("한 섹터의 마켓", "Markets of one sector."),
    "risk.sectors.*.*": Text("마켓 코드", "Market code."),
    "risk.day": Text("거래일", "The trading day."),
    "risk.day.starts": Text("하루가 시작되는 시각", "When the day begins."),
    "risk.day.equity": Text("평가금액을 세는 방법", "How equity is counted."),
    "risk.loss": Text("손실 한도", "Limits of loss."),
    **{
        f"risk.loss.{name}{rest}": Text(korean.format(ko), english.format(en))
        for name, ko, en in (("daily", "하루", "a day"), ("weekly", "한 주", "a week"), ("monthly", "한 달", "a month"))
        for rest, korean, english in (
            ("", "{} 손실 한도", "Limit of loss over {}."),
            (".limit", "{} 동안 잃을 수 있는 한도", "Most that may be lost over {}."),
            (".then", "{} 한도에 닿으면 하는 일", "What happens when the limit over {} is reached."),
            (".until", "{} 한도에 닿은 뒤 언제까지", "Until when, once the limit over {} was reached."),
        )
    },
    "risk.loss.per_trade": Text("한 거래의 손실 한도", "Limit of loss of one trade."),
    "risk.loss.per_trade.limit": Text(
        "한 거래가 손절에서 잃을 수 있는 한도. 더 잃을 주문은 그만큼 작아집니다",
        "Most that one trade may lose at its stop: a larger order is cut to it.",
    ),
    **{
        f"risk.{path}{rest}": found
        for path in ("drawdown", "drawdown.*")
        for rest, found in (
            ("", Text("낙폭에 따른 단계", "Steps by drawdown.")),
            (".over", Text("낙폭을 재는 기간", "Period over which the drawdown is measured.")),
            (".steps", Text("낙폭의 단계들", "The steps.")),
            (".steps.*", Text("낙폭의 한 단계", "One step.")),
            (".steps.*.at", Text("이 낙폭에 닿으면", "When the drawdown reaches this.")),
            (".steps.*.then", Text("그때 하는 일", "What happens then.")),
            (".steps.*.until", Text("언제까지", "Until when.")),
        )
    },
    "risk.exposure": Text("코인에 넣을 수 있는 한도", "How much may be in coins."),
    "risk.exposure.total": Text("코인 전체에 넣을 수 있는 한도", "Most in all coins together."),
    "risk.exposure.per_market": Text("한 마켓에 넣을 수 있는 한도", "Most in one market."),
    "risk.exposure.per_strategy": Text("한 전략이 쓸 수 있는 한도", "Most for one strategy."),
    "risk.exposure.open_positions": Text("동시에 들고 있는 종목 수의 한도 (계좌 전체)", "Most positions at a time, over all strategies."),
    "risk.exposure.positions_per_market": Text(
        "한 마켓의 포지션 수 한도 (모든 전략)", "Most positions in one market, over all strategies."
    ),
    "risk.exposure.max_per_sector": Text("한 섹터의 종목 수 한도", "Most positions in one sector."),
    "risk.exposure.cash_reserve": Text("늘 남겨 두는 현금", "Cash that is never spent."),
    "risk.crowding": Text("함께 움직이는 종목의 한도", "Limits on positions that move together."),
    "risk.crowding.measure": Text("얼마나 함께 움직이는지 재는 식", "How alike two markets are."),
    "risk.crowding.max_pair": Text("이보다 크면 두 종목이 함께 움직인다고 봅니다", "Above this two markets count as moving together."),
    "risk.crowding.max_cluster": Text(
        "함께 움직이는 종목을 가장 많이 몇 개까지 (없으면 1종목)", "Most positions that move together; 1 unless given."
    ),
    "risk.crowding.with_btc": Text("비트코인과 함께 움직이는 종목", "Positions that move with bitcoin."),
    "risk.crowding.with_btc.above": Text("이보다 크면 함께 움직인다고 봅니다", "Above this they count as moving together."),
    "risk.crowding.with_btc.count_as": Text("함께 움직이는 종목을 세는 방법", "How they are counted."),
    "risk.breakers": Text("멈추는 조건들", "Conditions that stop something."),
    "risk.breakers.*": Text("멈추는 조건 하나", "One breaker."),
    "risk.breakers.*.when": Text(
        "이 조건이 맞으면. 전략의 시계가 더 느려도 `ret(5m)`은 5분마다, `@1h`는 1시간마다 봅니다",
        "When this is true. Under a slower clock `ret(5m)` is looked at every 5 minutes and `@1h` every hour all the same.",
    ),
    "risk.breakers.*.then": Text("하는 일", "What happens."),
    "risk.breakers.*.for": Text("멈추는 시간", "For how long."),
    "risk.orders": Text("주문 하나의 한도", "Bounds of single orders."),
    "risk.orders.min_order": Text("가장 작은 주문", "Smallest order."),
    "risk.orders.max_order": Text("가장 큰 주문", "Largest order."),
    "risk.orders.max_slippage": Text("허용하는 슬리피지", "Most slippage."),
    "risk.orders.max_book_share": Text(
        "한 번의 매수가 호가 잔량(또는 다른 금액)에서 차지하는 몫의 한도",
        "Largest share of the order book, or of another amount, of one buy.",
    ),
    "risk.orders.per_minute": Text("1분에 낼 수 있는 주문 수", "Most orders a minute."),
    "risk.safety": Text("엔진 자신에게 문제가 있을 때", "What the engine does when something about itself is wrong."),
    **{
        f"risk.safety.{name}{rest}": Text(korean.format(ko), english.format(en))
        for name, ko, en in (
            ("stale_data", "시세가 늦을 때", "prices are late"),
            ("clock_skew", "시계가 어긋날 때", "the clock is off"),
            ("unknown_order", "주문의 상태를 모를 때", "the state of an order is unknown"),
            ("books_disagree", "장부가 거래소와 다를 때", "our books and the exchange disagree"),
            ("dead_man", "엔진이 응답하지 않을 때", "the engine does not answer"),
        )
        for rest, korean, english in (
            ("", "{}", "When {}."),
            (".then", "{} 하는 일", "What happens when {}."),
            (".after", "{}: 이만큼 지나면", "When {}: after this long."),
            (".above", "{}: 이보다 크면", "When {}: above this."),
            (".no_heartbeat", "{}: 응답이 없는 시간", "When {}: no sign of life for this long."),
            (".alert", "{}: 알림의 등급", "When {}: level of the alert."),
        )
    },
}
