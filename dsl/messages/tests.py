"""Texts of `jangdan test`."""

from dsl.messages import Text

TEXTS: dict[str, Text] = {
    "argument_files": Text("전략 파일", "strategy files"),
    "option_strict": Text(
        "돌리지 못한 시험이 있어도 실패로 칩니다 (종료 코드 1)", "a test that could not run counts as a failure (exit code 1)"
    ),
    "option_json": Text("JSON 으로 출력", "print JSON"),
    "status_passed": Text("통과", "passed"),
    "status_failed": Text("실패", "failed"),
    "status_not_run": Text("돌리지 않음", "not run"),
    "none": Text("{file}: 시험이 없습니다 (tests)", "{file}: no tests"),
    "summary": Text(
        "{file}: 통과 {passed}, 실패 {failed}, 돌리지 않음 {not_run}", "{file}: {passed} passed, {failed} failed, {not_run} not run"
    ),
    "synthetic": Text("만들어 낸 연습용 시세로 돌렸습니다.", "run on generated practice prices."),
    "expected": Text("기대: {expected}", "expected: {expected}"),
    "seen": Text("실제: {seen}", "seen: {seen}"),
    "seen_fired": Text("{bars}번째 봉에서 참 (모두 {count}번)", "true on bar {bars} ({count} in all)"),
    "seen_never": Text("한 번도 참이 아니었음", "never true"),
    "seen_always_missing": Text("모든 봉에서 값이 없음", "missing on every bar"),
    "seen_missing": Text("{bar}번째 봉에 값이 없음", "no value on bar {bar}"),
    "seen_value": Text("{bar}번째 봉의 값 {value}", "{value} on bar {bar}"),
    "seen_defined": Text("{bar}번째 봉부터 값이 있음", "defined from bar {bar}"),
    "seen_figures": Text("{figures}", "{figures}"),
    "why_finer": Text(
        "이 규칙은 clock 보다 짧은 봉을 읽습니다. 주어진 봉으로는 만들 수 없습니다.",
        "the rule reads bars shorter than the clock, which cannot be made of the given ones.",
    ),
    "why_no_candles": Text(
        "저장된 캔들이 모자랍니다: {markets}, {first} 부터 {last} 까지 (준비 기간 포함). `jangdan data import` 로 넣으세요.",
        "candles are not stored: {markets}, from {first} to {last} (warm-up included). Add them with `jangdan data import`.",
    ),
}
