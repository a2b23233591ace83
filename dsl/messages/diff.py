"""Texts of `jangdan diff`."""

from dsl.messages import Text

TEXTS: dict[str, Text] = {
    "argument_old": Text("지금 쓰는 파일", "the file in use"),
    "argument_new": Text("바뀐 파일", "the changed file"),
    "option_json": Text("JSON 문서 하나만 출력", "print one JSON document and nothing else"),
    "option_open": Text(
        "열린 포지션의 마켓 (예: KRW-XRP,KRW-SOL): 이대로 바꿔도 되는지 봅니다",
        "markets with open positions, such as KRW-XRP,KRW-SOL: says whether the new file may take over",
    ),
    "refused": Text(
        "{file} 에 오류가 있어 견줄 수 없습니다:\n\n{findings}", "{file} has errors, so there is nothing to compare:\n\n{findings}"
    ),
    "kinds": Text("종류가 다른 파일은 견줄 수 없습니다 ({old}, {new})", "files of different kinds cannot be compared ({old}, {new})"),
    "same": Text("뜻이 같습니다.", "Same meaning."),
    "added": Text("추가", "added"),
    "removed": Text("삭제", "removed"),
    "changed": Text("변경", "changed"),
    "moved": Text("순서 변경", "moved"),
    "renamed": Text("이름 변경", "renamed"),
    "affects": Text("이 값을 쓰는 규칙: {paths}", "read by: {paths}"),
    "reload_none": Text("매매에 영향 없음", "no effect on trading"),
    "reload_live": Text("다음 판단부터", "live: from the next decision"),
    "reload_positions": Text("새 포지션부터", "new positions only"),
    "reload_warm": Text("새 값이 준비될 때까지 매수 보류", "warm first: entries wait until ready"),
    "reload_flat": Text("포지션이 모두 정리된 뒤에만", "flat first: refused while positions are open"),
    "reload_looser": Text("위험 한도 완화: 한 번 더 확인", "looser risk: asks for a second confirmation"),
    "summary": Text("적용 방법: {effects}", "What it takes: {effects}"),
    "nodes": Text("계산: {added}개 추가, {removed}개 삭제", "Computation: {added} nodes added, {removed} removed"),
    "more": Text("… 외 {count}개", "… and {count} more"),
}
