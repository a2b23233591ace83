"""Texts of the diagnostics: under a code its headline, under `code.label` what stands beside the caret, under `note.` what follows `=`.

`code@label` replaces the headline and `code.label.label` the caret text when a diagnostic carries that label.
"""

from __future__ import annotations

from dsl.messages import Text, candles, findings, habits, reload

_FILE: dict[str, Text] = {
    "E001": Text("쓸 수 없는 문자 {character}", "character {character} cannot be used"),
    "E001.label": Text("이 문자를 지우세요", "remove this character"),
    "E002": Text("전각 문자 `{found}` ({code_point})", "full-width character `{found}` ({code_point})"),
    "E002.label": Text("한글 입력기에서 들어온 전각 기호입니다", "a full-width symbol from the Korean keyboard"),
    "E002.note": Text("반각 `{half}` 로 바꾸면 됩니다", "use plain `{half}` instead"),
    "E003": Text("탭 문자로 들여쓸 수 없습니다", "tabs cannot indent YAML"),
    "E003.label": Text("빈칸 두 개로 바꾸세요", "use two spaces"),
    "E004": Text("YAML로 읽을 수 없습니다", "this is not YAML"),
    "E004.label": Text("YAML: {problem}", "{problem}"),
    "E004.label.colon": Text(
        "값 안에 `: `가 또 있거나 들여쓰기가 어긋났습니다. 한 줄에 `이름: 값` 하나만 적으세요",
        "a second `: `, or the indentation is off: one `name: value` a line",
    ),
    "E004.label.first": Text(
        "`{found}`로 시작할 수 없습니다. 값을 따옴표로 감싸세요", "a value cannot begin with `{found}`: put it in quotes"
    ),
    "E004.label.quote": Text("따옴표를 열고 닫지 않았습니다", "a quote is opened and never closed"),
    "E004.label.no_colon": Text("`이름: 값`에서 `:`가 빠졌습니다", "`name: value` is expected, the `:` is missing"),
    "E004.label.bracket": Text(
        "괄호 `[` `{{`를 닫지 않았거나 쉼표가 빠졌습니다", "a bracket `[` or `{{` is not closed, or a comma is missing"
    ),
    "E004.label.indent": Text(
        "윗줄과 들여쓰기가 맞지 않거나 `이름: 값`이 아닙니다",
        "the indentation does not fit the lines above, or this is no `name: value`",
    ),
    "E005": Text("UTF-8 글이 아닙니다 (바이트 {byte})", "the file is not UTF-8 text (byte {byte})"),
    "E005.label": Text("여기부터 읽을 수 없습니다: UTF-8로 다시 저장하세요", "cannot be read from here on: save the file as UTF-8"),
    "E203": Text("`{key}` 키가 두 번 나옵니다", "key `{key}` appears twice"),
    "E203@market": Text("`{key}` 마켓이 두 번 나옵니다", "market `{key}` appears twice"),
    "E203.label": Text("두 번째 정의", "second definition"),
    "E203.label.market": Text("한 번만 적으세요", "name it once"),
    "E203.note": Text(
        "첫 번째는 {line}번째 줄에 있습니다. 보통의 YAML은 말없이 뒤의 것만 남깁니다",
        "first one is on line {line}; plain YAML would silently keep only this one",
    ),
    "E204": Text("YAML 태그 `{tag}`은(는) 쓰지 않습니다", "YAML tag `{tag}` is not used here"),
    "E204.label": Text("태그를 지우세요", "remove the tag"),
    "E205": Text("YAML 앵커와 별칭(`{found}`)은 쓰지 않습니다", "YAML anchors and aliases (`{found}`) are not used here"),
    "E205.label": Text("같은 규칙을 다시 쓰려면 `define`에 이름을 붙이세요", "to use a rule twice, name it under `define`"),
    "E206": Text("파일이 너무 큽니다", "the file is too large"),
    "E206.label": Text("한 파일은 {limit}자까지입니다", "a file may have {limit} characters"),
    "E206.label.nodes": Text("한 파일에 적을 수 있는 값은 {limit}개까지입니다", "a file may have {limit} values"),
    "E206.label.depth": Text("묶음 속의 묶음은 {limit}겹까지입니다", "sections may be nested {limit} deep"),
    "E207": Text("키는 글이어야 합니다", "a key must be text"),
    "E207.label": Text("목록이나 묶음은 키가 될 수 없습니다", "a list or mapping cannot be a key"),
    "E208": Text("한 파일에는 문서 하나만 둡니다", "one file holds one document"),
    "E208.label": Text("두 번째 문서가 여기서 시작합니다", "a second document begins here"),
    "E209": Text("빈 파일입니다", "the file is empty"),
    "E209.label": Text("`schema: strategy/1`로 시작하세요", "begin with `schema: strategy/1`"),
}

