"""Texts of `jangdan fmt`."""

from dsl.messages import Text

TEXTS: dict[str, Text] = {
    "argument_files": Text(
        "전략 파일이나 위험 관리 파일 (`-`: 표준 입력을 읽어 표준 출력에 씁니다)",
        "strategy or risk files (`-`: standard input to standard output)",
    ),
    "option_check": Text("파일을 고치지 않고, 고칠 것이 있으면 종료 코드 1", "change nothing; exit 1 when a file would change"),
    "option_fix_width": Text(
        "한글 입력기에서 들어온 전각 문자를 반각으로 바꿉니다 (제목, 이름, 주석은 그대로)",
        "full-width characters of a Korean keyboard become plain ones (not in titles, names and comments)",
    ),
    "unchanged": Text("{file}: 그대로입니다", "{file}: unchanged"),
    "changed": Text("{file}: 정리했습니다", "{file}: formatted"),
    "would_change": Text("{file}: 정리할 곳이 있습니다", "{file}: would be formatted"),
    "refused": Text(
        "{file}: 읽을 수 없는 파일이라 손대지 않았습니다. 위의 오류를 먼저 고치세요.",
        "{file}: cannot be read, so it was left alone. Mend what is shown above first.",
    ),
    "cannot_write": Text("{path} 에 쓸 수 없습니다: {reason}", "cannot write {path}: {reason}"),
}
