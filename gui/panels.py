"""Problems, rules and why not: lists drawn from the engine's answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nicegui import ui

if TYPE_CHECKING:
    from gui.page import Page

Document = dict[str, Any]
_SIGNS: Final = {1: "✓", 0: "✕", -1: "?"}
_CLASSES: Final = {1: "jd-true", 0: "jd-false", -1: "jd-missing"}
#: sections of the outline that hold rules
_RULES: Final = ("define", "regimes", "factors", "score", "entry", "exits")
_MOST_PROBLEMS: Final = 100


def sign(truth: int | None) -> None:
    """✓, ✕ or ?: true, false, missing; a dot where nothing was asked yet. Never by colour alone."""
    ui.label("·" if truth is None else _SIGNS[truth]).classes(f"jd-truth {'' if truth is None else _CLASSES[truth]}")


def words(text: str, classes: str) -> None:
    """A sentence, with what stands in backquotes set as code."""
    with ui.element("div").classes(classes):
        for k, part in enumerate(text.split("`")):
            if part:
                ui.label(part).classes("jd-code" if k % 2 else "jd-inline")


class ProblemList:
    """What is wrong, in the order of the text. A click goes there; a certain fix has a button."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.box = (
            ui.element("div")
            .classes("jd-problems")
            .props(f'role=list aria-live=polite aria-label="{page.say("problems")}"')
            .mark("problems")
        )

    def show(self, problems: list[Document]) -> None:
        """Draw the list anew."""
        self.box.clear()
        with self.box:
            if not problems:
                ui.label(self.page.say("no_problems")).classes("jd-good")
            for problem in problems[:_MOST_PROBLEMS]:
                self._row(problem)

    def _row(self, problem: Document) -> None:
        say = self.page.say
        with ui.element("div").classes(f"jd-problem jd-{problem['severity']}").props("role=listitem"):
            with ui.element("button").classes("jd-goto").props("type=button").on("click", lambda: self.page.assist.jump(problem["from"])):
                ui.label(("✕ " if problem["severity"] == "error" else "! ") + say(problem["severity"])).classes("jd-severity")
                ui.label(f"{problem['line']}:{problem['column']} {problem['code']}").classes("jd-where")
                words(problem["message"], "jd-what")
                for note in filter(None, (problem["label"], *problem["notes"])):
                    words(note, "jd-note")
            if problem["fix"] is not None:
                button = ui.button(
                    say("fix"), icon="auto_fix_high", color=None, on_click=lambda: self.page.assist.apply(problem["fix"]["edits"])
                )
                button.props("dense no-caps unelevated").classes("jd-button jd-fix-button").tooltip(problem["fix"]["title"]).mark("fix")


class RuleTree:
    """Definitions, entry and exits as the file has them, each with its state at the chosen bar."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.outline: list[Document] = []
        self.states: dict[str, int] = {}
        with ui.element("div").classes("jd-card jd-tree-card"):
            ui.label(page.say("rules")).classes("jd-title")
            self.box = ui.element("div").classes("jd-tree jd-scroll").props("role=tree").mark("tree")

    def show(self, outline: list[Document]) -> None:
        """Another text."""
        if outline != self.outline:
            self.outline = outline
            self._draw()

    def mark(self, states: dict[str, int]) -> None:
        """Another bar: truth by the condition's path, 1 true, 0 false, -1 missing."""
        if states != self.states:
            self.states = states
            self._draw()

    def _draw(self) -> None:
        self.box.clear()
        with self.box:
            rules = [symbol for symbol in self.outline if symbol["label"] in _RULES]
            for symbol in rules:
                self._symbol(symbol, symbol["label"], 0)
            if not rules:
                ui.label(self.page.say("no_rules")).classes("jd-empty")

    def _symbol(self, symbol: Document, path: str, depth: int) -> None:
        joined = next((child for child in symbol["children"] if _is_join(child["label"])), None)
        children = [inner for child in symbol["children"] for inner in (child["children"] if _is_join(child["label"]) else [child])]
        is_exit = depth == 1 and path.startswith("exits.")
        with ui.element("button").classes(f"jd-rule jd-depth-{min(depth, 6)}").props("type=button role=treeitem").on(
            "click", lambda: self.page.assist.jump(symbol["from"])
        ):  # fmt: skip
            if path in self.states:
                sign(self.states[path])
            ui.label(symbol["label"]).classes("jd-rule-name")
            if joined is not None:
                ui.label(joined["label"]).classes("jd-join")
            detail = " · ".join(_phrase(child) for child in children) if is_exit else symbol["detail"]
            if detail:
                ui.label(detail).classes("jd-rule-text").tooltip(detail)
        for child in [] if is_exit else children:
            self._symbol(child, f"{path}.{child['label']}", depth + 1)


def _is_join(label: str) -> bool:
    """Whether a key joins the conditions below it, which takes no part in their paths."""
    return label in ("all", "any", "none") or label.startswith("at_least")


def _phrase(symbol: Document) -> str:
    """One setting of an exit: its rule alone where that says it, else with its key."""
    return symbol["detail"] if symbol["label"] in ("at", "when") else f"{symbol['label']} {symbol['detail']}".strip()


class WhyPanel:
    """Why nothing was bought at the chosen bar: what decided, each condition with its values, and how far from true."""

    def __init__(self, page: Page) -> None:
        self.page = page
        with ui.element("div").classes("jd-card jd-why-card"):
            ui.label(page.say("why")).classes("jd-title")
            self.box = ui.element("div").classes("jd-why jd-scroll").props("aria-live=polite").mark("why")
        self.clear()

    def clear(self) -> None:
        """No bar is chosen."""
        self.box.clear()
        with self.box:
            ui.label(self.page.say("why_hint")).classes("jd-empty")

    def refuse(self, message: str) -> None:
        """There is no answer for this bar."""
        self.box.clear()
        with self.box:
            ui.label(message).classes("jd-empty")

    def show(self, why: Document) -> None:
        """Draw an answer."""
        self.box.clear()
        with self.box:
            ui.label(why["title"]).classes("jd-why-title")
            words(why["sentence"], "jd-verdict")
            for note in why["notes"]:
                ui.label(note).classes("jd-note")
            for mark in why["happened"]:
                ui.label(mark["sentence"]).classes("jd-happened")
            if why["order"] is not None:
                ui.label(why["order"]["sentence"]).classes("jd-note")
            self._reading(why["entry"], 0)
            if why["held"] is not None:
                ui.label(why["held"]["sentence"]).classes("jd-held")
            for exit_ in why["exits"]:
                self._exit(exit_)

    def _reading(self, reading: Document, depth: int) -> None:
        truth = None if reading["truth"] is None else int(reading["truth"])
        with ui.element("div").classes(f"jd-reading jd-depth-{min(depth, 6)}"):
            sign(-1 if truth is None else truth)
            ui.label(reading["line"]).classes("jd-line")
        for part in reading["parts"]:
            self._reading(part, depth + 1)

    def _exit(self, exit_: Document) -> None:
        with ui.element("div").classes("jd-reading"):
            ui.label("●" if exit_["active"] else "○").classes("jd-truth")
            ui.label(f"{exit_['name']}: {exit_['sentence']}" if exit_["sentence"] else exit_["name"]).classes("jd-line")
        if exit_["rule"] is not None:
            self._reading(exit_["rule"], 1)
