"""The site as a server: who may ask, under which name, with which login, and how it is started."""

import http.client
import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from page_reading import open_screen, wait_until_same
from site_serving import free_port, serving

from workbench.errors import BadInput
from workbench.panels import entry
from workbench.panels.guard import HEADERS
from workbench.resources import bundled
from workbench.views import VIEWS


def ask(address, path="/", **headers):
    place = urlsplit(address)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer, answer.read().decode(errors="replace")


@pytest.mark.parametrize("path", ["/", "/corpus", "/static/js/bokeh.min.js", "/nowhere"])
def test_every_answer_has_the_safe_headers(site, path):
    answer, _ = ask(site, path)
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example"]
)
@pytest.mark.parametrize("path", ["/", "/corpus", "/corpus/ws", "/static/js/bokeh.min.js"])
def test_a_forged_host_gets_nothing(site, demo_study, host, path):
    answer, text = ask(site, path, Host=f"{host}:{urlsplit(site).port}")
    assert answer.status == 421
    assert demo_study.name not in text


def test_it_listens_on_this_machine_alone_and_answers_as_localhost(site, demo_study):
    answer, text = ask(site, Host=f"localhost:{urlsplit(site).port}")
    assert (answer.status, demo_study.name in text) == (200, True)
    listening = Path("/proc/net/tcp")
    if listening.exists():
        port = f":{urlsplit(site).port:04X}"
        local = [line.split()[1] for line in listening.read_text().splitlines()[1:]]
        assert {entry.split(":")[0] for entry in local if entry.endswith(port)} == {"0100007F"}


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1"])
def test_a_websocket_from_elsewhere_is_refused(site, origin):
    answer, _ = ask(
        site,
        "/corpus/ws",
        Origin=origin,
        Upgrade="websocket",
        Connection="Upgrade",
        **{"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13"},
    )
    assert answer.status == 403


def test_the_index_equals_the_corpus(site, demo_study):
    _, text = ask(site)
    corpus = demo_study.corpus
    assert (
        f"{corpus.conversations.height:,} conversations, {corpus.utterances.height:,} turns" in text
    )
    for record in demo_study.steps():
        assert record.name in text


def run_serve(*arguments):
    command = [sys.executable, "-m", "workbench", "serve", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    return done.returncode, done.stderr


def test_a_taken_port_is_one_line(site, demo_study):
    port = urlsplit(site).port
    code, said = run_serve(demo_study.folder, "--port", port)
    assert (code, said) == (2, f"workbench: Port {port} is in use. Choose another with `--port`.\n")


def test_a_bad_user_file_is_one_line(demo_study, tmp_path):
    file = tmp_path / "users.json"
    file.write_text("[]")
    code, said = run_serve(demo_study.folder, "--port", free_port(), "--auth", file)
    assert code == 2
    assert said.startswith(f"workbench: {file}: names or passwords are missing")
    assert said.count("\n") == 1


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_login(watched_page, demo_study, tmp_path, artefacts):
    file = tmp_path / "users.json"
    file.write_text(json.dumps({"ada": "<right> & long"}))
    file.chmod(0o600)
    page = watched_page
    with serving(demo_study.folder, "--auth", str(file)) as address:
        for path in ("/", "/corpus"):
            answer, text = ask(address, path)
            assert answer.status == 302
            assert demo_study.name not in text
        page.goto(f"{address}/corpus")
        assert "/login" in page.url
        page.screenshot(path=artefacts / "login.png")
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Log in").click()
        page.get_by_text("That name or password is not right.").wait_for()
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill("<right> & long")
        page.get_by_role("button", name="Log in").click()
        open_screen(page, address, "corpus")
        wait_until_same(page, VIEWS["corpus"](demo_study))
        page.get_by_role("link", name="Log out").click()
        page.get_by_text("You are logged out").wait_for()
        page.screenshot(path=artefacts / "logout.png")
        page.goto(address)
        assert "/login" in page.url
    assert page.foreign == []
    assert page.troubles == []


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_the_entry_files_run_under_panel_serve(browser_page, demo_study):
    files = sorted(bundled("dashboards").glob("*.py"))
    assert {file.stem for file in files} == set(VIEWS)
    program = [sys.executable, "-m", "panel", "serve", *map(str, files), "--address", "127.0.0.1"]
    with serving(demo_study.folder, program=program, path="/corpus") as served:
        address = served.replace(
            "127.0.0.1", "localhost"
        )  # the only origin that panel takes unasked
        for slug, view in VIEWS.items():
            open_screen(browser_page, address, slug)
            assert browser_page.locator("h1").inner_text() == view.title
        wait_until_same(browser_page, view(demo_study))


def test_an_entry_file_without_a_study_says_so(monkeypatch):
    monkeypatch.delenv("WORKBENCH_STUDY", raising=False)
    with pytest.raises(BadInput, match="Set WORKBENCH_STUDY"):
        entry("corpus")
