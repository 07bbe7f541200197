// Lines of text: headings, notes, cautions.
// Trait read: lines [[kind, text]]. What stands between backticks, a command, is set as code.
// Text is set through textContent only.

const ELEMENTS = { title: "h2", question: "p", caution: "p", heading: "h3", note: "p", told: "p" };

function written(kind, text) {
  const node = document.createElement(ELEMENTS[kind]);
  node.className = `workbench-${kind}`;
  text.split(/`([^`]+)`/).forEach((piece, i) => {
    if (i % 2 === 0) return node.append(piece);
    const code = document.createElement("code");
    code.textContent = piece;
    node.append(code);
  });
  return node;
}

function render({ model, el }) {
  el.classList.add("workbench-prose");
  function show() {
    const lines = model.get("lines");
    el.hidden = lines.length === 0;
    el.replaceChildren(...lines.map(([kind, text]) => written(kind, text)));
  }
  model.on("change:lines", show);
  show();
  return () => model.off("change:lines", show);
}

export default { render };
