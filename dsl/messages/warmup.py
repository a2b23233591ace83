"""Texts of `jangdan warmup`."""

from dsl.messages import Text

TEXTS: dict[str, Text] = {
    "argument_files": Text("전략 파일", "strategy files"),
    "option_check": Text(
        "{markets}개 마켓에 {seconds}초가 넘으면 종료 코드 1", "exit 1 when {markets} markets would take more than {seconds} seconds"
    ),
    "option_json": Text("JSON 문서 하나만 출력", "print one JSON document and nothing else"),
    "unreadable": Text("{file} 을(를) 읽을 수 없습니다: {reason}", "cannot read {file}: {reason}"),
    "refused": Text("{file} 에 오류가 있습니다:\n\n{findings}", "{file} has errors:\n\n{findings}"),
    "title": Text(
        "{name}: 값이 데이터의 시작점에 기대지 않게 되기까지 필요한 캔들 (거래소의 같은 봉 캔들, 요청당 {page}개, 초당 {rate}번)",
        "{name}: candles until no value depends on where the data began (the exchange's own candles of each length, {page} per request, "
        "{rate} requests a second)",
    ),
    "node": Text("값", "value"),
    "timeframe": Text("봉", "bars of"),
    "market": Text("마켓", "market"),
    "each_market": Text("각 마켓", "each"),
    "bars": Text("캔들 수", "candles"),
    "requests": Text("마켓당 요청", "requests per market"),
    "seconds": Text("{markets}개 마켓(초)", "s, {markets} markets"),
    "total": Text("전체", "total"),
    "built_from": Text("{timeframe} ({source} 캔들로)", "{timeframe} (from {source} candles)"),
    "too_long": Text(
        "{name}: {markets}개 마켓에 {seconds:.0f}초가 걸려 한도 {limit}초를 넘습니다. 가장 많이 쓰는 값: {node}",
        "{name}: {seconds:.0f} s for {markets} markets is over the limit of {limit} s. What needs most: {node}",
    ),
}
