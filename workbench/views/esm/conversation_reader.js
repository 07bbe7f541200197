// One conversation, turn by turn, with lanes of codes and emotions.
// Traits read: title, facts [[name, value]], note, turns, lanes [{key, title}], palette {label: colour}.
// A turn: {id, turn, role, side, speaker, text, <lane key>: [{label, p}]}; p is null without a probability.
// Trait written: selected, the place of the chosen turn in `turns`.
// Dialogue text is set through textContent only; nothing here makes markup of it.

const SIDES = ["helper", "client", "other"];
const ALL = "";

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined && text !== null) node.textContent = String(text);
  return node;
}

function percent(p) {
  return p === null || p === undefined ? "" : `${Math.round(p * 100)} %`;
}

function describe(mark) {
  return mark.p === null || mark.p === undefined ? mark.label : `${mark.label}, ${percent(mark.p)}`;
}

// The text with every place where `sought` stands marked.
function writeText(node, text, sought) {
  node.replaceChildren();
  const low = text.toLowerCase();
  const wanted = sought.toLowerCase();
  if (!wanted || low.length !== text.length) {
    node.textContent = text;
    return;
  }
  let from = 0;
  for (let at = low.indexOf(wanted); at >= 0; at = low.indexOf(wanted, from)) {
    node.append(text.slice(from, at), make("mark", "", text.slice(at, at + wanted.length)));
    from = at + wanted.length;
  }
  node.append(text.slice(from));
}

function labelled(name, control) {
  const label = make("label", "wbr-field");
  label.append(make("span", "wbr-field-name", name), control);
  return label;
}

function choice(values, names) {
  const select = make("select");
  values.forEach((value, i) => {
    const option = make("option", "", names[i]);
    option.value = value;
    select.append(option);
  });
  return select;
}

function chip(mark, palette) {
  const node = make("span", "wbr-chip");
  node.style.setProperty("--wbr-mark", palette[mark.label] || "#8a8a8a");
  node.append(make("span", "wbr-chip-label", mark.label));
  if (mark.p !== null && mark.p !== undefined) node.append(make("span", "wbr-chip-p", percent(mark.p)));
  return node;
}

