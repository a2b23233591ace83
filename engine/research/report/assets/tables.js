/* Everything that is not a chart with a time axis: cards, tables, heat map, bars. */
const SIGNED = new Set(["profit", "total_return", "annualised_return", "best_day", "worst_day", "average_trade", "average_trade_return", "average_win",
  "average_loss", "average_win_return", "average_loss_return", "best_trade", "worst_trade", "open_profit", "maximum_drawdown"]);

function figure(key, value) {
  const unit = payload.figures.find((one) => one.key === key).unit;
  const words = written(value, unit, SIGNED.has(key));
  return SIGNED.has(key) && known(value) ? toned(value, words) : h("span", null, words);
}

function cards() {
  const keys = ["total_return", "maximum_drawdown", "sharpe", "win_rate", "profit_factor", "closed_trades", "fees_paid"];
  return keys.map((key) => {
    const beside = key in report.buy_and_hold ? h("div.card-beside", null, say("buy_and_hold") + " ", figure(key, report.buy_and_hold[key])) : extra(key);
    return h("div.card", { title: say("about." + key) }, h("div.card-name", null, say("figure." + key)), h("div.card-value", null, figure(key, report.figures[key])), beside);
  });
}

function extra(key) {
  const shown = { win_rate: "average_trade_return", profit_factor: "payoff_ratio", closed_trades: "trades_per_day", fees_paid: "slippage_paid" }[key];
  return h("div.card-beside", null, say("figure." + shown) + " ", figure(shown, report.figures[shown]));
}

function figureGroups() {
  const panels = ["return", "risk", "trade", "cost"].map((name) => {
    const compared = name === "return" || name === "risk";
    const head = h("tr", null, h("th", null, say("group." + name)), h("th.number", null, say("strategy")), compared ? h("th.number", { title: say("buy_and_hold_about") }, say("buy_and_hold")) : null);
    const rows = payload.figures.filter((one) => one.group === name).map(({ key }) =>
      h("tr", null, h("td", null, h("span.defined", { title: say("about." + key), tabindex: 0 }, say("figure." + key))),
        h("td.number", null, figure(key, report.figures[key])),
        compared ? h("td.number", null, key in report.buy_and_hold ? figure(key, report.buy_and_hold[key]) : "") : null));
    return h("div.panel", null, h("table.plain", null, h("thead", null, head), h("tbody", null, ...rows)));
  });
  return [h("div", null, ...panels.slice(0, 2), panels[3]), h("div", null, panels[2])];
}

function heat(value, largest) {
  const cell = h("td.heat.number", null, known(value) ? percent(value, true) : "");
  if (known(value) && value) cell.style.background = fade(colour(tone(value)), 0.12 + 0.55 * Math.min(Math.abs(value) / largest, 1));
  return cell;
}

/* months as rows beside buy-and-hold; more than a year of them as a heat map */
function monthlyTable() {
  const largest = Math.max(...report.monthly.map((one) => Math.abs(one.return || 0)), 1e-9);
  if (report.monthly.length <= 12) {
    const heads = [say("column.month"), say("strategy"), say("buy_and_hold")].map((words, i) => h(i ? "th.number" : "th", null, words));
    const rows = report.monthly.map((one) => h("tr", null, h("td", null, one.month), heat(one.return, largest), h("td.number", null, toned(one.buy_and_hold, percent(one.buy_and_hold, true)))));
    return h("table.plain", null, h("thead", null, h("tr", null, ...heads)), h("tbody", null, ...rows));
  }
  const years = new Map();
  for (const one of report.monthly) {
    const [year, month] = one.month.split("-");
    if (!years.has(year)) years.set(year, new Map());
    years.get(year).set(Number(month), one.return);
  }
  const months = Array.from({ length: 12 }, (_, i) => i + 1);
  const head = h("tr", null, h("th", null, ""), ...months.map((month) => h("th.number", null, String(month))), h("th.number", null, say("column.year")));
  const rows = [...years].map(([year, values]) => {
    const total = [...values.values()].reduce((product, value) => product * (1 + (value || 0)), 1) - 1;
    return h("tr", null, h("th", null, year), ...months.map((month) => heat(values.get(month), largest)), h("td.number", null, toned(total, percent(total, true))));
  });
  return h("div.scroll", null, h("table.months", null, h("thead", null, head), h("tbody", null, ...rows)));
}

