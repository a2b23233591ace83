"""The reference page of the rule language's functions, written from the catalogue in Korean or English."""

from __future__ import annotations

from collections.abc import Iterator

from dsl.catalogue import Arg, Catalogue, Function, Memory, Range
from dsl.diagnostics import Language
from dsl.messages import text


def functions_page(catalogue: Catalogue, language: Language) -> str:
    """Markdown: every function that a rule may call, in alphabetical order, then the operators."""
    return "\n".join((f"# {_say('title', language)}", "", _say("intro", language), "", *function_sections(catalogue, language, "##")))


def function_sections(catalogue: Catalogue, language: Language, heading: str) -> Iterator[str]:
    """Lines: a section for each function, then one for each operator. heading: the marks of a section's heading (`##`)."""
    called = sorted((f for f in catalogue.values() if f.callable_by_user), key=lambda f: f.name)
    others = sorted((f for f in catalogue.values() if not f.callable_by_user), key=lambda f: f.name)
    for function in called:
        yield from (f"{heading} `{signature(function)}`", "", *_facts(function, language), "")
    if others:
        yield from (f"{heading[1:]} {_say('operators', language)}", "")
    for function in others:
        yield from (f"{heading} `{function.example}`", "", *_facts(function, language), "")


def signature(function: Function) -> str:
    """`ema(x, n)`, `rsi(n=14, *, x=close)`: defaults as they are written in rules."""
    shown: list[str] = []
    for arg in function.written:
        if arg.keyword_only and "*" not in shown:
            shown.append("*")
        shown.append(_argument(arg))
    shown += ["..."] if function.variadic else []
    return f"{function.name}({', '.join(shown)})" if shown else function.name


def _argument(arg: Arg) -> str:
    return arg.name if arg.default is None else f"{arg.name}={arg.default}"


def _facts(function: Function, language: Language) -> Iterator[str]:
    yield function.korean if language is Language.KOREAN else function.english
    yield ""
    facts = {
        "formula": as_code(function.formula.of(language)),
        "seed": function.seed.of(language),
        "degenerate": function.degenerate.of(language),
        "range": _range(function.value_range),
        "memory": _say(f"memory_{function.memory.value}", language) if function.memory is not Memory.NONE else "",
        "also": ", ".join(f"`{word}`" for word in function.also),
        "example": f"`{function.example}`",
    }
    for key, value in facts.items():
        if value:
            yield f"- {_say(key, language)}: {value}"


def as_code(formula: str) -> str:
    """A formula between marks of code that it does not hold itself; empty as it is."""
    marks = "``" if "`" in formula else "`"
    space = " " if formula.startswith("`") or formula.endswith("`") else ""
    return f"{marks}{space}{formula}{space}{marks}" if formula else ""


def _range(found: Range) -> str:
    if found.low is None and found.high is None:
        return ""
    low = "" if found.low is None else f"{found.low:g}"
    high = "" if found.high is None else f"{found.high:g}"
    return f"{low}..{high}"


def _say(key: str, language: Language) -> str:
    return text(f"reference.{key}", language)
