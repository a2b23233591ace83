"""Style as a test: lengths, docstrings, forbidden calls, texts in both languages, no dead modules, nothing that names a machine."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from dsl import messages
from engine.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
FUNCTION_LINES_MAX = 70
MODULE_LINES_MAX = 500
PACKAGES = ("dsl", "engine", "gui")
SOURCES = [*sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")), ROOT / "jangdan.py"]
TESTS = sorted(path for folder in ("tests", "benchmarks") for path in (ROOT / folder).rglob("*.py"))

#: decisions and everything below them: no clock, no randomness
PURE = ("dsl/", "engine/model/", "engine/kernel/", "engine/orders/", "engine/trader.py")
CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "random", "uuid4"}
CLOCK_OWNERS = {"datetime", "date", "time", "random", "uuid", "secrets", "dt", "np.random"}
FILE_METHODS = {"read_text", "read_bytes", "write_text", "write_bytes", "open"}
#: pure modules that read files, and why
READERS = {
    "dsl/files.py": "reads strategy and risk files",
    "dsl/parser.py": "reads its own grammar",
    "engine/kernel/code_cache.py": "keeps machine code",
}


def name_of(path: Path) -> str:
    """The path below the root with forward slashes."""
    return path.relative_to(ROOT).as_posix()


@cache
def text_of(path: Path) -> str:
    """What a file says."""
    return path.read_text(encoding="utf-8")


@cache
def tree_of(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(text_of(path))


@cache
def nodes_of(tree: ast.Module) -> list[ast.AST]:
    """All nodes of a tree."""
    return list(ast.walk(tree))


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    """Syntax trees of the product's sources by name."""
    found = {name_of(path): tree_of(path) for path in SOURCES}
    assert len(found) > 30
    return found


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a module, nested ones and methods too."""
    return (node for node in nodes_of(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@cache
def calls(tree: ast.Module) -> list[tuple[str, ast.Call]]:
    """Every call with its dotted name, as far as it is one."""
    return [(ast.unparse(node.func), node) for node in nodes_of(tree) if isinstance(node, ast.Call)]


def test_functions_and_modules_are_short() -> None:
    long = []
    for path in SOURCES + TESTS:
        lines = len(text_of(path).splitlines())
        if lines > MODULE_LINES_MAX:
            long.append(f"{name_of(path)}: {lines} lines")
        for node in functions(tree_of(path)):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES_MAX:
                long.append(f"{name_of(path)}:{node.lineno} {node.name}: {length} lines")
    assert long == []


def test_modules_and_public_names_say_what_they_are(trees: dict[str, ast.Module]) -> None:
    silent = []
    for name, tree in trees.items():
        if not ast.get_docstring(tree):
            silent.append(name)
        named = (node for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef))
        public = (node for node in named if not node.name.startswith("_") and not is_op(node))
        silent += [f"{name}:{node.name}" for node in public if not ast.get_docstring(node)]
    assert silent == []


def is_op(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """An op says all about itself in `@op(...)`: formula, seed, degenerate cases, a line in both languages."""
    return any(isinstance(call, ast.Call) and ast.unparse(call.func) == "op" for call in node.decorator_list)


def test_every_test_module_says_what_it_holds() -> None:
    assert [name_of(path) for path in TESTS if not ast.get_docstring(tree_of(path))] == []


def test_nothing_evaluates_text_as_code(trees: dict[str, ast.Module]) -> None:
    found = [f"{name}:{node.lineno} {call}" for name, tree in trees.items() for call, node in calls(tree) if call in ("eval", "exec")]
    assert found == []


def test_only_the_command_line_prints(trees: dict[str, ast.Module]) -> None:
    outside = {name: tree for name, tree in trees.items() if not name.startswith("engine/cli/")}
    assert [f"{name}:{node.lineno}" for name, tree in outside.items() for call, node in calls(tree) if call == "print"] == []


def pure(trees: dict[str, ast.Module]) -> dict[str, ast.Module]:
    """The modules that may depend on nothing but their arguments."""
    return {name: tree for name, tree in trees.items() if name.startswith(PURE)}


def test_pure_layers_read_no_clock(trees: dict[str, ast.Module]) -> None:
    found = []
    for name, tree in pure(trees).items():
        for call, node in calls(tree):
            owner, _, method = call.rpartition(".")
            if method in CLOCKS and owner in CLOCK_OWNERS:
                found.append(f"{name}:{node.lineno} {call}")
    assert found == []


def test_pure_layers_touch_no_files(trees: dict[str, ast.Module]) -> None:
    found = []
    for name, tree in pure(trees).items():
        for call, node in calls(tree):
            if call.rpartition(".")[2] in FILE_METHODS and name not in READERS:
                found.append(f"{name}:{node.lineno} {call}")
    assert found == []


def test_no_exception_is_swallowed() -> None:
    found = []
    for path in SOURCES + TESTS:
        for node in nodes_of(tree_of(path)):
            if isinstance(node, ast.ExceptHandler) and (node.type is None or all(isinstance(line, ast.Pass) for line in node.body)):
                found.append(f"{name_of(path)}:{node.lineno}")
            if isinstance(node, ast.Call) and "suppress" in (getattr(node.func, "id", None), getattr(node.func, "attr", None)):
                broad = {ast.unparse(argument) for argument in node.args} & {"Exception", "BaseException"}
                found += [f"{name_of(path)}:{node.lineno} suppress({name})" for name in broad]
    assert found == []


@cache
def text_files() -> list[Path]:
    """Everything of the repository that people write."""
    kinds = ("*.py", "*.md", "*.yaml", "*.toml", "*.txt", "*.lark", "*.html", "*.js", "*.css", "run")
    folders = [ROOT / name for name in (*PACKAGES, "tests", "benchmarks", "docs", "strategies", "risk_profiles", ".ci")]
    found = {path for folder in folders for kind in kinds for path in folder.rglob(kind) if path.is_file()}
    found |= {path for kind in kinds for path in ROOT.glob(kind) if path.is_file()}
    return sorted(path for path in found if "__pycache__" not in path.parts)


#: doors that no command opens yet: the exchange's client is there whole, for whoever trades through it
DOORS = {f"engine.exchange.upbit.{name}" for name in ("outbox", "transfers")}

#: written in pieces so that this file does not name what it forbids
MACHINE = re.compile(
    r"(?<![\w.~$}/:-])/(?:ho" + r"me|ro" + r"ot|wo" + r"rk|Us" + r"ers|o" + r"pt|m" + r"nt)/[\w.]"
    r"|[A-Z]:\\+Us" + r"ers|py" + r"pi\.org|python" + r"hosted|--(?:extra-)?index" + r"-url|--find" + r"-links"
)  # fmt: skip


def test_nothing_names_a_machine_or_a_package_index() -> None:
    found = []
    for path in text_files():
        for number, line in enumerate(text_of(path).splitlines(), 1):
            if MACHINE.search(line):
                found.append(f"{name_of(path)}:{number} {line.strip()[:80]}")
    assert found == []


def test_nothing_is_left_to_do() -> None:
    left = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    found = [f"{name_of(path)}" for path in text_files() if left.search(text_of(path))]
    assert found == []


def test_every_area_of_texts_is_listed() -> None:
    present = {path.stem for path in (ROOT / "dsl" / "messages").glob("*.py")} - {"__init__"}
    assert set(messages.AREAS) == present
    assert len(set(messages.AREAS)) == len(messages.AREAS)


def placeholders(text: str) -> set[str]:
    """Names in braces. `{korean}` and `{english}` are the same line of the catalogue in the text's own language."""
    names = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    return {"line of the catalogue" if name in ("korean", "english") else name for name in names}


