/* Candles of one market with the trades on them. Wide views merge bars; long runs carry a coarse overview and windows of full detail. */
const decoded = new Map();

function pieces(market) {
  if (!decoded.has(market)) decoded.set(market, payload.charts.candles[market].pieces.map((piece) => decode(piece, payload.charts.candles[market].unit)));
  return decoded.get(market);
}

/* price columns from differences: close against the close before, open against the close before, high and low against the body */
function decode(piece, unit) {
  const size = piece.close.length;
  const bars = { first: piece.first, step: piece.step, size, open: new Float64Array(size), high: new Float64Array(size), low: new Float64Array(size), close: new Float64Array(size), gap: new Uint8Array(size) };
  let before = 0;
  for (let i = 0; i < size; i++) {
    const open = before + piece.open[i], close = before + piece.close[i];
    bars.open[i] = open * unit; bars.close[i] = close * unit;
    bars.high[i] = (Math.max(open, close) + piece.high[i]) * unit;
    bars.low[i] = (Math.min(open, close) - piece.low[i]) * unit;
    before = close;
  }
  for (const [from, to] of piece.gaps) bars.gap.fill(1, from, to);
  return bars;
}

function candlePlot(canvas, tip) {
  const clock = payload.charts.clock_ms, offset = payload.charts.offset_ms;
  const domain = payload.charts.domain_ms;
  const timeOf = (index) => index * clock + offset;
  let market = report.strategy.markets.find((one) => trades.some((trade) => trade.market === one)) || report.strategy.markets[0];
  let marks = [], names = [], bars = [];
  /* a fill is drawn over the middle of the bar that holds it */
  function middle(time) {
    const bar = barAt(time);
    return plot.x(bar ? timeOf(bar.index + bar.span / 2) : time);
  }
  const plot = new Plot(canvas, tip, { domain, shortest: Math.min(12 * clock, domain[1] - domain[0]), top: 14, paint: paintCandles, inform: informCandles });

  /* bars in view, wide enough to be seen: full detail where it is carried, merged bars of the overview elsewhere */
  function visible() {
    const low = Math.floor((plot.from - offset) / clock), high = Math.ceil((plot.to - offset) / clock);
    const [whole, ...windows] = pieces(market);
    const wanted = Math.max(Math.ceil((high - low) / Math.max(Math.floor(plot.width / 5), 20)), 1);
    if (wanted >= whole.step) return merged(whole, low, high, Math.ceil(wanted / whole.step));
    const near = windows.filter((one) => one.first < high && one.first + one.size > low);
    const fine = near.flatMap((one) => merged(one, low, high, wanted));
    const coarse = merged(whole, low, high, 1).filter((bar) => !near.some((one) => bar.index < one.first + one.size && bar.index + bar.span > one.first));
    return fine.concat(coarse).sort((one, other) => one.index - other.index);
  }
  function merged(piece, low, high, many) {
    const from = Math.max(Math.floor((low - piece.first) / piece.step / many) * many, 0);
    const to = Math.min(Math.ceil((high - piece.first) / piece.step) + 1, piece.size);
    const found = [];
    for (let start = from; start < to; start += many) {
      let bar = null;
      for (let i = start; i < Math.min(start + many, piece.size); i++) {
        if (piece.gap[i]) continue;
        if (!bar) bar = { index: piece.first + start * piece.step, span: many * piece.step, open: piece.open[i], high: piece.high[i], low: piece.low[i], close: piece.close[i] };
        bar.high = Math.max(bar.high, piece.high[i]); bar.low = Math.min(bar.low, piece.low[i]); bar.close = piece.close[i];
      }
      if (bar) found.push(bar);
    }
    return found;
  }
  function barAt(time) {
    const index = Math.floor((time - offset) / clock);
    let low = 0, high = bars.length;
    while (low < high) {
      const half = (low + high) >> 1;
      if (bars[half].index <= index) low = half + 1; else high = half;
    }
    const bar = bars[low - 1];
    return bar && index < bar.index + bar.span ? bar : null;
  }
  function paintCandles(context) {
    bars = visible();
    const own = trades.filter((trade) => trade.market === market && trade.opened < plot.to && (trade.closed ?? Infinity) > plot.from);
    let low = Infinity, high = -Infinity;
    for (const bar of bars) { low = Math.min(low, bar.low); high = Math.max(high, bar.high); }
    if (!bars.length) return;
    const margin = (high - low || high * 0.01) * 0.1;
    if (plot.room(price(high + margin))) return;
    const y = plot.scale(Math.max(low - margin, 0), high + margin, plot.top, plot.height, price);
    context.fillText(krw().trim(), plot.width + 6, plot.top + plot.height + 12);
    context.save();
    context.beginPath(); context.rect(0, 0, plot.width, canvas.clientHeight); context.clip();
    const up = colour("up"), down = colour("down");
    for (const bar of bars) {
      const wide = (plot.width * bar.span * clock) / (plot.to - plot.from), x = plot.x(timeOf(bar.index)) + wide / 2;
      context.strokeStyle = context.fillStyle = bar.close >= bar.open ? up : down;
      context.beginPath(); context.moveTo(x, y(bar.high)); context.lineTo(x, y(bar.low)); context.stroke();
      const body = Math.max(Math.abs(y(bar.open) - y(bar.close)), 1);
      context.fillRect(x - Math.max(wide * 0.36, 0.5), Math.min(y(bar.open), y(bar.close)), Math.max(wide * 0.72, 1), body);
    }
    marks = [];
    names = [];
    const crowd = own.length / plot.width; // trades a pixel
    for (const trade of own) paintTrade(context, trade, y, crowd < 1 / 55, crowd < 1 / 7, crowd < 1 / 2);
    context.restore();
  }
  function paintTrade(context, trade, y, named, large, joined) {
    if (joined) paintPath(context, trade, y);
    for (const buy of trade.buys) mark(context, middle(buy.time), y(buy.price), 1, colour("buy"), named ? say("page.buy") : "", large, { trade, leg: buy });
    for (const sale of trade.sales) mark(context, middle(sale.time), y(sale.price), -1, colour("sell"), named ? sale.reason : "", large, { trade, leg: sale });
  }
  function paintPath(context, trade, y) {
    context.strokeStyle = fade(colour(trade.profit >= 0 ? "up" : "down"), 0.75);
    context.setLineDash([4, 3]);
    context.beginPath(); context.moveTo(middle(trade.buys[0].time), y(trade.entry));
    for (const sale of trade.sales) context.lineTo(middle(sale.time), y(sale.price));
    if (trade.closed === null) context.lineTo(plot.x(plot.domain[1]), y(trade.mark));
    context.stroke();
    context.setLineDash([]);
  }
  function mark(context, x, y, way, ink, words, large, about) {
    const size = large ? 6 : 3;
    context.fillStyle = ink; context.strokeStyle = colour("panel");
    context.beginPath();
    context.moveTo(x, y); context.lineTo(x - size, y + way * size * 1.7); context.lineTo(x + size, y + way * size * 1.7); context.closePath();
    context.fill();
    if (large) context.stroke();
    if (words) label(context, words, x, y + way * size * 2.1, way);
    marks.push({ x, y: y + way * size, about });
  }
  /* the rule's name where it covers no other name */
  function label(context, words, x, y, way) {
    const half = context.measureText(words).width / 2 + 2;
    const box = { left: x - half, right: x + half, top: way > 0 ? y : y - 13, bottom: way > 0 ? y + 13 : y };
    const covers = (one) => box.left < one.right && box.right > one.left && box.top < one.bottom && box.bottom > one.top;
    if (x < 0 || x > plot.width || names.some(covers)) return;
    names.push(box);
    context.textAlign = "center"; context.textBaseline = way > 0 ? "top" : "bottom";
    context.strokeStyle = colour("panel"); context.lineWidth = 3; context.strokeText(words, x, y); context.lineWidth = 1;
    context.fillStyle = colour("ink");
    context.fillText(words, x, y);
  }
  function informCandles(at) {
    const near = marks.map((one) => [Math.hypot(one.x - at.x, one.y - at.y), one]).sort((a, b) => a[0] - b[0])[0];
    if (near && near[0] < 14) return legTip(near[1].about);
    const bar = barAt(plot.time(at.x));
    if (!bar) return null;
    const until = bar.span > 1 ? ` (${duration(bar.span * clock)})` : "";
    return [h("div.tip-head", null, kst(timeOf(bar.index)) + until), ...["open", "high", "low", "close"].map((name) => tipRow(say("page." + name), price(bar[name]))), ...heldAt(plot.time(at.x))];
  }
  function heldAt(time) {
    return trades.filter((trade) => trade.market === market && trade.opened <= time && (trade.closed ?? Infinity) >= time)
      .map((trade) => tipRow(`#${trade.number} ${trade.reasons.join(" ") || say("open")}`, percent(trade.ratio, true), tone(trade.ratio)));
  }
  function legTip({ trade, leg }) {
    const rows = [
      h("div.tip-head", null, (leg.reason ? say("page.sell") + " · " + leg.reason : say("page.buy")) + ` · #${trade.number}`),
      tipRow(kst(leg.time), ""), tipRow(leg.reason ? say("column.exit") : say("column.entry"), price(leg.price)),
      tipRow(say("column.quantity"), coins(leg.quantity)),
    ];
    if (leg.reason) rows.push(tipRow(say("column.profit"), money(leg.profit, true), tone(leg.profit)));
    if (leg.ambiguous) rows.push(tipRow(say("column.ambiguous"), "●"));
    return rows;
  }
  return {
    plot,
    get market() { return market; },
    choose(name) { market = name; plot.draw(); },
    focus(trade) {
      market = trade.market;
      const end = trade.closed ?? domain[1], room = Math.max((end - trade.opened) * 0.8, 24 * clock);
      plot.show(trade.opened - room, end + room);
    },
  };
}
