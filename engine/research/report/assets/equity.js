/* Equity beside buy-and-hold, drawdown below. */
function equityPlot(canvas, tip) {
  const data = payload.charts.equity;
  const times = [];
  data.steps.reduce((time, step) => { times.push(time + step * data.unit_ms); return time + step * data.unit_ms; }, data.from_ms);
  const plot = new Plot(canvas, tip, {
    domain: [times[0], Math.max(times[times.length - 1], times[0] + 1)],
    shortest: Math.min(20 * data.unit_ms, Math.max(times[times.length - 1] - times[0], 1)),
    log: false,
    paint: paintEquity,
    inform: informEquity,
  });
  function range() {
    return [Math.max(lowerBound(times, plot.from) - 1, 0), Math.min(lowerBound(times, plot.to) + 1, times.length)];
  }
  function paintEquity(context) {
    const [first, last] = range();
    const upper = Math.floor(plot.height * 0.7), gap = 16, lower = plot.height - upper - gap;
    const form = plot.log ? Math.log : (value) => value;
    const back = plot.log ? Math.exp : (value) => value;
    let low = Infinity, high = -Infinity, deepest = -0.002;
    for (let i = first; i < last; i++) {
      for (const value of [data.equity[i], data.held[i]]) if (known(value)) { low = Math.min(low, form(value)); high = Math.max(high, form(value)); }
      deepest = Math.min(deepest, data.drawdown[i]);
    }
    if (low === high) { low -= Math.abs(low) * 0.01 || 1; high += Math.abs(high) * 0.01 || 1; }
    const margin = (high - low) * 0.06;
    const values = (plot.log ? logTicks : niceTicks)(low - margin, high + margin, Math.max(Math.floor(upper / 44), 2));
    if (plot.room(...values.map((value) => shortMoney(back(value))))) return;
    const y = plot.scale(low - margin, high + margin, plot.top, upper, (value) => shortMoney(back(value)), values);
    context.save();
    context.beginPath(); context.rect(0, 0, plot.width, canvas.clientHeight); context.clip();
    line(context, first, last, (i) => y(form(data.held[i])), data.held, colour("soft"), 1.2, [5, 4]);
    const shape = line(context, first, last, (i) => y(form(data.equity[i])), data.equity, colour("accent"), 2, []);
    area(context, shape, first, last, plot.top + upper, fade(colour("accent"), 0.12));
    context.restore();
    const top = plot.top + upper + gap;
    const depth = plot.scale(deepest * 1.08, 0, top, lower, (value) => trim(value * 100, 2) + "%", niceTicks(deepest * 1.08, 0, 3));
    context.save();
    context.beginPath(); context.rect(0, top - 1, plot.width, lower + 2); context.clip();
    const fall = line(context, first, last, (i) => depth(data.drawdown[i]), data.drawdown, colour("down"), 1.2, []);
    area(context, fall, first, last, top, fade(colour("down"), 0.18));
    context.restore();
  }
  function line(context, first, last, y, values, ink, wide, dash) {
    const shape = new Path2D();
    let started = false;
    for (let i = first; i < last; i++) {
      if (!known(values[i])) continue;
      if (started) shape.lineTo(plot.x(times[i]), y(i)); else shape.moveTo(plot.x(times[i]), y(i));
      started = true;
    }
    context.strokeStyle = ink; context.lineWidth = wide; context.setLineDash(dash);
    context.stroke(shape);
    context.setLineDash([]);
    return shape;
  }
  function area(context, shape, first, last, base, ink) {
    const filled = new Path2D(shape);
    filled.lineTo(plot.x(times[last - 1]), base);
    filled.lineTo(plot.x(times[first]), base);
    context.fillStyle = ink;
    context.fill(filled);
  }
  function informEquity(at) {
    const time = plot.time(at.x);
    let i = Math.min(lowerBound(times, time), times.length - 1);
    if (i > 0 && time - times[i - 1] < times[i] - time) i--;
    const start = report.settings.cash_krw, change = data.equity[i] / start - 1, held = data.held[i] / start - 1;
    return [
      h("div.tip-head", null, kst(times[i])),
      tipRow(say("strategy"), money(data.equity[i])), tipRow("", percent(change, true), tone(change)),
      tipRow(say("buy_and_hold"), known(data.held[i]) ? percent(held, true) : NONE, tone(held)),
      tipRow(say("page.drawdown"), percent(data.drawdown[i]), data.drawdown[i] < 0 ? "down" : "flat"),
    ];
  }
  return plot;
}
