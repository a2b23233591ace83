"""Texts about rules and values written as in other programs, spreadsheets and Korean sentences."""

from __future__ import annotations

from dsl.messages import Text

_SYNTAX: dict[str, Text] = {
    "E006": Text("다른 문자의 글자 `{found}` ({code_point})", "letter `{found}` ({code_point}) of another alphabet"),
    "E006@jamo": Text("한글 자판으로 친 글자 `{found}`", "`{found}` was typed in Korean mode"),
    "E006@stray": Text("낱글자 `{found}` ({code_point})", "stray letter `{found}` ({code_point})"),
    "E006.label": Text("영문자 `{half}`처럼 보이지만 다른 글자입니다", "looks like the letter `{half}`, but is another one"),
    "E006.label.jamo": Text("영문 자판이라면 `{half}`입니다", "the same keys in English mode give `{half}`"),
    "E006.label.stray": Text("잘못 들어간 글자라면 지우세요", "remove it"),
    "E100.label.grouped": Text("수 안의 쉼표는 인자를 나누는 것으로 읽힙니다", "a comma inside a number separates arguments"),
    "E100.label.arrow": Text("등호는 부등호 뒤에 씁니다: `>=`, `<=`", "the equals sign comes second: `>=`, `<=`"),
    "E100.label.gap": Text("기호를 붙여 씁니다: `>=`, `<=`, `==`", "no blank inside a sign: `>=`, `<=`, `==`"),
    "E100.label.unequal": Text("다르다는 `!=`입니다", "not equal is written `!=`"),
    "E100.label.equal": Text("같다는 `==`입니다", "equal is written `==`"),
    "E100.label.doubled": Text("부등호는 하나만 씁니다", "one sign is enough"),
    "E100.label.capitals": Text("규칙의 낱말은 소문자로 씁니다: and, or, not", "words of a rule are in small letters: and, or, not"),
    "E100.label.column": Text("이름만 씁니다. 표의 열이 아닙니다", "just the name: there is no table here"),
    "E100.label.quotes": Text("규칙 안에서는 따옴표를 쓰지 않습니다", "names stand without quotes inside a rule"),
    "E100.label.output": Text(
        "어느 값인지는 괄호 앞에 적습니다: macd.hist(12, 26, 9)", "the output comes before the brackets: macd.hist(12, 26, 9)"
    ),
    "E100.label.method": Text(
        "값에 점을 붙여 부를 수 없습니다. 함수로 감싸세요: sma(close, 20)", "values have no methods: wrap them, as in sma(close, 20)"
    ),
    "E100.label.ternary": Text("`값 if 조건 else 다른 값`으로 적습니다", "write it as `value if condition else other`"),
    "E100.label.average": Text(
        "이동평균은 `sma(close, 20)@1d`(단순)나 `ema(close, 20)`(지수)입니다", "a moving average is `sma(close, 20)@1d` or `ema(...)`"
    ),
    "E100.label.korean_sign": Text("이상 `>=`, 이하 `<=`, 초과 `>`, 미만 `<`", "written as a sign: >=, <=, >, <"),
    "E100.label.percent": Text("퍼센트는 `%`만 씁니다. %p는 없습니다", "percent is `%`; there is no percentage point"),
    "E100.label.suffix": Text("봉 길이는 `@5m`, `@4h`, `@1d`처럼 소문자로 적습니다", "timeframes are small: `@5m`, `@4h`, `@1d`"),
    "E100.label.coins": Text("코인 수는 `5 coins`나 `5개`로 적습니다", "a number of coins is `5 coins`"),
    "E100.label.minutes": Text("단위가 필요합니다: 60분이면 `@60m`이나 `@1h`", "the unit is missing: 60 minutes are `@60m` or `@1h`"),
    "E100.label.length": Text("길이는 `30s`, `5m`, `4h`, `20d`, `20 bars`처럼 적습니다", "lengths are `30s`, `5m`, `4h`, `20d`, `20 bars`"),
    "E100.label.crosses": Text("`crosses above`나 `crosses below`로 적습니다", "written `crosses above` or `crosses below`"),
    "E100.label.direction": Text(
        "어느 쪽으로 지납니까? `crosses above`(상향), `crosses below`(하향)", "which way? `crosses above` or `crosses below`"
    ),
    "E100.label.sign": Text(
        "`>`나 `<`로 비교합니다. 지나는 순간은 `crosses above`", "compare with `>` or `<`; the moment itself is `crosses above`"
    ),
    "E100.label.between": Text("범위는 `in 30..50`으로 적습니다", "a range is written `in 30..50`"),
    "E100.label.range": Text("범위는 점 둘로 적습니다: `30..50`", "a range has two dots: `30..50`"),
    "E100.label.lately": Text(
        "지난 5봉 안에 한 번이라도는 `count(조건, 5 bars) >= 1`입니다", "true at some time in 5 bars is `count(condition, 5 bars) >= 1`"
    ),
    "E100.label.condition_first": Text(
        "규칙은 조건 그 자체입니다: `if` 없이 `and`로 잇습니다", "a rule is the condition itself: no `if`, joined by `and`"
    ),
    "E100.label.steps": Text(
        "세 단계라면 앞의 둘을 괄호로 묶고 각각 `within`을 적습니다", "three steps: bracket the first two, each pair with its `within`"
    ),
    "E100.label.followed": Text("순서는 `then ... within 6 bars`로 적습니다", "one after the other is `then ... within 6 bars`"),
    "E100.label.truth": Text("조건은 그 자체로 참이나 거짓입니다", "a condition is true or false by itself"),
    "E100.label.share": Text(
        "가격에 대한 비율은 나눕니다: atr(14) / close > 2%", "a share of the price is a division: atr(14) / close > 2%"
    ),
    "E100.label.power": Text("거듭제곱은 없습니다. 곱하세요: x * x", "there is no power: multiply, x * x"),
    "E100.label.remainder": Text("`%`는 수 바로 뒤의 퍼센트입니다: 2%", "`%` means percent and follows a number: 2%"),
    "E100.label.ended": Text("규칙 끝에는 아무것도 붙이지 않습니다", "nothing follows a rule"),
    "E100.label.sigil": Text("이름 앞에 기호를 붙이지 않습니다", "names stand without a sign in front"),
    "E100.label.round_brackets": Text("함수에는 둥근 괄호를 씁니다", "functions take round brackets"),
    "E100.label.digits": Text("점의 양쪽에 숫자를 적습니다: 0.5", "digits on both sides of the point: 0.5"),
    "E100.label.clock": Text("시각은 시(KST)만 봅니다: `hour in 9..14`", "the time of day is its hour in KST: `hour in 9..14`"),
    "E100.label.for_bars": Text("연속 3봉은 `count(조건, 3 bars) == 3`입니다", "true for 3 bars is `count(condition, 3 bars) == 3`"),
    "E100.label.how_long": Text(
        "몇 봉 동안입니까? `rises for 3 bars`, `falls for 3 bars`", "for how long? `rises for 3 bars`, `falls for 3 bars`"
    ),
    "E100.label.dangling": Text("이 낱말의 한쪽이 비어 있습니다", "one side of this word is empty"),
    "E100.label.operand": Text("이 뒤에 값이 와야 합니다", "a value must follow"),
    "E100.label.comma": Text("괄호와 쉼표가 필요합니다: ema(close, 20)", "brackets and a comma are needed: ema(close, 20)"),
    "E100.label.bracket_closed": Text("여는 괄호가 없는 닫는 괄호입니다", "this bracket was never opened"),
    "E100.label.bracket_opened": Text("이 괄호를 닫지 않았습니다", "this bracket is never closed"),
    "E100.label.joined": Text("규칙은 쉼표가 아니라 `and`, `or`로 잇습니다", "rules are joined by `and` or `or`, not by a comma"),
    "E100.label.sentence": Text(
        "문장이 아니라 식으로 적습니다: `rsi(14) < 30`, `close > sma(close, 20)`",
        "not a sentence but a rule: `rsi(14) < 30`, `close > sma(close, 20)`",
    ),
}

