"""The one interface behind every editor: marks, completion, hover, jumps, renaming, formatting, outline. Pure; works on half-typed text."""

from __future__ import annotations

from dsl.assist.answers import Completion, Edit, Hover, Place, Problem, Renamed, Signature, Symbol
from dsl.assist.problems import problems
from dsl.catalogue import Catalogue
from dsl.compile import RiskProfiles, compile_risk, compile_strategy, schema_of
from dsl.diagnostics import Language
from dsl.source import Source


class Assist:
    """Answers about one text at a time. Nothing here raises for anything that a text can contain.

    catalogue: functions of the language. risk_profiles: name -> (text, file name), None when there is none.
    profile_names: profiles to propose.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        risk_profiles: RiskProfiles,
        profile_names: tuple[str, ...] = ("conservative", "balanced", "aggressive"),
    ) -> None:
        self.catalogue = catalogue
        self.risk_profiles = risk_profiles
        self.profile_names = profile_names

    def diagnostics(self, text: str, file_name: str, language: Language) -> tuple[Problem, ...]:
        """Everything that is wrong with the text, in its order. Strategy and risk files are told apart by `schema:`."""
        source = Source(file_name, text)
        if schema_of(source) == "risk":
            return problems(source, compile_risk(text, file_name, self.catalogue).findings, language)
        return problems(source, compile_strategy(text, file_name, self.catalogue, self.risk_profiles).findings, language)

    def complete(self, text: str, offset: int, language: Language) -> tuple[Completion, ...]:
        """What could be written at the cursor, best first."""
        return ()

    def hover(self, text: str, offset: int, language: Language) -> Hover | None:
        """What the word under the pointer means."""
        return None

    def definition(self, text: str, offset: int) -> Place | None:
        """Where the name under the cursor is declared."""
        return None

    def references(self, text: str, offset: int) -> tuple[Place, ...]:
        """Every place that names the same thing, its declaration first."""
        return ()

    def rename(self, text: str, offset: int, new_name: str, language: Language) -> Renamed:
        """Edits that give the thing under the cursor another name everywhere, or why that is refused."""
        return Renamed(())

    def format(self, text: str) -> tuple[Edit, ...]:
        """Edits that put the text into the standard form."""
        return ()

    def outline(self, text: str, language: Language) -> tuple[Symbol, ...]:
        """Sections and names of the file."""
        return ()

    def signature(self, text: str, offset: int, language: Language) -> Signature | None:
        """The function whose arguments are being written."""
        return None
