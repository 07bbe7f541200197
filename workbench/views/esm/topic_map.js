// Map of turns, drawn with WebGL (without it, on a plain canvas): colour by topic, an area to draw.
// Traits read: places (base64 of float32 x, y by turns), topics (base64 of int16), sizes (base64 of uint8,
// tenths of a pixel, or ""), counts (base64 of int32: turns of each cell, or ""), titles {topic: name},
// colours {topic: css}, faded [topic], numbers [[topic, x, y]], legend [[css, words]], chosen, told (its name).
// Traits written: area {x, y} of the corners drawn, in the units of the map, null without one;
// picked {x, y, topic} of the mark clicked.

const VERTEX = `
attribute vec2 place; attribute vec4 colour; attribute float size;
uniform vec2 scale; uniform vec2 shift; uniform float grow;
varying vec4 paint; varying float wide;
void main() {
  gl_Position = vec4(place * scale + shift, 0.0, 1.0);
  gl_PointSize = size * grow; wide = size * grow; paint = colour;
}`;
const FRAGMENT = `
precision mediump float;
uniform bool outlined; varying vec4 paint; varying float wide;
void main() {
  float far = length(gl_PointCoord - 0.5) * wide;
  if (wide > 4.5 && far > wide * 0.5) discard;
  bool edge = outlined && far > wide * 0.5 - 1.5;
  gl_FragColor = vec4((edge ? vec3(0.0) : paint.rgb) * paint.a, paint.a);
}`;
const MODES = [["lasso", "Lasso"], ["box", "Box"], ["move", "Move"]];
const NEAR = 10;
const MANY = 20000;
const DARK = "#464646";
const OUTLIER = -1;

function decoded(text, Kind) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return new Kind(bytes.buffer);
}

// "#rrggbb" and an opacity from 0 to 255 as one number whose bytes are r, g, b, a
function paint32(css, opacity) {
  const n = Number.parseInt(css.slice(1), 16);
  return ((opacity << 24) | ((n & 255) << 16) | (n & 0xff00) | ((n >> 16) & 255)) >>> 0;
}

// The marks in the order they are drawn: outliers, unstable topics, the others.
function read(model) {
  const places = decoded(model.get("places"), Float32Array);
  const topics = decoded(model.get("topics"), Int16Array);
  const sizes = model.get("sizes") ? decoded(model.get("sizes"), Uint8Array) : null;
  const counts = model.get("counts") ? decoded(model.get("counts"), Int32Array) : null;
  const low = [Infinity, Infinity];
  const high = [-Infinity, -Infinity];
  for (let i = 0; i < places.length; i += 1) {
    low[i & 1] = Math.min(low[i & 1], places[i]);
    high[i & 1] = Math.max(high[i & 1], places[i]);
  }
  return { places, topics, sizes, counts, low, high, n: topics.length };
}

function shader(gl, kind, source) {
  const made = gl.createShader(kind);
  gl.shaderSource(made, source);
  gl.compileShader(made);
  return made;
}

// Painter of marks with WebGL; null where the browser has none.
function glPainter(canvas) {
  const gl = canvas.getContext("webgl", { antialias: false, alpha: true, premultipliedAlpha: true });
  if (!gl) return null;
  const program = gl.createProgram();
  gl.attachShader(program, shader(gl, gl.VERTEX_SHADER, VERTEX));
  gl.attachShader(program, shader(gl, gl.FRAGMENT_SHADER, FRAGMENT));
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) return null;
  gl.useProgram(program);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  const at = (name) => gl.getUniformLocation(program, name);
  const uniforms = { scale: at("scale"), shift: at("shift"), grow: at("grow"), outlined: at("outlined") };
  const layers = [];
  return {
    // one record of 16 bytes a mark: x, y, size as floats, colour as bytes
    load(layer, places, sizes, paints, n) {
      const buffer = new ArrayBuffer(16 * n);
      const floats = new Float32Array(buffer);
      const words = new Uint32Array(buffer);
      for (let i = 0; i < n; i += 1) {
        floats[4 * i] = places[2 * i];
        floats[4 * i + 1] = places[2 * i + 1];
        floats[4 * i + 2] = sizes[i];
        words[4 * i + 3] = paints[i];
      }
      layers[layer] ??= { buffer: gl.createBuffer() };
      layers[layer].n = n;
      gl.bindBuffer(gl.ARRAY_BUFFER, layers[layer].buffer);
      gl.bufferData(gl.ARRAY_BUFFER, buffer, gl.STATIC_DRAW);
    },
    paint({ scale, shift, grow }) {
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.uniform2fv(uniforms.scale, scale);
      gl.uniform2fv(uniforms.shift, shift);
      gl.uniform1f(uniforms.grow, grow);
      layers.forEach(({ buffer, n }, layer) => {
        gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
        for (const [name, count, kind, whole, offset] of [
          ["place", 2, gl.FLOAT, false, 0],
          ["size", 1, gl.FLOAT, false, 8],
          ["colour", 4, gl.UNSIGNED_BYTE, true, 12],
        ]) {
          const place = gl.getAttribLocation(program, name);
          gl.enableVertexAttribArray(place);
          gl.vertexAttribPointer(place, count, kind, whole, 16, offset);
        }
        gl.uniform1i(uniforms.outlined, layer === 1 ? 1 : 0);
        gl.drawArrays(gl.POINTS, 0, n);
      });
    },
    close() {
      gl.getExtension("WEBGL_lose_context")?.loseContext();
    },
  };
}

