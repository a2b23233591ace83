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
    "cannot_write": Text("{path}: 캔들을 쓸 수 없습니다 ({reason}).", "{path}: candles cannot be written ({reason})."),
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
    "posted_name": Text(
        "외부 시계열의 이름이 아닙니다: `{name}`. 파일의 `external:` 아래에 적은 이름을 쓰세요",
        "`{name}` is no name of an external series: use one that stands under `external:` in a file",
    ),
    "posted_unknown": Text(
        "`{name}`: 이 이름의 외부 시계열을 `or: api`로 선언한 파일이 없습니다. 선언된 이름: {names}",
        "no file declares an external series `{name}` with `or: api`. Declared are: {names}",
    ),
    "posted_none_declared": Text(
        "`{name}`: `or: api`로 선언한 외부 시계열이 없습니다. 파일에 이렇게 적으세요: external: {{{name}: {{or: api, stale_after: 5m}}}}",
        "`{name}`: no file declares an external series with `or: api`. Write in one: external: {{{name}: {{or: api, stale_after: 5m}}}}",
    ),
    "posted_market": Text(
        "{name}: `{found}` 은(는) 원화 마켓 코드가 아닙니다. 예: KRW-BTC. 모든 마켓에 같은 값이면 market을 빼세요",
        "{name}: `{found}` is not the code of a KRW market, such as KRW-BTC; leave `market` out for one value for all markets",
    ),
    "posted_time": Text(
        "{name}: `{found}` 은(는) 시각이 아닙니다. 예: 2025-09-01T09:00:00+09:00, 1756684800000",
        "{name}: `{found}` is no time. Write 2025-09-01T09:00:00+09:00 or 1756684800000",
    ),
    "posted_zone": Text(
        "{name}: `{found}` 에 시간대가 없습니다. 2025-09-01T09:00:00+09:00 처럼 시간대까지 적어 주세요.",
        "{name}: `{found}` has no time zone. Write it with its zone: 2025-09-01T09:00:00+09:00.",
    ),
    "posted_future": Text(
        "{name}: {time} 은(는) 아직 오지 않은 시각입니다 (지금 {now}). 값이 정해진 시각을 보내고, 두 컴퓨터의 시계를 맞추세요",
        "{name}: {time} has not come yet (it is {now}). Send the time at which the value was known, and set both clocks right",
    ),
    "posted_order": Text(
        "{name}: {time} 은(는) 마지막 값의 시각 {last} 보다 늦지 않습니다. 값은 시간 순서대로, 한 시각에 하나만 받습니다. "
        "지난 값은 `file:`로 넣으세요",
        "{name}: {time} is not after the last value's time {last}. Values are taken in order of time, one each; "
        "history belongs into `file:`",
    ),
    "posted_by_market": Text(
        "{name}: 마켓별로 받아 온 시계열입니다. market을 함께 보내세요", "{name} is a series by market: send `market` with the value"
    ),
    "posted_for_all": Text(
        "{name}: 모든 마켓에 하나인 시계열입니다. market을 빼고 보내세요", "{name} has one value for all markets: leave `market` out"
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
    "series_naive_time": Text(
        "{path}, 행 {row}, 열 {column}: `{found}` 에 시간대가 없습니다. 2025-09-01T09:00:00+09:00 처럼 시간대까지 적어 주세요.",
        "{path}, row {row}, column {column}: `{found}` has no time zone. Write it with its zone: 2025-09-01T09:00:00+09:00.",
    ),
    "series_columns": Text(
        "{path}: 열 {lacking} 이(가) 없습니다 (있는 열: {found}). 외부 시계열 파일에는 time, value 열이 있어야 하고, "
        "종목별 값이면 market 열도 있어야 합니다.",
        "{path}: column(s) {lacking} missing (found: {found}). A file of an external series has the columns time and value, and market "
        "where values differ by market.",
    ),
    "series_twice": Text(
        "{path}, 행 {row}: 같은 시각의 값이 두 번 나옵니다. 한 줄만 남겨 주세요.",
        "{path}, row {row}: a second value for the same time. Keep one of them.",
    ),
    "side_broken": Text(
        "{path}: 기록 파일이 손상되었습니다 ({reason}). 이 파일을 지우고 다시 가져오세요.",
        "{path}: the file of records is damaged ({reason}). Delete this file and import again.",
    ),
    "recording_imported": Text("{path}: {market} {kind} {rows}건을 기록했습니다.", "{path}: {rows} rows of {market} {kind} stored."),
    "recording_line": Text(
        "{path}, {row}번째 줄: 업비트 웹소켓 기록이 아닙니다 ({reason}).",
        "{path}, line {row}: not a record of Upbit's WebSocket ({reason}).",
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
    "no_sound_rows": Text(
        "{path}: 쓸 수 있는 행이 없습니다. 아직 닫히지 않은 봉은 뺍니다.",
        "{path}: not one row is usable. Bars that have not closed yet are left out.",
    ),
    "not_utf8": Text(
        "{path}: UTF-8 글이 아닙니다. 엑셀이라면 `CSV UTF-8`로 다시 저장하세요.",
        "{path}: this is not UTF-8 text. In Excel, save it as `CSV UTF-8`.",
    ),
    "synthetic_source": Text(
        "{path}: 합성 캔들입니다. 실제 캔들과 섞지 않습니다.", "{path}: these candles are generated. They are not mixed with real ones."
    ),
    "several_markets": Text(
        "{path}: 여러 마켓이 들어 있어 ({markets}) --market 을 쓸 수 없습니다.",
        "{path}: it has several markets ({markets}), so --market cannot name one.",
    ),
    "one_market_many_files": Text(
        "--market 은 파일이 하나일 때만 쓸 수 있습니다 (지금 {count}개).", "--market needs exactly one file (there are {count})."
    ),
    # bad rows
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
        "{path}, 행 {row}, 열 time: {time} 이(가) 행 {other} 에도 있는데 값이 다릅니다.",
        "{path}, row {row}, column time: {time} is on row {other} too, with other numbers.",
    ),
    # exchange
    "exchange_timeframe": Text(
        "업비트에는 {name} 캔들이 없습니다 (있는 것: {names}).", "Upbit serves no {name} candles (it has: {names})."
    ),
    "exchange_unreachable": Text("{url} 에 연결할 수 없습니다 ({reason}).", "{url} cannot be reached ({reason})."),
    "exchange_failing": Text("{url} 이(가) 계속 실패합니다 (HTTP {status}).", "{url} keeps failing (HTTP {status})."),
    "exchange_unknown_market": Text(
        "업비트에 {market} 마켓이 없습니다. 코드를 확인하세요 (상장 폐지된 마켓도 여기에 해당합니다).",
        "Upbit knows no market {market}. Check the code (a delisted market looks the same).",
    ),
    "exchange_refused": Text(
        "업비트가 요청을 거절했습니다 (HTTP {status}): {reason}", "Upbit refused the request (HTTP {status}): {reason}"
    ),
    "exchange_garbage": Text(
        "업비트의 답을 캔들로 읽을 수 없습니다 ({reason}).", "the answer of the exchange is not the candles asked for ({reason})."
    ),
    # where the candles of a run come from
    "nothing_to_check": Text(
        "{folder} 에 검사할 캔들이 없습니다 (마켓: {markets}). 저장된 마켓: jangdan data list",
        "there are no candles to check in {folder} (market: {markets}). What is stored: jangdan data list",
    ),
    "none_of_traded": Text(
        "{start} ~ {end} (한국 시각) 에 {markets} 의 {base} 캔들이 하나도 없어 거래할 것이 없습니다. "
        "마켓 코드와 기간을 확인하거나 캔들을 가져오세요: jangdan data import 파일",
        "nothing to trade: there is not one {base} candle of {markets} from {start} to {end} (Korean time). "
        "Check the market code and the dates, or import candles: jangdan data import FILE",
    ),
    "none_stored": Text("{markets}: 저장된 캔들이 없습니다 ({folder}).", "{markets}: no candles stored ({folder})."),
    "exchange_not_asked": Text("거래소에는 묻지 않습니다.", "The exchange is not asked."),
    "asking_exchange": Text("업비트에서 {markets} 의 {base} 캔들을 받습니다.", "Fetching {base} candles of {markets} from Upbit."),
    "incomplete": Text(
        "{market}: {base} 캔들이 기간의 {percent}% 에서 없습니다. 그동안은 알 수 없음으로 봅니다.",
        "{market}: {base} candles are lacking for {percent}% of the time, which counts as unknown.",
    ),
    "incomplete_many": Text(
        "마켓 {markets}개 가운데 {count}개에 {base} 캔들이 빠져 있습니다 (가장 많이: {worst} {percent}%). 그동안은 알 수 없음으로 봅니다.",
        "{count} of {markets} markets lack {base} candles for part of the time (most: {worst}, {percent}%), which counts as unknown.",
    ),
    "survivors_only": Text(
        "주의: 후보 {count}개 중 이 기간에 거래가 끝난(상장 폐지된) 코인이 하나도 없습니다. "
        "살아남은 코인만으로 계산하면 결과가 실제보다 좋게 나옵니다.",
        "Careful: none of the {count} candidates stopped trading (was delisted) in this range. With survivors only, results look better "
        "than they were.",
    ),
    "ends_unknown": Text(
        "주의: 후보 {count}개 중 {ended}개의 캔들이 이 기간 안에 끝나지만, 거래가 끝난(상장 폐지된) 것인지 수집만 끝난 것인지 알 수 "
        "없습니다. 상장 폐지된 코인이면 `data import --delisted`로 알려 주세요.",
        "Careful: the candles of {ended} of the {count} candidates end in this range, but whether these stopped trading (were delisted) or "
        "were only not recorded any further is not known. State it of a delisted one with `data import --delisted`.",
    ),
    "option_delisted": Text(
        "가져오는 마켓은 마지막 캔들에서 거래가 끝났습니다(상장 폐지). 수집만 끝난 마켓과 구별하는 데 씁니다",
        "trading in the imported markets ended with their last candle (delisted): tells them from markets that were only not recorded "
        "any further",
    ),
    "using_stored": Text("저장된 {base} 캔들을 씁니다 ({folder}).", "Using stored {base} candles ({folder})."),
    "using_synthetic": Text(
        "합성(SYNTHETIC) {base} 캔들을 씁니다. 실제로 거래된 적이 없는 값입니다.",
        "Using SYNTHETIC {base} candles: generated, never traded.",
    ),
    "using_sample": Text(
        "내장 견본 시장을 씁니다. 실제 캔들로 하려면: jangdan data import 파일",
        "Using the built-in sample market. For real candles: jangdan data import FILE",
    ),
    "outside_sample": Text(
        "이 마켓과 기간에 쓸 수 있는 캔들이 저장되어 있지 않고 거래소에서 받지도 못했으며, "
        "내장 견본 시장은 {start} ~ {end} (한국 시각) 에만 있습니다. "
        "기간을 빼거나 캔들을 가져오세요: jangdan data import 파일",
        "No candles that fit these markets, bars and dates are stored, the exchange gave none, "
        "and the built-in sample market only spans {start} to {end} (Korean time). "
        "Drop the dates, or import candles: jangdan data import FILE",
    ),
    "not_in_sample": Text(
        "{markets}: 이 봉과 기간에 쓸 수 있는 캔들이 저장되어 있지 않고 거래소에서 받지도 못했으며, "
        "내장 견본 시장에는 {names} 만 있습니다. "
        "저장된 것 보기: jangdan data list, 캔들 가져오기: jangdan data import 파일",
        "{markets}: no candles that fit these bars and dates are stored, the exchange gave none, and the built-in sample market only has "
        "{names}. What is stored: jangdan data list. Import candles: jangdan data import FILE",
    ),
    "base_too_coarse": Text(
        "{base} 캔들로는 {clock} 봉을 만들 수 없습니다. --base 를 더 가는 주기로 하거나 clock 을 바꾸세요.",
        "{clock} bars cannot be made of {base} candles. Choose a finer --base, or another clock.",
    ),
    "book_window": Text(
        "--book: 거래대금의 기간은 {base} 캔들 하나보다 길고 나누어떨어져야 합니다. 예: 'spread 10bp, depth 5% of 1d turnover within 0.5%'",
        "--book: the turnover's time has to be whole {base} candles, such as 'spread 10bp, depth 5% of 1d turnover within 0.5%'",
    ),
    "visible_window": Text(
        "--visible-depth: 거래대금의 기간은 {base} 캔들 하나보다 길고 나누어떨어져야 합니다. 예: '5% of 1d turnover'",
        "--visible-depth: the turnover's time has to be whole {base} candles, such as '5% of 1d turnover'",
    ),
    "no_base_served": Text(
        "{clock} 봉을 만들 캔들을 저절로 받지는 않습니다 (저절로 받는 것: {names}). "
        "초봉은 먼저 받으세요: jangdan data download --timeframe 1s --markets KRW-BTC --from 2025-09-01",
        "candles that {clock} bars are made of are not fetched by a run (it fetches: {names}). "
        "Fetch seconds first: jangdan data download --timeframe 1s --markets KRW-BTC --from 2025-09-01",
    ),
    # the command
    "bad_timezone": Text(
        "--timezone 은 auto, utc, kst 가운데 하나입니다 (받은 값: {found}).", "--timezone takes auto, utc or kst (given: {found})."
    ),
    "bad_duration": Text("`{found}` 은(는) 기간이 아닙니다. 예: 90m 36h 2d", "`{found}` is no duration. Examples: 90m 36h 2d"),
    "help_import": Text(
        "캔들 파일(Parquet, CSV, JSON)이나 폴더를 가져옵니다", "import candle files (Parquet, CSV, JSON) or folders of them"
    ),
    "help_list": Text("저장된 캔들을 보여 줍니다", "show the candles that are stored"),
    "help_check": Text("저장된 캔들, 또는 가져오기 전의 파일을 검사합니다", "check stored candles, or files before they are imported"),
    "help_download": Text(
        "업비트에서 캔들을 받습니다 (빠진 곳만, 끊겨도 이어서)", "fetch candles from Upbit: what is lacking, going on where it stopped"
    ),
    "help_compare": Text("저장된 분봉을 업비트의 더 긴 봉과 견줍니다", "hold stored candles against the exchange's own longer ones"),
    "help_record": Text(
        "체결과 초당 호가 하나를 기록합니다 (flow.*, book.*, market.* 의 재료)",
        "record trades and one order book a second: what flow.*, book.* and market.* read",
    ),
    "option_for": Text("기록할 시간 (예: 90m, 36h). 없으면 Ctrl+C 까지", "how long, such as 90m or 36h; without it until Ctrl+C"),
    "option_levels": Text("호가 단계 수: 1, 5, 15, 30", "levels of the book: 1, 5, 15 or 30"),
    "option_least": Text(
        "이보다 작은 체결(KRW)은 압력과 체결강도에서 뺍니다 (기록에는 모두 남습니다)",
        "leave trades of less KRW out of pressure and strength (all are recorded)",
    ),
    "option_far": Text("호가에서 이만큼 벗어난 체결은 따로 셉니다 (예: 1%)", "count trades so far outside the book apart, such as 1%"),
    "option_metrics": Text(
        "요청 한도와 기록 수를 프로메테우스 형식으로 이 파일에 5초마다 씁니다",
        "write quotas and counts for Prometheus to this file, every 5 s",
    ),
    "metrics_unwritable": Text("{path} 에 지표를 쓸 수 없습니다 ({reason}).", "{path}: metrics cannot be written ({reason})."),
    "help_alerts": Text("알림(공지, 유의 지정, 입출금 중단, 연결 이상)을 봅니다", "show alerts: notices, warnings, wallets, connections"),
    "bad_levels": Text("--levels 는 {allowed} 가운데 하나입니다 (받은 값: {found}).", "--levels takes {allowed} (given: {found})."),
    "no_markets": Text("기록할 마켓이 없습니다. 예: --markets KRW-BTC,KRW-ETH", "name markets, such as --markets KRW-BTC,KRW-ETH."),
    "recording": Text(
        "마켓 {markets}개를 기록합니다 ({url}). 끝내려면 Ctrl+C. 폴더: {folder}",
        "recording {markets} market(s) from {url}; Ctrl+C ends it. Folder: {folder}",
    ),
    "record_connected": Text("연결되었습니다 (마켓 {markets}개).", "connected ({markets} markets)."),
    "record_connected_private": Text("공지를 듣습니다.", "listening for notices."),
    "record_disconnected": Text(
        "연결이 끊겼습니다 ({reason}). {seconds:.1f}초 뒤에 다시 잇습니다.", "connection lost ({reason}); again in {seconds:.1f} s."
    ),
    "record_trouble": Text("문제: {reason}", "trouble: {reason}"),
    "record_lost": Text(
        "{market}: 미처 읽지 못해 체결 {count}건을 놓쳤습니다. 그 구간은 기록하지 않은 것으로 둡니다.",
        "{market}: {count} trades were dropped unread; that stretch stays unknown.",
    ),
    "record_sum": Text(
        "체결 {trades:,}건, 호가 {books:,}건을 기록했습니다 (늦게 온 체결 {late:,}건). 끊김 {losses}번. 폴더: {folder}",
        "{trades:,} trades and {books:,} books recorded ({late:,} late trades), {losses} connection losses. Folder: {folder}",
    ),
    "record_nothing": Text(
        "아무것도 기록하지 못했습니다. 연결한 뒤 몇 초는 지나야 합니다.", "nothing was recorded: it takes some seconds after connecting."
    ),
    "column_recorded": Text("기록", "recorded"),
    "column_strength": Text("체결강도", "strength"),
    "column_pressure": Text("매수 압력", "pressure"),
    "column_vwap": Text("VWAP (1분)", "VWAP (1 min)"),
    "column_trades": Text("체결", "trades"),
    "column_books": Text("호가", "books"),
    "column_exchange_ms": Text("체결→전송 ms (중앙/99%)", "trade to frame, ms (median/99%)"),
    "column_way_ms": Text("전송→수신 ms (중앙/99%)", "frame to us, ms (median/99%)"),
    "column_filtered": Text("뺀 체결 (작음/벗어남)", "left out (small/far)"),
    "option_exchange": Text("업비트 주소", "the exchange's address"),
    "option_markets": Text(
        "마켓 코드, 쉼표로 구분 (예: KRW-BTC,KRW-ETH). KRW 라고만 쓰면 원화 마켓 전부",
        "market codes, parted by commas (KRW-BTC,KRW-ETH); KRW alone means all its markets",
    ),
    "option_from": Text(
        "시작 (한국 시각, 예: 2025-09-01). 기본: 30일 전", "from this Korean date or time; default: 30 days before the end"
    ),
    "option_to": Text("끝 (한국 시각). 기본: 지금", "up to this Korean date or time; default: now"),
    "option_download_timeframe": Text("받을 봉: 1s 1m 3m 5m 10m 15m 30m 1h 4h 1d 1w", "bars to fetch: 1s 1m 3m 5m 10m 15m 30m 1h 4h 1d 1w"),
    "option_compare_timeframe": Text("견줄 저장된 봉", "the stored bars to compare"),
    "option_with": Text("견줄 업비트의 봉 (1h, 4h, 1d ...)", "the exchange's bars to compare with (1h, 4h, 1d ...)"),
    "option_repair": Text("다른 봉을 다시 받아 고칩니다", "fetch again the bars that differ"),
    "download_begins": Text(
        "마켓 {markets}개의 {timeframe} 봉 {bars:,}개가 비어 있습니다. 요청은 많아야 {requests:,}번, 적어도 약 {seconds:,}초가 걸립니다.",
        "{bars:,} {timeframe} bars of {markets} market(s) are lacking: at most {requests:,} requests, about {seconds:,} s or more.",
    ),
    "downloaded": Text(
        "{market} {timeframe}: {added:,}봉을 새로 저장했습니다 ({start} 부터).",
        "{market} {timeframe}: {added:,} candles stored (from {start}).",
    ),
    "seconds_kept": Text(
        "업비트는 초봉을 석 달만 보관합니다. {days}일보다 오래된 것은 받지 않고 '모름'으로 둡니다.",
        "Upbit keeps seconds for three months. What is older than {days} days is not fetched and stays unknown.",
    ),
    "compare_nothing": Text(
        "{market}: 이 기간에 저장된 {base} 봉이 없거나, 온전한 봉이 하나도 없습니다.",
        "{market}: no {base} candles are stored in this range, or no whole bar of them.",
    ),
    "compare_line": Text(
        "{market}: 저장된 {base} 봉으로 만든 {higher} 봉 {compared:,}개를 견주었고 {differing:,}개가 다릅니다 "
        "(빠진 곳이 있어 견주지 못한 봉 {incomplete:,}개).",
        "{market}: {compared:,} {higher} bars made of stored {base} compared, {differing:,} differ ({incomplete:,} incomplete).",
    ),
    "compare_difference": Text(
        "{time} (KST) {column}: 저장 {stored}, 업비트 {exchange}", "{time} (KST) {column}: stored {stored}, exchange {exchange}"
    ),
    "compare_more": Text("그 밖에 {count:,}건 (--json 에 모두 있습니다)", "{count:,} more (--json has them all)"),
    "compare_open": Text("시가", "open"),
    "compare_high": Text("고가", "high"),
    "compare_low": Text("저가", "low"),
    "compare_close": Text("종가", "close"),
    "compare_volume": Text("거래량", "volume"),
    "compare_value": Text("거래대금", "value"),
    "compare_traded": Text("거래 있음(1)/없음(0)", "traded (1) or not (0)"),
    "repaired": Text(
        "{market}: 다른 봉 {ranges}개의 기간을 다시 받아 {changed:,}봉을 고쳤습니다.",
        "{market}: {ranges} differing bars fetched again, {changed:,} candles changed.",
    ),
    "argument_paths": Text("파일이나 폴더", "files or folders"),
    "argument_check_paths": Text("검사할 파일이나 폴더 (없으면 저장된 캔들)", "files or folders to check (none: the stored candles)"),
    "option_data": Text(
        "캔들 폴더 (기본: 환경 변수 {variable}, 없으면 사용자 데이터 폴더)",
        "candle folder (default: {variable}, else the user's data folder)",
    ),
    "option_json": Text("JSON 문서 하나만 출력합니다", "print one JSON document and nothing else"),
    "option_market": Text("마켓 코드 (파일 이름이나 내용에 없을 때)", "market code (where neither name nor content says it)"),
    "option_check_market": Text("이 마켓만 (여러 번 쓸 수 있음)", "only this market (may be repeated)"),
    "option_timeframe": Text("봉 주기: 1m 5m 1h 1d ...", "timeframe: 1m 5m 1h 1d ..."),
    "option_timezone": Text(
        "시간대가 적히지 않은 시각의 뜻: auto(업비트와 pyupbit 형식만), utc, kst",
        "what times without a zone mean: auto (only in the shapes of Upbit and pyupbit), utc, kst",
    ),
    "option_gap": Text(
        "이보다 긴 빈틈은 알 수 없음, 짧으면 거래 없음 (기본: 1d, 일봉부터는 30봉)",
        "longer gaps are unknown, shorter ones had no trade (default: 1d; 30 bars from 1d up)",
    ),
    "option_skip_bad": Text("잘못된 행을 건너뛰고 셉니다", "leave out bad rows and count them"),
    "importing": Text("가져오는 중", "importing"),
    "refused": Text("거절: {message}", "refused: {message}"),
    "skip_bad_hint": Text("--skip-bad 를 주면 잘못된 행만 빼고 가져옵니다.", "With --skip-bad only the bad rows are left out."),
    "import_sum": Text(
        "파일 {files}개, {rows:,}행 ({added:,}행 추가, {conflicts:,}행 바뀜), 거절 {refused}개. 폴더: {folder}",
        "{files} files, {rows:,} rows ({added:,} added, {conflicts:,} replaced), {refused} refused. Folder: {folder}",
    ),
    "nothing_stored": Text(
        "{folder} 에 저장된 캔들이 없습니다. 가져오기: jangdan data import 파일",
        "no candles in {folder}. To import: jangdan data import FILE",
    ),
    "list_sum": Text("마켓 {markets}개, {rows:,}행. 폴더: {folder}", "{markets} markets, {rows:,} rows. Folder: {folder}"),
    "synthetic_line": Text("합성(SYNTHETIC) 캔들: 실제로 거래된 적이 없습니다.", "SYNTHETIC candles: generated, never traded."),
    "column_market": Text("마켓", "market"),
    "column_timeframe": Text("주기", "bars"),
    "column_rows": Text("행", "rows"),
    "column_added": Text("추가", "added"),
    "column_conflicts": Text("바뀜", "replaced"),
    "column_skipped": Text("뺀 행", "left out"),
    "column_segments": Text("구간", "ranges"),
    "column_from": Text("처음 (KST)", "from (KST)"),
    "column_to": Text("끝 (KST)", "to (KST)"),
    "column_value": Text("거래대금", "value"),
    "yes": Text("있음", "yes"),
    "no": Text("없음", "no"),
    "finding_quiet": Text("거래 없음", "no trade"),
    "finding_unknown": Text("모름", "unknown"),
    "finding_off_grid": Text("시각 어긋남", "off grid"),
    "finding_non_finite": Text("숫자 아님", "not finite"),
    "finding_non_positive": Text("0 이하", "<= 0"),
    "finding_order": Text("고저 모순", "order"),
    "finding_duplicate": Text("중복", "doubled"),
    "finding_spike": Text("튐", "spikes"),
    "finding_off_tick": Text("호가 단위 밖", "off tick"),
    "example_line": Text("{where}: {finding} {count:,}건, 예: {times} (KST)", "{where}: {finding} {count:,}, such as {times} (KST)"),
    "outage_line": Text(
        "전체 중단: {timeframe} {start} ~ {end} (KST), {bars}봉, 마켓 {markets}개 모두 거래 없음",
        "outage: {timeframe} {start} to {end} (KST), {bars} bars, none of {markets} markets traded",
    ),
    "outages_more": Text("그 밖의 중단 {count}건 (--json 에 모두 있습니다)", "{count} more outages (--json has them all)"),
    "quality_sound": Text("잘못된 값이 없습니다 (검사 {markets}건).", "No wrong numbers ({markets} checked)."),
    "quality_wrong": Text("잘못된 값 {count:,}건 (검사 {markets}건).", "{count:,} wrong numbers ({markets} checked)."),
}
