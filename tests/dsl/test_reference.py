"""The reference pages in docs/ are what the catalogue says. Write them anew with JANGDAN_UPDATE_GOLDEN=1."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dsl.diagnostics import Language
from dsl.reference import functions_page
from engine.kernel.catalogue import catalogue

PAGES = {Language.ENGLISH: "functions.md", Language.KOREAN: "functions.ko.md"}
DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("language", list(Language))
def test_the_page_is_up_to_date(language: Language) -> None:
    written = DOCS / PAGES[language]
    page = functions_page(catalogue(), language)
    if os.environ.get("JANGDAN_UPDATE_GOLDEN"):
        written.write_text(page, encoding="utf-8")
    assert written.read_text(encoding="utf-8") == page
    assert page.count("\n## ") == len(catalogue())