_NAMES: dict[str, Text] = {
    "E101.label.crossing": Text("돌파는 말로 적습니다: `a crosses above b`", "crossings are words: `a crosses above b`"),
    "E101.label.choice": Text("`값 if 조건 else 다른 값`으로 적습니다", "written `value if condition else other`"),
    "E101.label.empty": Text("값이 있는지는 `is_defined(x)`로 묻습니다", "whether there is a value: `is_defined(x)`"),
    "E101.label.history": Text("지난 봉은 대괄호로 적습니다: close[1]", "earlier bars are in square brackets: close[1]"),
    "E101.label.method": Text("시계열에 점을 붙여 부를 수 없습니다", "series have no methods"),
    "E101.label.prefix": Text("앞에 붙인 이름은 필요 없습니다", "no library name in front"),
    "E102.label.code": Text(
        "마켓 코드는 식에 쓰지 않고 `aliases:`의 이름을 씁니다", "markets are read by their name under `aliases:`, not by their code"
    ),
    "E102.label.this_market": Text(
        "어느 마켓을 살지는 `markets:`나 `universe:`가 정합니다", "which markets are bought is said by `markets:` or `universe:`"
    ),
    "E102.label.market": Text(
        "다른 마켓의 값은 `별칭.close`처럼 점으로 적습니다", "a value of another market: its alias, a dot and the series"
    ),
    "E102.label.holding": Text(
        "진입은 보유하지 않을 때만 묻습니다. 이 조건은 필요 없습니다", "entries are asked only while nothing is held: leave this out"
    ),
    "E102.label.average": Text("이동평균에는 길이가 필요합니다", "a moving average needs its length"),
    "E102.label.weekday": Text("요일은 수입니다: 월요일 0 ... 일요일 6", "days of the week are numbers: Monday 0 ... Sunday 6"),
    "E102.label.previous": Text("지난 봉은 대괄호로 적습니다: close[1]", "earlier bars are in square brackets: close[1]"),
    "E102.label.glued": Text("길이는 괄호 안에 적습니다", "the length goes into brackets"),
    "E102.label.prefix": Text("앞에 붙인 이름은 필요 없습니다", "nothing in front of the name"),
    "E126.label.series": Text("무엇의 값인지 빠졌습니다: {signature}", "of what? it takes {signature}"),
    "E129.label.flag": Text("`{name}`은(는) 이미 조건입니다. 비교하지 않습니다", "`{name}` is a condition already: nothing to compare"),
    "W150.label.same": Text("양쪽이 같은 값입니다: `{expression}`", "both sides are `{expression}`"),
    "W150.label.window": Text("`{expression}`에는 지금 봉도 들어 있습니다", "`{expression}` includes this bar itself"),
    "W150.label.fixed": Text("정해진 수끼리 비교했습니다", "it compares two fixed numbers"),
    "W151.label.fixed": Text("정해진 수끼리 비교했습니다", "it compares two fixed numbers"),
    "W150.label.word": Text("`{word}` 때문에 언제나 거짓입니다", "`{word}` decides it"),
    "W151.label.word": Text("`{word}` 때문에 언제나 참입니다", "`{word}` decides it"),
    "W150.label.candle": Text("같은 봉의 가격은 저가와 고가를 벗어나지 않습니다", "no price of a bar lies outside its low and high"),
    "W151.label.candle": Text("같은 봉의 가격은 저가와 고가를 벗어나지 않습니다", "no price of a bar lies outside its low and high"),
    "W151.label.same": Text("양쪽이 같은 값입니다: `{expression}`", "both sides are `{expression}`"),
    "W152": Text("`{found}`은(는) 여기서 {means}입니다", "`{found}` means {means} here"),
    "W152@plain": Text("`{found}`은(는) {means}입니다", "`{found}` is {means}"),
    "W152.label": Text("`{expression}`은(는) 비율(%)입니다", "`{expression}` is a percentage"),
    "W152.label.plain": Text("`{expression}`은(는) 퍼센트가 아닌 수입니다", "`{expression}` is a plain number"),
    "W152@quotient": Text("`{found}`은(는) {means}입니다", "`{found}` is {means}"),
    "W152.label.quotient": Text(
        "`{expression}`은(는) 가격을 가격으로 나눈 값이라 1 근처입니다", "`{expression}` is a price by a price: it lies about 1"
    ),
    "W152@beside_one": Text("`{found}`은(는) 여기서 {means}입니다", "`{found}` means {means} here"),
    "W152.label.beside_one": Text(
        "1에 더하거나 빼는 것은 가격에 대한 비율입니다", "what is added to or taken from 1 is a share of the price"
    ),
    "W152@of_hundred": Text("`{expression}`은(는) 0에서 100 사이의 값입니다", "`{expression}` runs from 0 to 100"),
    "W152.label.of_hundred": Text("100 가운데 `{found}`은(는) 거의 0입니다", "`{found}` of 100 is next to nothing"),
    "W152@of_one": Text("`{expression}`의 1은 100%입니다", "of `{expression}` 1 is all"),
    "W152.label.of_one": Text("`{found}`까지 가지 않습니다", "it does not go as far as `{found}`"),
    "W152@distance": Text("`{found}`은(는) 여기서 {means}입니다", "`{found}` means {means} here"),
    "W152.label.distance": Text("호가 가운데 값에서 떨어진 비율입니다", "a distance from the middle of the book, in percent"),
    "W154": Text("계산한 값이 꼭 같아지는 일은 거의 없습니다", "computed values are hardly ever exactly equal"),
    "W154.label": Text("크기를 비교하거나 범위를 적으세요", "compare which is larger, or ask for a range"),
    "W155": Text("`across.rank`는 작은 것부터 셉니다", "`across.rank` counts from the smallest"),
    "W155.label": Text("가장 작은 마켓들이 1, 2, 3위입니다", "the smallest come first"),
    "W156": Text("`weekday`는 월요일이 0입니다", "`weekday` is 0 on Monday"),
    "W156.label": Text("화요일에서 시작합니다", "this begins on Tuesday"),
    "W157": Text("`{name}`: 빠른 길이가 느린 길이보다 짧지 않습니다", "`{name}`: the fast length is not the shorter one"),
    "W157.label": Text("빠른 쪽 {fast}, 느린 쪽 {slow}", "fast {fast}, slow {slow}"),
    "W152@slippage": Text("`{found}`은(는) 여기서 {means}입니다", "`{found}` means {means} here"),
    "W152.label.slippage": Text("체결이 이만큼 불리해져도 받아들입니다", "a fill may be as much worse as this"),
    "W153": Text("`{found}`은(는) `{of}`의 {percent}밖에 되지 않습니다", "`{found}` is only {percent} of `{of}`"),
    "W153@price": Text("`{found}`은(는) 가격의 {percent}밖에 되지 않습니다", "`{found}` is only {percent} of a price"),
    "W153@level_price": Text("`{found}`은(는) 가격의 {percent}밖에 되지 않습니다", "`{found}` is only {percent} of a price"),
    "W153.label.level_price": Text("가격이 여기까지 떨어지는 일은 없습니다", "no price falls as far as this"),
    "W153.label": Text("온전한 값과 비교하면 늘 훨씬 작습니다", "always far below the whole value that it is compared with"),
    "W153.label.price": Text("온전한 가격과 비교하면 늘 훨씬 작습니다", "always far below the whole price that it is compared with"),
    "W153.label.level": Text("가격이 여기까지 떨어지는 일은 없습니다", "no price falls as far as this"),
}

