// A plotly figure, drawn again in place when it changes.
// Traits read: figure {data, layout}, told (its name), source (the widget that holds plotly.js).
// Message sent: {click: {customdata, x, y, label}} of the clicked mark, what it has of these.

const LOADED = Symbol.for("workbench.plotly");
const CONFIG = { displaylogo: false };

async function unpacked(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const source = await new Response(stream).text();
  // plotly.js gives itself to `module` where there is one: here its own, whatever the page has
  const module = `const module = { exports: {} };\n${source}\nexport default module.exports;\n`;
  const url = URL.createObjectURL(new Blob([module], { type: "text/javascript" }));
  try {
    return (await import(url)).default;
  } finally {
    URL.revokeObjectURL(url);
  }
}

async function load(model) {
  const id = model.get("source").replace("IPY_MODEL_", "");
  const source = await model.widget_manager.get_model(id);
  return unpacked(source.get("packed"));
}

// plotly.js, once for all figures of the page; one that failed is tried again by the next figure.
function plotly(model) {
  if (!globalThis[LOADED]) {
    globalThis[LOADED] = load(model).catch((error) => {
      globalThis[LOADED] = undefined;
      throw error;
    });
  }
  return globalThis[LOADED];
}

function pointed(point) {
  const found = {};
  for (const name of ["customdata", "x", "y", "label"]) {
    const value = point[name];
    if (value !== undefined) found[name] = ArrayBuffer.isView(value) ? Array.from(value) : value;
  }
  return found;
}

function render({ model, el }) {
  const place = document.createElement("div");
  place.className = "workbench-figure";
  place.setAttribute("role", "img");
  el.append(place);
  let Plotly = null;
  let gone = false;

  const watcher = new ResizeObserver(() => {
    if (place.offsetWidth && place.offsetWidth !== place._fullLayout?.width) Plotly.Plots.resize(place);
  });

  async function draw() {
    const figure = model.get("figure");
    place.setAttribute("aria-label", model.get("told"));
    place.style.minHeight = `${figure.layout.height || 450}px`;
    const first = Plotly === null;
    Plotly = await plotly(model);
    if (gone) return;
    const { data, layout } = structuredClone(figure); // plotly writes into what it is given
    await Plotly.react(place, data, { ...layout, autosize: true }, CONFIG);
    if (!first || gone) return;
    place.on("plotly_click", ({ points }) => {
      if (points.length) model.send({ click: pointed(points[0]) });
    });
    watcher.observe(place);
  }

  let drawn = Promise.resolve();
  function plan() {
    drawn = drawn.then(draw).catch((error) => {
      if (gone) return;
      place.textContent = "The figure could not be drawn.";
      console.error(error);
    });
  }
  model.on("change:figure", plan);
  plan();

  return () => {
    gone = true;
    model.off("change:figure", plan);
    watcher.disconnect();
    if (Plotly) Plotly.purge(place);
  };
}

export default { render };
