"""The placeholder page says in both languages that there is no app yet, and loads nothing from anywhere."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from dsl.diagnostics import Language
from gui.page import placeholder


class Reader(HTMLParser):
    """Collects the attributes and the text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.attributes: dict[str, str | None] = {}
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.update(attrs)

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize(
    ("language", "sentence"), [(Language.KOREAN, "앱 화면은 아직 없습니다"), (Language.ENGLISH, "There is no app yet")]
)
def test_the_page_is_plain_about_itself(language: Language, sentence: str) -> None:
    reader = Reader()
    reader.feed(placeholder(language))
    assert sentence in reader.words
    assert reader.attributes == {"lang": language.value, "charset": "utf-8"}