_LIMITS: dict[str, Text] = {
    "E101.label.family": Text("이런 이름은 없습니다", "there is no such name"),
    "E102.label.family": Text("이런 이름은 없습니다", "there is no such name"),
    "E111@fixed_amount": Text(
        "`{key}: {value}`: 정해진 금액으로 사는 것은 아직 지원하지 않습니다",
        "`{key}: {value}`: sizes of a fixed amount are not offered yet",
    ),
    "E220@fixed_amount": Text(
        "`{found}`: 정해진 금액으로 사는 것은 아직 지원하지 않습니다", "`{found}`: sizes of a fixed amount are not offered yet"
    ),
    "E220.label.fixed_amount": Text("자산에 대한 비율이 와야 합니다", "a share of equity is expected"),
    "E220.label.after_losses": Text(
        "여기서는 한 번 잃은 뒤의 쉬는 시간만 정합니다: `30m after loss`", "only a pause after one loss: `30m after loss`"
    ),
    "note.fixed_amount": Text("정해진 금액 대신 자산의 비율로: `{line}`", "instead of a fixed amount, a share of equity: `{line}`"),
    "note.cap_amount": Text(
        "주문 한 번의 상한은 금액으로, 위험 파일에 적습니다: `{line}`",
        "the most that one order may be is an amount, in the risk file: `{line}`",
    ),
    "note.profile_forbids": Text(
        "프로필 `{profile}`의 한도는 거래당 {allowed}입니다. 그래서 고친 줄은 {allowed}입니다",
        "the {profile} profile allows at most {allowed} per trade, so the fix writes {allowed}",
    ),
    "note.account_limit": Text(
        "계좌 전체의 한도는 `risk_profile:`이 가리키는 위험 파일에 적습니다: `{line}`",
        "limits on the whole account stand in the risk file that `risk_profile:` names: `{line}`",
    ),
    "note.family": Text("`{family}.`로 시작하는 이름: {names}", "names that begin with `{family}.`: {names}"),
}

