"""Texts of the simulated exchange's command."""

from dsl.messages import Text

TEXTS: dict[str, Text] = {
    "help_serve": Text(
        "업비트와 같은 주소와 형식으로 답하는 가상 거래소를 이 컴퓨터에서만 엽니다",
        "open a simulated exchange with Upbit's own paths and formats, on this machine only",
    ),
    "option_markets": Text(
        "마켓 코드, 쉼표로 구분 (없으면 저장된 마켓 모두)", "market codes, comma separated (default: all that are stored)"
    ),
    "option_at": Text(
        "거래소가 열리는 때 (없으면 저장된 캔들이 끝나기 일주일 전)", "first moment of the market (default: a week before the candles end)"
    ),
    "option_speed": Text(
        "시장 시간의 빠르기. 60이면 1분이 1초, 0이면 멈춰 있음", "speed of market time: 60 is a minute a second, 0 stands still"
    ),
    "option_port": Text("포트. 0이면 빈 포트를 고름", "port; 0 takes any that is free"),
    "option_deposit": Text(
        "처음 잔고. 예: KRW=10000000. 여러 번 쓸 수 있음", "what the account starts with, such as KRW=10000000; may be repeated"
    ),
    "option_access_key": Text("접근할 때 쓸 API 키", "API key that the account accepts"),
    "option_secret_key": Text("그 키의 비밀 키", "secret of that key"),
    "option_seed": Text("체결 순서와 주문 번호를 정하는 수", "number that trades inside a bar and order ids are drawn from"),
    "option_set": Text(
        "알려지지 않은 동작을 정함. 예: queue_share=0.5. 여러 번 쓸 수 있음",
        "choose a behaviour that is not documented, such as queue_share=0.5; may be repeated",
    ),
    "option_feed": Text(
        "시세를 받아 올 진짜 거래소의 주소. 예: https://api.upbit.com. 공개 체결과 호가만 받으며 주문은 보내지 않음",
        "address of an exchange whose live trades and books are traded on, such as https://api.upbit.com; no order goes there",
    ),
    "feed_markets": Text(
        "--feed 에는 --markets 로 마켓을 정해야 합니다. 잘못된 코드: {markets}. 예: --markets KRW-BTC,KRW-ETH",
        "--feed needs --markets. Not a market: {markets}. For example: --markets KRW-BTC,KRW-ETH",
    ),
    "feed_has_its_time": Text(
        "--feed 는 지금의 시장을 그대로 따라가므로 --at 과 --speed 를 함께 쓸 수 없습니다. 둘을 빼세요.",
        "--feed follows the market of this moment: leave --at and --speed out.",
    ),
    "feed_on": Text("시세를 받기 시작했습니다. 마켓 {markets}개", "listening to {markets} markets"),
    "feed_back": Text(
        "시세 연결이 돌아왔습니다. 마켓 {markets}개. 그사이의 체결은 조회해서 채웁니다.",
        "the line is back: {markets} markets; trades of the time between are asked for",
    ),
    "feed_lost": Text(
        "시세 연결이 끊겼습니다: {reason}. {seconds}초 뒤에 다시 연결합니다 ({attempts}번째). 그동안 호가는 마지막 그대로입니다.",
        "the line is lost: {reason}. Again in {seconds} s (attempt {attempts}); until then books stand as they were last.",
    ),
    "option_control": Text("/control/step 로 시장 시간을 옮길 수 있게 함 (시험용)", "let /control/step move market time on (for tests)"),
    "running": Text(
        "가상 거래소: {url}\n마켓 {markets}개, {at} 부터. 키 {access}, 비밀 키 {secret}\n"
        "진짜 거래소가 아니며 돈이 오가지 않습니다. Ctrl+C로 끝냅니다.",
        "simulated exchange: {url}\n{markets} markets, from {at} on. Key {access}, secret {secret}\n"
        "It is no real exchange and no money moves. Ctrl+C ends it.",
    ),
    "synthetic": Text("SYNTHETIC: 만들어 낸 캔들입니다. 실제 거래가 아닙니다.", "SYNTHETIC: generated candles, never traded."),
    "no_candles": Text(
        "{folder} 에 캔들이 없습니다: {markets}. jangdan data list 로 저장된 마켓을 보거나, --data 없이 샘플 시장을 여세요.",
        "{folder} holds no candles of: {markets}. See what is stored with `jangdan data list`, or leave --data out for the sample market.",
    ),
    "outside": Text(
        "--at 은 저장된 캔들 안에 있어야 합니다: {start} 부터 {end} 전까지.",
        "--at has to lie within the stored candles: from {start} until {end}.",
    ),
    "bad_deposit": Text(
        "잔고 {found} 을(를) 읽을 수 없습니다. KRW=10000000 처럼 쓰세요.", "{found} is no balance. Write it as KRW=10000000."
    ),
    "unknown_switch": Text("{name} (이)라는 설정은 없습니다. 있는 것: {names}", "there is no switch {name}. There are: {names}"),
    "bad_switch": Text(
        "{name} 에는 {value} 을(를) 쓸 수 없습니다. 예: {allowed}", "{name} cannot be {value}. It takes, for example: {allowed}"
    ),
    "port_taken": Text(
        "포트 {port} 을(를) 열 수 없습니다: {reason}. 다른 --port 를 쓰세요.",
        "port {port} cannot be opened: {reason}. Choose another --port.",
    ),
}
