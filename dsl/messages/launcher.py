"""Texts of the launcher (jangdan.py): what it does while it sets up, and what to do when that fails."""

from dsl.messages import Text

TEXTS: dict[str, Text] = {
    "environment": Text("처음 준비 1/3: 파이썬 환경을 만듭니다", "Setting up 1/3: making the Python environment"),
    "resolving": Text("처음 준비 2/3: 패키지를 설치합니다", "Setting up 2/3: installing packages"),
    "installing": Text("처음 준비 2/3: 패키지 {count} {name}", "Setting up 2/3: package {count} {name}"),
    "unpacking": Text("처음 준비 2/3: 패키지 {count}개를 풉니다", "Setting up 2/3: unpacking {count} packages"),
    "kernel": Text("처음 준비 3/3: 계산 커널을 컴파일합니다", "Setting up 3/3: compiling the kernel"),
    "waiting": Text("다른 창에서 준비하고 있습니다. 기다립니다", "another start is setting up; waiting for it"),
    "interrupted": Text("멈췄습니다. 다시 실행하면 준비를 처음부터 이어서 합니다.", "Interrupted. Run the same command again to set up."),
    "foreign": Text(
        "{folder} 이(가) 이미 있지만 이 프로그램이 만든 것이 아닙니다. 지우거나 이름을 바꾼 뒤 다시 실행하세요.",
        "{folder} exists but was not made by this launcher. Delete or rename it, then run this again.",
    ),
    "no_venv": Text(
        "파이썬 환경을 만들지 못했습니다:\n{output}\n"
        "할 일: 데비안과 우분투에서는 `sudo apt install python3-venv`, 다른 곳에서는 venv 가 든 파이썬을 설치하고 다시 실행하세요.",
        "the Python environment could not be made:\n{output}\n"
        "What to do: on Debian and Ubuntu `sudo apt install python3-venv`, elsewhere install a Python that has venv; then run this again.",
    ),
    "pip_failed": Text(
        "패키지를 설치하지 못했습니다:\n{output}\n"
        "할 일: 인터넷 연결과 디스크 공간을 확인하고 다시 실행하세요. 파이썬 3.11, 3.12, 3.13 에서 시험했습니다.",
        "the packages could not be installed:\n{output}\n"
        "What to do: check the network and the disk, then run this again. Tested on Python 3.11, 3.12 and 3.13.",
    ),
    "kernel_failed": Text(
        "커널을 컴파일하지 못했습니다. 위의 내용을 그대로 이슈에 붙여 알려 주세요.",
        "the kernel could not be compiled. Please report the text above as it stands.",
    ),
}