/* one bar up or down for each value; `name(i)` describes it. axis: size(value) writes a height, marks(most) are [place in bars, words] */
function bars(canvas, tip, values, name, value, axis) {
  const right = 48, bottom = 18;
  const high = Math.max(...values.map((one) => one.size || 0), 0), low = Math.min(...values.map((one) => one.size || 0), 0);
  const draw = (at) => {
    const scale = devicePixelRatio || 1, wide = canvas.clientWidth - right, tall = canvas.clientHeight - bottom, context = canvas.getContext("2d");
    if (wide <= 0) return;
    canvas.width = canvas.clientWidth * scale; canvas.height = canvas.clientHeight * scale;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.font = "11px system-ui, sans-serif";
    const y = (size) => 8 + ((high - size) / (high - low || 1)) * (tall - 16), step = wide / values.length;
    barAxes(context, wide, tall, y, niceTicks(low, high, 4), step, axis);
    values.forEach((one, i) => {
      context.fillStyle = one.tone === "flat" ? colour("soft") : colour(one.tone);
      context.globalAlpha = at === i ? 1 : 0.75;
      context.fillRect(i * step + step * 0.1, Math.min(y(0), y(one.size)), Math.max(step * 0.8, 0.5), Math.max(Math.abs(y(0) - y(one.size)), one.size ? 1 : 0));
    });
    context.globalAlpha = 1; context.strokeStyle = colour("soft");
    context.beginPath(); context.moveTo(0, y(0)); context.lineTo(wide, y(0)); context.stroke();
  };
  canvas.addEventListener("pointermove", (event) => {
    const box = canvas.getBoundingClientRect();
    const i = Math.min(Math.max(Math.floor(((event.clientX - box.left) / (box.width - right)) * values.length), 0), values.length - 1);
    draw(i);
    tip.hidden = !values.length;
    if (!values.length) return;
    tip.replaceChildren(tipRow(name(i), value(i), values[i].tone));
    tip.style.left = Math.max(0, Math.min(event.clientX - box.left + 12, box.width - tip.offsetWidth)) + "px";
    tip.style.top = "4px";
  });
  canvas.addEventListener("pointerleave", () => { tip.hidden = true; draw(-1); });
  new ResizeObserver(() => draw(-1)).observe(canvas);
}

/* what the heights and the places of bars mean: lines and words at round values */
function barAxes(context, wide, tall, y, heights, step, axis) {
  context.fillStyle = colour("soft"); context.strokeStyle = colour("grid");
  context.textAlign = "left"; context.textBaseline = "middle";
  for (const one of heights) {
    context.beginPath(); context.moveTo(0, y(one)); context.lineTo(wide, y(one)); context.stroke();
    context.fillText(axis.size(one), wide + 5, y(one));
  }
  context.textBaseline = "top";
  for (const [place, words] of axis.marks(Math.max(Math.floor(wide / 64), 2))) {
    const half = context.measureText(words).width / 2;
    context.textAlign = "center";
    context.fillText(words, Math.min(Math.max(place * step, half), wide + 40 - half), tall + 4);
  }
}

function chartBox(kind, name) {
  const canvas = h("canvas." + kind, { role: "img", "aria-label": say(name) }), tip = h("div.tip", { hidden: true });
  return { canvas, tip, box: h("div.chart", null, canvas, tip) };
}

function dailyBars() {
  const { canvas, tip, box } = chartBox("small", "head.daily");
  const values = report.daily.map((one) => ({ size: one.return || 0, tone: tone(one.return) }));
  const words = (i) => report.daily[i].day.slice(2).replaceAll("-", ".");
  const marks = (most) => niceTicks(0, values.length - 1, Math.min(most, 4)).filter(Number.isInteger).map((i) => [i + 0.5, words(i)]);
  bars(canvas, tip, values, (i) => report.daily[i].day, (i) => percent(report.daily[i].return, true), { size: (one) => trim(one * 100, 2) + "%", marks });
  return box;
}

function distribution() {
  const closed = trades.filter((trade) => trade.closed !== null).map((trade) => trade.ratio);
  if (!closed.length) return h("p.soft", null, say("none"));
  const low = Math.min(...closed), high = Math.max(...closed);
  const width = niceTicks(low, high, 24)[1] - niceTicks(low, high, 24)[0] || 0.001;
  const first = Math.floor(low / width + 1e-9), size = Math.floor(high / width + 1e-9) - first + 1;
  const counts = new Array(size).fill(0);
  for (const one of closed) counts[Math.floor(one / width + 1e-9) - first]++;
  const { canvas, tip, box } = chartBox("small", "head.distribution");
  const marks = (most) => niceTicks(first * width, (first + size) * width, most).map((one) => [one / width - first, trim(one * 100, 2) + "%"]);
  const axis = { size: (one) => (Number.isInteger(one) ? say("page.trades", { count: count(one) }) : ""), marks };
  const values = counts.map((times, i) => ({ size: times, tone: (first + i) * width >= -1e-12 ? "up" : "down" }));
  bars(canvas, tip, values, (i) => `${percent((first + i) * width)} ~ ${percent((first + i + 1) * width)}`, (i) => say("page.trades", { count: count(counts[i]) }), axis);
  return box;
}

