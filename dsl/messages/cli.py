"""Texts of the root command: the list of commands, its options, and what goes wrong before a command starts."""

from dsl.messages import Text

TEXTS: dict[str, Text] = {
    "about": Text(
        "업비트용 선언형 매매 전략 엔진. 백테스트와 모의투자가 같은 계산을 씁니다.",
        "A declarative strategy engine for the Upbit exchange: backtest and paper trading run one computation.",
    ),
    "usage": Text("사용법: jangdan [옵션] 명령 [인수]...", "Usage: jangdan [OPTIONS] COMMAND [ARGS]..."),
    "commands": Text("명령", "Commands"),
    "options": Text("옵션", "Options"),
    "option_lang": Text("메시지 언어 (명령 뒤에 써도 됩니다)", "language of messages (may also follow the command)"),
    "option_version": Text("버전을 보여 줍니다", "show the version"),
    "option_help": Text("이 도움말. 명령 뒤에 쓰면 그 명령의 도움말", "this page; after a command, the help of that command"),
    "error": Text("오류: {message}", "error: {message}"),
    "unknown_command": Text("`{name}` 명령은 없습니다.{hint}", "there is no command `{name}`.{hint}"),
    "did_you_mean": Text(" 혹시 `{name}`?", " Did you mean `{name}`?"),
    "see_help": Text(" 전체 목록: jangdan --help", " All commands: jangdan --help"),
    "unknown_option": Text(
        "`{name}` 옵션은 없습니다. 전체 목록: jangdan --help", "there is no option `{name}`. All options: jangdan --help"
    ),
    "bad_lang": Text("--lang 은 ko 또는 en 입니다 (받은 값: {value})", "--lang takes ko or en (given: {value})"),
    "usage_missing": Text(
        "{name} 이(가) 빠졌습니다. 쓰는 법: jangdan {command} --help", "{name} is missing. How to: jangdan {command} --help"
    ),
    "usage_option": Text(
        "`{name}` 옵션은 없습니다. 쓰는 법: jangdan {command} --help", "there is no option `{name}`. How to: jangdan {command} --help"
    ),
    "usage_option_near": Text(
        "`{name}` 옵션은 없습니다. 혹시 {near}? 쓰는 법: jangdan {command} --help",
        "there is no option `{name}`. Did you mean {near}? How to: jangdan {command} --help",
    ),
    "usage_no_value": Text(
        "{name} 뒤에 값이 빠졌습니다. 쓰는 법: jangdan {command} --help", "{name} needs a value. How to: jangdan {command} --help"
    ),
    "usage_twice": Text(
        "{name} 을(를) 두 번 썼습니다. 한 번만 쓰세요. 쓰는 법: jangdan {command} --help",
        "{name} is given twice: write it once. How to: jangdan {command} --help",
    ),
    "usage_value": Text(
        "{name} 의 값을 쓸 수 없습니다 ({reason}). 쓰는 법: jangdan {command} --help",
        "the value of {name} cannot be used ({reason}). How to: jangdan {command} --help",
    ),
    "usage_other": Text(
        "명령을 읽을 수 없습니다 ({reason}) 쓰는 법: jangdan {command} --help",
        "cannot read this command ({reason}) How to: jangdan {command} --help",
    ),
    "cache_unwritable": Text(
        "컴파일한 커널을 둘 폴더 {folder} 에 쓸 수 없습니다: {reason}. 쓸 수 있는 폴더를 {variable} 에 적으세요.",
        "the compiled kernel cannot be kept in {folder}: {reason}. Name a folder that can be written to in {variable}.",
    ),
    "refused": Text("{path}: {reason}", "{path}: {reason}"),
    "no_memory": Text(
        "메모리가 모자랍니다. 기간을 줄이거나, 마켓을 줄이거나, 더 긴 봉(--base)을 쓰세요.",
        "out of memory: take a shorter period, fewer markets, or longer bars (--base).",
    ),
    "output_failed": Text("출력을 끝까지 쓰지 못했습니다: {reason}", "the output could not be written to its end: {reason}"),
    "interrupted": Text("멈췄습니다.", "Interrupted."),
    "selftest_epilog": Text(
        "다른 인수는 pytest 에 그대로 넘깁니다 (예: selftest -k rsi -x). 긴 시험: JANGDAN_HYPOTHESIS_PROFILE=deep",
        "Other arguments go to pytest (such as: selftest -k rsi -x). Long laws: JANGDAN_HYPOTHESIS_PROFILE=deep",
    ),
    "no_tests": Text(
        "{folder} 에 시험이 없습니다. selftest 는 소스 폴더(git clone)에서만 돕니다.",
        "there are no tests in {folder}: selftest runs from a source checkout only.",
    ),
    "no_pytest": Text(
        "pytest 가 설치되어 있지 않습니다. python3 jangdan.py selftest 로 실행하면 설치됩니다.",
        "pytest is not installed; python3 jangdan.py selftest installs it.",
    ),
    "precompiling": Text("커널 준비 {done}/{total}", "preparing the kernel {done}/{total}"),
    "precompiled": Text("커널 준비 완료 ({seconds:.1f}초)", "kernel ready ({seconds:.1f} s)"),
    "help_check": Text("전략 파일을 검사합니다", "check strategy files"),
    "help_app": Text("앱을 엽니다: 편집기, 신호 미리보기, 백테스트", "open the app: editor, signal preview, backtest"),
    "help_fmt": Text("전략 파일의 띄어쓰기와 줄을 정리합니다", "format strategy and risk files"),
    "help_backtest": Text("전략을 과거 캔들로 시험하고 보고서를 만듭니다", "run a strategy over stored candles and write a report"),
    "help_sweep": Text("숫자를 바꿔 가며 여러 조합을 한 번에 시험합니다", "try many values of a strategy's numbers at once"),
    "help_why": Text("왜 샀는지, 왜 사지 않았는지 설명합니다", "explain why something was bought, or was not"),
    "help_test": Text("전략 파일 안의 시험(tests)을 돌립니다", "run the tests inside a strategy file"),
    "help_paper": Text("가상 거래소에서 전략을 돌립니다", "run a strategy on the simulated exchange"),
    "help_replay": Text("모의투자 기록을 다시 판단해 한 비트까지 견줍니다", "re-decide a paper journal and compare bit for bit"),
    "help_exchange": Text("업비트처럼 답하는 가상 거래소를 엽니다", "open a simulated exchange that answers as Upbit does"),
    "help_price": Text("가격을 업비트 호가 단위에 맞춥니다", "put a price on Upbit's price grid"),
    "help_data": Text("캔들을 받고, 가져오고, 기록하고, 검사합니다", "download, import, record, list and check candles"),
    "help_market": Text("마켓의 지금: 가격, 캔들, 호가, 체결, 지표", "a market now: price, candles, book, trades, indicators"),
    "help_portfolio": Text("업비트 계좌의 잔고와 평가 손익", "balances of the account at Upbit, valued"),
    "help_trade": Text("손으로 한 번 사고팝니다 (처음에는 연습)", "buy or sell by hand, once (a dry run unless told otherwise)"),
    "help_orders": Text("계좌의 주문: 목록, 취소, 지난 주문과 실현 손익", "the account's orders: list, cancel, closed with profit"),
    "help_warmup": Text("전략이 준비되는 데 필요한 캔들과 시간을 셉니다", "count the candles and seconds a strategy needs to be ready"),
    "help_functions": Text("규칙에서 쓰는 함수를 보여 줍니다", "show the functions of the rule language"),
    "help_explain": Text("규칙을 우리말 문장으로 풀어 보여 줍니다", "say in sentences what a file does"),
    "help_diff": Text("두 파일의 차이를 뜻으로 견줍니다", "compare two versions of a file by meaning"),
    "help_schema": Text(
        "편집기가 쓰는 JSON Schema 를 보여 줍니다 (strategy, risk, portfolio)",
        "show the JSON Schema for editors (strategy, risk, portfolio)",
    ),
    "help_lsp": Text("편집기를 위한 언어 서버를 엽니다 (VS Code 등)", "serve editors such as VS Code: the language server"),
    "help_precompile": Text("커널을 미리 컴파일합니다", "compile the kernel ahead of time"),
    "typer_usage": Text("사용법: ", "Usage: "),
    "typer_options": Text("[옵션]", "[OPTIONS]"),
    "typer_command": Text("명령 [인수]...", "COMMAND [ARGS]..."),
    "typer_arguments": Text("인수", "Arguments"),
    "typer_options_panel": Text("옵션", "Options"),
    "typer_commands_panel": Text("명령", "Commands"),
    "typer_required": Text("[필수]", "[required]"),
    "typer_default": Text("[기본: {}]", "[default: {}]"),
    "typer_variable": Text("[환경 변수: {}]", "[env var: {}]"),
    "typer_help": Text("이 안내를 보여 주고 끝냅니다.", "Show this message and exit."),
    "help_selftest": Text("제품 자체의 시험을 모두 돌립니다", "run the product's own tests"),
}
