"""Well-known KRW markets with their names, for proposals. Not a list of what is traded: the exchange's own list is asked for elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

from dsl.messages import Text

#: market -> name; the order is that of the proposals
MARKETS: Mapping[str, Text] = {
    "KRW-BTC": Text("비트코인", "Bitcoin"),
    "KRW-ETH": Text("이더리움", "Ethereum"),
    "KRW-XRP": Text("리플 (엑스알피)", "XRP"),
    "KRW-SOL": Text("솔라나", "Solana"),
    "KRW-DOGE": Text("도지코인", "Dogecoin"),
    "KRW-ADA": Text("에이다", "Cardano"),
    "KRW-TRX": Text("트론", "TRON"),
    "KRW-AVAX": Text("아발란체", "Avalanche"),
    "KRW-LINK": Text("체인링크", "Chainlink"),
    "KRW-SUI": Text("수이", "Sui"),
    "KRW-XLM": Text("스텔라루멘", "Stellar Lumens"),
    "KRW-BCH": Text("비트코인캐시", "Bitcoin Cash"),
    "KRW-HBAR": Text("헤데라", "Hedera"),
    "KRW-DOT": Text("폴카닷", "Polkadot"),
    "KRW-SHIB": Text("시바이누", "Shiba Inu"),
    "KRW-ETC": Text("이더리움클래식", "Ethereum Classic"),
    "KRW-NEAR": Text("니어프로토콜", "NEAR Protocol"),
    "KRW-AAVE": Text("에이브", "Aave"),
    "KRW-APT": Text("앱토스", "Aptos"),
    "KRW-ARB": Text("아비트럼", "Arbitrum"),
    "KRW-ATOM": Text("코스모스", "Cosmos"),
    "KRW-ALGO": Text("알고랜드", "Algorand"),
    "KRW-VET": Text("비체인", "VeChain"),
    "KRW-FIL": Text("파일코인", "Filecoin"),
    "KRW-SAND": Text("샌드박스", "The Sandbox"),
    "KRW-MANA": Text("디센트럴랜드", "Decentraland"),
    "KRW-AXS": Text("엑시인피니티", "Axie Infinity"),
    "KRW-CHZ": Text("칠리즈", "Chiliz"),
    "KRW-CRO": Text("크로노스", "Cronos"),
    "KRW-GRT": Text("더그래프", "The Graph"),
    "KRW-IMX": Text("이뮤터블엑스", "Immutable X"),
    "KRW-INJ": Text("인젝티브", "Injective"),
    "KRW-NEO": Text("네오", "NEO"),
    "KRW-QTUM": Text("퀀텀", "Qtum"),
    "KRW-SEI": Text("세이", "Sei"),
    "KRW-STX": Text("스택스", "Stacks"),
    "KRW-THETA": Text("쎄타토큰", "Theta Token"),
    "KRW-UNI": Text("유니스왑", "Uniswap"),
    "KRW-XTZ": Text("테조스", "Tezos"),
    "KRW-ZIL": Text("질리카", "Zilliqa"),
    "KRW-ZRX": Text("제로엑스", "0x"),
}
