"""The page in a real browser: writing, preview, why not, backtest, files, drafts, languages; and nothing leaves the machine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App, copies

BROKEN = ("ema(close, 21)", "emma(close, 21)")


def visit(tab: Page, app: App, language: str = "ko", file: str = "pullback-trend.yaml") -> None:
    """Open the page and wait until its chart is drawn."""
    tab.goto(f"{app.url}/{language}?file={file}")
    tab.wait_for_selector(".jd-chart-box[data-bars]")
    tab.wait_for_selector(".cm-editor[data-marked]")


def text_of(tab: Page) -> str:
    return str(tab.evaluate("jangdanEditor.state.doc.toString()"))


def replace(tab: Page, old: str, new: str) -> None:
    """Edit the text as a paste would: one change at one place."""
    tab.evaluate(
        """([old, fresh]) => { const at = jangdanEditor.state.doc.toString().indexOf(old);
        if (at < 0) throw new Error("not in the text: " + old);
        jangdanEditor.dispatch({changes: {from: at, to: at + old.length, insert: fresh}, userEvent: "input.paste"}); }""",
        [old, new],
    )


def type_after(tab: Page, place: str, typed: str) -> None:
    """Put the cursor behind a piece of the text and press keys."""
    tab.evaluate(
        """(place) => { const at = jangdanEditor.state.doc.toString().indexOf(place) + place.length;
        jangdanEditor.dispatch({selection: {anchor: at}, scrollIntoView: true}); jangdanEditor.focus(); }""",
        place,
    )
    tab.keyboard.type(typed)


def drawn(tab: Page) -> str:
    return str(tab.get_attribute(".jd-chart-box", "data-loaded"))


def state_of(tab: Page) -> Any:
    return expect(tab.locator(".jd-top .jd-chip"))


def test_typing_an_error_marks_it_and_the_fix_mends_it(tab: Page, app: App) -> None:
    visit(tab, app)
    type_after(tab, "  trend_up: e", "m")
    expect(tab.locator(".cm-content .jd-mark.jd-error").first).to_have_text("emma")
    expect(tab.locator(".jd-gutter .jd-sign.jd-error[title*='emma']")).to_be_visible()
    problem = tab.locator(".jd-problem.jd-error").first
    expect(problem).to_contain_text("emma")
    state_of(tab).to_contain_text("오류")
    problem.locator(".jd-fix-button").click()
    expect(tab.locator(".jd-mark.jd-error")).to_have_count(0)
    assert "trend_up: ema(close, 21)" in text_of(tab)


def test_a_click_on_a_problem_leads_to_its_place(tab: Page, app: App) -> None:
    visit(tab, app)
    replace(tab, "reentry: 2 bars", "reentry: 2 barz")
    tab.locator(".jd-problem .jd-goto").first.click()
    line = tab.evaluate("jangdanEditor.state.doc.lineAt(jangdanEditor.state.selection.main.head).text")
    assert "2 barz" in line


def test_fix_by_key(tab: Page, app: App) -> None:
    visit(tab, app)
    replace(tab, *BROKEN)
    expect(tab.locator(".jd-mark.jd-error")).not_to_have_count(0)
    type_after(tab, "emma", "")
    tab.keyboard.press("Alt+Enter")
    expect(tab.locator(".jd-mark.jd-error")).to_have_count(0)
    assert "emma" not in text_of(tab)


def test_completion_offers_and_inserts(tab: Page, app: App) -> None:
    visit(tab, app)
    type_after(tab, "not_chasing: ret(1h) < 5%", " and zsc")
    choice = tab.locator(".cm-tooltip-autocomplete li").first
    expect(choice).to_contain_text("zscore")
    tab.wait_for_timeout(100)  # CodeMirror takes no choice in the first 75 ms of its list
    tab.keyboard.press("Enter")
    expect(tab.locator(".cm-tooltip-autocomplete")).to_have_count(0)
    assert re.search(r"ret\(1h\) < 5% and zscore\(.*\)", text_of(tab))


def test_hover_explains_a_function(tab: Page, app: App) -> None:
    visit(tab, app)
    spot = tab.locator(".cm-line", has_text="trend_up: ema(close, 21)").first
    box = spot.bounding_box()
    assert box is not None
    letter = tab.evaluate(
        """() => { const at = jangdanEditor.state.doc.toString().indexOf("ema(close, 21)");
        const r = jangdanEditor.coordsAtPos(at + 1); return [r.left, (r.top + r.bottom) / 2]; }"""
    )
    tab.mouse.move(letter[0] + 2, letter[1])
    tip = tab.locator(".jd-tooltip")
    expect(tip).to_contain_text("ema(")
    expect(tip).to_contain_text(re.compile("[가-힣]"))


def test_hover_over_a_mistake_tells_it_and_offers_the_fix(tab: Page, app: App) -> None:
    visit(tab, app)
    replace(tab, *BROKEN)
    mark = tab.locator(".cm-content .jd-mark.jd-error").first
    mark.hover()
    expect(tab.locator(".jd-tooltip .jd-tip.jd-error")).to_contain_text("emma")
    tab.locator(".jd-tooltip .jd-fix").click()
    assert "emma" not in text_of(tab)


def test_the_preview_follows_an_edit(tab: Page, app: App) -> None:
    visit(tab, app)
    line = tab.locator(".jd-preview .jd-sub").first
    before, shown = line.inner_text(), drawn(tab)
    assert int(tab.get_attribute(".jd-chart-box", "data-bars") or 0) > 1000
    expect(tab.locator(".jd-synthetic")).to_contain_text("SYNTHETIC")
    replace(tab, "ret(1h) < 5%", "ret(1h) < 0.1%")
    expect(line).not_to_have_text(before)
    tab.wait_for_function("shown => document.querySelector('.jd-chart-box').dataset.loaded !== shown", arg=shown)
    replace(tab, "ret(1h) < 0.1%", "ret(1h) <")
    expect(line).to_have_class(re.compile("jd-stale"))


def test_why_not_of_a_clicked_bar(tab: Page, app: App) -> None:
    visit(tab, app)
    tab.locator(".jd-chart").click(position={"x": 300, "y": 120})
    why = tab.locator(".jd-why")
    expect(why).to_contain_text("higher_tf")
    expect(why.locator(".jd-truth.jd-false").first).to_be_visible()
    expect(tab.locator(".jd-tree .jd-truth.jd-false").first).to_be_visible()
    first = why.locator(".jd-why-title").inner_text()
    tab.locator(".jd-chart-box").press("ArrowLeft")
    expect(why.locator(".jd-why-title")).not_to_have_text(first)


def test_stepping_through_the_buys(tab: Page, app: App) -> None:
    visit(tab, app)
    assert int(tab.evaluate("document.querySelector('.jd-chart-box').jangdanChart.earlier")) == 1
    tab.locator(".jd-steps button").first.click()
    expect(tab.locator(".jd-why .jd-happened").first).to_contain_text("매수")


def test_a_backtest_runs_to_its_report(tab: Page, app: App) -> None:
    visit(tab, app)
    tab.locator(".jd-backtest .jd-primary").click()
    expect(tab.locator(".jd-figure")).to_have_count(6)
    expect(tab.locator(".jd-backtest .jd-sub")).to_contain_text("SYNTHETIC")
    tab.locator(".jd-backtest button", has_text="보고서").click()
    frame = tab.frame_locator("iframe.jd-frame")
    expect(frame.locator("h1").first).to_contain_text("상위 추세 눌림목")
    expect(frame.locator("body")).to_contain_text("SYNTHETIC")


def test_a_text_with_errors_is_not_backtested(tab: Page, app: App) -> None:
    visit(tab, app)
    replace(tab, *BROKEN)
    state_of(tab).to_contain_text("오류")
    tab.locator(".jd-backtest .jd-primary").click()
    expect(tab.locator(".jd-backtest .jd-sub")).to_contain_text("오류")
    expect(tab.locator(".jd-figure")).to_have_count(0)


def choose_file(tab: Page, name: str) -> None:
    tab.locator(".jd-file").click()
    tab.locator(".q-menu .q-item", has_text=name).click()


def test_another_file_and_an_unsaved_one_kept_as_a_draft(tab: Page, app: App) -> None:
    visit(tab, app)
    replace(tab, "5m dip", "5m DIP")
    state_of(tab).to_have_text("저장 안 됨")
    choose_file(tab, "every-exit.yaml")
    tab.locator(".jd-dialog button", has_text="취소").click()
    expect(tab.locator(".jd-dialog")).to_have_count(0)
    assert "5m DIP" in text_of(tab)
    choose_file(tab, "every-exit.yaml")
    tab.locator(".jd-dialog button", has_text="초안").click()
    tab.wait_for_function("jangdanEditor.state.doc.toString().includes('name: every-exit')")
    state_of(tab).to_have_text("저장됨")
    choose_file(tab, "pullback-trend.yaml")
    tab.wait_for_function("jangdanEditor.state.doc.toString().includes('5m DIP')")
    state_of(tab).to_have_text("저장 안 됨")
    assert "5m DIP" not in app.read("pullback-trend.yaml")


def test_saving_and_a_file_changed_elsewhere(tab: Page, app: App) -> None:
    visit(tab, app, file="trend-1h.yaml")
    first = app.read("trend-1h.yaml")
    replace(tab, "name: trend-1h", "name: trend-1h # mine")
    type_after(tab, "# mine", "")
    tab.keyboard.press("Control+s")
    state_of(tab).to_have_text("저장됨")
    assert app.read("trend-1h.yaml") == first.replace("name: trend-1h", "name: trend-1h # mine")
    (app.folder / "trend-1h.yaml").write_text(first + "# theirs\n", encoding="utf-8")
    replace(tab, "# mine", "# mine too")
    tab.locator(".jd-top .jd-primary").click()
    expect(tab.locator(".jd-dialog")).to_contain_text("다른 곳에서")
    tab.keyboard.press("Escape")
    expect(tab.locator(".jd-dialog")).to_have_count(0)
    assert app.read("trend-1h.yaml") == first + "# theirs\n"
    tab.locator(".jd-top .jd-primary").click()
    tab.locator(".jd-dialog button", has_text="덮어쓰기").click()
    state_of(tab).to_have_text("저장됨")
    assert "# mine too" in app.read("trend-1h.yaml")


def test_a_clean_page_follows_the_disk(tab: Page, app: App) -> None:
    visit(tab, app, file="trend-1h.yaml")
    path = app.folder / "trend-1h.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "# written elsewhere\n", encoding="utf-8")
    tab.wait_for_function("jangdanEditor.state.doc.toString().includes('# written elsewhere')")
    state_of(tab).to_have_text("저장됨")


def test_a_file_without_markets_lets_them_be_chosen(tab: Page, app: App) -> None:
    assert not re.search("^markets:", app.read("trend-1d.yaml"), re.MULTILINE)
    visit(tab, app, file="trend-1d.yaml")
    expect(tab.locator(".jd-traded .q-chip")).to_have_count(1)
    expect(tab.locator(".jd-preview .jd-sub").first).to_contain_text("마켓 1개")


def test_saving_errors_asks(tab: Page, app: App) -> None:
    visit(tab, app)
    before = app.read("pullback-trend.yaml")
    replace(tab, *BROKEN)
    state_of(tab).to_contain_text("오류")
    tab.locator(".jd-top .jd-primary").click()
    tab.locator(".jd-dialog button", has_text="취소").click()
    expect(tab.locator(".jd-dialog")).to_have_count(0)
    assert app.read("pullback-trend.yaml") == before
    assert "emma" in text_of(tab)


@pytest.mark.parametrize(
    ("language", "words"), [("ko", ("신호 미리보기", "왜 사지 않았나", "보고서")), ("en", ("Signal preview", "Why not", "Report"))]
)
def test_both_languages(tab: Page, app: App, language: str, words: tuple[str, ...]) -> None:
    visit(tab, app, language)
    seen = tab.locator("body").inner_text()
    assert all(word in seen for word in words[:2])
    expect(tab.locator("html")).to_have_attribute("lang", re.compile(f"^{language}"))
    replace(tab, *BROKEN)
    expect(tab.locator(".jd-problem .jd-what").first).to_contain_text("모르는 함수" if language == "ko" else "unknown function")
    other = "English" if language == "ko" else "한국어"
    tab.locator(".jd-top button", has_text=other).click()
    tab.wait_for_url(re.compile("/en" if language == "ko" else "/ko"))
    tab.wait_for_function("window.jangdanEditor && jangdanEditor.state.doc.toString().includes('emma')")  # the draft came along


def test_a_narrow_screen_has_no_sideways_scroll(tab: Page, app: App) -> None:
    tab.set_viewport_size({"width": 390, "height": 844})
    visit(tab, app)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    expect(tab.locator(".jd-chart canvas").first).to_be_visible()
    assert tab.evaluate("document.querySelector('.jd-chart').clientWidth") > 300


def test_light_and_dark(tab: Page, app: App) -> None:
    visit(tab, app)
    dark = "document.body.classList.contains('body--dark')"
    before = tab.evaluate(dark)
    tab.locator(".jd-top .q-btn--round").click()
    tab.wait_for_function(f"{dark} !== {str(before).lower()}")
    tab.reload()
    tab.wait_for_selector(".cm-editor[data-marked]")
    tab.wait_for_function(f"{dark} !== {str(before).lower()}")


def test_pages_elsewhere_cannot_drive_it(app: App) -> None:
    refused = [
        httpx.get(f"{app.url}/ko", headers={"Host": "evil.example"}, trust_env=False),
        httpx.get(f"{app.url}/ko", headers={"Origin": "http://evil.example"}, trust_env=False),
        httpx.post(f"{app.url}/engine/assist/hover", json={}, trust_env=False),
        httpx.post(f"{app.url}/engine/assist/hover", json={}, headers={"Origin": "http://evil.example"}, trust_env=False),
        httpx.get(f"{app.url}/engine/previews/1/chart", headers={"Sec-Fetch-Site": "cross-site"}, trust_env=False),
    ]
    assert [answer.status_code for answer in refused] == [403] * 5


def test_the_text_survives_a_restart_of_the_app(tab: Page, tmp_path: Path) -> None:
    own = App(copies(tmp_path))
    try:
        visit(tab, own)
        replace(tab, "5m dip", "5m DIP")
        state_of(tab).to_have_text("저장 안 됨")
        own.stop()
        type_after(tab, "5m DIP", " typed while away")
        own.start()
        tab.wait_for_function("!document.querySelector('.jd-chip') || true")
        tab.reload()
        tab.wait_for_function(
            "window.jangdanEditor && jangdanEditor.state.doc.toString().includes('5m DIP typed while away')", timeout=30_000
        )
        state_of(tab).to_have_text("저장 안 됨")
        assert "5m DIP" not in own.read("pullback-trend.yaml")
    finally:
        own.stop()
