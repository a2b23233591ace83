"""Texts of the app and of the API behind it."""

from dsl.messages import Text

TEXTS: dict[str, Text] = {
    # -- the command ------------------------------------------------------------------------------------------------------------------
    "argument_file": Text("열어 볼 전략 파일 (없으면 함께 설치된 전략 목록)", "strategy file to open (default: the strategies that come along)"),
    "option_port": Text("앱의 포트, 0 = 빈 포트 아무거나", "port of the app, 0 = any free one"),
    "option_no_browser": Text("브라우저를 열지 않습니다", "do not open a browser"),
    "running": Text("장단 앱: {url}  (끝내기: Ctrl+C)", "Jangdan app: {url}  (stop: Ctrl+C)"),
    "port_taken": Text(
        "{port} 포트를 쓸 수 없습니다: {reason}. 다른 포트를 적으세요: --port 0 은 빈 포트를 고릅니다.",
        "port {port} cannot be used: {reason}. Name another one; --port 0 takes any that is free.",
    ),
    "app_died": Text("앱 화면 프로세스가 끝났습니다 (코드 {code})", "the app's page process has ended (code {code})"),
    # -- answers of the API -----------------------------------------------------------------------------------------------------------
    "no_such_file": Text("`{name}` 파일이 목록에 없습니다.", "there is no file `{name}` in the list."),
    "not_a_text": Text("`{name}` 은 UTF-8 글이 아니거나 너무 깁니다.", "`{name}` is not UTF-8 text, or too long."),
    "cannot_save": Text("`{name}` 을 저장하지 못했습니다: {reason}", "`{name}` was not saved: {reason}"),
    "has_errors": Text("파일에 오류가 있습니다. 먼저 고치세요.", "the file has errors. Mend them first."),
    "no_markets": Text(
        "거래할 마켓이 없습니다. 파일에 `markets: [KRW-BTC]` 를 쓰거나 위에서 고르세요.",
        "no market to trade: write `markets: [KRW-BTC]` in the file or choose some above.",
    ),
    "no_such_market": Text("`{market}` 은 이 미리보기에 없습니다.", "`{market}` is not part of this preview."),
    "no_such_timeframe": Text("`{name}` 봉은 그릴 수 없습니다.", "`{name}` bars cannot be drawn."),
    "no_such_preview": Text("미리보기가 오래되었습니다. 다시 계산합니다.", "this preview is too old. It is computed again."),
    "no_such_backtest": Text("그 백테스트 결과는 이제 없습니다. 다시 실행하세요.", "that backtest is no longer kept. Run it again."),
    "defect": Text(
        "엔진 안에서 예상하지 못한 일이 일어났습니다. 명령 창의 기록을 보세요.",
        "something unexpected happened in the engine. See the terminal's output.",
    ),
}
