"""The page in a real browser: writing, preview, why not, backtest, files, drafts, languages; and nothing leaves the machine."""

from __future__ import annotations

import contextlib
import re
from typing import Any

import httpx
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from tests.browser.conftest import App

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


def go_to_problem(tab: Page, word: str) -> None:
    """Click the first problem until the cursor is in a line with the word: a list that is made anew under the pointer takes no click."""
    there = "word => jangdanEditor.state.doc.lineAt(jangdanEditor.state.selection.main.head).text.includes(word)"
    for _ in range(4):
        tab.locator(".jd-problem .jd-goto").first.click()
        with contextlib.suppress(PlaywrightTimeoutError):
            tab.wait_for_function(there, arg=word, timeout=2_000)
            return
    assert tab.evaluate(there, word), "the cursor did not go to the problem"


def test_an_error_is_marked_found_and_mended(tab: Page, app: App) -> None:
    visit(tab, app)
    type_after(tab, "  trend_up: e", "m")
    expect(tab.locator(".cm-content .jd-mark.jd-error").first).to_have_text("emma")
    expect(tab.locator(".jd-gutter .jd-sign.jd-error[title*='emma']")).to_be_visible()
    problem = tab.locator(".jd-problem.jd-error").first
    expect(problem).to_contain_text("emma")
    expect(problem.locator(".jd-note")).to_have_text(["없는 함수", "혹시 ema인가요?"])
    state_of(tab).to_contain_text("오류")
    problem.locator(".jd-fix-button").click()
    expect(tab.locator(".jd-mark.jd-error")).to_have_count(0)
    assert "trend_up: ema(close, 21)" in text_of(tab)
    expect(tab.locator(".jd-problem")).to_have_count(0)
    replace(tab, *BROKEN)
    type_after(tab, "# 상위", "")
    go_to_problem(tab, "emma")  # where the key mends it too
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


def test_hover_explains_and_offers_the_fix(tab: Page, app: App) -> None:
    visit(tab, app)
    letter = tab.evaluate(
        """() => { const at = jangdanEditor.state.doc.toString().indexOf("ema(close, 21)");
        const r = jangdanEditor.coordsAtPos(at + 1); return [r.left, (r.top + r.bottom) / 2]; }"""
    )
    tab.mouse.move(letter[0] + 2, letter[1])
    tip = tab.locator(".jd-tooltip")
    expect(tip).to_contain_text("ema(")
    expect(tip).to_contain_text(re.compile("[가-힣]"))
    tab.mouse.move(5, 5)
    expect(tip).to_have_count(0)
    replace(tab, *BROKEN)
    tab.locator(".cm-content .jd-mark.jd-error").first.hover()
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
    tab.locator(".jd-steps button").first.click()  # to the buy before, on an older page of candles
    expect(why.locator(".jd-verdict")).to_contain_text(re.compile("샀|삽니다|매수"))
    expect(why.locator(".jd-reading .jd-truth").first).to_have_text("✓")


#: keeps what is written on canvases
NOTE_WORDS = """{
  window.written = [];
  const pen = CanvasRenderingContext2D.prototype, plain = pen.fillText;
  pen.fillText = function (words, ...more) { window.written.push(words); return plain.call(this, words, ...more); };
}"""


def test_a_backtest_runs_to_its_report(tab: Page, app: App) -> None:
    tab.add_init_script(NOTE_WORDS)
    visit(tab, app)
    run = tab.locator(".jd-backtest .jd-primary")
    replace(tab, *BROKEN)
    state_of(tab).to_contain_text("오류")
    run.click()
    expect(tab.locator(".jd-backtest .jd-sub")).to_contain_text("오류")
    expect(tab.locator(".jd-figure")).to_have_count(0)
    replace(tab, *reversed(BROKEN))
    state_of(tab).to_have_text("저장됨")
    run.click()
    expect(tab.locator(".jd-figure")).to_have_count(6)
    expect(tab.locator(".jd-backtest .jd-sub")).to_contain_text("SYNTHETIC")
    tab.locator(".jd-backtest button", has_text="보고서").click()
    frame = tab.frame_locator("iframe.jd-frame")
    expect(frame.locator("h1").first).to_contain_text("상위 추세 눌림목")
    expect(frame.locator("body")).to_contain_text("SYNTHETIC")
    written = set(frame.locator("body").evaluate("() => window.written"))
    for axis in (
        r"[\d,.]+만원",
        r"[\d,]{9,}",
        "원",
        r"-?[\d.]+%",
        r"\d+건",
        r"\d\d\.\d\d\.\d\d",
        r"\d+/\d+",
    ):  # money, prices, ratios, counts, days
        assert any(re.fullmatch(axis, one) for one in written), (axis, written)


