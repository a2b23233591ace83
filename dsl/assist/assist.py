"""The one interface behind every editor: marks, completion, hover, jumps, renaming, formatting, outline. Pure; works on half-typed text."""

from __future__ import annotations

from dsl.assist import completing, hovering, outlining, renaming, signatures
from dsl.assist.answers import Completion, Edit, Hover, Place, Problem, Renamed, Signature, Symbol
from dsl.assist.facts import definition_facts
from dsl.assist.layout import Layout
from dsl.assist.names import Names
from dsl.assist.problems import problems
from dsl.assist.surroundings import Surroundings, surroundings
from dsl.assist.vocabulary import vocabulary
from dsl.catalogue import Catalogue
from dsl.compile import RiskProfiles, compile_risk, compile_strategy, schema_of
from dsl.diagnostics import Language
from dsl.formatting import format_text, line_edits
from dsl.portfolio import Strategies, compile_portfolio
from dsl.source import Source


def _no_strategy(_name: str) -> tuple[str, str] | None:
    """Where no strategies can be looked up."""
    return None


class Assist:
    """Answers about one text at a time; nothing is remembered between them. Nothing here raises for anything that a text can contain.

    catalogue: functions of the language. risk_profiles: name -> (text, file name), None when there is none.
    profile_names: profiles to propose. strategies: name -> (text, file name) of the strategies that a portfolio file names.
    strategy_names: strategies to propose.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        risk_profiles: RiskProfiles,
        profile_names: tuple[str, ...] = ("conservative", "balanced", "aggressive"),
        strategies: Strategies = _no_strategy,
        strategy_names: tuple[str, ...] = (),
    ) -> None:
        self.catalogue = catalogue
        self.risk_profiles = risk_profiles
        self.profile_names = profile_names
        self.strategies = strategies
        self.strategy_names = strategy_names
        self._vocabulary = vocabulary(catalogue)

    def diagnostics(self, text: str, file_name: str, language: Language) -> tuple[Problem, ...]:
        """Everything that is wrong with the text, in its order. Strategy, risk and portfolio files are told apart by `schema:`."""
        source = Source(file_name, text)
        kind = schema_of(source)
        if kind == "portfolio":
            found = compile_portfolio(text, file_name, self.catalogue, self.risk_profiles, self.strategies).findings
            return problems(source, found, language)
        if kind == "risk":
            return problems(source, compile_risk(text, file_name, self.catalogue).findings, language)
        return problems(source, compile_strategy(text, file_name, self.catalogue, self.risk_profiles).findings, language)

    def complete(self, text: str, offset: int, language: Language) -> tuple[Completion, ...]:
        """What could be written at the cursor, best first."""
        return completing.complete(self._around(text, language), offset, self.profile_names, self.strategy_names)

    def hover(self, text: str, offset: int, language: Language) -> Hover | None:
        """What the word under the pointer means."""
        around = self._around(text, language)
        named = around.names.at(offset)
        facts = {}
        if named is not None and named.name.kind.value == "definition":
            facts = definition_facts(compile_strategy(text, "", self.catalogue, self.risk_profiles), self.catalogue, language)
        return hovering.hover(around, offset, facts)

    def definition(self, text: str, offset: int) -> Place | None:
        """Where the name under the cursor is declared."""
        return next(iter(self.references(text, offset)), None)

    def references(self, text: str, offset: int) -> tuple[Place, ...]:
        """Every place that names the same thing, its declaration first; empty where the file names nothing."""
        names = Names(Layout(text))
        found = names.at(offset)
        return () if found is None else tuple(occurrence.place for occurrence in names.of(found.name))

    def named(self, text: str, offset: int) -> Place | None:
        """The name under the cursor that could be given another one."""
        found = Names(Layout(text)).at(offset)
        return None if found is None else found.place

    def rename(self, text: str, offset: int, new_name: str, language: Language) -> Renamed:
        """Edits that give the thing under the cursor another name everywhere, or why that is refused."""
        return renaming.renamed(Names(Layout(text)), offset, new_name, self.catalogue, language)

    def format(self, text: str) -> tuple[Edit, ...]:
        """Edits that put the text into the standard form, one for each stretch of lines; none where the file cannot be read."""
        return tuple(Edit(start, end, new) for start, end, new in line_edits(text, format_text(text).text))

    def outline(self, text: str, language: Language) -> tuple[Symbol, ...]:
        """Sections and names of the file."""
        del language
        return outlining.outline(Layout(text))

    def signature(self, text: str, offset: int, language: Language) -> Signature | None:
        """The function whose arguments are being written."""
        return signatures.signature(self._around(text, language), offset)

    def _around(self, text: str, language: Language) -> Surroundings:
        return surroundings(text, self._vocabulary, language)
