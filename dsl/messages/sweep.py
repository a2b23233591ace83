"""Texts of the sweep command."""

from dsl.messages import Text

TEXTS: dict[str, Text] = {
    "option_vary": Text(
        "바꿔 볼 숫자. 예: stop_k=1.5:3.5:0.5, limits.open_positions=3,5,8. 이름만 쓰면 params 의 range 와 step. 여러 번 쓸 수 있음",
        "a number to vary: stop_k=1.5:3.5:0.5, limits.open_positions=3,5,8; a bare name takes range and step of params. May be repeated",
    ),
    "option_sort": Text("순서를 정할 지표: {figures}", "figure to sort by: {figures}"),
    "option_top": Text("보여 줄 줄 수", "rows to show"),
    "option_split": Text(
        "앞부분으로 고르고 뒷부분으로 확인: 70% 또는 날짜", "choose on the first part, check on the second: 70% or a date"
    ),
    "option_json": Text(
        "모든 결과를 JSON 으로 쓸 파일, - 이면 화면에 그것만", "write all results as JSON to this file; - prints only that"
    ),
    "option_csv": Text("모든 결과를 CSV 로 쓸 파일, - 이면 화면에 그것만", "write all results as CSV to this file; - prints only that"),
    "option_write": Text("1위의 숫자를 넣은 전략 파일을 쓸 곳", "write the strategy file with the numbers of the first row here"),
    "option_threads": Text("나누어 계산할 수 (결과는 같음)", "threads (results do not depend on it)"),
    "no_vary": Text(
        "무엇을 바꿀지 --vary 로 정하세요. 예: --vary stop_k=1.5:3.5:0.5",
        "say what to vary: --vary stop_k=1.5:3.5:0.5",
    ),
    "place_unknown": Text(
        "--vary `{path}`: 파일에 `{text}` 이(가) 없습니다. params 의 이름이나 limits.open_positions 처럼 점으로 이은 위치를 쓰세요.",
        "--vary `{path}`: the file has no `{text}`. Write the name of a parameter, or keys joined by dots such as limits.open_positions.",
    ),
    "place_none": Text("--vary `{path}`: 그 자리에 숫자가 없습니다{text}.", "--vary `{path}`: there is no number at that place{text}."),
    "place_several": Text(
        "--vary `{path}`: 숫자가 여러 개입니다 (`{text}`). 바꿀 숫자를 params 로 옮기고 그 이름을 쓰세요.",
        "--vary `{path}`: there are several numbers (`{text}`). Move the one you mean to params and vary it by its name.",
    ),
    "place_twice": Text("--vary `{path}` 을(를) 두 번 썼습니다.", "--vary `{path}` is given twice."),
    "no_range": Text(
        "--vary `{path}`: 값을 쓰거나, params 에 range 와 step 을 적으세요. 예: --vary {path}=1:3:0.5",
        "--vary `{path}`: give values, or a range and a step in params. Example: --vary {path}=1:3:0.5",
    ),
    "bad_value": Text("--vary `{path}`: `{text}` 은(는) 숫자가 아닙니다.", "--vary `{path}`: `{text}` is no number."),
    "bad_step": Text(
        "--vary `{path}`: `{text}` 은(는) 처음:끝:간격 이 아닙니다. 예: 1.5:3.5:0.5",
        "--vary `{path}`: `{text}` is not first:last:step. Example: 1.5:3.5:0.5",
    ),
    "bad_units": Text("--vary `{path}`: `{text}` 의 단위가 서로 다릅니다.", "--vary `{path}`: the units in `{text}` differ."),
    "bad_many": Text("--vary `{path}`: `{text}` 은(는) 값이 너무 많습니다.", "--vary `{path}`: `{text}` names too many values."),
    "too_many": Text(
        "조합이 {count:,}개입니다. 한 번에 {most:,}개까지 돌릴 수 있습니다. 간격을 넓히세요.",
        "there are {count:,} combinations; {most:,} at most can be run at once. Take larger steps.",
    ),
    "all_refused": Text("모든 조합이 거절되었습니다.", "every combination is refused."),
    "bad_split": Text(
        "--split `{text}` 은(는) 기간 안을 가르지 않습니다. 예: 70% 또는 2025-08-01",
        "--split `{text}` does not cut the range in two. Example: 70% or 2025-08-01",
    ),
    "bad_threads": Text("--threads 는 1 부터 64 까지입니다.", "--threads lies between 1 and 64."),
    "two_documents": Text("--json - 과 --csv - 는 함께 쓸 수 없습니다.", "--json - and --csv - exclude each other."),
    "running": Text("조합 계산", "sweep"),
    "checking": Text("조합 검사", "checking"),
    "title": Text("{name}: 조합 {count:,}개, {figure} 순", "{name}: {count:,} variants by {figure}"),
    "span": Text("{start} - {end}, 마켓 {markets}개", "{start} - {end}, {markets} markets"),
    "split_span": Text("고른 기간 {start} - {split}, 확인 기간 {split} - {end}", "chosen on {start} - {split}, checked on {split} - {end}"),
    "narrow": Text(
        "화면이 좁아 보이지 않는 지표: {names} (모두 보기: --csv FILE)",
        "left out, as the screen is narrow: {names} (all of them: --csv FILE)",
    ),
    "rank": Text("순위", "rank"),
    "own": Text("파일", "file"),
    "later": Text("확인: {figure}", "checked: {figure}"),
    "median": Text("전체 중앙값: {figure} {value}", "median of all: {figure} {value}"),
    "near": Text(
        "1위의 이웃(한 값만 한 칸 다름) {count}개: {figure} 중앙값 {median}, 최저 {worst}. 1위는 {best}.",
        "neighbours of the first (one value, one step away): {count}, {figure} median {median}, lowest {worst}; the first has {best}.",
    ),
    "no_near": Text("1위에는 이웃이 없습니다: 값을 더 촘촘히 정하세요.", "the first has no neighbours: take more values."),
    "cliff": Text(
        "절벽: 숫자 하나를 한 칸만 옮겨도 성적의 절반 이상이 사라집니다. 우연에 맞춘 값일 가능성이 큽니다.",
        "CLIFF: moving one number by one step loses more than half of the result. The numbers probably fit chance.",
    ),
    "luck": Text(
        "{count:,}번 시험한 중 최고 샤프 {best}. 아무 우위가 없어도 이만큼 시험하면 최고 {expected} 정도는 나옵니다. "
        "우연보다 나을 확률(수정 샤프 비율) {deflated}.",
        "highest Sharpe ratio of {count:,} tries: {best}. As many tries without any edge would show about {expected}. "
        "Probability of being better than luck (deflated Sharpe ratio): {deflated}.",
    ),
    "luck_unknown": Text(
        "{count:,}번 시험한 중 최고입니다. 기간이 짧거나 거래가 없어 우연과 견줄 수 없습니다.",
        "the best of {count:,} tries. The range is too short, or too little was traded, to weigh it against luck.",
    ),
    "luck_other": Text(
        "조합을 많이 시험할수록 1위는 우연히 좋아 보입니다. 시험한 수: {count:,}.",
        "the more variants are tried, the better the first looks by chance. Tried: {count:,}.",
    ),
    "split_kept": Text(
        "1위는 확인 기간에서 {count:,}개 중 {rank:,}위, {figure} {value} (전체 중앙값 {median}).",
        "the first came {rank:,} of {count:,} in the second part, with {figure} {value} (median of all {median}).",
    ),
    "use_split": Text(
        "고른 기간과 다른 기간에서 확인하려면 --split 70% 를 쓰세요.", "to check on another range than the choice was made on: --split 70%"
    ),
    "refused": Text("거절된 조합 {count:,}개. 예: {values}: {message}", "{count:,} variants are refused. One of them: {values}: {message}"),
    "written": Text("전략 파일: {path}", "strategy file: {path}"),
    "computed": Text(
        "조합 {count:,}개 x 캔들 {bars:,}개: 검사 {checking:.2f}초, 계산 {seconds:.2f}초 (조합이 나눠 쓰는 값 {nodes:,}개)",
        "{count:,} variants x {bars:,} candles: checked in {checking:.2f} s, computed in {seconds:.2f} s ({nodes:,} values, shared)",
    ),
}
