// Candles with the fills of a preview on TradingView Lightweight Charts (Apache-2.0), which comes from an installed package.

let library = null;
function loaded(url) {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = resolve;
    script.onerror = () => reject(new Error(`cannot load ${url}`));
    document.head.append(script);
  });
  return library;
}

const KST = "Asia/Seoul";
const PAGE = 3000; // bars asked for at once

export default {
  template: `<div class="jd-chart-box" tabindex="0" role="img" :aria-label="label" @keydown="key">
    <div ref="chart" class="jd-chart"></div><div ref="line" class="jd-chosen"></div><div ref="legend" class="jd-legend"></div></div>`,
  props: { library: String, label: String, texts: Object, lang: String },
  async mounted() {
    this.bars = [];
    this.marks = [];
    await loaded(this.library);
    const LWC = (this.LWC = window.LightweightCharts);
    this.chart = LWC.createChart(this.$refs.chart, {
      autoSize: true,
      layout: { attributionLogo: true, fontFamily: getComputedStyle(document.body).fontFamily, background: { color: "transparent" } },
      localization: { timeFormatter: (time) => this.time(time, true), priceFormatter: (price) => this.price(price) },
      timeScale: { timeVisible: true, tickMarkFormatter: (time, kind) => this.tick(time, kind), rightOffset: 3 },
      crosshair: { mode: 0 },
    });
    this.candles = this.chart.addSeries(LWC.CandlestickSeries, { priceLineVisible: false });
    this.volume = this.chart.addSeries(LWC.HistogramSeries, { priceScaleId: "", priceFormat: { type: "volume" }, lastValueVisible: false, priceLineVisible: false });
    this.volume.priceScale().applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
    this.candles.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: 0.2 } });
    this.markers = LWC.createSeriesMarkers(this.candles, []);
    this.colours();
    this.chart.subscribeClick((event) => event.time !== undefined && this.choose(event.time));
    this.chart.subscribeCrosshairMove((event) => this.tell(event));
    this.chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      this.place();
      this.label_marks();
      if (range && range.from < 50) this.older();
    });
    this.observer = new MutationObserver(() => this.colours());
    this.observer.observe(document.body, { attributes: true, attributeFilter: ["class"] });
    this.$el.jangdanChart = this; // for the browser's tests
    if (this.waiting) this.load(...this.waiting);
    this.$emit("ready");
  },
  beforeUnmount() {
    this.observer?.disconnect();
    this.chart?.remove();
  },
  methods: {
    // url: of the preview's chart without page; keep: leave the view and the chosen bar where they are
    async load(url, keep) {
      if (!this.chart) return void (this.waiting = [url, keep]);
      this.url = url;
      const answer = await fetch(`${url}&count=${PAGE}`);
      if (this.url !== url || !answer.ok) return;
      const page = await answer.json();
      const view = keep ? this.chart.timeScale().getVisibleRange() : null;
      this.bars = rows(page);
      this.marks = page.marks;
      this.earlier = page.earlier;
      this.length_s = page.length_ms / 1000;
      this.draw();
      if (view && this.bars.length) this.chart.timeScale().setVisibleRange(view);
      else this.chart.timeScale().setVisibleLogicalRange({ from: this.first_seen(), to: this.bars.length + 3 });
      this.$el.dataset.loaded = url;
      this.$el.dataset.bars = String(this.bars.length);
      this.$el.dataset.marks = String(this.marks.length);
      this.$el.dataset.drawn = String(performance.now());
      if (this.chosen !== undefined) this.place();
    },
    // where the view begins: the newest bars, and the last buy among them where it is not too far back
    first_seen() {
      const last = this.marks.filter((mark) => mark.kind === "entry").at(-1);
      const at = last ? this.bars.findIndex((bar) => bar.time === last.time) : Infinity;
      return Math.max(this.bars.length - 700, Math.min(this.bars.length - 160, at - 30));
    },
    async older() {
      if (!this.earlier || this.asking || !this.bars.length) return;
      this.asking = true; // one page at a time
      const url = this.url;
      const answer = await fetch(`${url}&count=${PAGE}&before_ms=${this.bars[0].time * 1000}`);
      this.asking = false;
      if (this.url !== url || !answer.ok) return;
      const page = await answer.json();
      this.bars = [...rows(page), ...this.bars];
      this.marks = [...page.marks, ...this.marks];
      this.earlier = page.earlier;
      this.draw();
      this.$el.dataset.bars = String(this.bars.length);
    },
    draw() {
      const last = this.bars.at(-1)?.close ?? 1;
      const step = last >= 1000 ? 1 : last >= 100 ? 0.1 : last >= 1 ? 0.01 : 0.0001;
      this.decimals = Math.max(0, -Math.floor(Math.log10(step)));
      this.candles.applyOptions({ priceFormat: { type: "custom", minMove: step, formatter: (price) => this.price(price) } });
      this.candles.setData(this.bars);
      this.volume.setData(this.bars.map((bar) => ({ time: bar.time, value: bar.volume, color: bar.close >= bar.open ? this.paint.upSoft : this.paint.downSoft })));
      this.label_marks();
    },
    label_marks() {
      const range = this.chart.timeScale().getVisibleRange();
      const seen = range ? this.marks.filter((mark) => mark.time >= range.from && mark.time <= range.to).length : 99;
      const named = seen > 0 && seen <= 24;
      if (this.named === named && this.drawnMarks === this.marks && this.drawnPaint === this.paint) return;
      this.named = named;
      this.drawnMarks = this.marks;
      this.drawnPaint = this.paint;
      this.markers.setMarkers(
        this.marks.map((mark) => {
          const entry = mark.kind === "entry";
          return {
            time: mark.time,
            position: entry ? "belowBar" : "aboveBar",
            shape: entry ? "arrowUp" : "arrowDown",
            color: entry ? this.paint.buy : this.paint.sell,
            text: named ? (entry ? this.texts.buy : mark.exit) : "",
          };
        }),
      );
    },
    colours() {
      const of = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();
      const paint = (this.paint = {
        up: of("--candle-up"), down: of("--candle-down"), upSoft: of("--candle-up-soft"), downSoft: of("--candle-down-soft"),
        buy: of("--buy"), sell: of("--sell"),
      });
      this.chart.applyOptions({
        layout: { textColor: of("--mu"), background: { color: "transparent" } },
        grid: { vertLines: { color: of("--grid") }, horzLines: { color: of("--grid") } },
        rightPriceScale: { borderColor: of("--bd") },
        timeScale: { borderColor: of("--bd") },
      });
      this.candles.applyOptions({
        upColor: paint.up, downColor: paint.down, borderUpColor: paint.up, borderDownColor: paint.down, wickUpColor: paint.up, wickDownColor: paint.down,
      });
      if (this.bars.length) this.draw();
    },
    // -- the chosen bar ---------------------------------------------------------------------------------------------------------------
    // at_ms: the instant that is asked about; by default the last one of the bar, whose last decision is its close
    choose(time, at_ms) {
      this.chosen = time;
      this.place();
      this.$emit("bar", { at_ms: at_ms ?? (time + this.length_s) * 1000 - 1 });
    },
    forget() {
      this.chosen = undefined;
      this.place();
    },
    place() {
      const x = this.chosen === undefined ? null : this.chart.timeScale().timeToCoordinate(this.nearest(this.chosen));
      this.$refs.line.style.display = x === null ? "none" : "block";
      if (x !== null) this.$refs.line.style.left = `${x}px`;
    },
    nearest(time) {
      let low = 0;
      let high = this.bars.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (this.bars[middle].time <= time) low = middle;
        else high = middle - 1;
      }
      return this.bars[low]?.time ?? time;
    },
    key(event) {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step || !this.bars.length) return;
      event.preventDefault();
      const at = this.chosen === undefined ? this.bars.length : this.bars.findIndex((bar) => bar.time === this.nearest(this.chosen));
      const next = this.bars[Math.min(Math.max(at + step, 0), this.bars.length - 1)];
      this.choose(next.time);
    },
    async step_mark(step) {
      const from = this.chosen ?? (step > 0 ? -Infinity : Infinity);
      const next = () => {
        const decided = (mark) => Math.floor((mark.decided_ms - 1) / 1000);
        const buys = this.marks.filter((mark) => mark.kind === "entry" && (step > 0 ? decided(mark) > from : decided(mark) < from));
        return step > 0 ? buys[0] : buys.at(-1);
      };
      while (!next() && step < 0 && this.earlier) await this.older();
      const mark = next();
      if (!mark) return;
      const at = this.bars.findIndex((bar) => bar.time === mark.time);
      this.chart.timeScale().setVisibleLogicalRange({ from: at - 70, to: at + 70 });
      this.choose(Math.floor((mark.decided_ms - 1) / 1000), mark.decided_ms - 1); // the bar that decided closed as the buy's began
    },
    // -- words ------------------------------------------------------------------------------------------------------------------------
    tell(event) {
      const bar = event.seriesData?.get(this.candles);
      if (!bar) return void (this.$refs.legend.textContent = "");
      const change = (bar.close / bar.open - 1) * 100;
      const words = this.texts;
      this.$refs.legend.textContent =
        `${this.time(bar.time, true)}  ${words.open} ${this.price(bar.open)}  ${words.high} ${this.price(bar.high)}  ` +
        `${words.low} ${this.price(bar.low)}  ${words.close} ${this.price(bar.close)}  ${change >= 0 ? "▲" : "▼"} ${Math.abs(change).toFixed(2)}%`;
    },
    price(value) {
      return value.toLocaleString(this.lang === "ko" ? "ko-KR" : "en-US", { minimumFractionDigits: this.decimals, maximumFractionDigits: this.decimals });
    },
    time(seconds, whole) {
      const form = whole
        ? { year: "2-digit", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hour12: false }
        : { hour: "2-digit", minute: "2-digit", hour12: false };
      return new Intl.DateTimeFormat(this.lang === "ko" ? "ko-KR" : "en-GB", { timeZone: KST, ...form }).format(new Date(seconds * 1000));
    },
    tick(seconds, kind) {
      if (kind >= 3) return this.time(seconds, false);
      const form = kind === 0 ? { year: "numeric" } : kind === 1 ? { month: "short" } : { month: "numeric", day: "numeric" };
      return new Intl.DateTimeFormat(this.lang === "ko" ? "ko-KR" : "en-GB", { timeZone: KST, ...form }).format(new Date(seconds * 1000));
    },
  },
};

function rows(page) {
  return page.time.map((time, k) => ({ time, open: page.open[k], high: page.high[k], low: page.low[k], close: page.close[k], volume: page.volume[k] }));
}
