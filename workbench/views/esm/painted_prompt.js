// A prompt with every component painted by its Shapley value.
// Traits read: parts [{name, value, colour, above, lines [{role, text}]}], target, unit, floor.
// value is null for a fixed part; above says whether it exceeds the noise floor, null without a floor.
// Trait written: chosen, the name of the component clicked.
// Text is set through textContent only.

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined && text !== null) node.textContent = String(text);
  return node;
}

function signed(value) {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
}

function verdict(part, target) {
  if (part.value === null || part.value === undefined) return "always there";
  const way = part.value >= 0 ? `towards ${target}` : `against ${target}`;
  return part.above === false ? `${signed(part.value)}, within noise` : `${signed(part.value)}, ${way}`;
}

function render({ model, el }) {
  const root = make("div", "wbp");
  root.setAttribute("data-lm-suppress-shortcuts", "true");
  root.addEventListener("keydown", (event) => event.stopPropagation());
  el.append(root);
  let cards = [];
  let planned = false;

  function showChosen() {
    const chosen = model.get("chosen");
    for (const { part, card } of cards) {
      const now = part.name === chosen;
      card.classList.toggle("wbp-chosen", now);
      if (card.tagName === "BUTTON") card.setAttribute("aria-pressed", String(now));
    }
  }

  function choose(part) {
    model.set("chosen", part.name);
    model.save_changes();
    showChosen();
  }

  function build() {
    planned = false;
    const parts = model.get("parts") || [];
    const target = model.get("target") || "the target";
    const largest = Math.max(1e-9, ...parts.map((part) => Math.abs(part.value || 0)));
    root.replaceChildren();
    cards = parts.map((part) => {
      const fixed = part.value === null || part.value === undefined;
      const card = make(fixed ? "div" : "button", "wbp-part");
      if (!fixed) {
        card.type = "button";
        card.addEventListener("click", () => choose(part));
        card.style.setProperty("--wbp-colour", part.colour);
        card.style.setProperty("--wbp-depth", `${Math.round(8 + (34 * Math.abs(part.value)) / largest)}%`);
      }
      const head = make("span", "wbp-head");
      head.append(
        make("span", "wbp-name", part.name),
        make("span", "wbp-value", verdict(part, target)),
      );
      card.append(head);
      for (const line of part.lines) {
        const row = make("span", "wbp-line");
        const text = make("span", "wbp-text", line.text);
        text.dir = "auto";
        row.append(make("span", "wbp-role", line.role), text);
        card.append(row);
      }
      return { part, card };
    });
    root.append(...cards.map(({ card }) => card));
    showChosen();
  }

  function plan() {
    if (planned) return;
    planned = true;
    queueMicrotask(build);
  }

  const watched = ["parts", "target", "unit", "floor"];
  for (const name of watched) model.on(`change:${name}`, plan);
  model.on("change:chosen", showChosen);
  build();

  return () => {
    if (typeof model.off !== "function") return;
    for (const name of watched) model.off(`change:${name}`, plan);
    model.off("change:chosen", showChosen);
  };
}

export default { render };
