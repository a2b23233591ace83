"""Texts of `jangdan why`."""

from dsl.messages import Text

TEXTS: dict[str, Text] = {
    "other_market": Text(
        "{market} 은(는) 이 실행에 없는 마켓입니다. 있는 마켓: {markets}", "{market} is not part of this run; it has {markets}."
    ),
    "outside": Text(
        "{time} 의 봉은 계산할 수 있는 범위 밖입니다. 범위: {first} 부터 {last} 까지 (한국 시간)",
        "the bar at {time} lies outside what can be computed: {first} to {last} (Korean time).",
    ),
}