def test_a_supposed_book_lets_the_strategy_of_the_book_trade(tab: Page, app: App) -> None:
    visit(tab, app)
    replace(tab, "ret(1h) < 5%", "ret(1h) < 5% and depth(bid, 0.5%) >= 1만원")
    line = tab.locator(".jd-preview .jd-sub").first
    expect(line).to_contain_text("매수 0번")
    expect(tab.locator(".jd-no-book")).to_be_visible()
    field = tab.get_by_label("호가 모형", exact=True)
    field.fill("spread ten")
    expect(line).to_contain_text("spread ten")
    tab.get_by_label("호가 모형 고르기").click()
    tab.locator(".q-menu .q-item", has_text="스프레드와 잔량").click()
    expect(line).to_contain_text(re.compile("매수 [1-9]"))
    expect(tab.locator(".jd-no-book")).to_be_hidden()
    tab.locator(".jd-backtest .jd-primary").click()
    expect(tab.locator(".jd-figure")).to_have_count(6)
    expect(tab.locator(".jd-figure", has_text="거래").locator(".jd-figure-value").last).to_have_text(re.compile("[1-9]"))


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


def test_both_languages(tab: Page, app: App) -> None:
    visit(tab, app, "ko")
    expect(tab.locator("html")).to_have_attribute("lang", re.compile("^ko"))
    replace(tab, *BROKEN)
    expect(tab.locator(".jd-problem .jd-what").first).to_contain_text("모르는 함수")
    expect(tab.locator("body")).to_contain_text("신호 미리보기")
    tab.locator(".jd-top button", has_text="English").click()
    tab.wait_for_url(re.compile("/en"))
    tab.wait_for_function("window.jangdanEditor && jangdanEditor.state.doc.toString().includes('emma')")  # the draft came along
    expect(tab.locator(".jd-problem .jd-what").first).to_contain_text("unknown function")
    expect(tab.locator("html")).to_have_attribute("lang", re.compile("^en"))
    expect(tab.locator(".jd-preview .jd-title")).to_have_text("Signal preview")
    assert re.findall("[가-힣]+", tab.locator(".jd-top").inner_text()) == ["한국어"]


def test_a_narrow_screen_and_the_dark(tab: Page, app: App) -> None:
    tab.set_viewport_size({"width": 390, "height": 844})
    visit(tab, app)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    expect(tab.locator(".jd-chart canvas").first).to_be_visible()
    assert tab.evaluate("document.querySelector('.jd-chart').clientWidth") > 300
    dark = "document.body.classList.contains('body--dark')"
    before = tab.evaluate(dark)
    tab.locator(".jd-top button[aria-label='밝게/어둡게']").click()
    tab.wait_for_function(f"{dark} !== {str(before).lower()}")
    tab.reload()  # this browser remembers
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


def test_the_text_survives_a_restart_of_the_app(tab: Page, app: App) -> None:
    visit(tab, app)
    replace(tab, "5m dip", "5m DIP")
    state_of(tab).to_have_text("저장 안 됨")
    app.stop()
    type_after(tab, "5m DIP", " typed while away")
    tab.evaluate("window.before = true")
    app.start()
    came_back = "!window.before && window.jangdanEditor && jangdanEditor.state.doc.toString().includes('5m DIP typed while away')"
    tab.wait_for_function(came_back)  # the page finds the app again, and loads anew, by itself
    state_of(tab).to_have_text("저장 안 됨")
    assert "5m DIP" not in app.read("pullback-trend.yaml")


def test_candles_complete_the_problem_list(tab: Page, app: App) -> None:
    visit(tab, app)
    expect(tab.locator(".jd-problems .jd-good")).to_be_visible()
    replace(tab, "risk: 0.5% of equity", "risk: 0.001% of equity")
    problem = tab.locator(".jd-problem.jd-warning")
    expect(problem.locator(".jd-where")).to_contain_text("W402")
    expect(problem.locator(".jd-note").filter(has_text="x 0.001% /")).to_be_visible()
    for period, found in (
        ("최근 7일", 0),
        ("최근 30일", 1),
    ):  # nothing is typed: the same text over other candles, a week of them without a signal
        tab.get_by_label("기간", exact=True).click()
        tab.locator(".q-menu .q-item", has_text=period).click()
        expect(problem).to_have_count(found)
    replace(tab, "risk: 0.001% of equity", "risk: 0.5% of equity")
    expect(tab.locator(".jd-problems .jd-good")).to_be_visible()
