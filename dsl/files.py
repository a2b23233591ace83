"""Reading strategy, risk and portfolio files from disk: the only place where the language touches the file system."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from dsl.catalogue import Catalogue
from dsl.compile import Compiled, CompiledRisk, Finding, RiskProfiles, compile_risk, compile_strategy, schema_of
from dsl.loader import MAX_CHARACTERS, decode
from dsl.portfolio import CompiledPortfolio, Strategies, compile_portfolio
from dsl.source import Source

#: a UTF-8 character takes at most four bytes; anything longer is refused unread
_MAX_BYTES = 4 * MAX_CHARACTERS + 4
Checked: TypeAlias = Compiled | CompiledRisk | CompiledPortfolio


def profiles_in(*folders: Path) -> RiskProfiles:
    """Risk profiles by name from `<folder>/<name>.yaml`, the first folder that has it.

    A strategy or portfolio of that name (the strategy file itself, say) is passed over: a mistake in it is not one of a profile.
    """
    return _named("risk", *folders)


def _named(kind: str, *folders: Path) -> RiskProfiles:

    def find(name: str) -> tuple[str, str] | None:
        if not name.replace("_", "").replace("-", "").isalnum():
            return None
        for folder in folders:
            path = folder / f"{name}.yaml"
            if path.is_file():
                source = decode(path.read_bytes()[:_MAX_BYTES], str(path))[0]
                if schema_of(source) in (kind, ""):
                    return source.text, str(path)
        return None

    return find


def strategies_in(folder: Path) -> Strategies:
    """Strategy files by name from `<folder>/<name>.yaml`."""
    return _named("strategy", folder)


def strategy_names(folder: Path) -> tuple[str, ...]:
    """Names by which a portfolio in this folder can name the strategies beside it."""
    find = strategies_in(folder)
    names = sorted(path.stem for path in folder.glob("*.yaml")) if folder.is_dir() else []
    return tuple(name for name in names if (found := find(name)) is not None and schema_of(Source(found[1], found[0])) == "strategy")


def default_profile_folders(strategy: Path) -> tuple[Path, ...]:
    """Where the profiles of a strategy file are looked for: beside it, beside its folder, and among those that come with the product."""
    shipped = Path(__file__).resolve().parent.parent / "risk_profiles"
    return strategy.parent, strategy.parent / "risk_profiles", strategy.resolve().parent.parent / "risk_profiles", shipped


def compile_file(path: Path, catalogue: Catalogue, risk_profiles: RiskProfiles | None = None) -> Compiled:
    """Check a strategy file on disk. Raises OSError when it cannot be read."""
    source, diagnostics = decode(_bytes(path), str(path))
    if diagnostics:
        return Compiled(source, None, tuple(Finding(diagnostic, source) for diagnostic in diagnostics))
    return compile_strategy(source.text, source.name, catalogue, risk_profiles or profiles_in(*default_profile_folders(path)))


def check_file(path: Path, catalogue: Catalogue, risk_profiles: RiskProfiles | None = None) -> Checked:
    """Check a strategy, risk or portfolio file, whichever its `schema:` says. Raises OSError when it cannot be read."""
    source, diagnostics = decode(_bytes(path), str(path))
    kind = "" if diagnostics else schema_of(source)
    if kind == "risk":
        return compile_risk(source.text, source.name, catalogue)
    if kind == "portfolio":
        profiles = risk_profiles or profiles_in(*default_profile_folders(path))
        return compile_portfolio(source.text, source.name, catalogue, profiles, strategies_in(path.parent))
    return compile_file(path, catalogue, risk_profiles)


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MAX_BYTES)
