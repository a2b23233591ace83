"""Texts about candles: store, import, quality, download, sample market, and the `data` command."""

from dsl.messages import Text

TEXTS: dict[str, Text] = {
    # timeframes and markets
    "unknown_timeframe": Text(
        "`{name}` 은(는) 봉 주기가 아닙니다. 예: 1m 3m 5m 15m 30m 1h 4h 1d 1w (하루를 나누어떨어지게 하는 s, m, h 와 1d, 1w)",
        "`{name}` is no timeframe. Examples: 1m 3m 5m 15m 30m 1h 4h 1d 1w (whole divisors of a day in s, m, h; 1d; 1w)",
    ),
    "months_unsupported": Text(
        "월봉(1M)은 아직 지원하지 않습니다. 1w 또는 1d 를 쓰세요.", "months (1M) are not yet supported. Use 1w or 1d."
    ),
    "bad_market": Text(
        "`{market}` 은(는) 마켓 코드가 아닙니다. KRW-BTC 처럼 대문자로 씁니다.",
        "`{market}` is no market code. Write it like KRW-BTC, in capitals.",
    ),
    # store
    "store_busy": Text(
        "다른 프로그램이 이 캔들을 쓰고 있습니다 ({path}). 끝난 뒤에 다시 하세요.",
        "another program is writing these candles ({path}). Try again when it has finished.",
    ),
    "broken_file": Text(
        "{path}: 캔들 파일이 손상되었습니다 ({reason}). 이 파일을 지우고 다시 가져오세요.",
        "{path}: the candle file is damaged ({reason}). Delete this file and import again.",
    ),
    "not_synthetic": Text(
        "{path} 에는 실제 캔들이 있어 합성 캔들을 쓸 수 없습니다. 다른 폴더를 쓰세요.",
        "{path} holds real candles, so generated ones cannot go there. Use another folder.",
    ),
    "synthetic_store": Text(
        "{path} 은(는) 합성 캔들 폴더라서 실제 캔들을 가져올 수 없습니다. --data 로 다른 폴더를 쓰세요.",
        "{path} holds generated candles, so real ones cannot go there. Name another folder with --data.",
    ),
    # source files
    "no_such_file": Text("{path}: 파일이나 폴더가 없습니다.", "{path}: there is no such file or folder."),
    "nothing_to_import": Text(
        "{path}: 가져올 파일이 없습니다 (종류: {suffixes}).", "{path}: nothing to import in this folder (kinds: {suffixes})."
    ),
    "unsupported_file": Text(
        "{path}: 지원하지 않는 종류입니다 (지원: {suffixes}).", "{path}: this kind is not supported (supported: {suffixes})."
    ),
    "unreadable_file": Text("{path}: 읽을 수 없습니다: {reason}", "{path}: cannot be read: {reason}"),
    "not_candles_json": Text(
        "{path}: 캔들 객체의 목록이 아닙니다. 업비트 REST 의 답처럼 [{{...}}, ...] 이어야 합니다.",
        "{path}: not a list of candle objects. It must look like an answer of Upbit's REST: [{{...}}, ...].",
    ),
    "lacking_columns": Text(
        "{path}: 캔들에 필요한 열이 없습니다: {columns}. 있는 열: {found}. 시가, 고가, 저가, 종가, 거래량이 모두 있어야 합니다.",
        "{path}: columns that candles need are missing: {columns}. Found: {found}. Open, high, low, close and volume must all be there.",
    ),
    "empty_file": Text("{path}: 행이 없습니다.", "{path}: there are no rows."),
    "ragged_row": Text(
        "{path}, 행 {row}: 칸이 {found}개인데 머리글은 {expected}개입니다.",
        "{path}, row {row}: {found} fields where the header has {expected}.",
    ),
    "bad_number": Text(
        "{path}, 행 {row}, 열 {column}: `{found}` 은(는) 숫자가 아닙니다.", "{path}, row {row}, column {column}: `{found}` is no number."
    ),
    "bad_time": Text(
        "{path}, 행 {row}, 열 {column}: `{found}` 은(는) 시각이 아닙니다. 예: 2025-09-01T00:00:00Z, 1756684800000",
        "{path}, row {row}, column {column}: `{found}` is no time. Examples: 2025-09-01T00:00:00Z, 1756684800000",
    ),
    "naive_time": Text(
        "{path}, 행 {row}, 열 {column}: `{found}` 에 시간대가 없습니다. --timezone utc 또는 --timezone kst 를 주세요.",
        "{path}, row {row}, column {column}: `{found}` has no time zone. Say --timezone utc or --timezone kst.",
    ),
    "mixed_units": Text("{path}: 여러 주기(unit)가 섞여 있습니다: {found}", "{path}: candles of several lengths (unit) are mixed: {found}"),
    "market_unsaid": Text(
        "{path}: 어느 마켓인지 알 수 없습니다. --market KRW-BTC 처럼 주거나 파일 이름을 KRW-BTC_1m 처럼 지으세요.",
        "{path}: which market is it? Say --market KRW-BTC, or name the file like KRW-BTC_1m.",
    ),
    "timeframe_unsaid": Text(
        "{path}: 봉 주기를 알 수 없습니다. --timeframe 1m 처럼 주세요.", "{path}: which timeframe is it? Say it like --timeframe 1m."
    ),
    "timeframe_in_file": Text(
        "{path}: `{name}` 은(는) 지원하는 봉 주기가 아닙니다. 다른 주기라면 --timeframe 으로 주세요 (예: 1m 5m 1h 1d 1w).",
        "{path}: `{name}` is no supported timeframe. If the candles have one, say it with --timeframe (such as 1m 5m 1h 1d 1w).",
    ),
    "spacing_differs": Text(
        "{path}: 이름은 {said} 라는데 행 사이가 가장 짧아도 {seconds}초입니다. --timeframe 으로 주기를 주세요.",
        "{path}: it says {said}, but no two rows are closer than {seconds} s. Say the right one with --timeframe.",
    ),
    "no_sound_rows": Text("{path}: 쓸 수 있는 행이 없습니다.", "{path}: not one row is usable."),
    "synthetic_source": Text(
        "{path}: 합성 캔들입니다. 실제 캔들과 섞지 않습니다.", "{path}: these candles are generated. They are not mixed with real ones."
    ),
    "one_market_many_files": Text(
        "--market 은 파일이 하나일 때만 쓸 수 있습니다 (지금 {count}개).", "--market needs exactly one file (there are {count})."
    ),
    # bad rows; {} is skip_bad_hint
    "defect_off_grid": Text(
        "{path}, 행 {row}, 열 {column}: {time} 은(는) {timeframe} 봉의 시작 시각이 아닙니다.",
        "{path}, row {row}, column {column}: no {timeframe} bar opens at {time}.",
    ),
    "defect_non_finite": Text(
        "{path}, 행 {row}, 열 {column} ({time}): 숫자가 아닌 값입니다 ({numbers}).",
        "{path}, row {row}, column {column} ({time}): not a finite number ({numbers}).",
    ),
    "defect_non_positive": Text(
        "{path}, 행 {row}, 열 {column} ({time}): 가격은 0보다 커야 하고 거래량은 음수일 수 없습니다 ({numbers}).",
        "{path}, row {row}, column {column} ({time}): prices must be above 0, volumes not below ({numbers}).",
    ),
    "defect_order": Text(
        "{path}, 행 {row}, 열 {column} ({time}): 저가 <= 시가, 종가 <= 고가 여야 합니다 ({numbers}).",
        "{path}, row {row}, column {column} ({time}): low <= open, close <= high must hold ({numbers}).",
    ),
    "defect_duplicate": Text(
        "{path}, 행 {row}, 열 time: {time} 이(가) 행 {other} 에도 있는데 값이 다릅니다. --skip-bad 는 뒤의 것을 씁니다.",
        "{path}, row {row}, column time: {time} is on row {other} too, with other numbers. --skip-bad takes the later one.",
    ),
}
