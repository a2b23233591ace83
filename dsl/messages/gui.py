"""Texts of the app and of the API behind it."""

from dsl.messages import Text

TEXTS: dict[str, Text] = {
    # -- the command ------------------------------------------------------------------------------------------------------------------
    "argument_file": Text(
        "열어 볼 전략 파일 (없으면 함께 설치된 전략 목록)", "strategy file to open (default: the strategies that come along)"
    ),
    "option_port": Text("앱의 포트, 0 = 빈 포트 아무거나", "port of the app, 0 = any free one"),
    "option_api_port": Text(
        "외부 시계열을 받는 포트, 0 = 빈 포트 아무거나 (환경 변수 {variable}에 토큰을 두면 POST를 받습니다)",
        "port that takes external series, 0 = any free one (with a token in the environment variable {variable}, POST is taken)",
    ),
    "posting": Text(
        "외부 시계열: POST {url}  (Authorization: Bearer <{variable}의 값>)",
        "external series: POST {url}  (Authorization: Bearer <{variable}>)",
    ),
    "option_no_browser": Text("브라우저를 열지 않습니다", "do not open a browser"),
    "running": Text("장단 앱: {url}  (끝내기: Ctrl+C)", "Jangdan app: {url}  (stop: Ctrl+C)"),
    "port_taken": Text(
        "{port} 포트를 쓸 수 없습니다: {reason}. 다른 포트를 적으세요: --port 0 은 빈 포트를 고릅니다.",
        "port {port} cannot be used: {reason}. Name another one; --port 0 takes any that is free.",
    ),
    "app_died": Text("앱 화면 프로세스가 끝났습니다 (코드 {code})", "the app's page process has ended (code {code})"),
    # -- answers of the API -----------------------------------------------------------------------------------------------------------
    "no_such_file": Text("`{name}` 파일이 목록에 없습니다.", "there is no file `{name}` in the list."),
    "not_a_text": Text("`{name}` 은(는) UTF-8 글이 아니거나 너무 깁니다.", "`{name}` is not UTF-8 text, or too long."),
    "cannot_save": Text("`{name}` 을(를) 저장하지 못했습니다: {reason}", "`{name}` was not saved: {reason}"),
    "has_errors": Text("파일에 오류가 있습니다. 먼저 고치세요.", "the file has errors. Mend them first."),
    "not_a_strategy": Text(
        "전략 파일이 아니어서 신호와 백테스트가 없습니다.", "this is no strategy file: it has no signals and no backtest."
    ),
    "no_markets": Text(
        "거래할 마켓이 없습니다. 파일에 `markets: [KRW-BTC]` 나 `universe:` 를 쓰거나 위에서 고르세요.",
        "no market to trade: write `markets: [KRW-BTC]` or `universe:` in the file, or choose some above.",
    ),
    "no_such_market": Text("`{market}` 은(는) 이 미리보기에 없습니다.", "`{market}` is not part of this preview."),
    "no_such_timeframe": Text("`{name}` 봉은 그릴 수 없습니다.", "`{name}` bars cannot be drawn."),
    "no_such_preview": Text("미리보기가 오래되었습니다. 다시 계산합니다.", "this preview is too old. It is computed again."),
    "no_such_backtest": Text("그 백테스트 결과는 이제 없습니다. 다시 실행하세요.", "that backtest is no longer kept. Run it again."),
    "defect": Text(
        "엔진 안에서 예상하지 못한 일이 일어났습니다. 명령 창의 기록을 보세요.",
        "something unexpected happened in the engine. See the terminal's output.",
    ),
    "engine_gone": Text("엔진에 연결할 수 없습니다. 명령 창을 확인하세요.", "the engine does not answer. See the terminal."),
    # -- the page ---------------------------------------------------------------------------------------------------------------------
    "title": Text("장단", "Jangdan"),
    "brand": Text("장단", "Jangdan"),
    "own_language": Text("ko", "en"),
    "own_name": Text("한국어", "English"),
    "dark": Text("밝게/어둡게", "Light or dark"),
    "file": Text("전략 파일", "Strategy file"),
    "save": Text("저장", "Save"),
    "revert": Text("되돌리기", "Revert"),
    "cancel": Text("취소", "Cancel"),
    "close": Text("닫기", "Close"),
    "chip_saved": Text("저장됨", "Saved"),
    "chip_unsaved": Text("저장 안 됨", "Not saved"),
    "chip_errors": Text("오류 {count}", "Errors: {count}"),
    "saved": Text("{name} 을(를) 저장했습니다.", "{name} is saved."),
    "draft_restored": Text(
        "{name}: 저장하지 않은 내용을 되살렸습니다. 버리려면 되돌리기를 누르세요.",
        "{name}: your unsaved text is back. Revert drops it.",
    ),
    "ask_errors": Text(
        "파일에 오류가 {count}개 있습니다. 이대로 저장하면 이 파일은 실행되지 않습니다.",
        "The file has {count} error(s). Saved like this, it will not run.",
    ),
    "save_anyway": Text("그래도 저장", "Save anyway"),
    "ask_changed": Text(
        "{name} 이(가) 다른 곳에서 바뀌었습니다. 어느 쪽을 남길까요?",
        "{name} was changed elsewhere. Which one shall stay?",
    ),
    "ask_gone": Text(
        "{name} 이(가) 디스크에서 없어졌습니다. 내용은 편집기에 남아 있습니다.",
        "{name} is no longer on disk. The text stays in the editor.",
    ),
    "changed_elsewhere": Text(
        "{name} 이(가) 다른 곳에서 바뀌었습니다. 저장할 때 어느 쪽을 남길지 묻습니다.",
        "{name} was changed elsewhere. Saving will ask which one shall stay.",
    ),
    "reloaded": Text("{name} 이(가) 다른 곳에서 바뀌어 다시 읽었습니다.", "{name} was changed elsewhere and has been read again."),
    "take_disk": Text("디스크의 것", "The one on disk"),
    "overwrite": Text("내 것으로 덮어쓰기", "Overwrite with mine"),
    "ask_switch": Text(
        "{name} 에 저장하지 않은 내용이 있습니다.\n초안으로 두면 이 파일을 다시 열 때 되살아납니다.",
        "{name} has text that is not saved.\nKept as a draft, it comes back when the file is opened again.",
    ),
    "keep_draft": Text("초안으로 두기", "Keep as a draft"),
    "ask_revert": Text(
        "저장하지 않은 내용을 버리고 디스크의 {name} (으)로 돌아갈까요?", "Drop what is not saved and go back to {name} on disk?"
    ),
    "keys": Text("단축키", "Keys"),
    "key_save": Text("Ctrl+S  저장", "Ctrl+S  save"),
    "key_complete": Text("Ctrl+Space  자동 완성", "Ctrl+Space  complete"),
    "key_problem": Text("F8, Shift+F8  다음·이전 문제", "F8, Shift+F8  next, previous problem"),
    "key_fix": Text("Alt+Enter  이 줄 고치기", "Alt+Enter  fix this line"),
    "key_backtest": Text("Ctrl+Enter  백테스트", "Ctrl+Enter  backtest"),
    "key_bar": Text("차트에서 ← →  앞·뒤 봉", "← → in the chart  previous, next bar"),
    "editor": Text("전략 편집기", "Strategy editor"),
    "fix": Text("고치기", "Fix"),
    "problems": Text("문제 목록", "Problems"),
    "no_problems": Text("✓ 문제가 없습니다.", "✓ No problems."),
    "error": Text("오류", "Error"),
    "warning": Text("경고", "Warning"),
    "rules": Text("규칙", "Rules"),
    "no_rules": Text("정의, 진입, 청산 규칙이 여기에 나옵니다.", "Definitions, entry and exits appear here."),
    "why": Text("왜 샀나, 왜 안 샀나", "Why, why not"),
    "why_hint": Text(
        "차트에서 봉을 누르면 그 봉의 모든 조건과 값이 나옵니다. ← → 로 옮깁니다.",
        "Click a bar of the chart to see every condition with its values. ← → move on.",
    ),
    # -- preview ----------------------------------------------------------------------------------------------------------------------
    "preview": Text("신호 미리보기", "Signal preview"),
    "synthetic": Text("가상 데이터 SYNTHETIC", "SYNTHETIC data"),
    "previous_mark": Text("이전 매수", "Previous buy"),
    "next_mark": Text("다음 매수", "Next buy"),
    "marks": Text("매수를 결정한 봉으로 옮기기", "Step through the bars that decided to buy"),
    "market": Text("마켓", "Market"),
    "market_choice": Text("{name} · 매수 {entries}", "{name} · {entries} buys"),
    "traded": Text("거래할 마켓 (파일에 없음)", "Markets to trade (the file names none)"),
    "timeframe": Text("봉", "Bars"),
    "period": Text("기간", "Period"),
    "period_auto": Text("기간 자동", "Auto"),
    "period_days": Text("최근 {days}일", "{days} days"),
    "book": Text("호가 모형", "Supposed book"),
    "book_empty": Text("호가 모형 없음", "No supposed book"),
    "book_none": Text("없음 (기록된 호가만)", "None (recorded books only)"),
    "book_spread": Text("스프레드만", "Spread only"),
    "book_depth": Text("스프레드와 잔량", "Spread and depth"),
    "book_choose": Text("호가 모형 고르기", "Choose a supposed book"),
    "book_about": Text(
        "캔들에는 호가가 없습니다. 기록한 호가가 없는 때에 book.* 과 depth 가 쓸 호가를 가정합니다. 체결 가격은 바뀌지 않습니다.",
        "Candles hold no order book. This is what book.* and depth read where none was recorded. Fill prices do not change.",
    ),
    "bad_book": Text(
        "호가 모형 `{text}` 을(를) 읽을 수 없습니다. 예: spread 10bp, 또는 spread 10bp, depth 5% of 1h turnover within 0.5%",
        "`{text}` is no order book. Write spread 10bp, or spread 10bp, depth 5% of 1h turnover within 0.5%",
    ),
    "without_book": Text(
        "! 호가 기록이 없어 값을 읽지 못한 것이 {count}번이고, 그때는 사지 않았을 수 있습니다. 위에서 호가 모형을 고르세요.",
        "! {count} readings of the order book found none recorded, which can keep it from buying. Choose a supposed book above.",
    ),
    "preview_line": Text(
        "마켓 {markets}개, 봉 {bars}개 · 진입 조건 참 {true}번 · 매수 {entries}번 · 매도 {exits}번",
        "{markets} markets, {bars} bars · entry true on {true} · {entries} buys · {exits} sales",
    ),
    "preview_stale": Text("오류가 있어 이전 내용의 신호를 보여 줍니다.", "The text has errors: these signals are of an earlier text."),
    "preview_none": Text("오류를 고치면 신호가 나옵니다.", "Mend the errors to see signals."),
    "candles_from": Text("캔들 출처", "Where the candles come from"),
    "chart_label": Text("캔들 차트와 매수·매도 표시", "Candle chart with buys and sales"),
    "chart_buy": Text("매수", "Buy"),
    "chart_open": Text("시", "O"),
    "chart_high": Text("고", "H"),
    "chart_low": Text("저", "L"),
    "chart_close": Text("종", "C"),
    # -- backtest ---------------------------------------------------------------------------------------------------------------------
    "backtest": Text("백테스트", "Backtest"),
    "backtest_start": Text("실행", "Run"),
    "backtest_hint": Text(
        "미리보기와 같은 마켓과 기간, 호가 모형, 현금 1,000만원으로 실행합니다.",
        "Runs over the preview's markets and period, with its supposed book and 10 million KRW.",
    ),
    "backtest_running": Text("실행 중 {percent}%", "Running, {percent}%"),
    "backtest_done": Text("끝났습니다. 수수료와 슬리피지를 뺀 결과입니다.", "Done. After fees and slippage."),
    "backtest_done_synthetic": Text(
        "끝났습니다. 가상 데이터(SYNTHETIC)의 결과이며 실제 시장과 다릅니다.",
        "Done, on SYNTHETIC data: generated, never traded.",
    ),
    "backtest_cancelled": Text("취소했습니다.", "Cancelled."),
    "report": Text("보고서", "Report"),
    "new_tab": Text("새 탭에서 열기", "Open in a new tab"),
}