_SHAPE: dict[str, Text] = {
    "E201": Text("`{parent}`에는 `{key}` 키가 없습니다", "`{parent}` has no key `{key}`"),
    "E201@root": Text("파일에 `{key}` 키는 쓸 수 없습니다", "the file has no key `{key}`"),
    "E201.label": Text("모르는 키", "unknown key"),
    "E202": Text("모르는 마켓 `{name}`", "no market `{name}`"),
    "E202.label": Text("이런 마켓은 없습니다", "unknown market"),
    "E210": Text("아직 지원하지 않습니다: `{key}`", "`{key}` is not yet supported"),
    "E210.label": Text("언어에는 있지만 아직 만들지 않았습니다", "part of the language, but not built yet"),
    "E210.note": Text("무시하지 않고 거절합니다. 이 부분을 지우면 검사할 수 있습니다", "refused rather than ignored; remove it to go on"),
    "E211": Text("`{parent}`에 빠진 키: `{key}`", "`{parent}` lacks `{key}`"),
    "E211@root": Text("파일에 빠진 키: `{key}`", "the file lacks `{key}`"),
    "E211.label": Text("`{key}:`를 적어야 합니다", "`{key}:` is needed here"),
    "E212": Text("모양이 맞지 않습니다: `{key}`", "`{key}` has the wrong shape"),
    "E212.label": Text("`이름: 값` 묶음이어야 합니다", "a mapping (`name: value`) is expected"),
    "E212.label.text": Text("한 줄 글이 와야 합니다", "a text is expected"),
    "E212.label.list": Text("목록(`[a, b]`)이어야 합니다", "a list (`[a, b]`) is expected"),
    "E213": Text("`{key}: {value}` 값은 쓸 수 없습니다", "`{key}` cannot be `{value}`"),
    "E213.label": Text("가능한 값: {choices}", "one of: {choices}"),
    "E214": Text("이름으로 쓸 수 없습니다: `{name}`", "`{name}` cannot be used as a name"),
    "E214.label": Text("이름이 맞지 않습니다", "not a name"),
    "E214.label.form": Text("글자로 시작하고 글자, 숫자, _ 만 씁니다", "a name begins with a letter and has letters, digits and _ only"),
    "E214.label.taken": Text("언어가 이미 쓰는 이름입니다", "the language itself uses this name"),
    "E214.label.file": Text(
        '보고서 파일의 이름이 됩니다. {limit}자까지, / \\ : * ? " < > | 없이, 점으로 시작하지 않게 적으세요',
        'reports are named after it: at most {limit} characters, none of / \\ : * ? " < > |, and no dot in front',
    ),
    "E214.label.twice": Text("이 파일에서 이미 쓴 이름입니다", "this file already uses the name"),
    "E215@suffix": Text("위험 프로필은 이름만 적습니다", "a risk profile goes by its name alone"),
    "E215.label.suffix": Text(".yaml 을 빼세요: `{name}`", "leave out .yaml: `{name}`"),
    "E215": Text("없는 위험 프로필 `{name}`", "no risk profile `{name}`"),
    "E215.label": Text("risk_profiles/{name}.yaml 을 찾지 못했습니다", "risk_profiles/{name}.yaml was not found"),
    "E216": Text(
        "`{parent}`에는 규칙이나 all, any, none, at_least 중 하나가 옵니다", "`{parent}` takes a rule, or one of all, any, none, at_least"
    ),
    "E216.label": Text("여기에 하나만 두고, 그 아래 이름 붙인 규칙을 적으세요", "exactly one of them here, with named rules below it"),
    "E218": Text("오류가 너무 많습니다", "too many errors"),
    "E218.label": Text("여기까지 {limit}개만 보여 드립니다", "only the first {limit} are shown"),
    "E217": Text("`at_least`의 수가 맞지 않습니다", "the count of `at_least` does not fit"),
    "E217.label": Text("1에서 {count} 사이의 정수여야 합니다", "a whole number from 1 to {count}"),
}

