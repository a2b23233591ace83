/* A canvas with a time axis that can be zoomed (wheel after a click, pinch, + and -) and panned (drag, arrow keys). */
class Plot {
  constructor(canvas, tip, options) {
    Object.assign(this, { canvas, tip, right: 64, bottom: 22, top: 10, cursor: null, pointers: new Map() }, options);
    this.context = canvas.getContext("2d");
    this.reset(false);
    canvas.tabIndex = 0;
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => this.pointers.delete(event.pointerId));
    canvas.addEventListener("pointerleave", () => { this.cursor = null; this.draw(); });
    canvas.addEventListener("dblclick", () => this.reset(true));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  reset(draw) {
    [this.from, this.to] = this.domain;
    if (draw) this.draw();
  }

  show(from, to) {
    const [low, high] = this.domain;
    const span = Math.min(Math.max(to - from, this.shortest), high - low);
    this.from = Math.min(Math.max(from, low), high - span);
    this.to = this.from + span;
    this.draw();
  }

  get width() { return Math.max(this.canvas.clientWidth - this.right, 10); }
  get height() { return Math.max(this.canvas.clientHeight - this.bottom - this.top, 10); }
  x(time) { return ((time - this.from) / (this.to - this.from)) * this.width; }
  time(x) { return this.from + (x / this.width) * (this.to - this.from); }

  zoom(factor, x) {
    const centre = this.time(x);
    this.show(centre - (centre - this.from) * factor, centre + (this.to - centre) * factor);
  }

  point(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  press(event) {
    this.canvas.focus({ preventScroll: true });
    this.pointers.set(event.pointerId, this.point(event));
    this.canvas.setPointerCapture(event.pointerId);
  }

  move(event) {
    const at = this.point(event);
    const before = this.pointers.get(event.pointerId);
    if (before && this.pointers.size === 1) {
      const shift = ((before.x - at.x) / this.width) * (this.to - this.from);
      this.show(this.from + shift, this.to + shift);
    } else if (before && this.pointers.size === 2) {
      const other = [...this.pointers].find(([id]) => id !== event.pointerId)[1];
      const far = Math.abs(at.x - other.x), was = Math.abs(before.x - other.x);
      if (far > 10 && was > 10) this.zoom(was / far, (at.x + other.x) / 2);
    }
    if (before) this.pointers.set(event.pointerId, at);
    this.cursor = at;
    this.draw();
  }

  wheel(event) {
    if (document.activeElement !== this.canvas && !event.ctrlKey) return;
    event.preventDefault();
    this.zoom(Math.exp(Math.sign(event.deltaY) * Math.min(Math.abs(event.deltaY), 60) * 0.004), this.point(event).x);
  }

  key(event) {
    const step = (this.to - this.from) / 10;
    const moves = {
      ArrowLeft: () => this.show(this.from - step, this.to - step), ArrowRight: () => this.show(this.from + step, this.to + step),
      "+": () => this.zoom(0.7, this.width / 2), "=": () => this.zoom(0.7, this.width / 2), "-": () => this.zoom(1.4, this.width / 2),
      0: () => this.reset(true),
    };
    if (moves[event.key]) { event.preventDefault(); moves[event.key](); }
  }

  draw() {
    const { canvas, context } = this;
    const scale = devicePixelRatio || 1;
    const wide = Math.round(canvas.clientWidth * scale), tall = Math.round(canvas.clientHeight * scale);
    if (!wide || !tall) return;
    if (canvas.width !== wide || canvas.height !== tall) { canvas.width = wide; canvas.height = tall; }
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
    context.font = "11px system-ui, sans-serif";
    context.lineWidth = 1;
    this.timeAxis();
    this.paint(context);
    this.crosshair(context);
  }

  timeAxis() {
    const { context } = this;
    const bottom = this.top + this.height;
    context.textAlign = "center";
    context.textBaseline = "top";
    for (const [time, words] of timeTicks(this.from, this.to, Math.max(Math.floor(this.width / 84), 2))) {
      const x = this.x(time);
      context.strokeStyle = colour("grid");
      context.beginPath(); context.moveTo(x, this.top); context.lineTo(x, bottom); context.stroke();
      context.fillStyle = colour("soft");
      if (x > 18 && x < this.width - 14) context.fillText(words, x, bottom + 6);
    }
  }

  /* room for labels as wide as these words: what was drawn beside less room is drawn again; true when it was */
  room(...words) {
    const needed = Math.max(...words.map((one) => Math.ceil(this.context.measureText(one).width) + 12));
    if (needed <= this.right) return false;
    this.right = needed;
    this.draw();
    return true;
  }

  /* horizontal lines and labels between two values drawn from `top` for `tall` pixels, at round values unless told */
  scale(low, high, top, tall, label, values) {
    const { context } = this;
    const y = (value) => top + tall - ((value - low) / (high - low || 1)) * tall;
    context.textAlign = "left";
    context.textBaseline = "middle";
    for (const value of values || niceTicks(low, high, Math.max(Math.floor(tall / 44), 2))) {
      context.strokeStyle = colour("grid");
      context.beginPath(); context.moveTo(0, y(value)); context.lineTo(this.width, y(value)); context.stroke();
      context.fillStyle = colour("soft");
      context.fillText(label(value), this.width + 6, y(value));
    }
    return y;
  }

  crosshair(context) {
    const at = this.cursor;
    if (!at || at.x > this.width || at.x < 0) { this.tip.hidden = true; return; }
    context.strokeStyle = colour("soft");
    context.setLineDash([3, 3]);
    context.beginPath();
    context.moveTo(at.x, this.top); context.lineTo(at.x, this.top + this.height);
    context.moveTo(0, at.y); context.lineTo(this.width, at.y);
    context.stroke();
    context.setLineDash([]);
    const rows = this.inform(at);
    this.tip.hidden = !rows;
    if (!rows) return;
    this.tip.replaceChildren(...rows);
    const box = this.canvas.clientWidth, size = this.tip.offsetWidth;
    this.tip.style.left = Math.max(4, at.x + 18 + size > box ? at.x - size - 14 : at.x + 18) + "px";
    this.tip.style.top = Math.max(4, Math.min(at.y + 14, this.canvas.clientHeight - this.tip.offsetHeight - 4)) + "px";
  }
}

function niceTicks(low, high, most) {
  const raw = (high - low) / most;
  if (!(raw > 0)) return [];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= raw);
  const found = [];
  for (let at = Math.ceil(low / step); at * step <= high; at++) found.push(at * step + 0); // + 0: no -0
  return found;
}