function plainPainter(canvas) {
  const context = canvas.getContext("2d");
  const layers = [];
  return {
    load(layer, places, sizes, paints, n) {
      layers[layer] = { places, sizes, paints, n };
    },
    paint({ scale, shift, grow }) {
      context.clearRect(0, 0, canvas.width, canvas.height);
      for (const { places, sizes, paints, n } of layers) {
        for (let i = 0; i < n; i += 1) {
          const x = ((places[2 * i] * scale[0] + shift[0] + 1) / 2) * canvas.width;
          const y = ((1 - places[2 * i + 1] * scale[1] - shift[1]) / 2) * canvas.height;
          const size = sizes[i] * grow;
          const [r, g, b, a] = [0, 8, 16, 24].map((bits) => (paints[i] >>> bits) & 255);
          context.fillStyle = `rgba(${r},${g},${b},${a / 255})`;
          context.fillRect(x - size / 2, y - size / 2, size, size);
        }
      }
    },
    close() {},
  };
}

function node(kind, name, text = "") {
  const made = document.createElement(kind);
  made.className = name;
  made.textContent = text;
  return made;
}

function render({ model, el }) {
  const root = node("div", "wbm");
  root.setAttribute("data-lm-suppress-shortcuts", "true");
  const tools = node("div", "wbm-tools");
  const stage = node("div", "wbm-stage");
  const marks = node("canvas", "wbm-marks");
  const over = node("canvas", "wbm-over");
  const tip = node("div", "wbm-tip");
  const legend = node("div", "wbm-legend");
  const status = node("p", "wbm-status");
  status.setAttribute("role", "status");
  over.setAttribute("role", "img");
  tip.hidden = true;
  stage.append(marks, over, tip);
  root.append(tools, stage, legend, status);
  el.append(root);

  const painter = glPainter(marks) ?? plainPainter(marks);
  const pen = over.getContext("2d");
  let data = read(model);
  let mode = "lasso";
  let zoom = { k: 1, x: 0, y: 0 }; // of the picture: clip = base * k + (x, y)
  let drawn = []; // corners of the area being drawn, in pixels
  let pressed = null;
  let waiting = false;
  let stale = { marks: true, chosen: true };

  const buttons = MODES.map(([name, label]) => {
    const made = node("button", "wbm-button", label);
    made.type = "button";
    made.addEventListener("click", () => {
      mode = name;
      showMode();
    });
    tools.append(made);
    return [name, made];
  });
  for (const [label, spoken, act] of [
    ["+", "Closer", () => magnify(1.5)],
    ["−", "Farther", () => magnify(1 / 1.5)],
    ["Whole map", "Whole map", () => { zoom = { k: 1, x: 0, y: 0 }; plan(); }],
    ["Clear area", "Clear area", () => writeArea(null)],
  ]) {
    const made = node("button", "wbm-button", label);
    made.type = "button";
    made.setAttribute("aria-label", spoken);
    made.addEventListener("click", act);
    tools.append(made);
  }

  function showMode() {
    for (const [name, made] of buttons) made.setAttribute("aria-pressed", String(name === mode));
    over.style.cursor = mode === "move" ? "grab" : "crosshair";
  }

  function base() {
    const wide = (data.high[0] - data.low[0]) * 1.08 || 1;
    const tall = (data.high[1] - data.low[1]) * 1.08 || 1;
    const middle = [(data.high[0] + data.low[0]) / 2, (data.high[1] + data.low[1]) / 2];
    return { wide, tall, middle };
  }

  function view() {
    const { wide, tall, middle } = base();
    const scale = [(2 / wide) * zoom.k, (2 / tall) * zoom.k];
    const shift = [zoom.x - middle[0] * scale[0], zoom.y - middle[1] * scale[1]];
    return { scale, shift, grow: (over.width / over.clientWidth || 1) * Math.min(2.5, zoom.k ** 0.4) };
  }

  // pixels of the stage <-> units of the map
  function seen(x, y, { scale, shift } = view()) {
    return [
      ((x * scale[0] + shift[0] + 1) / 2) * over.clientWidth,
      ((1 - y * scale[1] - shift[1]) / 2) * over.clientHeight,
    ];
  }

  function meant(px, py, { scale, shift } = view()) {
    return [
      ((px / over.clientWidth) * 2 - 1 - shift[0]) / scale[0],
      (1 - (py / over.clientHeight) * 2 - shift[1]) / scale[1],
    ];
  }

  function magnify(by, [x, y] = [0, 0]) {
    const k = Math.max(1, Math.min(60, zoom.k * by));
    const real = k / zoom.k;
    zoom = { k, x: x - (x - zoom.x) * real, y: y - (y - zoom.y) * real };
    plan();
  }

  // every mark in the colour of its topic
  function fill() {
    const known = new Map(
      Object.entries(model.get("colours")).map(([topic, css]) => [
        Number(topic),
        paint32(css, Number(topic) === OUTLIER ? 90 : 150),
      ]),
    );
    const common = data.n > MANY ? 3 : 5;
    const paints = new Uint32Array(data.n);
    data.wides = new Float32Array(data.n);
    for (let i = 0; i < data.n; i += 1) {
      paints[i] = known.get(data.topics[i]) ?? known.get(OUTLIER);
      data.wides[i] = data.sizes ? data.sizes[i] / 10 : common;
    }
    painter.load(0, data.places, data.wides, paints, data.n);
  }

  // the marks of the chosen topic once more, on top
  function bring() {
    const chosen = model.get("chosen");
    const own = [];
    for (let i = 0; i < data.n; i += 1) if (data.topics[i] === chosen) own.push(i);
    const grey = chosen === OUTLIER || model.get("faded").includes(chosen);
    const colour = grey ? DARK : model.get("colours")[chosen] ?? DARK;
    const paints = new Uint32Array(own.length).fill(paint32(colour, 255));
    const places = new Float32Array(2 * own.length);
    const wides = new Float32Array(own.length);
    own.forEach((i, j) => {
      places[2 * j] = data.places[2 * i];
      places[2 * j + 1] = data.places[2 * i + 1];
      wides[j] = data.wides[i] + (data.sizes ? 1 : 3);
    });
    painter.load(1, places, wides, paints, own.length);
  }

  function plan() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      paint();
    });
  }

  function paint() {
    if (stale.marks) {
      data = read(model);
      fill();
    }
    if (stale.marks || stale.chosen) bring();
    stale = { marks: false, chosen: false };
    const at = view();
    painter.paint(at);
    const ratio = over.width / over.clientWidth || 1;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, over.clientWidth, over.clientHeight);
    const area = drawn.length > 1 ? drawn : corners().map(([x, y]) => seen(x, y, at));
    if (area.length > 1) outline(area);
    pen.font = "700 13px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineWidth = 3;
    pen.strokeStyle = "rgba(255,255,255,0.85)";
    pen.fillStyle = "#000000";
    for (const [topic, x, y] of model.get("numbers")) {
      const [px, py] = seen(x, y, at);
      pen.strokeText(String(topic), px, py);
      pen.fillText(String(topic), px, py);
    }
    const picked = model.get("picked");
    if (picked) ring(seen(picked.x, picked.y, at));
  }

  function outline(area) {
    pen.beginPath();
    area.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.closePath();
    pen.fillStyle = "rgba(11,92,147,0.08)";
    pen.fill();
    pen.setLineDash([5, 4]);
    pen.lineWidth = 1.5;
    pen.strokeStyle = "#0b5c93";
    pen.stroke();
    pen.setLineDash([]);
  }

  function ring([x, y]) {
    pen.beginPath();
    pen.arc(x, y, 9, 0, 2 * Math.PI);
    pen.lineWidth = 2;
    pen.strokeStyle = "#000000";
    pen.stroke();
  }

  function corners() {
    const area = model.get("area");
    return area ? area.x.map((x, i) => [x, area.y[i]]) : [];
  }

  function writeArea(area) {
    model.set("area", area);
    model.save_changes();
    plan();
  }

  function nearest([px, py]) {
    const at = view();
    const [x, y] = meant(px, py, at);
    const sx = (at.scale[0] / 2) * over.clientWidth;
    const sy = (at.scale[1] / 2) * over.clientHeight;
    let best = -1;
    let least = NEAR * NEAR;
    for (let i = 0; i < data.n; i += 1) {
      const dx = (data.places[2 * i] - x) * sx;
      const dy = (data.places[2 * i + 1] - y) * sy;
      const far = dx * dx + dy * dy;
      if (far < least) {
        least = far;
        best = i;
      }
    }
    return best;
  }

  function where(event) {
    const box = over.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  function point(event) {
    const [x, y] = where(event);
    const found = nearest([x, y]);
    tip.hidden = found < 0;
    if (found < 0) return;
    const title = model.get("titles")[data.topics[found]] ?? "";
    const turns = data.counts ? `, cell of ${data.counts[found].toLocaleString("en")} turns` : "";
    tip.textContent = title + turns;
    tip.style.left = `${Math.min(x + 12, over.clientWidth - Math.min(260, tip.offsetWidth) - 4)}px`;
    tip.style.top = `${y + 14}px`;
  }

  over.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    over.setPointerCapture(event.pointerId);
    pressed = { from: where(event), zoom: { ...zoom }, moved: false };
    tip.hidden = true;
  });
  over.addEventListener("pointermove", (event) => {
    if (!pressed) return point(event);
    const [x, y] = where(event);
    const [x0, y0] = pressed.from;
    pressed.moved ||= Math.hypot(x - x0, y - y0) > 4;
    if (!pressed.moved) return;
    if (mode === "move") {
      const across = ((x - x0) / over.clientWidth) * 2;
      const up = (-(y - y0) / over.clientHeight) * 2;
      zoom = { k: zoom.k, x: pressed.zoom.x + across, y: pressed.zoom.y + up };
    } else if (mode === "box") {
      drawn = [[x0, y0], [x, y0], [x, y], [x0, y]];
    } else {
      drawn = drawn.length ? [...drawn, [x, y]] : [[x0, y0], [x, y]];
    }
    plan();
  });
  over.addEventListener("pointerup", (event) => {
    if (!pressed) return;
    const { moved } = pressed;
    pressed = null;
    const area = drawn;
    drawn = [];
    if (moved && area.length > 2) {
      const places = area.map(([x, y]) => meant(x, y));
      writeArea({ x: places.map(([x]) => x), y: places.map(([, y]) => y) });
    }
    if (!moved) {
      const found = nearest(where(event));
      if (found >= 0) {
        const [x, y] = data.places.subarray(2 * found, 2 * found + 2);
        model.set("picked", { x, y, topic: data.topics[found] });
        model.save_changes();
      }
    }
    plan();
  });
  over.addEventListener("pointercancel", () => {
    pressed = null;
    drawn = [];
    plan();
  });
  over.addEventListener("pointerleave", () => {
    tip.hidden = true;
  });
  over.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const [x, y] = where(event);
    magnify(event.deltaY < 0 ? 1.2 : 1 / 1.2, [
      (x / over.clientWidth) * 2 - 1,
      1 - (y / over.clientHeight) * 2,
    ]);
  }, { passive: false });

  function showWords() {
    over.setAttribute("aria-label", model.get("told"));
    status.textContent = model.get("told");
    legend.replaceChildren(
      ...model.get("legend").map(([css, words]) => {
        const entry = node("span", "wbm-entry", words);
        const swatch = node("span", "wbm-swatch");
        swatch.style.background = css;
        entry.prepend(swatch);
        return entry;
      }),
    );
  }

  function size() {
    const ratio = Math.min(2, globalThis.devicePixelRatio || 1);
    for (const canvas of [marks, over]) {
      canvas.width = Math.max(1, Math.round(stage.clientWidth * ratio));
      canvas.height = Math.max(1, Math.round(stage.clientHeight * ratio));
    }
    paint();
  }

  const watcher = new ResizeObserver(size);
  const again = () => {
    stale.marks = true;
    plan();
  };
  const heard = [
    ["change:places", () => { zoom = { k: 1, x: 0, y: 0 }; again(); }],
    ["change:topics", again],
    ["change:colours", again],
    ["change:chosen", () => { stale.chosen = true; plan(); }],
    ["change:numbers", plan],
    ["change:area", plan],
    ["change:picked", plan],
    ["change:told", showWords],
    ["change:legend", showWords],
  ];
  for (const [event, listener] of heard) model.on(event, listener);
  showMode();
  showWords();
  watcher.observe(stage);

  return () => {
    for (const [event, listener] of heard) model.off(event, listener);
    watcher.disconnect();
    painter.close();
  };
}

export default { render };
