"""An ES module of the views in a page without a kernel: its model is `window.state`."""

import json

from workbench.views.esm import module_path, style_path

STUB = """
<div id="here"></div>
<script type="module">
  const listeners = {};
  window.saved = 0;
  window.state = %(state)s;
  const model = {
    get: (name) => window.state[name],
    set: (name, value) => { window.state[name] = value; },
    on: (event, listener) => { (listeners[event] ??= []).push(listener); },
    save_changes: () => { window.saved += 1; },
  };
  window.change = (name, value) => {
    window.state[name] = value;
    for (const listener of listeners[`change:${name}`] ?? []) listener();
  };
  const url = URL.createObjectURL(new Blob([%(module)s], { type: "text/javascript" }));
  (await import(url)).default.render({ model, el: document.getElementById("here") });
  window.ready = true;
</script>
"""


def as_script(value: object) -> str:
    return json.dumps(value).replace("</", "<\\/")


def show(page, tmp_path, state) -> None:
    module = module_path(state.name).read_text("utf-8")
    filled = STUB % {"state": as_script(state.state), "module": as_script(module)}
    html = f"<meta charset=utf-8><style>{style_path(state.name).read_text('utf-8')}</style>{filled}"
    file = tmp_path / "page.html"
    file.write_text(html, "utf-8")
    page.goto(file.as_uri())
    page.wait_for_function("window.ready === true")
