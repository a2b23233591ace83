"""What a paper run was told once: file texts and settings. Written as the journal's header, and enough to build the trader again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dsl.compile import compile_strategy
from dsl.files import default_profile_folders, profiles_in
from dsl.graph import Timeframe
from dsl.strategy import Strategy
from engine.kernel.catalogue import catalogue
from engine.kernel.decide.plan import Terms
from engine.model.costs import Costs, FeeRule
from engine.model.errors import UserError
from engine.store.journal import Record
from engine.trader import Assignment

#: part of every order's identifier: which installation decided. One simulated account has one
INSTALLATION = "paper"


@dataclass(frozen=True, slots=True)
class FileText:
    """A file as it was read."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Session:
    """One paper run. risk: the risk profile that the strategy names, by that name, None when it names none. Ranges and times in UTC ms."""

    strategy: FileText
    risk: tuple[str, FileText] | None
    version: str
    base: Timeframe
    markets: tuple[str, ...]
    tradable: tuple[bool, ...]
    settle_ms: tuple[int, ...]
    from_ms: int
    terms: Terms
    latency_ms: int
    synthetic: bool

    def header(self) -> Record:
        """The session as the first line of a journal."""
        risk = None if self.risk is None else {"profile": self.risk[0], "file": self.risk[1].name, "text": self.risk[1].text}
        return {
            "strategy": {"file": self.strategy.name, "text": self.strategy.text, "version": self.version},
            "risk": risk,
            "base": [self.base.length_ms, self.base.offset_ms],
            "markets": list(self.markets),
            "tradable": list(self.tradable),
            "settle_ms": list(self.settle_ms),
            "from_ms": self.from_ms,
            "cash_krw": self.terms.cash_krw,
            "fee_rate": self.terms.fee_rate,
            "slippage": self.terms.slippage,
            "on_grid": self.terms.on_grid,
            "fees": [[rule.rate, rule.market, rule.from_ms] for rule in self.terms.costs.fees],
            "latency_ms": self.latency_ms,
            "synthetic": self.synthetic,
        }

    def assignment(self) -> Assignment:
        """What the trader works on. Raises UserError when the file is no longer the strategy that it was: another version of the
        language reads it differently."""
        strategy = compile_text(self.strategy, self.risk)
        if strategy is None or strategy.version != self.version:
            raise UserError("paper.other_version", file=self.strategy.name, version=self.version[:12])
        owner = f"{INSTALLATION} {strategy.name} {strategy.version}"
        terms = replace(self.terms, costs=replace(self.terms.costs, latency_ms=self.latency_ms))
        return Assignment(
            strategy, self.base, self.markets, terms, self.tradable, self.settle_ms, self.from_ms, owner
        )  # fmt: skip


def compile_text(file: FileText, risk: tuple[str, FileText] | None) -> Strategy | None:
    """The checked strategy of these texts alone; None when they have errors."""

    def profile(name: str) -> tuple[str, str] | None:
        return (risk[1].text, risk[1].name) if risk is not None and name == risk[0] else None

    return compile_strategy(file.text, file.name, catalogue(), profile).strategy


def read_texts(path: Path) -> tuple[FileText, tuple[str, FileText] | None]:
    """A strategy file and the risk profile that it names, as they stand on disk now. Raises OSError."""
    text = FileText(str(path), path.read_text(encoding="utf-8-sig"))
    named: list[tuple[str, FileText]] = []
    search = profiles_in(*default_profile_folders(path))

    def noting(name: str) -> tuple[str, str] | None:
        found = search(name)
        if found is not None and not named:
            named.append((name, FileText(found[1], found[0])))
        return found

    compile_strategy(text.text, text.name, catalogue(), noting)
    return text, named[0] if named else None


def session_of(header: Record, path: Path) -> Session:
    """The session of a journal's header. Raises UserError when the header lacks something."""
    try:
        return _session(header)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError("paper.not_a_journal", path=path) from error


def _session(header: Record) -> Session:
    strategy: dict[str, Any] = header["strategy"]
    risk: dict[str, Any] | None = header["risk"]
    costs = Costs(fees=tuple(FeeRule(*rule) for rule in header.get("fees", [])))
    return Session(
        strategy=FileText(strategy["file"], strategy["text"]),
        risk=None if risk is None else (risk["profile"], FileText(risk["file"], risk["text"])),
        version=strategy["version"],
        base=Timeframe(*header["base"]),
        markets=tuple(header["markets"]),
        tradable=tuple(header["tradable"]),
        settle_ms=tuple(header["settle_ms"]),
        from_ms=header["from_ms"],
        terms=Terms(header["cash_krw"], header["fee_rate"], header["slippage"], header["on_grid"], costs),
        latency_ms=header["latency_ms"],
        synthetic=header["synthetic"],
    )