function render({ model, el }) {
  const root = make("div", "wbr");
  root.setAttribute("data-lm-suppress-shortcuts", "true");
  root.addEventListener("keydown", (event) => event.stopPropagation());
  el.append(root);

  const view = { sought: "", side: ALL, label: ALL };
  let turns = [];
  let lanes = [];
  let palette = {};
  let shown = [];
  let rows = [];
  let parts = {};
  let planned = false;

  const marksOf = (turn) => lanes.flatMap((lane) => turn[lane.key] || []);

  function selected() {
    const at = Number(model.get("selected"));
    return Number.isInteger(at) && at >= 0 && at < turns.length ? at : 0;
  }

  function select(at, focus) {
    if (at === undefined || !turns.length) return;
    model.set("selected", at);
    model.save_changes();
    showSelected();
    if (focus) parts.list.focus({ preventScroll: true });
  }

  // By how many shown turns to go on; the selected turn itself may be filtered out.
  function step(by) {
    if (!shown.length) return;
    const now = selected();
    let place = shown.indexOf(now);
    if (place < 0) {
      const after = shown.findIndex((at) => at > now);
      place = by > 0 ? (after < 0 ? shown.length : after) - 1 : after < 0 ? shown.length : after;
    }
    select(shown[Math.min(shown.length - 1, Math.max(0, place + by))]);
  }

  function onKey(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
    if (event.altKey || event.ctrlKey || event.metaKey || !(event.key in steps)) return;
    event.preventDefault();
    const by = steps[event.key];
    if (by === -Infinity) select(shown[0]);
    else if (by === Infinity) select(shown[shown.length - 1]);
    else step(by);
  }

  function filter() {
    const wanted = view.sought.toLowerCase();
    shown = [];
    turns.forEach((turn, at) => {
      const fits =
        (view.side === ALL || turn.side === view.side) &&
        (view.label === ALL || marksOf(turn).some((mark) => mark.label === view.label)) &&
        (!wanted || turn.text.toLowerCase().includes(wanted));
      rows[at].item.hidden = !fits;
      if (fits) {
        shown.push(at);
        writeText(rows[at].text, turn.text, view.sought);
      }
      for (const cell of rows[at].cells) cell.classList.toggle("wbr-out", !fits);
    });
    parts.count.textContent =
      shown.length === turns.length ? `${turns.length} turns` : `${shown.length} of ${turns.length} turns`;
    parts.none.hidden = shown.length > 0;
    showSelected();
  }

  function showSelected() {
    const now = selected();
    rows.forEach(({ item, cells }, at) => {
      item.setAttribute("aria-selected", String(at === now));
      for (const cell of cells) cell.classList.toggle("wbr-now", at === now);
    });
    if (!turns.length) return;
    const item = rows[now].item;
    parts.list.setAttribute("aria-activedescendant", item.id);
    if (!item.hidden) {
      const top = item.offsetTop - parts.list.offsetTop;
      const { scrollTop, clientHeight } = parts.list;
      if (top < scrollTop) parts.list.scrollTop = top - 8;
      else if (top + item.offsetHeight > scrollTop + clientHeight)
        parts.list.scrollTop = top + item.offsetHeight - clientHeight + 8;
    }
    showDetail(turns[now]);
  }

  function showDetail(turn) {
    parts.detail.replaceChildren();
    parts.detail.append(make("div", "wbr-detail-head", `Turn ${turn.turn} · ${turn.role} · ${turn.speaker}`));
    for (const lane of lanes) {
      const line = make("div", "wbr-detail-lane");
      line.append(make("span", "wbr-detail-name", lane.title));
      const marks = turn[lane.key] || [];
      if (!marks.length) line.append(make("span", "wbr-quiet", "no label"));
      for (const mark of marks) {
        const bar = chip(mark, palette);
        bar.classList.add("wbr-bar");
        bar.style.setProperty("--wbr-p", mark.p === null || mark.p === undefined ? 0 : mark.p);
        line.append(bar);
      }
      parts.detail.append(line);
    }
  }

  function buildStrip() {
    const strip = make("div", "wbr-strip");
    strip.setAttribute("aria-hidden", "true");
    rows.forEach((row) => (row.cells = []));
    for (const lane of lanes) {
      const line = make("div", "wbr-strip-lane");
      line.append(make("span", "wbr-strip-name", lane.title));
      const cells = make("div", "wbr-strip-cells");
      turns.forEach((turn, at) => {
        const first = (turn[lane.key] || [])[0];
        const cell = make("span", `wbr-cell wbr-cell-${turn.side}`);
        if (first) cell.style.background = palette[first.label] || "#8a8a8a";
        else cell.classList.add("wbr-empty");
        cell.title = `Turn ${turn.turn}, ${turn.role}: ${first ? describe(first) : "no label"}`;
        cell.addEventListener("click", () => select(at, true));
        rows[at].cells.push(cell);
        cells.append(cell);
      });
      line.append(cells);
      strip.append(line);
    }
    return strip;
  }

  function buildRow(turn, at, uid) {
    const item = make("li", `wbr-turn wbr-${turn.side}`);
    item.id = `${uid}-${at}`;
    item.setAttribute("role", "option");
    const gutter = make("div", "wbr-gutter");
    gutter.append(make("span", "wbr-number", turn.turn), make("span", "wbr-role", turn.role));
    const text = make("div", "wbr-text", turn.text);
    text.dir = "auto";
    item.append(gutter, text);
    for (const lane of lanes) {
      const cell = make("div", "wbr-lane");
      cell.setAttribute("aria-label", lane.title);
      for (const mark of turn[lane.key] || []) cell.append(chip(mark, palette));
      item.append(cell);
    }
    item.addEventListener("click", () => select(at));
    return { item, text, cells: [] };
  }

  function buildTools() {
    const tools = make("div", "wbr-tools");
    const search = make("input");
    search.type = "search";
    search.value = view.sought;
    search.addEventListener("input", () => {
      view.sought = search.value;
      filter();
    });
    const sides = SIDES.filter((side) => turns.some((turn) => turn.side === side));
    const side = choice([ALL, ...sides], ["both sides", ...sides]);
    side.value = sides.includes(view.side) ? view.side : ALL;
    view.side = side.value;
    side.addEventListener("change", () => {
      view.side = side.value;
      filter();
    });
    const labels = [...new Set(turns.flatMap((turn) => marksOf(turn).map((mark) => mark.label)))].sort();
    const label = choice([ALL, ...labels], ["any label", ...labels]);
    label.value = labels.includes(view.label) ? view.label : ALL;
    view.label = label.value;
    label.addEventListener("change", () => {
      view.label = label.value;
      filter();
    });
    const back = make("button", "wbr-step", "◀ Previous");
    const on = make("button", "wbr-step", "Next ▶");
    back.type = on.type = "button";
    back.addEventListener("click", () => step(-1));
    on.addEventListener("click", () => step(1));
    parts.count = make("span", "wbr-count");
    parts.count.setAttribute("role", "status");
    tools.append(
      labelled("Search", search),
      labelled("Side", side),
      labelled("Label", label),
      back,
      on,
      parts.count,
    );
    return tools;
  }

  function build() {
    planned = false;
    turns = model.get("turns") || [];
    lanes = model.get("lanes") || [];
    palette = model.get("palette") || {};
    root.replaceChildren();
    root.style.setProperty("--wbr-lanes", lanes.length);
    const uid = `wbr-${Math.random().toString(36).slice(2)}`;

    const head = make("div", "wbr-head");
    head.append(make("h3", "wbr-title", model.get("title") || ""));
    const facts = make("dl", "wbr-facts");
    for (const [name, value] of model.get("facts") || []) {
      const fact = make("div");
      fact.append(make("dt", "", name), make("dd", "", value));
      facts.append(fact);
    }
    head.append(facts);
    const note = model.get("note");
    if (note) head.append(make("p", "wbr-note", note));

    parts = {};
    parts.list = make("ol", "wbr-list");
    parts.list.tabIndex = 0;
    parts.list.setAttribute("role", "listbox");
    parts.list.setAttribute("aria-label", `Turns of ${model.get("title") || "the conversation"}`);
    parts.list.addEventListener("keydown", onKey);
    rows = turns.map((turn, at) => buildRow(turn, at, uid));
    parts.list.append(...rows.map((row) => row.item));
    parts.none = make("p", "wbr-quiet", "No turn fits these filters.");
    parts.detail = make("section", "wbr-detail");
    parts.detail.setAttribute("aria-live", "polite");
    parts.detail.setAttribute("aria-label", "The selected turn");

    const headings = make("div", "wbr-headings");
    headings.setAttribute("aria-hidden", "true");
    for (const name of ["turn", "what was said", ...lanes.map((lane) => lane.title)])
      headings.append(make("span", "", name));

    root.append(head, buildTools(), buildStrip(), headings, parts.list, parts.none, parts.detail);
    filter();
  }

  // Several traits change at once when another conversation is opened: build once for all of them.
  function plan() {
    if (planned) return;
    planned = true;
    queueMicrotask(build);
  }

  const watched = ["title", "facts", "note", "turns", "lanes", "palette"];
  for (const name of watched) model.on(`change:${name}`, plan);
  model.on("change:selected", showSelected);
  build();

  return () => {
    if (typeof model.off !== "function") return;
    for (const name of watched) model.off(`change:${name}`, plan);
    model.off("change:selected", showSelected);
  };
}

export default { render };