@pytest.mark.parametrize("area", messages.AREAS)
def test_every_text_exists_in_both_languages_with_the_same_placeholders(area: str) -> None:
    texts = messages.texts(area)
    assert texts
    wrong = [key for key, entry in texts.items() if not (entry.ko and entry.en) or placeholders(entry.ko) != placeholders(entry.en)]
    assert wrong == []


def imports_of(name: str, tree: ast.Module, known: set[str]) -> set[str]:
    """Modules of ours that a module imports, wherever in it, or names in a string to import later."""
    found = set()
    for node in nodes_of(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value.partition(":")[0])  # "module" or "module:function"
    return {module for module in found if module in known and module != name}


def test_no_module_is_dead(trees: dict[str, ast.Module]) -> None:
    modules = {name.removesuffix(".py").removesuffix("/__init__").replace("/", "."): tree for name, tree in trees.items()}
    known = set(modules)
    reached = {target.partition(":")[0] for target in COMMANDS.values()} | {"engine.cli.__main__", "jangdan"}
    reached |= {name for name in known if name.startswith(("engine.kernel.ops.", "dsl.messages.", "gui"))} | DOORS
    waiting = list(reached & known)
    while waiting:
        name = waiting.pop()
        new = imports_of(name, modules[name], known) - reached
        reached |= new
        waiting += new
    packages = {name for name, tree in modules.items() if len(tree.body) == 1}  # nothing but a docstring
    assert sorted(known - reached - packages) == []