_FILES: dict[str, Text] = {
    "E004.label.space": Text("`:` 뒤에 빈칸이 필요합니다", "a blank is needed after `:`"),
    "E004.label.not": Text("`!`로 시작할 수 없습니다. `not`을 쓰세요", "a value cannot begin with `!`: write `not`"),
    "E004.label.block": Text(
        "`>`로 시작할 수 없습니다. 비교할 값을 앞에 적으세요", "a rule cannot begin with `>`: what is compared comes first"
    ),
    "E004.label.ternary": Text("`값 if 조건 else 다른 값`으로 적습니다", "write it as `value if condition else other`"),
    "E212.label.exit": Text(
        "청산에는 `at:`(가격)이나 `when:`(조건)이 필요합니다", "an exit needs `at:` (a level) or `when:` (a condition)"
    ),
    "E212.label.dashes": Text("목록(-)이 아니라 이름을 붙입니다: `이름: 값`", "no dashes: every line has a name of its own, `name: value`"),
    "E212.label.factor": Text("팩터에는 `value:`와 `weight:`가 필요합니다", "a factor needs `value:` and `weight:`"),
    "E212.label.universe": Text(
        "`refresh:`, `take: 30`, `by: turnover(24h)`를 한 줄에 하나씩 적습니다",
        "one line each: `refresh:`, `take: 30`, `by: turnover(24h)`",
    ),
    "E212.label.all_markets": Text(
        "마켓을 골라 주는 것은 `universe:`입니다: `take: 30`, `by: turnover(24h)`",
        "`universe:` chooses markets: `take: 30`, `by: turnover(24h)`",
    ),
    "E212.label.order": Text("`order: market`처럼 적습니다", "write it as `order: market`"),
    "E201.label.group": Text("조건이 여럿이면 `all:` 아래에 적습니다 (모두 참)", "several conditions go below `all:` (all must be true)"),
    "E202.label.quote": Text("원화 마켓만 지원합니다", "only KRW markets are supported"),
    "E121.label.month": Text("`M`은 달, `m`은 분입니다", "`M` is a month, `m` a minute"),
    "E121@month_clock": Text("달(`{timeframe}`)은 clock 이 못 됩니다", "a month (`{timeframe}`) is no clock"),
    "E121.label.longer": Text("하루보다 긴 봉은 1w(주)와 1M(달)뿐입니다", "longer than a day there are only 1w and 1M"),
    "E121.label.month_clock": Text("규칙에서는 `@1M` 으로 씁니다", "a rule may read `@1M`"),
    "E404.label.sign": Text("손절은 진입가 아래입니다: 빼기 기호", "a stop lies below the entry: a minus sign"),
    "W411": Text("업비트는 5,000원 미만 주문을 받지 않습니다", "Upbit takes no order below 5,000 KRW"),
    "W411.label": Text("실제로는 5,000원부터 나갑니다", "orders begin at 5,000 KRW"),
    "W412": Text(
        "`at: {level}` 값은 아래를 지키는 가격입니다: 내려와 닿으면 팝니다",
        "`at: {level}` protects from below: it sells when the price falls to it",
    ),
    "W412.label": Text(
        "가격이 이미 그 아래면 사지 않거나 곧바로 팝니다. 위에서 파는 목표라면 `when:` 으로 적습니다",
        "where the price is below it already, nothing is bought, or it sells at once; write a target above with `when:`",
    ),
    "W416": Text(
        "살 금액을 정하지 않았습니다: 처음 사는 종목이 현금을 모두 씁니다", "no size is given: the first market bought takes all the cash"
    ),
    "W416.label": Text("한 번에 살 금액을 `sizing:`에 적으세요", "say under `sizing:` how large a buy is"),
    "W417": Text(
        "프로필 `{profile}`: 한 거래의 손실 한도({allowed})를 지킬 수 없습니다",
        "profile `{profile}` cannot keep one trade's loss within {allowed}",
    ),
    "W417.label": Text(
        "처음부터 걸리는 손절 가격이 없습니다: `exits:`에 `stop: {{at: -2%}}` 같은 줄을 두세요",
        "no stop level from the start: add one under `exits:`, such as `stop: {{at: -2%}}`",
    ),
    "E129.label.level": Text("`at:`은 가격입니다. 조건은 `when:`에 적습니다", "`at:` is a price; a condition belongs to `when:`"),
    "note.bars_of_position": Text("몇 봉째인지는 pos.bars", "in bars it is pos.bars"),
    "W414": Text("청산 `{name}`의 가격이 이름과 다릅니다", "the price of exit `{name}` is not what its name says"),
    "W414.label": Text(
        "가격은 언제나 이 아래에 있습니다: 사지 않거나 곧바로 팝니다",
        "the price is always below this: nothing is bought, or it sells at once",
    ),
    "W414.label.above": Text(
        "진입가 위의 가격은 올라가 닿으면 파는 목표입니다", "a price above the entry is a target: it sells when the price rises to it"
    ),
    "W414.label.below": Text(
        "진입가 아래의 가격은 내려가 닿으면 팝니다", "a price below the entry protects: it sells when the price falls to it"
    ),
    "W415": Text("`stop`이 {share}만 팝니다", "`stop` sells only {share}"),
    "W415.label": Text("나머지에는 손절이 없습니다", "the rest has no stop"),
    "W419": Text("사자마자 파는 조건입니다", "this sells what was just bought"),
    "W419.label": Text("진입한 순간에 이미 참입니다", "true from the moment of entry"),
    "W420": Text("`{name}`을(를) 아무 데서도 쓰지 않습니다", "nothing uses `{name}`"),
    "W420.label": Text("이름만 지어져 있습니다", "it only has a name"),
    "W420.label.params": Text("바꾸어도 결과가 같습니다", "changing it changes nothing"),
    "W425": Text("`{by}`(으)로는 종목을 견줄 수 없습니다", "`{by}` does not compare markets"),
    "W425.label": Text(
        "코인 하나의 값이 서로 달라 코인 수나 가격의 순서에는 뜻이 없습니다",
        "one coin is not worth another, so an order by coins or by price says nothing",
    ),
    "W418": Text("이 배율로는 아무것도 사지 않습니다", "with this multiplier nothing is ever bought"),
    "W418.label": Text("0보다 커지는 때가 없습니다", "it is never above 0"),
    "W410": Text("청산 `{name}`은(는) 할 일이 없습니다", "exit `{name}` has nothing left to do"),
    "W410.label.later": Text(
        "이것이 참이면 `{first}`도 참이고, `{first}`이(가) 모두 팝니다", "`{first}` holds whenever this does, and sells everything"
    ),
    "W410.label.after": Text(
        "`{first}`이(가) 모두 팔고 나면 남는 것이 없습니다", "`{first}` sells everything, so nothing is left after it"
    ),
    "W410.label": Text("같은 때에 `{first}`이(가) 먼저 모두 팝니다", "`{first}` sells everything at the same moment, and comes first"),
}

