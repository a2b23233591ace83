"""Texts of alerts: what the owner should know while the exchange is listened to."""

from __future__ import annotations

from dsl.messages import Text

TEXTS = {
    "line": Text("[{severity}] {time} {message}", "[{severity}] {time} {message}"),
    "severity_info": Text("참고", "info"),
    "severity_notice": Text("알림", "notice"),
    "severity_warning": Text("경고", "warning"),
    "severity_critical": Text("중요", "critical"),
    "none": Text("알림이 없습니다. 파일: {path}", "no alerts. File: {path}"),
    "option_after": Text("이 번호보다 뒤의 알림만", "only alerts after this number"),
    "cannot_write": Text(
        "알림을 {path} 에 쓸 수 없습니다 ({reason}). 디스크와 권한을 확인하세요.",
        "alerts cannot be written to {path} ({reason}). Check the disk and the permissions.",
    ),
    "cannot_read": Text(
        "{path} 의 알림을 읽을 수 없습니다 ({reason}). 폴더와 권한을 확인하세요.",
        "alerts cannot be read from {path} ({reason}). Check the folder and the permissions.",
    ),
    "broken": Text(
        "{path} 의 {line}번째 줄은 알림이 아닙니다. 파일을 다른 곳으로 옮기면 새로 시작합니다.",
        "line {line} of {path} is no alert. Move the file away and a new one is begun.",
    ),
    "notice": Text("공지 ({category}): {title} {url}", "notice ({category}): {title} {url}"),
    "notice_over": Text("공지 ({category}): {title} {url}", "notice ({category}): {title} {url}"),
    "warning": Text(
        "{market}: 거래 유의 종목으로 지정되었습니다. 거래지원이 종료될 수 있습니다.",
        "{market}: under an investment warning. It may be delisted.",
    ),
    "warning_over": Text("{market}: 거래 유의 종목에서 해제되었습니다.", "{market}: the investment warning was lifted."),
    "caution": Text("{market}: 주의 종목으로 지정되었습니다 ({reason}).", "{market}: caution is called for ({reason})."),
    "caution_over": Text("{market}: 주의 종목에서 해제되었습니다 ({reason}).", "{market}: caution was lifted ({reason})."),
    "caution_price": Text("가격 급등락", "large price moves"),
    "caution_volume": Text("거래량 급등", "soaring volume"),
    "caution_deposits": Text("입금량 급등", "soaring deposits"),
    "caution_global_price": Text("해외와 가격 차이", "price differs from other exchanges"),
    "caution_few_accounts": Text("소수 계정 집중", "trading concentrated on few accounts"),
    "suspended": Text("{market}: 거래가 중단되었습니다.", "{market}: trading is suspended."),
    "suspended_over": Text("{market}: 거래가 재개되었습니다.", "{market}: trading goes on again."),
    "delisting": Text(
        "{market}: 거래지원 종료가 예고되었습니다. 공지를 확인하고 보유 수량을 정리하세요.",
        "{market}: the end of trading is announced. Read the notice and settle what you hold.",
    ),
    "delisting_dated": Text(
        "{market}: {on} 에 거래지원이 종료됩니다. 그 전에 보유 수량을 정리하세요.",
        "{market}: trading ends on {on}. Settle what you hold before.",
    ),
    "delisting_over": Text("{market}: 거래지원 종료 예고가 철회되었습니다.", "{market}: the end of trading was taken back."),
    "deposits": Text("{subject}: 입금이 중단되었습니다 ({state}).", "{subject}: deposits are halted ({state})."),
    "deposits_over": Text("{subject}: 입금이 재개되었습니다.", "{subject}: deposits are possible again."),
    "withdrawals": Text("{subject}: 출금이 중단되었습니다 ({state}).", "{subject}: withdrawals are halted ({state})."),
    "withdrawals_over": Text("{subject}: 출금이 재개되었습니다.", "{subject}: withdrawals are possible again."),
    "connection": Text(
        "연결({subject})이 {attempts}번 잇달아 실패했습니다 ({reason}). 인터넷 연결과 업비트 공지를 확인하세요. 계속 다시 시도합니다.",
        "{attempts} attempts in a row to connect ({subject}) have failed ({reason}). Check the network and Upbit's notices; it goes on.",
    ),
    "connection_over": Text("연결({subject})이 다시 안정되었습니다.", "the connection ({subject}) is good again."),
    "quota": Text(
        "요청 한도({subject})가 부족합니다. 기다리는 요청 {waiting}건. 같은 키나 IP를 쓰는 다른 프로그램이 있는지 확인하세요.",
        "the quota of requests ({subject}) is short, {waiting} waiting. Look for other programs with the same key or address.",
    ),
    "quota_over": Text("요청 한도({subject})에 다시 여유가 있습니다.", "the quota of requests ({subject}) is enough again."),
    "orders": Text(
        "내 주문 소식을 놓쳤을 수 있습니다 ({reason}). 거래소에 다시 묻습니다.",
        "news of your orders may have been missed ({reason}). The exchange is being asked.",
    ),
    "orders_over": Text(
        "내 주문을 다시 확인했습니다. 놓쳤던 주문 {changed}건.", "your orders are known again; something of {changed} had been missed."
    ),
    "access": Text("거래소가 API 키를 거부합니다: {reason}", "the exchange refuses the API key: {reason}"),
    "access_over": Text("거래소가 API 키를 다시 받아들입니다.", "the exchange takes the API key again."),
}
