// A table, a page at a time.
// Traits read: columns [[title, is a number]], rows [[text]] of the page, size (rows of a page), total.
// Trait written: page, from 0. Message sent: {row: place in the table} of a clicked row.
// Text is set through textContent only.

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function render({ model, el }) {
  el.classList.add("workbench-grid");
  el.setAttribute("data-lm-suppress-shortcuts", "true");
  const wide = make("div", "workbench-wide");
  wide.tabIndex = 0;
  const foot = make("div", "workbench-foot");
  const back = make("button", "workbench-turn", "◀ Previous");
  const on = make("button", "workbench-turn", "Next ▶");
  const told = make("span", "workbench-told");
  told.setAttribute("role", "status");
  back.type = on.type = "button";
  foot.append(back, on, told);
  el.append(wide, foot);
  let planned = false;

  const pages = () => Math.max(1, Math.ceil(model.get("total") / model.get("size")));

  function turn(by) {
    const page = Math.min(pages() - 1, Math.max(0, model.get("page") + by));
    model.set("page", page);
    model.save_changes();
  }

  function row(texts, at) {
    const line = make("tr");
    const numbers = model.get("columns");
    texts.forEach((text, i) => {
      const cell = make("td", numbers[i][1] ? "workbench-number" : "", text);
      if (text.length > 60) cell.classList.add("workbench-long");
      else if (text.length > 14) cell.classList.add("workbench-phrase");
      cell.dir = numbers[i][1] ? "ltr" : "auto";
      line.append(cell);
    });
    line.addEventListener("click", () => {
      if (!String(getSelection())) model.send({ row: at }); // text being marked is no click
    });
    return line;
  }

  function build() {
    planned = false;
    const [page, size, total] = ["page", "size", "total"].map((name) => model.get(name));
    const names = make("tr");
    for (const [title, number] of model.get("columns")) {
      const cell = make("th", number ? "workbench-number" : "", title);
      cell.scope = "col";
      names.append(cell);
    }
    const head = make("thead");
    head.append(names);
    const body = make("tbody");
    body.append(...model.get("rows").map((texts, i) => row(texts, page * size + i)));
    const table = make("table");
    table.append(head, body);
    wide.replaceChildren(table);
    foot.hidden = total <= size;
    back.disabled = page === 0;
    on.disabled = page >= pages() - 1;
    const last = Math.min(total, (page + 1) * size);
    told.textContent = `Rows ${page * size + 1} to ${last} of ${total.toLocaleString("en-US")}`;
  }

  // Several traits change at once when another table comes: build once for all of them.
  function plan() {
    if (planned) return;
    planned = true;
    queueMicrotask(build);
  }

  back.addEventListener("click", () => turn(-1));
  on.addEventListener("click", () => turn(1));
  const watched = ["columns", "rows", "total"];
  for (const name of watched) model.on(`change:${name}`, plan);
  build();

  return () => {
    for (const name of watched) model.off(`change:${name}`, plan);
  };
}

export default { render };
