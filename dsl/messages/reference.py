"""Texts of the generated reference page."""

from dsl.messages import Text

_FORMS: dict[str, Text] = {
    "group.numbers": Text("수와 단위", "Numbers and units"),
    "group.calculation": Text("계산", "Calculation"),
    "group.comparison": Text("비교와 사건", "Comparisons and events"),
    "group.logic": Text("그리고, 또는, 아니다", "And, or, not"),
    "group.time": Text("지난 봉, 다른 봉, 차례", "Earlier bars, other bars, order of events"),
    "group.names": Text("이름", "Names"),
    "form.number": Text("단위 없는 수", "A plain number."),
    "form.ratio": Text("비율. 15bp 는 0.15% 입니다", "A ratio; 15bp is 0.15 %."),
    "form.money": Text(
        "금액(KRW). 정해진 금액은 가격과도 견줄 수 있습니다", "An amount of KRW; a fixed one may also be compared with a price."
    ),
    "form.coins": Text(
        "코인 수. 여러 마켓에서는 코인마다 값이 달라 금액이 낫습니다: `volume` 대신 `value`",
        "A number of coins. Over several markets an amount is better, for one coin is not worth another: `value` instead of `volume`.",
    ),
    "form.duration": Text(
        "시간: s 초, m 분, h 시간, d 일, w 주. 창의 길이로 쓰면 그 시간만큼의 봉 수입니다",
        "A duration: s, m, h, d, w. As the length of a window it is so many whole bars.",
    ),
    "form.bars": Text("봉 수. n 은 params 의 이름", "A number of bars; n is a param."),
    "form.arithmetic": Text(
        "+ - * / 와 괄호. 단위가 다른 것끼리 더하거나 견주면 오류입니다. 0으로 나누면 값이 없습니다",
        "+ - * / and brackets. Adding or comparing different units is an error; division by zero has no value.",
    ),
    "form.default": Text(
        "왼쪽에 값이 없으면 오른쪽 값. `*` 보다 약하고 `+` 보다 세게 묶입니다",
        "The right side where the left has no value; binds looser than `*` and tighter than `+`.",
    ),
    "form.choice": Text("조건이 참이면 앞의 값, 거짓이면 뒤의 값", "The first value where the condition is true, else the last."),
    "form.compare": Text(
        "`<` `<=` `>` `>=` `==` `!=`. `=` 하나는 인자에만 씁니다", "`<` `<=` `>` `>=` `==` `!=`; a single `=` names an argument."
    ),
    "form.chain": Text("이어진 비교: 이웃끼리 모두 참일 때", "A chain: true when each neighbouring pair is."),
    "form.in": Text("범위 안, 양 끝 포함", "Inside the range, both ends included."),
    "form.enters": Text("앞 봉에는 밖, 이 봉에는 안", "Outside on the bar before, inside on this one."),
    "form.leaves": Text("앞 봉에는 안, 이 봉에는 밖", "Inside on the bar before, outside on this one."),
    "form.crosses": Text("넘는 바로 그 봉에서만 참", "True only on the bar of passing."),
    "form.rises": Text("그만큼의 봉 동안 봉마다 오름(내림)", "Higher (lower) on each of so many bars."),
    "form.and": Text("둘 다 참", "Both are true."),
    "form.or": Text("하나라도 참", "At least one is true."),
    "form.not": Text("참과 거짓을 뒤집습니다. 값이 없으면 그대로 없습니다", "Turns true and false round; missing stays missing."),
    "form.brackets": Text("and 와 or 를 섞을 때는 괄호가 꼭 있어야 합니다", "Required wherever `and` and `or` are mixed."),
    "form.history": Text(
        "[1] 은 한 봉 전. 음수(다음 봉)는 없습니다", "[1] is one bar ago; there is no negative, which would be the future."
    ),
    "form.frame": Text(
        "마지막으로 닫힌 그 봉의 값. [1] 은 @ 앞에 씁니다", "The value on the last closed bar of that length; [1] goes before the @."
    ),
    "form.frame_of_all": Text("괄호 안 전체를 그 봉에서", "All that the brackets hold, on those bars."),
    "form.finer": Text(
        "더 짧은 봉은 그대로 읽을 수 없고, 한 봉으로 모읍니다: min, max, sum, last, any",
        "Finer bars have to be folded into one value: min, max, sum, last, any.",
    ),
    "form.then": Text(
        "앞의 일이 먼저(더 이른 봉), 그 뒤 정한 봉 안에 뒤의 일", "The first on an earlier bar, then the second within so many bars."
    ),
    "form.memory": Text(
        "마지막으로 참이었던 때를 기억합니다. 1,000봉까지, `within=` 으로 바꿉니다",
        "Remembers when a condition was last true, up to 1,000 bars unless `within=` says otherwise.",
    ),
    "form.call": Text("함수. 이름 붙은 인자는 `이름=값`", "A function; named arguments are `name=value`."),
    "form.definition": Text("`define` 의 이름. 어느 봉에서나 쓸 수 있습니다", "A name of `define`, usable on any bars."),
    "form.alias": Text("`aliases` 의 다른 마켓", "Another market, named in `aliases`."),
    "form.across": Text("같은 때의 여러 마켓을 견줍니다", "Compares markets with each other at one time."),
    "form.regime": Text("`regime:` 가운데 지금 국면", "Which of the file's regimes holds."),
    "form.score": Text("`factors:` 를 무게로 모은 값, -1..1", "The weighted mean of `factors:`, -1..1."),
}
_PHRASES: dict[str, Text] = {
    "phrase.timeframe": Text("봉의 길이. 하루를 나누는 길이", "Length of bars; it divides a day."),
    "phrase.constant": Text("정해진 값", "A fixed value."),
    "phrase.range_of": Text("낮은 값..높은 값", "Low..high."),
    "phrase.signature": Text(
        "정의의 이름, 매개변수가 있으면 괄호 안에", "Name of a definition, with its parameters in brackets if it has any."
    ),
    "phrase.at_least": Text("`at_least:` 아래에: 이만큼 참이면 됩니다", "Below `at_least:`: so many have to be true."),
    "phrase.of_equity": Text("평가금액에 대한 비율", "A share of the equity."),
    "phrase.money": Text("금액", "An amount of KRW."),
    "phrase.whole": Text("개수", "A whole number."),
    "phrase.share": Text("파는 몫. of rest: 남은 것의", "The part sold; `of rest`: of what is left."),
    "phrase.level": Text("평균 매수가에서의 거리 (`at:`)", "Distance from the average entry (`at:`)."),
    "phrase.per_day": Text("하루의 횟수 (09:00부터)", "Times a day (from 09:00 KST)."),
    "phrase.after_loss": Text("손실 뒤의 시간", "Time after a loss."),
    "phrase.after_exit": Text("판 뒤의 봉 수", "Bars after an exit."),
    "phrase.refresh": Text("다시 고르는 때", "When the universe is chosen anew."),
    "phrase.every": Text("간격", "How often."),
    "phrase.duration_of": Text("시간", "A duration."),
    "phrase.order_price": Text("주문 가격: 가장 좋은 호가에서 몇 틱", "Price of an order: ticks from the best bid or ask."),
    "phrase.next_order": Text(
        "시간이 지난 뒤 하는 일. 슬리피지나 체결된 비율을 조건으로", "What follows when the time is up, on slippage or on the share filled."
    ),
    "phrase.capital": Text("엔진이 쓸 수 있는 돈", "What the engine may use."),
    "phrase.loss_limit": Text("비율, 금액, 또는 둘 다 (먼저 닿는 쪽)", "A ratio, an amount, or both: the first reached counts."),
    "phrase.action": Text(
        "stop_entries 매수 중지, flatten 모두 팔기, close_market 그 마켓 팔기, freeze_market 그 마켓 매수 중지, size 금액 줄이기",
        "stop_entries, flatten (sell all), close_market (sell that market), freeze_market (no entry there), size (smaller buys).",
    ),
    "phrase.size_factor": Text("금액에 곱하는 수", "Multiplies the size."),
    "phrase.until": Text("언제까지. manual: 사람이 풀 때까지", "Until when; manual: until a person lifts it."),
    "phrase.starts_at": Text("하루가 시작되는 시각", "When the day begins."),
    "phrase.positions": Text("종목 수", "A number of positions."),
    "phrase.clusters": Text("묶음 수", "A number of clusters."),
    "phrase.of_depth": Text("호가 잔량에 대한 비율", "A share of the book's depth."),
    "phrase.given_series": Text("시험의 값. 20x100 은 100이 스무 번, missing 은 값 없음", "Values of a test; 20x100 is 100 twenty times."),
    "phrase.expect_rule": Text("시험: 어느 봉(1부터)에서 참인지, 얼마인지", "A test: on which bars (from 1) it is true, or its value."),
    "phrase.expect_replay": Text("저장된 캔들로 돌린 결과가 이래야 함", "What a run over stored candles has to give."),
    "phrase.instant": Text("날짜 또는 시각(KST)", "A day or a time (KST)."),
}
_PAGE: dict[str, Text] = {
    "page": Text("규칙 언어 안내", "The rule language"),
    "page_intro": Text(
        "[English](language.md) · 처음이라면 [첫 전략](first-strategy.ko.md), 예는 [규칙 모음](cookbook.ko.md)\n\n"
        "이 문서는 언어의 표(함수 목록, 문법, 파일의 키, 오류 글)에서 자동으로 만들어집니다."
        " 규칙에 쓸 수 있는 것은 여기 있는 것이 전부입니다.",
        "[한국어](language.ko.md) · new here? [A first strategy](first-strategy.md); examples: [cookbook](cookbook.md)\n\n"
        "Made from the tables of the language: the catalogue of functions, the grammar, the keys of files, the messages."
        " A rule may say what stands here, and nothing else.",
    ),
    "forms": Text("규칙의 꼴", "Forms of a rule"),
    "forms_intro": Text(
        "조건의 값은 셋입니다: 참, 거짓, 값 없음(missing). 참일 때만 사고팝니다. 값 없음은 `not` 을 붙여도 값 없음이고,"
        " 거짓 and 값 없음은 거짓, 참 or 값 없음은 참입니다. YAML 에서는"
        " `all:` `any:` `none:` `at_least: {{2 of: ...}}` 아래에 이름 붙인 조건을 모을 수 있습니다."
        " 한 자리에는 그 가운데 하나만 두고, 다른 모임은 그 아래에 이름을 붙여 넣습니다:"
        " `all:` 아래에 `bad: {{none: {{warned: market.warning, flagged: market.caution}}}}`."
        " 중괄호 안에서는 쉼표가 값을 끝내므로, 쉼표가 있는 규칙은 따로 한 줄에 적습니다.\n\n"
        "규칙은 봉이 닫힐 때 봅니다. `hour` 와 `minute` 은 봉이 시작한 시각이라, 09:00에 닫혀 09:00에 사는 봉의 `hour` 는 8입니다."
        " 산 마켓은 다 팔기 전에 더 사지 않습니다: 물타기와 불타기는 없습니다.",
        "A condition is true, false or missing, and only true buys or sells. Missing stays missing under `not`; false and missing is false,"
        " true or missing is true. In YAML, named conditions are joined below `all:`, `any:`, `none:` and `at_least: {{2 of: ...}}`."
        " One of them stands in a place; another goes below it under a name: below `all:`,"
        " `bad: {{none: {{warned: market.warning, flagged: market.caution}}}}`. Inside braces a comma ends a value: a rule with a comma"
        " takes a line of its own.\n\n"
        "Rules are decided when a bar closes. `hour` and `minute` are those of its beginning: the bar that closes, and buys, at 09:00 has"
        " `hour` 8. What was bought is not bought again before all of it is sold: there is no averaging down or up.",
    ),
    "names": Text("값의 이름", "Names of values"),
    "names_intro": Text(
        "별칭을 앞에 붙이면 다른 마켓의 값입니다 (`btc.close`). 기록이 없는 값은 값 없음이고, 주의나 유의 같은 표시는 거짓입니다.",
        "With an alias before it, a name is that of another market (`btc.close`). What was not recorded is missing; flags are false.",
    ),
    "where.anywhere": Text("어느 규칙에서나", "In every rule"),
    "where.position": Text("청산(exits)에서만", "Only in exits"),
    "where.entry": Text("진입(entry)에서만: 낼 주문", "Only in `entry`: the intended order"),
    "where.risk": Text("sizing.scale 과 위험 관리 파일에서만: 계좌", "Only in `sizing.scale` and risk files: the account"),
    "phrases": Text("규칙이 아닌 값", "Values that are no rules"),
    "phrases_intro": Text(
        "정해진 꼴로 쓰는 값들과, 그 값이 오는 키입니다.", "Values with a form of their own, and the keys that take them."
    ),
    "files": Text("파일의 키", "Keys of the files"),
    "files_intro": Text("`*` 는 스스로 붙이는 이름이나 목록의 자리입니다.", "`*` is a name of your own, or a place in a list."),
    "messages": Text("오류와 경고", "Errors and warnings"),
    "messages_intro": Text(
        "E 는 오류(파일을 쓰지 않습니다), W 는 경고입니다. 메시지에는 언제나 줄과 칸이 있고, 고칠 수 있으면 `fix:` 줄이 있습니다.",
        "E is an error (the file is not used), W a warning. A message always has line and column, and a `fix:` line where there is one.",
    ),
    "written": Text("쓰는 법", "written"),
    "meaning": Text("뜻", "meaning"),
    "name": Text("이름", "name"),
    "unit": Text("단위", "unit"),
    "key": Text("키", "key"),
    "keys": Text("키", "keys"),
    "value": Text("값", "value"),
    "holds.rule": Text("규칙", "a rule"),
}
TEXTS: dict[str, Text] = {
    "title": Text("규칙에서 쓰는 함수", "Functions of the rule language"),
    "intro": Text(
        "이 문서는 함수 목록에서 자동으로 만들어집니다. 봉 수는 `20`, `20 bars` 또는 `24h` 처럼 씁니다. 기준 시점(anchor)은 `day`,"
        " `week`(월요일), `month`(1일) 또는 `48 bars` 이고, 하루와 주와 달은 모두 09:00(KST)에 시작합니다. 값이 없으면 missing 이고,"
        " missing 은 사거나 팔지 않습니다.",
        "Made from the catalogue. A window is written `20`, `20 bars` or `24h`. An anchor is `day`, `week` (Monday), `month` (the first) or"
        " `48 bars`; days, weeks and months begin at 09:00 KST. What has no value is missing, and missing neither buys nor sells.",
    ),
    "argument_name": Text("함수 이름 (없으면 모두)", "name of a function (default: all)"),
    "unknown": Text("`{name}` 함수는 없습니다. 혹시 `{hint}`?", "there is no function `{name}`. Did you mean `{hint}`?"),
    "unknown_name": Text(
        "`{name}`: 그런 함수나 이름은 없습니다. 모두 보려면 이름 없이: jangdan functions",
        "there is no function or name `{name}`. To see all of them: jangdan functions",
    ),
    "operators": Text("연산자", "Operators"),
    "formula": Text("식", "formula"),
    "seed": Text("첫 값", "seed"),
    "degenerate": Text("특별한 경우", "degenerate cases"),
    "range": Text("범위", "range"),
    "memory": Text("기억", "memory"),
    "memory_window": Text("최근 n봉", "the last n bars"),
    "memory_keyed": Text("재귀 (일정한 간격으로 다시 시작)", "recursive, restarted on a grid"),
    "memory_session": Text("기준 시각 이후", "since the anchor"),
    "memory_event": Text("정해진 봉 수 안의 사건", "an event within a bounded number of bars"),
    "also": Text("다른 곳에서 부르는 이름", "elsewhere called"),
    "example": Text("예", "example"),
    **_PAGE,
    **_FORMS,
    **_PHRASES,
}
