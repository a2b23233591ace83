// The language's assistance inside NiceGUI's CodeMirror: marks, gutter, hover, completion, quick fixes, and drafts kept in the browser.
import * as CM from "nicegui-codemirror"; // the very module that ui.codemirror runs on

const setProblems = CM.StateEffect.define();

function build(state, problems) {
  const end = state.doc.length;
  const marks = [];
  for (const problem of problems) {
    const from = Math.min(problem.from, end);
    const to = Math.min(Math.max(problem.to, from), end);
    if (to > from) marks.push(CM.Decoration.mark({ class: `jd-mark jd-${problem.severity}` }).range(from, to));
    else marks.push(CM.Decoration.line({ class: `jd-line jd-${problem.severity}` }).range(state.doc.lineAt(from).from));
  }
  return CM.Decoration.set(marks, true);
}

const problemField = CM.StateField.define({
  create: () => ({ list: [], deco: CM.Decoration.none }),
  update(value, transaction) {
    let { list, deco } = value;
    if (transaction.docChanged) {
      deco = deco.map(transaction.changes);
      list = list.map((one) => ({
        ...one,
        from: transaction.changes.mapPos(Math.min(one.from, transaction.changes.length), -1),
        to: transaction.changes.mapPos(Math.min(one.to, transaction.changes.length), 1),
        stale: true, // its fix was made for another text
      }));
    }
    for (const effect of transaction.effects)
      if (effect.is(setProblems)) {
        list = effect.value;
        deco = build(transaction.state, list);
      }
    return { list, deco };
  },
  provide: (field) => CM.EditorView.decorations.from(field, (value) => value.deco),
});

class Sign extends CM.GutterMarker {
  constructor(severity, title) {
    super();
    this.severity = severity;
    this.title = title;
  }
  eq(other) {
    return other.severity === this.severity && other.title === this.title;
  }
  toDOM() {
    const sign = document.createElement("span");
    sign.className = `jd-sign jd-${this.severity}`;
    sign.textContent = this.severity === "error" ? "✕" : "!";
    sign.title = this.title;
    return sign;
  }
}

const gutter = CM.gutter({
  class: "jd-gutter",
  markers(view) {
    const lines = new Map();
    for (const problem of view.state.field(problemField).list) {
      const at = view.state.doc.lineAt(Math.min(problem.from, view.state.doc.length)).from;
      if (!lines.has(at) || problem.severity === "error") lines.set(at, problem);
    }
    const signs = [...lines].map(([at, problem]) => new Sign(problem.severity, problem.message).range(at));
    return CM.RangeSet.of(signs, true);
  },
  initialSpacer: () => new Sign("error", ""),
});

// -- Markdown, as far as the language's texts use it, made of elements and never of HTML text ------------------------------------------
function inline(parent, text) {
  for (const part of text.split(/(`[^`]+`|\*\*[^*]+\*\*)/)) {
    if (part.startsWith("`") && part.length > 2) parent.append(element("code", part.slice(1, -1)));
    else if (part.startsWith("**") && part.length > 4) parent.append(element("b", part.slice(2, -2)));
    else if (part) parent.append(part);
  }
}
function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}
function markdown(source) {
  const box = element("div", undefined, "jd-markdown");
  let fence = null;
  let list = null;
  for (const line of source.split("\n")) {
    if (line.startsWith("```")) {
      if (fence) fence = null;
      else box.append((fence = element("pre", "")));
      continue;
    }
    if (fence) {
      fence.textContent += (fence.textContent ? "\n" : "") + line;
      continue;
    }
    const item = /^\s*[-*] (.*)$/.exec(line);
    if (item) {
      if (!list) box.append((list = element("ul")));
      const entry = element("li");
      inline(entry, item[1]);
      list.append(entry);
      continue;
    }
    list = null;
    if (!line.trim()) continue;
    const heading = /^#+ (.*)$/.exec(line);
    const paragraph = element(heading ? "h4" : "p");
    inline(paragraph, heading ? heading[1] : line);
    box.append(paragraph);
  }
  return box;
}

