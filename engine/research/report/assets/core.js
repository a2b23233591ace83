/* Data, texts, formats and small DOM helpers. Strings from the result only ever become text nodes. */
const payload = JSON.parse(document.getElementById("payload").textContent);
const report = payload.report;
const state = { language: payload.language, dark: matchMedia("(prefers-color-scheme: dark)").matches, western: false };
const NONE = "-";
const DAY = 86400000, HOUR = 3600000, MINUTE = 60000, KST = 9 * HOUR;

function say(key, values) {
  const pair = payload.texts[key];
  if (!pair) throw new Error("no text " + key);
  const words = pair[state.language === "ko" ? 0 : 1];
  return values ? words.replace(/\{(\w+)\}/g, (_, name) => values[name]) : words;
}

/* h("td.number", {title: "..."}, child, ...): an element; children are nodes or text */
function h(tag, attributes, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const known = (value) => typeof value === "number" && Number.isFinite(value);
const group = (value, decimals) => value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });

function roundEven(value) {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function money(value, signed) {
  if (!known(value)) return NONE;
  const won = roundEven(value);
  const sign = won < 0 ? "-" : signed && won > 0 ? "+" : "";
  let rest = Math.abs(won);
  if (state.language !== "ko") return sign + group(rest, 0) + krw();
  const parts = [];
  for (const [size, name] of [[1e12, "조"], [1e8, "억"], [1e4, "만"]]) {
    if (rest >= size) { parts.push(group(Math.floor(rest / size), 0) + name); rest %= size; }
  }
  if (rest || !parts.length) parts.push(group(rest, 0));
  return sign + parts.join(" ") + krw();
}

const krw = () => (state.language === "ko" ? "원" : " KRW");

/* for axes only: short, not exact */
function shortMoney(value) {
  const size = Math.abs(value);
  const units = state.language === "ko" ? [[1e12, "조"], [1e8, "억"], [1e4, "만"]] : [[1e9, "B"], [1e6, "M"], [1e3, "K"]];
  for (const [unit, name] of units) if (size >= unit) return trim(value / unit, 3) + name + krw();
  return trim(value, 2) + krw();
}

const trim = (value, decimals) => {
  const words = group(value, decimals);
  return words.includes(".") ? words.replace(/0+$/, "").replace(/\.$/, "") : words;
};

function price(value) {
  if (!known(value)) return NONE;
  return trim(value, value >= 1000 ? 0 : value >= 10 ? 2 : value >= 1 ? 4 : 8);
}

function percent(value, signed) {
  if (!known(value)) return NONE;
  const rounded = Math.round(value * 1e4) / 100 + 0;
  return (signed && rounded > 0 ? "+" : "") + group(rounded === 0 ? 0 : rounded, 2) + "%";
}

const number = (value) => (known(value) ? group(Math.round(value * 100) / 100 + 0, 2) : NONE);
const count = (value) => (known(value) ? group(Math.round(value) + 0, 0) : NONE);
const coins = (e8) => trim(e8 / 1e8, 8);

function duration(ms) {
  if (!known(ms)) return NONE;
  const parts = [];
  let rest = Math.round(ms);
  for (const [size, key] of [[DAY, "day_unit"], [HOUR, "hour_unit"], [MINUTE, "minute_unit"], [1000, "second_unit"]]) {
    if (rest >= size) { parts.push(group(Math.floor(rest / size), 0) + say(key)); rest %= size; }
  }
  return parts.slice(0, 2).join(" ") || "0" + say("second_unit");
}

const two = (value) => String(value).padStart(2, "0");
const kstDate = (ms) => new Date(ms + KST);
function kst(ms) {
  const d = kstDate(ms);
  const seconds = ms % MINUTE ? ":" + two(d.getUTCSeconds()) : "";
  return `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}${seconds}`;
}

function written(value, unit, signed) {
  if (unit === "money") return money(value, signed);
  if (unit === "ratio") return percent(value, signed);
  if (unit === "duration") return duration(value);
  if (unit === "basis_points") return known(value) ? number(value) + " bp" : NONE;
  if (unit === "times") return known(value) ? number(value) + say("times_unit") : NONE;
  return unit === "count" ? count(value) : number(value);
}

const tone = (value) => (value > 0 ? "up" : value < 0 ? "down" : "flat");
const toned = (value, words) => h("span." + tone(value), null, words);
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

function fade(hex, alpha) {
  const value = parseInt(hex.slice(1), 16);
  return `rgba(${value >> 16}, ${(value >> 8) & 255}, ${value & 255}, ${alpha})`;
}

const leg = ([time, price, quantity, reason, profit, ambiguous]) => ({ time, price, quantity, reason: reason === null ? "" : report.strategy.exits[reason].name, profit, ambiguous });
const trades = payload.trades.rows.map((row) => {
  const trade = Object.fromEntries(payload.trades.columns.map((name, i) => [name, row[i]]));
  trade.market = report.strategy.markets[trade.market];
  trade.buys = trade.buys.map(leg);
  trade.sales = trade.sales.map(leg);
  trade.reasons = [...new Set(trade.sales.map((sale) => sale.reason))];
  return trade;
});
