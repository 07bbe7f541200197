// One intrusion task: six choices, one of which does not belong.
// Traits read: asked, item (id), options [text], number, total, told (why nobody can answer yet).
// Trait written: answer {item, chosen}, the place of the choice from 0; the kernel sets it back to null.
// Keys 1 to 6 choose. Text is set through textContent only.

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined && text !== null) node.textContent = String(text);
  return node;
}

function render({ model, el }) {
  const root = make("div", "wbi");
  root.setAttribute("data-lm-suppress-shortcuts", "true");
  el.append(root);
  let planned = false;
  let answered = null;
  let held = false;

  function choose(place) {
    const item = model.get("item");
    if (!item || answered === item || place >= (model.get("options") || []).length) return;
    answered = item;
    held = true;
    for (const button of root.querySelectorAll("button")) button.disabled = true;
    model.set("answer", { item, chosen: place });
    model.save_changes();
  }

  root.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.ctrlKey || event.metaKey || event.altKey || !/^[1-6]$/.test(event.key)) return;
    event.preventDefault();
    choose(Number(event.key) - 1);
  });

  function build() {
    planned = false;
    const item = model.get("item");
    const options = model.get("options") || [];
    const total = model.get("total") || 0;
    const told = model.get("told");
    root.replaceChildren();
    const done = Math.max(0, (model.get("number") || 0) - (item ? 1 : 0));
    const bar = make("progress", "wbi-progress");
    bar.max = Math.max(1, total);
    bar.value = done;
    bar.setAttribute("aria-label", `${done} of ${total} answered`);
    root.append(make("p", "wbi-count", item ? `${model.get("number")} of ${total}` : `${total} of ${total}`), bar);
    if (told) root.append(make("p", "wbi-told", told));
    else root.append(make("p", "wbi-asked", model.get("asked")));
    const list = make("div", "wbi-options");
    options.forEach((text, place) => {
      const button = make("button", "wbi-option");
      button.type = "button";
      button.disabled = answered === item;
      const said = make("span", "wbi-text", text);
      said.dir = "auto";
      button.append(make("span", "wbi-key", place + 1), said);
      button.addEventListener("click", () => choose(place));
      list.append(button);
    });
    root.append(list);
    // the pressed button lost the focus when it was disabled: the next choice can be made by key
    if (held && options.length && answered !== item) {
      list.firstChild.focus({ preventScroll: true });
      held = false;
    }
  }

  function plan() {
    if (planned) return;
    planned = true;
    queueMicrotask(build);
  }

  const watched = ["asked", "item", "options", "number", "total", "told"];
  for (const name of watched) model.on(`change:${name}`, plan);
  build();

  return () => {
    if (typeof model.off !== "function") return;
    for (const name of watched) model.off(`change:${name}`, plan);
  };
}

export default { render };