/* logarithms of round values between two logarithms */
function logTicks(low, high, most) {
  if (high - low < Math.log(8)) return niceTicks(Math.exp(low), Math.exp(high), most).map(Math.log);
  const found = [];
  for (let power = Math.floor(low / Math.LN10); power <= high / Math.LN10; power++) {
    for (const one of [1, 2, 5]) found.push(Math.log(one) + power * Math.LN10);
  }
  return found.filter((value) => low <= value && value <= high);
}

const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720].map((one) => one * MINUTE).concat([1, 2, 5, 7, 14].map((one) => one * DAY));

/* [time, words] at round KST times */
function timeTicks(from, to, most) {
  const step = TIME_STEPS.find((one) => (to - from) / one <= most) || (to - from < 100 * DAY ? 20 * DAY : 0); // a month alone says too little
  const found = [];
  if (step) {
    for (let time = Math.ceil((from + KST) / step) * step - KST; time <= to; time += step) {
      const d = kstDate(time);
      const midnight = d.getUTCHours() === 0 && d.getUTCMinutes() === 0;
      found.push([time, midnight ? `${d.getUTCMonth() + 1}/${d.getUTCDate()}` : `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`]);
    }
    return found;
  }
  const months = [1, 2, 3, 6, 12, 24, 60].find((one) => (to - from) / (one * 30.4 * DAY) <= most) || 120;
  const start = kstDate(from);
  for (let month = Math.ceil((start.getUTCFullYear() * 12 + start.getUTCMonth()) / months) * months; ; month += months) {
    const time = Date.UTC(Math.floor(month / 12), month % 12, 1) - KST;
    if (time > to) return found;
    if (time >= from) found.push([time, month % 12 ? `${Math.floor(month / 12)}-${two((month % 12) + 1)}` : `${Math.floor(month / 12)}`]);
  }
}

/* first index with times[index] >= time */
function lowerBound(times, time) {
  let low = 0, high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < time) low = middle + 1; else high = middle;
  }
  return low;
}

const tipRow = (name, value, kind) => h("div.tip-row", null, h("span", null, name), h("b" + (kind ? "." + kind : ""), null, value));