_SYNTAX: dict[str, Text] = {
    "E100": Text("규칙을 읽을 수 없습니다: `{found}`", "cannot read this rule at `{found}`"),
    "E100.label": Text("여기에는 올 수 없습니다", "not expected here"),
    "E103": Text("`=`는 비교가 아닙니다", "`=` does not compare"),
    "E103.label": Text("비교하려면 `==`를 쓰세요", "use `==` to compare"),
    "E103.note": Text(
        "`=`는 scale(x, lo=0, hi=1)처럼 이름 붙인 인자에만 씁니다", "`=` is only for named arguments, as in scale(x, lo=0, hi=1)"
    ),
    "E104": Text("`and`와 `or`를 괄호 없이 섞었습니다", "`and` and `or` mixed without brackets"),
    "E104.label": Text("어느 쪽끼리 묶입니까?", "which pair belongs together?"),
    "E107": Text("규칙이 너무 길거나 깊습니다 (한도 {limit})", "this rule is too long or too deep (limit {limit})"),
    "E107.label": Text("`define`으로 나누세요", "split it with `define`"),
    "E108": Text("수가 너무 큽니다", "this number is too large"),
    "E108.label": Text("0을 잘못 붙이지 않았나요?", "a zero too many?"),
    "E114": Text("금액을 읽을 수 없습니다", "this amount cannot be read"),
    "E114.label": Text("큰 단위부터 적습니다: 1억 5000만", "larger units come first: 1억 5000만"),
    "E115": Text("달(M)은 길이가 일정하지 않습니다", "a month (M) has no fixed length"),
    "E115.label": Text("30d처럼 날로 적으세요", "use days, such as 30d"),
    "E116": Text("규칙이 비어 있습니다", "the rule is empty"),
    "E116.label": Text("조건이나 값을 적으세요", "a condition or value is expected"),
    "E117": Text("`{found}` 대신 단어를 씁니다", "logic is written in words, not `{found}`"),
    "E117.label": Text("`{word}`을(를) 쓰세요", "use `{word}`"),
    "E118": Text("규칙이 중간에 끝났습니다", "the rule ends too early"),
    "E118.label": Text("이 뒤에 무언가가 빠졌습니다 (괄호, 값)", "something is missing after this (a bracket, a value)"),
    "E220": Text("`{found}`: 이 자리의 값을 읽을 수 없습니다", "`{found}` cannot be read here"),
    "E220.label.timeframe": Text("5m, 1h, 1d 같은 봉 길이가 와야 합니다", "a bar length is expected, such as 5m, 1h, 1d"),
    "E220.label.constant": Text("9, 1.5%, 30m, 50억 같은 수가 와야 합니다", "a number is expected, such as 9, 1.5%, 30m, 50억"),
    "E220.label.range_of": Text("5..15 같은 범위가 와야 합니다", "a range is expected, such as 5..15"),
    "E220.label.of_equity": Text("`0.5% of equity`처럼 적습니다", "write it as `0.5% of equity`"),
    "E220.label.money": Text("`30_000 KRW`, `30만원`처럼 적습니다", "write it as `30_000 KRW` or `30만원`"),
    "E220.label.whole": Text("정수를 적습니다", "a whole number is expected"),
    "E220.label.per_day": Text("`3 per day`처럼 적습니다", "write it as `3 per day`"),
    "E220.label.after_loss": Text("`30m after loss`처럼 적습니다", "write it as `30m after loss`"),
    "E220.label.after_exit": Text("`6 bars after exit`처럼 적습니다", "write it as `6 bars after exit`"),
    "E220.label.share": Text("`50%` 또는 `50% of rest`처럼 적습니다", "write it as `50%` or `50% of rest`"),
    "E220.label.level": Text("`+2%` 또는 `-2%`처럼 적습니다", "write it as `+2%` or `-2%`"),
    "E220.label.at_least": Text("`2 of`처럼 적고 그 아래 규칙을 둡니다", "write it as `2 of`, with the rules below"),
    "E220.label.given_series": Text(
        "`20x100 98 97`처럼 값을 빈칸으로 나눠 적습니다. 값이 없는 봉은 `missing`",
        "values with blanks between them, such as `20x100 98 97`; `missing` for a bar without a value",
    ),
    "E220.label.expect_rule": Text(
        "`fires at 24 only`, `fires at 3, 7`, `fires once`, `fires 3 times`, `never fires`, `is missing until 19`, "
        "`value at 24 == 1.5 +- 0.1` 가운데 하나로 적습니다",
        "one of `fires at 24 only`, `fires at 3, 7`, `fires once`, `fires 3 times`, `never fires`, `is missing until 19`, "
        "`value at 24 == 1.5 +- 0.1`",
    ),
    "E220.label.expect_replay": Text(
        "`entries == 0`, `trades >= 3 and max_drawdown < 10%`처럼 적습니다",
        "write it as `entries == 0` or `trades >= 3 and max_drawdown < 10%`",
    ),
    "E220.label.instant": Text("`2024-08-05` 또는 `2024-08-05T13:30`처럼 적습니다", "write it as `2024-08-05` or `2024-08-05T13:30`"),
    "E220.label.loss_limit": Text("`3%`, `30만원`, `3% or 30만원`처럼 적습니다", "write it as `3%`, `30만원` or `3% or 30만원`"),
    "E220.label.action": Text("`stop_entries`, `size x0.5`처럼 적습니다", "write it as `stop_entries` or `size x0.5`"),
    "E220.label.until": Text(
        "`next day`, `next week`, `next month`, `manual`, `4h`처럼 적습니다",
        "write it as `next day`, `next week`, `next month`, `manual` or `4h`",
    ),
    "E220.label.duration_of": Text("`30m`, `4h`, `30d`처럼 적습니다", "write a duration, such as `30m`, `4h` or `30d`"),
    "E220.label.starts_at": Text("`09:00 KST`처럼 적습니다", "write it as `09:00 KST`"),
    "E220.label": Text("모르는 값", "not understood"),
}

