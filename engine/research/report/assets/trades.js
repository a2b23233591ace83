/* The trade table: sort by any column, filter by market, exit rule, result and text; a row shows its trade in the chart. */
const PAGE_ROWS = 60;
const TRADE_COLUMNS = [
  ["number", (t) => t.number, (t) => String(t.number)],
  ["market", (t) => t.market, (t) => t.market],
  ["opened", (t) => t.opened, (t) => kst(t.opened)],
  ["closed", (t) => t.closed ?? Infinity, (t) => (t.closed === null ? say("open") : kst(t.closed))],
  ["reasons", (t) => t.reasons.join(" "), (t) => h("span", null, ...t.reasons.map((name) => h("span.tag", null, name)))],
  ["return", (t) => t.ratio, (t) => toned(t.ratio, percent(t.ratio, true))],
  ["profit", (t) => t.profit, (t) => toned(t.profit, money(t.profit, true))],
  ["holding", (t) => t.holding, (t) => duration(t.holding)],
  ["entry", (t) => t.entry, (t) => price(t.entry)],
  ["exit", (t) => t.exit ?? 0, (t) => price(t.exit)],
  ["best", (t) => t.best, (t) => percent(t.best, true)],
  ["worst", (t) => t.worst, (t) => percent(t.worst, true)],
  ["quantity", (t) => t.quantity, (t) => coins(t.quantity)],
  ["cost", (t) => t.cost, (t) => money(t.cost)],
  ["fees", (t) => t.fees, (t) => money(t.fees)],
  ["slippage", (t) => t.slippage, (t) => money(t.slippage)],
];
const TEXT_COLUMNS = new Set(["market", "reasons", "opened", "closed"]);
const filter = { market: "", exit: "", result: "", text: "", sort: "number", down: true, rows: PAGE_ROWS };

function chosenTrades() {
  const words = filter.text.trim().toLowerCase();
  const key = TRADE_COLUMNS.find(([name]) => name === filter.sort)[1];
  const fits = (t) => (!filter.market || t.market === filter.market) && (!filter.exit || t.reasons.includes(filter.exit)) &&
    (!filter.result || (filter.result === "open" ? t.closed === null : t.closed !== null && (filter.result === "wins" ? t.profit > 0 : t.profit < 0))) &&
    (!words || [t.number, t.market, kst(t.opened), ...t.reasons].join(" ").toLowerCase().includes(words));
  const order = (a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.number - b.number);
  return trades.filter(fits).sort((a, b) => (filter.down ? order(b, a) : order(a, b)));
}

function tradeSection(show) {
  const box = h("div");
  const choose = (name, options) => h("select", { onchange: (event) => { filter[name] = event.target.value; filter.rows = PAGE_ROWS; fill(); }, "aria-label": name },
    ...options.map(([value, words]) => h("option", { value, selected: filter[name] === value }, words)));
  const search = h("input", { type: "search", placeholder: say("filter.text"), value: filter.text, oninput: (event) => { filter.text = event.target.value; fill(); } });
  const tools = h("div.tools", null,
    choose("market", [["", `${say("column.market")}: ${say("filter.all")}`], ...report.strategy.markets.map((one) => [one, one])]),
    choose("exit", [["", `${say("column.exit_rule")}: ${say("filter.all")}`], ...report.strategy.exits.map((one) => [one.name, one.name])]),
    choose("result", [["", say("filter.all")], ["wins", say("filter.wins")], ["losses", say("filter.losses")], ["open", say("open")]]), search, h("span.shown"));
  function head(name) {
    const mark = filter.sort === name ? (filter.down ? " ▼" : " ▲") : "";
    const sort = () => { filter.down = filter.sort === name ? !filter.down : !TEXT_COLUMNS.has(name); filter.sort = name; fill(); };
    const order = filter.sort === name ? (filter.down ? "descending" : "ascending") : "none";
    return h(TEXT_COLUMNS.has(name) ? "th" : "th.number", { "aria-sort": order }, h("button.sort", { onclick: sort }, say("column." + name) + mark));
  }
  function row(trade) {
    const open = () => show(trade);
    const cells = TRADE_COLUMNS.map(([name, , words]) => h(TEXT_COLUMNS.has(name) ? "td" : "td.number", null, words(trade)));
    return h("tr.pick", { onclick: open, tabindex: 0, onkeydown: (event) => { if (event.key === "Enter") open(); } }, ...cells);
  }
  function fill() {
    const chosen = chosenTrades();
    const sum = chosen.reduce((total, trade) => total + trade.profit, 0);
    tools.lastChild.textContent = say("filter.shown", { count: count(chosen.length), sum: money(sum, true) });
    const rows = chosen.slice(0, filter.rows).map(row);
    const left = chosen.length - rows.length;
    const more = left > 0 ? h("button.more", { onclick: () => { filter.rows += 5 * PAGE_ROWS; fill(); } }, say("more.trades", { count: count(left) })) : null;
    const body = rows.length ? rows : [h("tr", null, h("td.soft", { colspan: TRADE_COLUMNS.length }, say("none")))];
    const grid = h("table.plain.trades", null, h("thead", null, h("tr", null, ...TRADE_COLUMNS.map(([name]) => head(name)))), h("tbody", null, ...body));
    box.replaceChildren(h("div.scroll.tall", { tabindex: 0 }, grid), ...(more ? [more] : []));
  }
  fill();
  const cut = payload.trades.left_out ? h("p.soft", null, say("more.cut", { count: count(trades.length) })) : null;
  return h("div", null, tools, cut, box);
}