function table(heads, rows) {
  const cells = (row) => row.map((cell, i) => h(i ? "td.number" : "td", null, cell));
  const body = rows.length ? rows.map((row) => h("tr", null, ...cells(row))) : [h("tr", null, h("td.soft", { colspan: heads.length }, say("none")))];
  return h("div.scroll", null, h("table.plain", null, h("thead", null, h("tr", null, ...heads.map((head, i) => h(i ? "th.number" : "th", null, head)))), h("tbody", null, ...body)));
}

function marketTable() {
  const heads = ["column.market", "column.trades", "figure.win_rate", "column.profit", "figure.average_trade_return", "figure.profit_factor", "figure.average_holding", "column.fees", "column.held_return"].map((key) => say(key));
  return table(heads, report.markets.map((one) => [one.market, count(one.closed_trades), percent(one.win_rate), toned(one.profit_krw, money(one.profit_krw, true)),
    toned(one.average_trade_return, percent(one.average_trade_return, true)), number(one.profit_factor), duration(one.average_holding), money(one.fees_krw), toned(one.held_return, percent(one.held_return, true))]));
}

function exitTable() {
  const heads = ["column.exit_rule", "column.sales", "figure.win_rate", "column.profit", "column.average_return", "column.closing", "column.ambiguous"].map((key) => say(key));
  const kinds = new Map(report.strategy.exits.map((one) => [one.name, one.kind]));
  return table(heads, report.exits.map((one) => [h("span", null, one.name + " ", h("span.tag", null, say("kind." + kinds.get(one.name)))), count(one.sales),
    percent(one.sales ? one.wins / one.sales : null), toned(one.profit_krw, money(one.profit_krw, true)), toned(one.average_return, percent(one.average_return, true)), count(one.closed_trades), count(one.ambiguous)]));
}

function share(parts) {
  const whole = parts.reduce((sum, [size]) => sum + size, 0) || 1;
  return h("div.share", null, ...parts.map(([size, kind]) => {
    const part = h("i." + kind);
    part.style.width = (size / whole) * 100 + "%";
    return part;
  }));
}

function skippedTable() {
  const all = Object.entries(report.skipped).filter(([, times]) => times), most = Math.max(...all.map(([, times]) => times), 1);
  return table([say("column.reason"), say("column.count"), ""], all.map(([reason, times]) => [say("skip." + reason), count(times), share([[times, "on"], [most - times, "off"]])]));
}

function ruleTable() {
  const heads = ["column.condition", "column.true", "column.false", "column.missing"].map((key) => say(key)).concat("");
  return table(heads, report.rules.map((one) => [h("code", null, one.path), count(one.true), count(one.false), count(one.missing), share([[one.true, "on"], [one.missing, "missing"], [one.false, "off"]])]));
}

/* a portfolio's strategies, each with a page of its own beside this one */
function strategyTable() {
  const heads = ["strategy", "column.share", "column.trades", "figure.open_trades", "figure.win_rate", "column.profit", "figure.profit_factor", "figure.maximum_drawdown", "column.fees", "column.percentile"].map((key) => say(key));
  return table(heads, payload.strategies.map((one) => [one.page ? h("a", { href: encodeURIComponent(one.page) }, one.name) : one.name, percent(one.share), count(one.closed_trades), count(one.open_trades),
    percent(one.win_rate), toned(one.profit, money(one.profit, true)), number(one.profit_factor), percent(one.maximum_drawdown), money(one.fees_paid), percent(one.percentile)]));
}

function universeTable() {
  const columns = ["passed", "failed", "missing", "remaining", "emptied"];
  return table([say("column.condition"), ...columns.map((key) => say("column." + key))], report.universe.rules.map((one) => [h("code", null, one.path), ...columns.map((key) => count(one[key]))]));
}

function assumptionList() {
  return [h("ul", null, ...report.assumptions.says[state.language].map((line) => h("li", null, line)))];
}