_TESTS: dict[str, Text] = {
    "E601": Text("시험에 `rule`과 `replay` 가운데 하나가 필요합니다", "a test needs either `rule` or `replay`"),
    "E601.label": Text("`rule`과 `given`, 또는 `replay`를 적으세요", "write `rule` with `given`, or `replay`"),
    "E601.label.both": Text("둘 가운데 하나만 적으세요", "only one of the two"),
    "E601.label.given": Text("이 규칙에 줄 봉을 `given`에 적으세요", "`given` must say over which bars"),
    "E601.label.markets": Text("마켓을 하나 이상 적으세요", "at least one market is expected"),
    "E602": Text("`given`에 `{name}`은(는) 줄 수 없습니다", "`{name}` cannot be given"),
    "E602.label": Text("모르는 시계열", "not a series of a market"),
    "E603": Text("`given`의 봉 수가 서로 다릅니다", "the series under `given` differ in length"),
    "E603.label": Text("여기는 {found}봉, `{first}`은(는) {expected}봉입니다", "{found} bars here, {expected} in `{first}`"),
    "E604": Text("있을 수 없는 캔들입니다", "there is no such candle"),
    "E604.label": Text("{bar}번째 봉: `{series}`이(가) `{other}`보다 높음: {found}", "`{series}` above `{other}` on bar {bar}: {found}"),
    "E604.label.sign": Text("{bar}번째 봉의 `{series}`이(가) {found} 입니다", "`{series}` is {found} on bar {bar}"),
    "E604.label.flag": Text("{bar}번째 봉: `{series}`은(는) 1이나 0만 됩니다: {found}", "`{series}` is 1 or 0, not {found}, on bar {bar}"),
    "E605": Text("봉이 너무 많습니다", "too many bars"),
    "E605.label": Text("{limit}봉까지 줄 수 있습니다", "at most {limit} bars can be given"),
    "E606": Text("없는 날짜나 시각입니다", "there is no such date or time"),
    "E606.label": Text("`2024-08-05` 또는 `2024-08-05T13:30`처럼 적습니다", "write it as `2024-08-05` or `2024-08-05T13:30`"),
    "E607": Text("정수를 적습니다", "a whole number is expected"),
    "E607.label": Text("{limit}까지의 정수", "a whole number up to {limit}"),
    "E608": Text("`expect`가 주지 않은 봉을 가리킵니다", "`expect` names a bar that is not given"),
    "E608.label": Text(
        "봉은 1부터 세고, 여기서는 {last}까지 쓸 수 있습니다 ({bar} 없음)", "bars count from 1; here up to {last}, there is no {bar}"
    ),
    "E609": Text("`expect`가 이 규칙에 맞지 않습니다", "`expect` does not fit this rule"),
    "E609.label": Text("규칙과 맞는 기대를 적으세요", "an expectation that fits the rule"),
    "E609.label.condition": Text(
        "`rule`이 조건이 아니라 숫자입니다: `value at 24 > 1.5`처럼 적으세요",
        "`rule` is a number, not a condition: write `value at 24 > 1.5`",
    ),
    "E609.label.number": Text(
        "`rule`이 숫자가 아니라 조건입니다: `fires at 24`처럼 적으세요", "`rule` is a condition, not a number: write `fires at 24`"
    ),
    "E609.label.constant": Text("언제나 같은 숫자는 시험할 것이 없습니다", "a fixed number is nothing to test"),
    "E610": Text("`{name}`을(를) 이렇게 기대할 수 없습니다", "`{name}` cannot be expected like this"),
    "E610.label": Text("모르는 결과", "no such figure"),
    "E610.label.unit": Text("단위가 다릅니다: {unit}", "another unit: {unit} is expected"),
    "E611": Text("`to`가 `from`보다 뒤여야 합니다", "`to` must come after `from`"),
    "E611.label": Text("빈 기간", "an empty range"),
    "note.given_series": Text(
        "줄 수 있는 시계열: {names}, 또는 `btc.close`처럼 aliases의 것", "series: {names}, or those of an alias, such as `btc.close`"
    ),
    "note.replay_figures": Text("쓸 수 있는 결과: {names}", "figures: {names}"),
}

