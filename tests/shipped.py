"""The files that come with the product, by what they are."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def _of_kind(kind: str) -> list[Path]:
    return [path for path in sorted((ROOT / "strategies").glob("*.yaml")) if f"schema: {kind}/1" in path.read_text("utf-8").splitlines()]


STRATEGIES = _of_kind("strategy")
PORTFOLIOS = _of_kind("portfolio")