export default {
  template: "<div style='display:none'></div>",
  props: { editorId: Number, name: String, version: String, saved: String, texts: Object, lang: String },
  async mounted() {
    await new Promise((resolve) => setTimeout(resolve, 0)); // getElement() knows nothing inside mounted() of the first render
    const host = getElement(this.editorId);
    const view = (this.view = host.editor || (await host.editorPromise));
    this.base = { name: this.name, version: this.version, text: this.saved };
    const proposals = [{ autocomplete: (context) => this.complete(context) }]; // one function for good: CodeMirror knows a source by it
    const listen = CM.EditorView.updateListener.of((update) => {
      if (update.docChanged) {
        this.typedAt = performance.now();
        this.keepDraft();
      }
      if (update.selectionSet || update.docChanged) this.tellLine(update.state);
    });
    view.dispatch({
      effects: CM.StateEffect.appendConfig.of([
        problemField,
        gutter,
        listen,
        CM.hoverTooltip((v, pos, side) => this.hover(v, pos, side), { hoverTime: 250, hideOnChange: true }),
        CM.EditorState.languageData.of(() => proposals),
        CM.keymap.of([
          { key: "F8", run: () => this.nextProblem(1) },
          { key: "Shift-F8", run: () => this.nextProblem(-1) },
          { key: "Mod-.", run: () => this.fixHere() },
          { key: "Alt-Enter", run: () => this.fixHere() },
        ]),
      ]),
    });
    view.contentDOM.setAttribute("aria-label", this.texts.editor);
    jangdanLook.start();
    const follow = () => host.setTheme(document.body.classList.contains("body--dark") ? "vscodeDark" : "vscodeLight");
    this.look = new MutationObserver(follow);
    this.look.observe(document.body, { attributes: true, attributeFilter: ["class"] });
    follow();
    window.jangdanEditor = view; // for the browser's tests and for measuring
    this.restoreDraft();
    this.$emit("ready");
  },
  beforeUnmount() {
    this.look?.disconnect();
  },
  methods: {
    // -- marks ------------------------------------------------------------------------------------------------------------------------
    show(answer) {
      if (!this.view || answer.length !== this.view.state.doc.length) return; // of an older text
      this.view.dispatch({ effects: setProblems.of(answer.problems) });
      this.markedAt = performance.now();
      this.view.dom.dataset.marked = String(this.markedAt);
      this.view.dom.dataset.latency = String(this.markedAt - (this.typedAt || this.markedAt));
    },
    jump(offset) {
      const at = Math.min(offset, this.view.state.doc.length);
      this.view.dispatch({ selection: { anchor: at }, effects: CM.EditorView.scrollIntoView(at, { y: "center" }) });
      this.view.focus();
    },
    nextProblem(step) {
      const list = this.view.state.field(problemField).list;
      if (!list.length) return false;
      const at = this.view.state.selection.main.head;
      const places = list.map((one) => one.from).sort((a, b) => a - b);
      const next = step > 0 ? places.find((from) => from > at) : places.reverse().find((from) => from < at);
      this.jump(next ?? places[0]);
      return true;
    },
    apply(edits) {
      this.view.dispatch({ changes: edits.map((edit) => ({ from: edit.from, to: edit.to, insert: edit.text })), userEvent: "input" });
      this.view.focus();
    },
    fixHere() {
      const state = this.view.state;
      const line = state.doc.lineAt(state.selection.main.head);
      const found = state.field(problemField).list.find((one) => one.fix && !one.stale && one.from <= line.to && one.to >= line.from);
      if (found) this.apply(found.fix.edits);
      return Boolean(found);
    },
    tellLine(state) {
      const line = state.doc.lineAt(state.selection.main.head).number;
      if (line !== this.line) this.$emit("line", { line: (this.line = line) });
    },
    // -- questions to the engine ------------------------------------------------------------------------------------------------------
    async ask(what, offset) {
      const body = { name: this.base.name, text: this.view.state.doc.toString(), language: this.lang, offset };
      const answer = await fetch(`/engine/assist/${what}`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
      return answer.ok ? await answer.json() : null;
    },
    async hover(view, pos) {
      const here = view.state.field(problemField).list.filter((one) => one.from <= pos && pos <= Math.max(one.to, one.from + 1));
      const answer = await this.ask("hover", pos);
      if (!here.length && !(answer && answer.markdown)) return null;
      const from = here.length ? here[0].from : answer.from;
      const to = here.length ? here[0].to : answer.to;
      return {
        pos: Math.min(from, pos),
        end: Math.max(Math.min(to, view.state.doc.length), pos),
        above: true,
        create: () => ({ dom: this.tooltip(here, answer ? answer.markdown : "") }),
      };
    },
    tooltip(problems, text) {
      const box = element("div", undefined, "jd-tooltip");
      for (const problem of problems) {
        const entry = element("div", undefined, `jd-tip jd-${problem.severity}`);
        const say = (name, text, className) => {
          const line = element(name, undefined, className);
          inline(line, text);
          entry.append(line);
        };
        say("b", problem.message);
        if (problem.label) say("div", problem.label);
        for (const note of problem.notes) say("div", note, "jd-note");
        if (problem.fix && !problem.stale) {
          const button = element("button", problem.fix.title, "jd-fix");
          button.type = "button";
          button.addEventListener("mousedown", (event) => {
            event.preventDefault();
            this.apply(problem.fix.edits);
          });
          entry.append(button);
        }
        box.append(entry);
      }
      if (text) box.append(markdown(text));
      return box;
    },
    async complete(context) {
      const before = context.state.sliceDoc(Math.max(0, context.pos - 1), context.pos);
      if (!context.explicit && !/[\p{L}\p{N}_.@(-]/u.test(before)) return null;
      const answer = await this.ask("completions", context.pos);
      if (context.aborted || !answer || !answer.completions.length) return null;
      const from = Math.min(...answer.completions.map((one) => one.edit.from));
      return {
        from: Math.min(from, context.pos),
        filter: false, // ranked by the engine
        options: answer.completions.map((one) => ({
          label: one.label,
          detail: one.detail,
          type: KINDS[one.kind] || "text",
          info: one.documentation ? () => markdown(one.documentation) : undefined,
          apply: (view) => this.insert(view, one),
        })),
      };
    },
    insert(view, completion) {
      const { text, stop } = unfolded(completion.snippet);
      const from = completion.edit.from;
      view.dispatch({
        changes: { from, to: completion.edit.to, insert: text },
        selection: stop ? { anchor: from + stop.from, head: from + stop.to } : { anchor: from + text.length },
        userEvent: completion.again ? "input.type" : "input.complete",
      });
    },
    // -- drafts: what was typed and not saved outlives the page, the server and the computer's sleep -----------------------------------
    key(name) {
      return `jangdan.draft.${name}`;
    },
    keepDraft() {
      const text = this.view.state.doc.toString();
      if (text === this.base.text) localStorage.removeItem(this.key(this.base.name));
      else localStorage.setItem(this.key(this.base.name), JSON.stringify({ text, version: this.base.version }));
    },
    draftOf(name) {
      const kept = localStorage.getItem(this.key(name));
      return kept ? JSON.parse(kept) : null;
    },
    restoreDraft() {
      const draft = this.draftOf(this.base.name);
      if (!draft || draft.text === this.base.text) return;
      this.base.version = draft.version;
      this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: draft.text } });
      this.$emit("draft", { version: draft.version });
    },
    dropDraft() {
      localStorage.removeItem(this.key(this.base.name));
      this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: this.base.text } });
    },
    opened(name, version, text) {
      const draft = this.draftOf(name); // before the text below, which is on disk, ends every draft
      this.base = { name, version, text };
      this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text }, selection: { anchor: 0 } });
      if (draft) localStorage.setItem(this.key(name), JSON.stringify(draft));
      this.restoreDraft();
    },
    rebased(version, text) {
      this.base = { ...this.base, version, text };
      this.keepDraft();
    },
  },
};

const KINDS = {
  function: "function", series: "variable", member: "property", definition: "constant", param: "variable", alias: "namespace",
  factor: "constant", regime: "constant", condition: "constant", exit: "constant", keyword: "keyword", timeframe: "enum", argument: "property",
  key: "property", value: "enum", market: "class", profile: "class", strategy: "class",
};

// `${1:close}` of a snippet as plain text; `stop`: the first place for the cursor
function unfolded(snippet) {
  let stop = null;
  let text = "";
  const pattern = /\\([\\$}])|\$\{(\d+):((?:\\[\\$}]|[^}\\])*)\}/g;
  let at = 0;
  for (let found; (found = pattern.exec(snippet)); at = pattern.lastIndex) {
    text += snippet.slice(at, found.index);
    if (found[1]) text += found[1];
    else {
      const inside = found[3].replace(/\\([\\$}])/g, "$1");
      if (!stop) stop = { from: text.length, to: text.length + inside.length };
      text += inside;
    }
  }
  return { text: text + snippet.slice(at), stop };
}