_MEANING: dict[str, Text] = {
    "E101": Text("모르는 함수 `{name}`", "unknown function `{name}`"),
    "E101.label": Text("없는 함수", "no such function"),
    "E101.label.series": Text("시계열이지 함수가 아닙니다: 괄호를 빼세요", "a series, not a function: leave out the brackets"),
    "E102": Text("모르는 이름 `{name}`", "unknown name `{name}`"),
    "E102.label": Text("시계열도 파라미터도 정의도 아닙니다", "not a series, parameter or definition"),
    "E102.label.anchor": Text(
        "`day`, `week`, `month`나 봉 수(`48 bars`)가 와야 합니다", "`day`, `week`, `month` or a number of bars (`48 bars`) is expected"
    ),
    "E105": Text("`{name}`: {signature} 자리에 ({got})", "`{name}` takes {signature}, got ({got})"),
    "E105.label": Text("인자의 종류가 맞지 않습니다", "arguments of the wrong kind"),
    "E105.label.swapped": Text("인자 순서가 바뀌었습니다", "arguments swapped"),
    "E106": Text("`{name}`: 값이 {count}개입니다", "`{name}` has {count} outputs"),
    "E106.label": Text("어느 것입니까?", "which one?"),
    "E109": Text("펼치면 규칙이 너무 커집니다", "this expands to too much"),
    "E109.label": Text("정의가 정의를 너무 많이 부릅니다", "definitions use definitions too often"),
    "E110": Text("단위가 달라 비교할 수 없습니다: {left}, {right}", "{left} cannot be compared with {right}"),
    "E110@add": Text("단위가 달라 더하거나 뺄 수 없습니다: {left}, {right}", "{left} and {right} cannot be added"),
    "E110@choose": Text("두 값의 단위가 다릅니다: {left}, {right}", "one value is {left}, the other {right}"),
    "E110@argument": Text("{left} 자리에 다른 단위가 왔습니다: {right}", "{left} is expected here, not {right}"),
    "E110.label": Text("{unit}", "{unit}"),
    "E111": Text(
        "`{key}: {value}`이면 한 번에 자산의 {percent}%를 겁니다", "`{key}: {value}` would risk {percent}% of equity on one trade"
    ),
    "E111@other": Text("`{key}: {value}`이면 자산의 {percent}%입니다", "`{key}: {value}` would be {percent}% of equity"),
    "E111.label": Text("비율이 올 자리에 그냥 수가 왔습니다", "plain number where a ratio is expected"),
    "E112": Text("이 자리의 수가 맞지 않습니다", "this number does not fit here"),
    "E112.label": Text("맞지 않는 수", "does not fit"),
    "E112.label.fixed": Text("변하지 않는 수(또는 파라미터)여야 합니다", "must be a fixed number (or a parameter)"),
    "E112.label.offset": Text("0 이상의 정수여야 합니다: close[1]", "must be a whole number of bars, as in close[1]"),
    "E112.label.whole": Text("1 이상의 정수 봉이어야 합니다", "must be whole bars, at least 1"),
    "E112.label.duration": Text("{clock} 봉으로 나누어떨어져야 합니다", "must be whole {clock} bars"),
    "E112.label.bounds": Text("`{argument}`의 범위는 {bounds}입니다", "`{argument}` must lie in {bounds}"),
    "E112.label.anchor": Text("{clock} 봉으로는 {anchor} 단위를 나눌 수 없습니다", "a {anchor} is not made of whole {clock} bars"),
    "E113": Text("범위를 벗어난 값: `{name}`", "the value of `{name}` is out of range"),
    "E113.label": Text("범위 {range} 밖입니다", "outside {range}"),
    "E113.label.ratio": Text("0%보다 크고 100% 이하여야 합니다", "must be above 0% and at most 100%"),
    "E113.label.won": Text("원 단위의 정수여야 합니다", "must be whole KRW"),
    "E113.label.whole": Text("1 이상의 정수여야 합니다", "must be a whole number, at least 1"),
    "E113.label.step": Text("0보다 커야 합니다", "must be above 0"),
    "E113.label.empty": Text("앞의 수가 뒤의 수보다 큽니다", "the first number is above the second"),
    "E113.label.level": Text("-100%보다 크고 0%가 아니어야 합니다", "must be above -100% and not 0%"),
    "E119": Text("함수입니다: `{name}`", "`{name}` is a function"),
    "E119.label": Text("{signature}을(를) 붙여야 합니다", "needs {signature}"),
    "E120": Text(
        "`{expression}`: 아직 오지 않은 봉입니다. 규칙은 지난 봉만 볼 수 있습니다",
        "`{expression}` is a bar to come; rules can only look back",
    ),
    "E120.label": Text("음수 위치", "negative offset"),
    "E120@chikou": Text("후행스팬(`{expression}`)은 미래의 종가입니다", "the lagging span `{expression}` is a close of the future"),
    "E120.label.chikou": Text(
        "지금 종가를 26봉 전 자리에 그린 선이라 지금 봉에는 값이 없습니다",
        "the close of now drawn 26 bars back: at this bar it has no value yet",
    ),
    "note.chikou_meaning": Text(
        "후행스팬이 26봉 전 주가 위에 있다는 뜻이라면 {expression}", "to ask whether it lies above the price of 26 bars ago: {expression}"
    ),
    "E121": Text("`{timeframe}` 봉은 없습니다", "no `{timeframe}` candles"),
    "E121.label": Text("하루를 나누지 못하는 길이입니다", "does not divide a day"),
    "E122": Text("`@{timeframe}`: 이 자리의 {clock} 시계보다 빠릅니다", "`@{timeframe}` is faster than the {clock} clock here"),
    "E122.label": Text("판단 한 번에 {timeframe} 값이 {count}개입니다", "{count} values of {timeframe} exist for each decision"),
    "E123": Text("이미 다른 봉의 값인데 그 과거를 물었습니다", "history of a value that is already on another timeframe"),
    "E123.label": Text("{clock} 1봉 전입니까, 그 봉의 1봉 전입니까?", "1 bar of {clock} or 1 bar of the slower timeframe?"),
    "E123.label.window": Text("{clock} 봉을 셉니까, 느린 봉을 셉니까?", "does it count bars of {clock} or slower bars?"),
    "E125": Text("`{name}`: `{argument}` 인자는 없습니다", "`{name}` has no argument `{argument}`"),
    "E125.label": Text("인자 이름: {names}", "its arguments: {names}"),
    "E126": Text("`{name}`: 인자 수가 맞지 않습니다", "`{name}` has the wrong number of arguments"),
    "E126.label": Text("{signature}을(를) 받습니다", "it takes {signature}"),
    "E126.label.many": Text("너무 많습니다: {signature}", "too many: it takes {signature}"),
    "E126.label.few": Text("`{argument}`이(가) 빠졌습니다: {signature}", "`{argument}` is missing: it takes {signature}"),
    "E126.label.twice": Text("`{argument}`이(가) 두 번 나옵니다", "`{argument}` is given twice"),
    "E126.label.unknown": Text("`{argument}`(이)라는 인자는 없습니다: {signature}", "no argument `{argument}`: it takes {signature}"),
    "E126.label.anchor": Text(
        "언제 다시 시작할지 적으세요: day, week, month 또는 봉 수", "say where it starts again: day, week, month, or a number of bars"
    ),
    "E127": Text("0으로 나눕니다", "division by zero"),
    "E127.label": Text("값이 없습니다", "has no value"),
    "E128": Text("조건이 올 자리에 수가 왔습니다", "a number where a condition is expected"),
    "E128.label": Text("비교해서 참이나 거짓으로 만드세요", "compare it with something"),
    "E129": Text("수가 올 자리에 조건이 왔습니다", "a condition where a number is expected"),
    "E129.label": Text("참과 거짓으로는 계산할 수 없습니다", "true and false cannot be calculated with"),
    "E130": Text("진입 규칙에는 `{name}` 값이 없습니다", "`{name}` does not exist in an entry rule"),
    "E130@here": Text("`{name}`: 포지션 값은 여기서 쓸 수 없습니다", "`{name}` does not exist here"),
    "E130.label": Text("청산(exits)에서만 쓸 수 있습니다", "only valid in exits"),
    "E131": Text("`then`에는 `within`이 필요합니다", "`then` needs `within`"),
    "E131.label": Text("두 번째 일은 언제까지 기다립니까?", "how long may the second step take?"),
    "E132": Text("포지션, 계좌, 주문의 값은 이렇게 쓸 수 없습니다", "values of the position, account or order cannot be used like this"),
    "E132.label.memory": Text("지난 봉들이 필요한 함수입니다", "needs earlier bars, which such a value does not have"),
    "E132.label.clock": Text("전략의 시계에서만 쓸 수 있습니다", "only on the strategy's own clock and market"),
    "E132.label": Text("쓸 수 없습니다", "not possible"),
    "E133": Text("정의가 자기 자신을 부릅니다: `{name}`", "`{name}` is defined by itself"),
    "E133.label": Text("{chain}", "{chain}"),
    "E190": Text("아직 지원하지 않습니다: `{name}`", "`{name}` is not yet supported"),
    "E190@alias": Text("`{outer}.` 안에 다른 마켓이 있습니다: `{name}`", "`{name}` is another market inside `{outer}.`"),
    "E190.label.alias": Text("별칭은 하나씩만 씁니다", "one alias at a time"),
    "note.alias_each": Text(
        "비교하려면 각각 별칭을 붙이세요: {outer}.close > eth.close, corr({outer}.close, eth.close, 20)",
        "to compare two markets give each its own alias: {outer}.close > eth.close, corr({outer}.close, eth.close, 20)",
    ),
    "E190.label": Text("언어에는 있지만 아직 만들지 않았습니다", "part of the language, but not built yet"),
    "W124": Text("한쪽만 {timeframe} 봉입니다", "only one side is on {timeframe}"),
    "W124@right": Text("오른쪽만 {timeframe} 봉입니다", "only the right side is on {timeframe}"),
    "W124@left": Text("왼쪽만 {timeframe} 봉입니다", "only the left side is on {timeframe}"),
    "W124.label": Text("`{expression}`에만 걸립니다", "applies to `{expression}` only"),
    "W150": Text("이 조건은 결코 참이 될 수 없습니다", "this condition can never be true"),
    "W150.label": Text("참이 되는 값이 없습니다", "no value makes it true"),
    "W150.label.range": Text("값이 가질 수 있는 범위 밖입니다", "outside what the value can be"),
    "W150.label.empty": Text("앞의 수가 뒤의 수보다 큽니다", "the first number is above the second"),
    "W150.label.exclusive": Text("`{one}`이면서 `{other}`인 값은 없습니다", "no value is both `{one}` and `{other}`"),
}