_NOTES: dict[str, Text] = {
    "note.name_as_protection": Text(
        "정말 보호 가격이라면 이름에 `stop`, `trail`, `손절`, `추적` 가운데 하나를 넣으면 이 경고가 사라집니다",
        "if it is meant to protect, a name with `stop` or `trail` in it says so, and this warning goes",
    ),
    "note.volume_in_krw": Text("`value`는 같은 것을 원화로 센 거래대금입니다", "`value` is the same thing in KRW"),
    "note.unused": Text(
        "쓰려던 것이라면 `entry`나 `exits` 같은 규칙에 이름을 적고, 아니라면 지우세요",
        "if it was meant to count, name it in a rule of `entry` or `exits`; if not, remove it",
    ),
    "note.write_here": Text("여기서는 `{expression}`", "here it is `{expression}`"),
    "note.length_first": Text(
        "이 함수는 길이가 먼저이고, 시계열은 적지 않으면 close입니다",
        "here the length comes first; the series is close unless `x=` says otherwise",
    ),
    "note.bars_before": Text("앞의 봉들과 비교하려면 {expression}", "to compare with the bars before this one: {expression}"),
    "note.extreme_over_bars": Text(
        "{name}은(는) 두 값 가운데 하나를 고릅니다. 봉 여러 개에서라면 {expression}",
        "{name} chooses between two values; over several bars it is {expression}",
    ),
    "note.leave_some": Text("`{name}`에서 일부만 팔려면: `sell: 50%`", "to leave something, `{name}` may sell a part: `sell: 50%`"),
    "note.crosses_once": Text(
        "지나는 순간은 한 번이고 나머지는 위치라면: {expression}", "if only one of them is the moment of passing: {expression}"
    ),
    "note.nearly_equal": Text("비슷한지 물으려면: {expression}", "to ask whether they are near: {expression}"),
    "note.rank_from_largest": Text("가장 큰 것부터라면 `order=desc`", "from the largest: `order=desc`"),
    "note.rank_from_smallest": Text(
        "정말 작은 것부터라면 `order=asc`를 적으세요. 이 경고가 사라집니다",
        "if the smallest are meant, write `order=asc`, and this warning goes",
    ),
    "note.turned_round": Text("반대라면: {expression}", "the other way round: {expression}"),
    "note.named_percent": Text(
        "그 이름을 정한 곳에서 단위를 붙이세요: `{name}: {number}{sign}`", "give it its unit where it is set: `{name}: {number}{sign}`"
    ),
    "note.named_number": Text(
        "그 이름을 정한 곳에서 `%`를 빼세요: `{name}: {number}`", "leave the `%` out where it is set: `{name}: {number}`"
    ),
    "note.quotient_change": Text("얼마나 변했는지 묻는다면: {expression}", "to ask how far it has moved: {expression}"),
    "note.share_times": Text("{number}배라면: {expression}", "{number} times: {expression}"),
    "note.share_above": Text("{percent} 위라면: {expression}", "{percent} above: {expression}"),
    "note.share_below": Text("{percent} 아래라면: {expression}", "{percent} below: {expression}"),
    "note.write_percent_sign": Text("단위를 붙이세요: `{number}{sign}`", "give it its unit: `{number}{sign}`"),
    "note.bars_of_clock": Text("{duration}은(는) {clock} 봉 {bars}개입니다", "{duration} are {bars} bars of {clock}"),
    "note.which_duration": Text(
        "{number}시간이면 `{number}h`, {number}분이면 `{number}m`, {number}일이면 `{number}d`",
        "{number} hours are `{number}h`, minutes `{number}m`, days `{number}d`",
    ),
    "note.volume_counts_coins": Text("volume은 코인 수량, value는 거래대금(KRW)입니다", "volume counts coins; value is the traded KRW"),
    "note.counts_coins": Text("코인 수로 적으려면: {expression}", "as a number of coins: {expression}"),
    "note.coins_in_krw": Text("금액으로는: {expression}", "in KRW: {expression}"),
    "note.share_of_average": Text("평균에 대한 비율이라면: {expression}", "as a share of its average: {expression}"),
    "note.level_percent": Text("진입가에서 몇 %인지는 부호와 함께: `-2%`, `+3%`", "percent from the entry has a sign: `-2%`, `+3%`"),
}

TEXTS: dict[str, Text] = {**_SYNTAX, **_NAMES, **_LIMITS, **_FILES, **_NOTES}
