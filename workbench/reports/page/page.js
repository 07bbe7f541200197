// Brings a page to life: draws its figures and starts its ES modules.
// Everything needed stands in the page; nothing is asked of any host.

const PRINT_WIDTH = 890; // pixels; page.css scales figures to the paper

function dataOf(place) {
  return JSON.parse(place.querySelector(':scope > script[type="application/json"]').textContent);
}

function bytesOf(node) {
  return Uint8Array.from(atob(node.textContent.trim()), (character) => character.charCodeAt(0));
}

function tell(place, error) {
  console.error(error);
  const told = document.createElement("p");
  told.className = "workbench-told";
  told.textContent = `This part could not be drawn (${error.message}). The tables hold its numbers.`;
  place.append(told);
}

// -- figures ---------------------------------------------------------------------------------------

const waiting = new Set(document.querySelectorAll(".workbench-figure"));

async function loadPlotly() {
  const stream = new Blob([bytesOf(document.getElementById("workbench-plotly"))]).stream();
  const script = document.createElement("script");
  script.textContent = await new Response(stream.pipeThrough(new DecompressionStream("gzip"))).text();
  document.head.append(script);
}

function draw(place) {
  if (!waiting.delete(place)) return;
  try {
    const { data, layout } = dataOf(place);
    const drawing = document.createElement("div");
    place.append(drawing);
    window.Plotly.newPlot(drawing, data, layout, { responsive: true, displaylogo: false });
  } catch (error) {
    tell(place, error);
  }
}

async function drawAll() {
  if (!waiting.size) return;
  try {
    await loadPlotly();
  } catch (error) {
    for (const place of waiting) tell(place, error);
    return;
  }
  for (const place of waiting) {
    draw(place);
    await new Promise((resolve) => setTimeout(resolve));
  }
}

// On paper a figure is as wide as the paper, and one that is not drawn yet is drawn now.
window.addEventListener("beforeprint", () => {
  if (!window.Plotly) return;
  for (const place of [...waiting]) draw(place);
  for (const figure of document.querySelectorAll(".js-plotly-plot"))
    window.Plotly.relayout(figure, { width: PRINT_WIDTH });
});
window.addEventListener("afterprint", () => {
  for (const figure of document.querySelectorAll(".js-plotly-plot"))
    window.Plotly.relayout(figure, { width: null, autosize: true });
});

// -- ES modules ------------------------------------------------------------------------------------

// The model of a widget without a kernel: traits, and those who want to know of changes.
function modelOf(traits) {
  const listeners = {};
  return {
    get: (name) => traits[name],
    set: (name, value) => {
      traits[name] = value;
      for (const listener of listeners[`change:${name}`] ?? []) listener();
    },
    on: (event, listener) => (listeners[event] ??= []).push(listener),
    off: (event, listener) => {
      listeners[event] = (listeners[event] ?? []).filter((x) => x !== listener);
    },
    save_changes: () => {},
  };
}

async function start(place) {
  try {
    const source = document.querySelector(`[data-module-source="${place.dataset.module}"]`);
    const url = URL.createObjectURL(new Blob([bytesOf(source)], { type: "text/javascript" }));
    const { default: module } = await import(url);
    const el = document.createElement("div");
    place.append(el);
    module.render({ model: modelOf(dataOf(place)), el });
    place.querySelector(".workbench-plain").hidden = true;
  } catch (error) {
    tell(place, error);
  }
}

await Promise.all([...document.querySelectorAll(".workbench-module")].map(start));
await drawAll();
document.documentElement.dataset.ready = "true";