_TRADING: dict[str, Text] = {
    "E402": Text("한 거래에 {risk}: 프로필 `{profile}`의 한도는 {allowed}", "risks {risk} a trade; profile `{profile}` allows {allowed}"),
    "E402.label": Text("{allowed}보다 큽니다", "above {allowed}"),
    "E403": Text("손절(`exits.stop`) 없이는 위험으로 크기를 정할 수 없습니다", "sizing by risk needs the exit `stop`"),
    "E403.label": Text("손절까지의 거리가 크기를 정합니다", "the distance to the stop decides the size"),
    "E404": Text("`stop`은 진입가 아래의 가격이어야 합니다", "`stop` must be a price below the entry"),
    "E404.label": Text(
        "`at:`에 아래쪽 가격을 적으세요: `-2%`, `pos.entry - 2 * atr(14)`", "give a level below: `-2%`, `pos.entry - 2 * atr(14)`"
    ),
    "E405": Text("`after: {name}`: 그런 청산이 없습니다", "`after: {name}` names no other exit"),
    "E405@circle": Text("청산이 서로를 기다립니다", "these exits wait for each other"),
    "E405.label": Text("다른 청산: {known}", "the other exits: {known}"),
    "E405.label.circle": Text("{name}", "{name}"),
    "E406": Text("청산 `{name}`에는 `at`이나 `when` 하나가 필요합니다", "exit `{name}` needs `at` or `when`"),
    "E406@both": Text("청산 `{name}`에 `at`과 `when`이 모두 있습니다", "exit `{name}` has both `at` and `when`"),
    "E406@frozen": Text("`frozen`은 `at:`에만 쓸 수 있습니다", "`frozen` belongs to `at:` only"),
    "E406.label": Text(
        "`at:`은 봉 안에서 보는 가격, `when:`은 봉이 닫힐 때 보는 조건",
        "`at:` is a price watched inside the bar, `when:` a rule at its close",
    ),
    "E406.label.frozen": Text("조건에는 고정할 가격이 없습니다", "a condition has no level to freeze"),
    "E407": Text("청산이 너무 많습니다", "too many exits"),
    "E407.label": Text("{limit}개까지입니다", "at most {limit}"),
    "E420": Text("`{value}`: 여기서 할 수 있는 일이 아닙니다", "`{value}` cannot be done here"),
    "E420.label": Text("할 수 있는 일: {known}", "possible here: {known}"),
    "E421": Text("거래일은 09:00 KST에 바뀝니다", "the trading day turns at 09:00 KST"),
    "E421.label": Text("다른 시각은 쓸 수 없습니다", "no other time can be used"),
    "E422": Text("`{market}`: 두 섹터에 들어 있습니다", "`{market}` is in two sectors"),
    "E422.label": Text("앞에서 이미 나왔습니다: {sector}", "already in {sector}"),
    "E423": Text("`{limit}`: 앞 단계보다 깊어야 합니다", "`{limit}` must be deeper than the step before"),
    "E423.label": Text("앞 단계: {before}", "the step before is {before}"),
    "E424": Text("같은 기간의 낙폭이 두 번 나옵니다: {days}일", "the {days}d drawdown window appears twice"),
    "E424.label": Text("한 번만 적으세요", "write it once"),
    "W413": Text("실거래는 아직 할 수 없습니다", "live trading is not available yet"),
    "W413.label": Text("백테스트와 모의투자만 됩니다", "only backtests and paper trading run this file"),
    "W408": Text("팔 방법이 하나도 없습니다", "there is no way out"),
    "W408.label": Text("사면 끝까지 가지고 있게 됩니다", "what is bought is never sold"),
}

