"""Texts of `jangdan market`."""

from dsl.messages import Text

TEXTS: dict[str, Text] = {
    "argument_market": Text("마켓 코드 (예: KRW-BTC)", "market code, such as KRW-BTC"),
    "option_timeframe": Text("지표와 캔들의 봉 주기: 1m 5m 1h 1d ...", "bars of indicators and candles: 1m 5m 1h 1d ..."),
    "option_exchange": Text(
        "업비트 주소 (기본: 환경 변수 {variable}, 없으면 진짜 업비트)", "the exchange's address (default: {variable}, else the real one)"
    ),
    "option_json": Text("JSON 문서 하나만 출력합니다", "print one JSON document and nothing else"),
    "nothing_traded": Text(
        "{market}: 아직 거래가 없거나 호가가 없습니다. 잠시 뒤에 다시 해 보세요.",
        "{market} has not traded yet, or has no book. Try again later.",
    ),
    "bad_timeframe": Text(
        "{name} 봉으로는 지표를 계산할 수 없습니다. 예: 1m 5m 1h 4h 1d", "indicators cannot be computed on {name} bars: say 1m 5m 1h 4h 1d"
    ),
    "title": Text("{market} {price} {quote} (전일 대비 {change})", "{market} {price} {quote} ({change} today)"),
    "day": Text(
        "오늘 고가 {high}, 저가 {low}. 24시간 거래량 {volume}, 거래대금 {value} {quote}",
        "today's high {high}, low {low}; 24 h volume {volume}, value {value} {quote}",
    ),
    "indicators": Text("지표 (마지막으로 닫힌 {timeframe} 봉 기준)", "indicators (at the last closed {timeframe} bar)"),
    "reading_rsi": Text("RSI(14)             {rsi}", "RSI(14)             {rsi}"),
    "reading_sma": Text("SMA(20)             {sma}", "SMA(20)             {sma}"),
    "reading_macd": Text(
        "MACD(12,26,9)       {macd}  시그널 {macd_signal}  히스토그램 {macd_hist}",
        "MACD(12,26,9)       {macd}  signal {macd_signal}  histogram {macd_hist}",
    ),
    "reading_bollinger": Text(
        "볼린저밴드(20,2)    상단 {bb_upper}  중심 {bb_middle}  하단 {bb_lower}",
        "Bollinger(20,2)     upper {bb_upper}  middle {bb_middle}  lower {bb_lower}",
    ),
    "candles": Text("캔들 ({timeframe}, 닫힌 것)", "candles ({timeframe}, closed)"),
    "book": Text("호가", "order book"),
    "trades": Text("체결", "trades"),
    "bought": Text("매수", "buy"),
    "sold": Text("매도", "sell"),
    "column_time": Text("시각 (KST)", "time (KST)"),
    "column_open": Text("시가", "open"),
    "column_high": Text("고가", "high"),
    "column_low": Text("저가", "low"),
    "column_close": Text("종가", "close"),
    "column_volume": Text("수량", "volume"),
    "column_bid_size": Text("매수 잔량", "bid size"),
    "column_bid": Text("매수 호가", "bid"),
    "column_ask": Text("매도 호가", "ask"),
    "column_ask_size": Text("매도 잔량", "ask size"),
    "column_side": Text("구분", "side"),
    "column_price": Text("가격", "price"),
}
