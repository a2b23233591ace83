/* Puts the page together; choosing another language, theme or colours builds it anew. */
const main = document.getElementById("report");
const kept = { equity: null, candles: null };

function section(key, ...children) {
  return h("section", { id: key.replace(".", "-") }, h("h2", null, say(key)), ...children);
}

const few = (names) => (names.length > 8 ? names.slice(0, 8).join(", ") + ` … (${names.length})` : names.join(", "));

function pair(...panels) {
  return h("div.pair", null, ...panels);
}

function button(key, press, words) {
  return h("button", { onclick: () => { press(); again(); }, title: say(key) }, words);
}

function top() {
  const strategy = report.strategy, period = report.period;
  const facts = [
    [say("period"), period.from_kst ? `${period.from_kst} ~ ${period.to_kst} KST (${duration(period.days * DAY)})` : NONE],
    [say("clock"), duration(strategy.clock_ms)], [say("markets"), few(strategy.markets)], [say("cash"), money(report.settings.cash_krw)],
    [say("version"), strategy.version.slice(0, 12) || NONE],
  ];
  return h("header", null,
    h("div.bar", null, h("span.brand", null, "Jangdan · " + say("title")), h("div.controls", null,
      h("button", { onclick: () => { state.language = state.language === "ko" ? "en" : "ko"; again(); } }, state.language === "ko" ? "English" : "한국어"),
      button("page.theme", () => { state.dark = !state.dark; }, "◐"), button("page.colours", () => { state.western = !state.western; }, h("span.swatch")))),
    h("h1", null, strategy.title || strategy.name),
    h("dl.facts", null, ...facts.map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value)))));
}

/* what is wrong in full, with advice; what is in order or could not be judged behind a summary */
function doctorSection() {
  const findings = report.doctor.findings, of = (level) => findings.filter((one) => one.level === level);
  const name = (one) => h("b", null, say("doctor.name." + one.check) + ": ");
  const ill = [...of("serious"), ...of("warning")].map((one) => h("li." + one.level, null,
    h("span.tag", null, say("doctor.level." + one.level)), " ", name(one), one.says[state.language], h("div.soft", null, "→ " + one.advice[state.language])));
  const beside = ["buy_and_hold", "random_entry", "cliff"], shown = of("fine").filter((one) => beside.includes(one.check));
  const rest = [...of("fine").filter((one) => !shown.includes(one)), ...of("not_judged")].map((one) => h("li", null, h("span.tag", null, say("doctor.level." + one.level)), " ", name(one), one.says[state.language]));
  const counts = ["serious", "warning", "fine", "not_judged"].map((level) => `${say("doctor.level." + level)} ${of(level).length}`).join(" · ");
  return section("doctor.head", ill.length ? h("ul.notes", null, ...ill) : null, ...shown.map((one) => h("p", null, name(one), one.says[state.language])), h("details.panel", null, h("summary", null, counts), h("ul", null, ...rest)),
    report.doctor.audit ? h("p.soft", null, report.doctor.audit.says[state.language]) : null);
}

function equitySection() {
  if (!payload.charts.equity.steps.length) return section("head.equity", h("p.soft", null, say("none")));
  const { canvas, tip, box } = chartBox("equity", "head.equity");
  kept.equity = equityPlot(canvas, tip);
  const log = h("button", { onclick: () => { kept.equity.log = !kept.equity.log; kept.equity.draw(); } }, say("page.log"));
  const legend = h("span.legend", null, h("i.accent"), say("strategy") + " ", h("i.held"), say("buy_and_hold") + " ", h("i.fall"), say("page.drawdown"));
  return section("head.equity", h("div.tools", null, legend, log, h("button", { onclick: () => kept.equity.reset(true) }, say("page.reset")), h("span.soft", null, say("page.hint"))), h("div.panel", null, box));
}

function candleSection() {
  if (!Object.keys(payload.charts.candles).length) return section("head.candles", h("p.soft", null, say("none")));
  const { canvas, tip, box } = chartBox("candles", "head.candles");
  const view = (kept.candles = candlePlot(canvas, tip));
  const shown = report.strategy.markets.filter((name) => name in payload.charts.candles);
  const chips = shown.map((name) => h("button.chip", { onclick: () => { view.choose(name); light(); } }, name));
  const light = () => chips.forEach((chip) => chip.classList.toggle("on", chip.textContent === view.market));
  view.light = light;
  light();
  return section("head.candles", h("div.tools", null, ...chips, h("button", { onclick: () => view.plot.reset(true) }, say("page.reset")), h("span.soft", null, say("page.overview"))), h("div.panel", null, box));
}

function showTrade(trade) {
  if (!kept.candles || !(trade.market in payload.charts.candles)) return;
  kept.candles.focus(trade);
  kept.candles.light();
  document.getElementById("head-candles").scrollIntoView({ behavior: "smooth", block: "start" });
}

/* what is zoomed into stays so when the page is built anew */
function again() {
  const views = [kept.equity, kept.candles && kept.candles.plot].map((plot) => plot && [plot.from, plot.to]);
  const market = kept.candles && kept.candles.market;
  build();
  [kept.equity, kept.candles && kept.candles.plot].forEach((plot, i) => { if (plot && views[i]) plot.show(...views[i]); });
  if (market) { kept.candles.choose(market); kept.candles.light(); }
}

function build() {
  const root = document.documentElement;
  root.lang = state.language;
  root.dataset.theme = state.dark ? "dark" : "light";
  root.dataset.colours = state.western ? "western" : "korean";
  main.replaceChildren(
    ...(report.synthetic ? [h("div.synthetic", { role: "alert" }, say("synthetic"))] : []),
    top(), h("div.cards", null, ...cards()), doctorSection(), equitySection(), candleSection(),
    h("div.trio" + (report.monthly.length > 12 ? ".wide" : ""), null, section("head.monthly", h("div.panel", null, monthlyTable())),
      section("head.daily", h("div.panel", null, dailyBars())), section("head.distribution", h("div.panel", null, distribution()))),
    section("head.figures", h("div.groups", null, ...figureGroups())),
    ...(payload.strategies.length ? [section("head.strategies", h("div.panel", null, strategyTable()))] : []),
    section("head.markets", h("div.panel", null, marketTable())), section("head.exits", h("div.panel", null, exitTable())),
    pair(section("head.skipped", h("div.panel", null, skippedTable())), section("head.rules", h("div.panel", null, ruleTable()))),
    ...(report.universe ? [section("head.universe", h("div.panel", null, universeTable()))] : []),
    section("head.trades", tradeSection(showTrade)), section("head.assumptions", h("div.panel.assumptions", null, ...assumptionList())),
    h("footer", null, say("past") + " · " + say("kst")));
}

build();