_NOTES: dict[str, Text] = {
    "note.did_you_mean": Text("혹시 `{name}`인가요?", "did you mean `{name}`?"),
    "note.allowed_keys": Text("여기에 쓸 수 있는 키: {keys}", "keys allowed here: {keys}"),
    "note.exit_names": Text(
        "청산의 이름은 자유지만 손절의 이름은 정해져 있습니다: `stop`",
        "keys allowed here are your own exit names plus the reserved name `stop`",
    ),
    "note.did_you_mean_stop": Text(
        "혹시 `stop`인가요? `stop`이 없으면 이 전략에는 손절이 없습니다",
        "did you mean `stop`?  Without `stop` this strategy has no hard stop",
    ),
    "note.did_you_mean_needed": Text(
        "혹시 `stop`인가요? `stop`이 없으면 이 전략에는 손절이 없고, `sizing.risk`에는 손절이 있어야 합니다 (E403)",
        "did you mean `stop`?  Without `stop` this strategy has no hard stop, which `sizing.risk` needs (E403)",
    ),
    "note.reading": Text("{letter}: {text}", "{letter}: {text}"),
    "note.no_default": Text(
        "둘은 서로 다르게 거래하므로 어느 쪽도 고르지 않습니다", "no default is chosen because the two trade differently"
    ),
    "note.no_default_counted": Text(
        "둘은 서로 다르게 거래하므로 어느 쪽도 고르지 않습니다: 지난 {days}일 동안 A는 {first}번, B는 {second}번 참입니다",
        "no default is chosen because the two trade differently: on the last {days} days A fires {first} times, B {second} times",
    ),
    "note.previous_bar": Text("지난 봉은 {expression} 입니다", "{expression} is the closed bar before"),
    "note.nearest_timeframes": Text("가까운 길이: {near}; 업비트 화면: {upbit}", "nearest: {near}; Upbit shows {upbit}"),
    "note.history_inside": Text("위치를 @ 앞에 적으세요: x[1]@4h", "put the offset before the @: x[1]@4h"),
    "note.history_previous": Text("지난 {timeframe} 봉: {expression}", "previous {timeframe} bar: {expression}"),
    "note.history_whole": Text("전체를 {timeframe} 봉에서: {expression}", "whole test on {timeframe}: {expression}"),
    "note.left_side": Text("왼쪽은 {clock} 시계에 남습니다", "left side stays on the {clock} clock"),
    "note.right_side": Text("오른쪽은 {clock} 시계에 남습니다", "right side stays on the {clock} clock"),
    "note.left_side_spans": Text(
        "왼쪽은 {clock} 시계에 남습니다. 두 값은 각각 {left_ms}, {right_ms} 동안을 봅니다",
        "left side stays on the {clock} clock; the two span {left_ms} and {right_ms}",
    ),
    "note.right_side_spans": Text(
        "오른쪽은 {clock} 시계에 남습니다. 두 값은 각각 {left_ms}, {right_ms} 동안을 봅니다",
        "right side stays on the {clock} clock; the two span {left_ms} and {right_ms}",
    ),
    "note.bracket_comparison": Text(
        "둘 다 {timeframe} 봉이라면 비교 전체를 괄호로 묶으세요", "if both belong to {timeframe}, bracket the comparison"
    ),
    "note.units_of_sides": Text(
        "왼쪽: {left} (`{left_text}`), 오른쪽: {right} (`{right_text}`)",
        "left side is {left} ({left_text}), right side is {right} ({right_text})",
    ),
    "note.divide_by_price": Text("변화를 %로 비교하려면 가격으로 나누세요", "to compare a change in percent divide by a price"),
    "note.share_of_price": Text("가격의 몇 %는 곱해서 얻습니다", "a share of a price is a product"),
    "note.argument_unit": Text("`{argument}` 자리에는 {unit}", "`{argument}` must be {unit}"),
    "note.level_is_price": Text("`at:`은 가격입니다: pos.entry * (1 + 2%)", "`at:` is a price: pos.entry * (1 + 2%)"),
    "note.write_percent": Text(
        "{number}퍼센트라면 `{number}%`라고 적습니다. 1보다 작은 수는 그대로 됩니다",
        "write `{number}%` for {number} percent; a number below 1, such as 0.03, is accepted too",
    ),
    "note.profile_allows": Text(
        "프로필 `{profile}`의 한도는 거래당 {allowed}입니다", "the {profile} profile allows at most {allowed} per trade"
    ),
    "note.quote_first": Text("업비트는 기준 통화를 앞에 적습니다", "Upbit writes the quote currency first"),
    "note.series_first": Text("다른 도구와 달리 시계열이 먼저입니다", "this is a common order in other tools; here the series comes first"),
    "note.equality": Text("비교하려면 `==`를 씁니다: {expression}", "to compare write `==`: {expression}"),
    "note.example": Text("보기: {example}", "example: {example}"),
    "note.output": Text("{name} - {korean}", "{name} - {english}"),
    "note.position_names": Text("`pos.`로 시작하는 이름은 열린 포지션을 말합니다", "names starting with `pos.` describe an open position"),
    "note.joined_below": Text(
        "`all:` 아래에 이름을 붙이세요: `others: {{{word}: {{...}}}}`", "name it below `all:`: `others: {{{word}: {{...}}}}`"
    ),
    "note.no_adding": Text(
        "손실 중인 포지션에 더 사는 것은 지원하지 않습니다. `sizing`을 보세요",
        "adding to a losing position is not supported; see `sizing`",
    ),
    "note.then_limit": Text(
        "한도가 없으면 지난달에 눌린 것도 오늘의 진입을 부릅니다", "without a limit a dip from last month would still arm today's entry"
    ),
    "note.sequence_meant": Text("앞의 일 다음에 뒤의 일이라는 뜻이라면 `then`을 씁니다", "if you mean one after the other, use a sequence"),
    "note.flow_comma": Text(
        "{{ }} 안에서는 쉼표가 값을 끝냅니다. 규칙을 따로 한 줄에 적으세요", "inside {{ }} a comma ends a value: give the rule its own line"
    ),
    "note.grouped_digits": Text("수에는 쉼표 대신 _ 를 씁니다: {number}", "digits are grouped with _, not with commas: {number}"),
    "note.alias_needed": Text(
        "다른 마켓은 `aliases:`에 이름을 먼저 붙입니다. `{alias}: {market}`을(를) 적으면 {alias}.{series}(으)로 쓸 수 있습니다",
        "another market is named under `aliases:` first: with `{alias}: {market}` there, write {alias}.{series}",
    ),
    "note.value_range": Text("이 값은 {low}에서 {high} 사이입니다", "the value lies in {low}..{high}"),
    "note.value_from": Text("이 값은 언제나 {low} 이상입니다", "the value is always {low} or more"),
    "note.value_up_to": Text("이 값은 언제나 {high} 이하입니다", "the value is always {high} or less"),
}

