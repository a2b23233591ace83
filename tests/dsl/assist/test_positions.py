"""Places in the units of other programs: there and back, against Python's own encoders, with Korean, emoji and every kind of line end."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.assist.positions import Positions, Units, length_in, offset_of_utf16, utf16_offset

SIZES = {Units.UTF8: ("utf-8", 1), Units.UTF16: ("utf-16-le", 2), Units.UTF32: ("utf-32-le", 4)}
TEXT = st.text(st.sampled_from("a가🚀é\n\r\u2028\x85 ") | st.characters(), max_size=40)


@pytest.mark.parametrize("units", list(Units))
@given(TEXT)
def test_lengths_are_those_of_the_encodings(units: Units, text: str) -> None:
    encoding, size = SIZES[units]
    assert length_in(text, units) == len(text.encode(encoding, "surrogatepass")) // size


@pytest.mark.parametrize("units", list(Units))
@given(TEXT, st.data())
def test_positions_lead_back(units: Units, text: str, data: st.DataObject) -> None:
    positions = Positions(text, units)
    offset = data.draw(st.integers(0, len(text)))
    line, character = positions.position(offset)
    lines = re.split("\r\n|\r|\n", text)
    assert length_in(lines[line], units) >= character or text[offset - 1 : offset + 1] == "\r\n"
    if text[offset - 1 : offset + 1] != "\r\n":  # between the two there is no place of its own
        assert positions.offset(line, character) == offset
        assert len(re.split("\r\n|\r|\n", text[:offset])) - 1 == line


@given(TEXT, st.integers(-3, 50), st.integers(-3, 50))
def test_positions_outside_are_moved_inside(text: str, line: int, character: int) -> None:
    assert 0 <= Positions(text).offset(line, character) <= len(text)


@given(TEXT, st.data())
def test_javascript_offsets_lead_back(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    assert offset_of_utf16(text, utf16_offset(text, offset)) == offset
    assert offset_of_utf16(text, 10_000) == len(text)


def test_korean_is_one_unit_and_an_emoji_two() -> None:
    assert Positions("제목: 🚀 x\n🚀").position(6) == (0, 7)
    assert Positions("제목: 🚀 x\n🚀").position(9) == (1, 2)
    assert Positions("제목: 🚀 x").offset(0, 7) == 6
    assert Positions("🚀x").offset(0, 1) == 0