_UNITS: dict[str, Text] = {
    "unit.price": Text("가격(코인당 KRW)", "a price"),
    "unit.money": Text("금액(KRW)", "an amount of KRW"),
    "unit.quantity": Text("수량(코인)", "a quantity of coins"),
    "unit.ratio": Text("비율(%)", "a percentage"),
    "unit.duration": Text("시간", "a duration"),
    "unit.bars": Text("봉 수", "a number of bars"),
    "unit.score": Text("점수", "a score"),
    "unit.number": Text("단위 없는 수", "a plain number"),
    "unit.condition": Text("조건", "a condition"),
    "unit.same": Text("같은 단위", "the same unit"),
    "unit.any": Text("수", "a number"),
}

_SHOWN: dict[str, Text] = {
    "error": Text("error", "error"),
    "warning": Text("warning", "warning"),
    "fix": Text("fix", "fix"),
    "ok": Text("{file}: 문제 없음", "{file}: no problems"),
    "summary": Text("{file}: 오류 {errors}개, 경고 {warnings}개", "{file}: errors {errors}, warnings {warnings}"),
    "option_data": Text(
        "저장된 캔들로도 검사: 최근 90일 동안 이 파일이 어떻게 움직이는지 보고 경고를 더합니다",
        "check against stored candles too: warnings from what the file does over the last 90 days",
    ),
    "option_candles": Text(
        "캔들 폴더 (--data 를 포함. 기본: {variable} 또는 사용자 데이터 폴더)",
        "folder of candles, implies --data (default: {variable} or the user's data folder)",
    ),
    "data_hidden": Text(
        "{file}: 다른 오류를 먼저 고쳐야 캔들로 검사할 수 있습니다",
        "{file}: mend the other errors first; then it can be checked against candles",
    ),
    "argument_files": Text("전략 파일이나 위험 프로필 파일", "strategy or risk profile files"),
    "option_json": Text("JSON 문서 하나로 출력합니다", "print one JSON document"),
    "unreadable": Text("{file}: 파일을 읽을 수 없습니다 ({reason})", "{file}: cannot be read ({reason})"),
}

TEXTS: dict[str, Text] = {
    **_FILE,
    **_SHAPE,
    **_SYNTAX,
    **_TESTS,
    **_MEANING,
    **_TRADING,
    **_NOTES,
    **_UNITS,
    **_SHOWN,
    **candles.TEXTS,
    **findings.TEXTS,
    **habits.TEXTS,
    **reload.TEXTS,
}
