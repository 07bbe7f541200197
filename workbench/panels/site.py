"""The dashboards of a study as one site on this machine."""

from __future__ import annotations

import errno
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import panel as pn
from bokeh.server.server import Server
from bokeh.server.views.auth_request_handler import AuthRequestHandler
from tornado.web import authenticated

from workbench.errors import BadInput
from workbench.panels.guard import SafeHeaders, refuse_foreign_hosts
from workbench.panels.index import index_html
from workbench.panels.pages import page_path
from workbench.panels.screen import page
from workbench.panels.users import read_users
from workbench.study import Study
from workbench.views import VIEWS

__all__ = ["EXTENSIONS", "make_server", "serve"]

ADDRESS = "127.0.0.1"
HOSTS = (ADDRESS, "localhost")
EXTENSIONS = ("plotly", "tabulator")
"""Panel extensions that the screens need."""


class _Index(AuthRequestHandler):
    """Answers `/` with the index, made anew each time."""

    def initialize(self, study: Study, logout: bool, public: bool) -> None:
        self._study, self._logout, self._public = study, logout, public

    def get_login_url(self) -> str:
        return "./login"

    @authenticated
    def get(self) -> None:
        self.set_header("Cache-Control", "no-store")
        self.finish(index_html(self._study, logout=self._logout, public=self._public))


def make_server(
    study: Study, *, port: int = 5006, auth: str | Path | None = None, public: bool = False
) -> Server:
    """Make the server of a study's site; it answers once its loop runs.

    It listens on 127.0.0.1 alone, under that name and `localhost`, and takes websockets from its own
    pages only. Each session has views of its own.

    Parameters
    ----------
    auth
        JSON file of user names and plain passwords; None asks for no login.
    public
        Show nothing that was said and no figure on few people; see `workbench.views.public`.

    Raises
    ------
    BadInput
        If the port is taken, or the user file is not as expected.
    """
    pn.extension(*EXTENSIONS)
    login = _login(auth)
    index = (r"/", _Index, {"study": study, "logout": bool(login), "public": public})
    screens: Any = {
        slug: _application(study, slug, logout=bool(login), public=public) for slug in VIEWS
    }
    try:
        server: Server = pn.io.server.get_server(
            screens,
            port=port,
            address=ADDRESS,
            websocket_origin=[f"{host}:{port}" for host in HOSTS],
            title={slug: view.title for slug, view in VIEWS.items()},
            extra_patterns=[index],
            transforms=[SafeHeaders],
            location=False,
            verbose=True,  # says the address
            warm=True,  # the first reader does not wait for imports
            **login,
        )
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise BadInput(f"Port {port} is in use. Choose another with `--port`.") from None
        raise
    refuse_foreign_hosts(server._tornado, HOSTS)
    return server


def _application(study: Study, slug: str, *, logout: bool, public: bool) -> Callable[[], Any]:
    """A function, for Panel calls nothing else: a `partial` it would show as text."""

    def of_a_session() -> pn.Template:
        return page(study, slug, logout=logout, public=public)

    return of_a_session


def _login(auth: str | Path | None) -> dict[str, Any]:
    """Options of Panel's login; the secret that signs its cookies lives as long as the server."""
    if auth is None:
        return {}
    return {
        "basic_auth": read_users(auth),
        "cookie_secret": secrets.token_hex(32),
        "login_template": str(page_path("login.html")),
        "logout_template": str(page_path("logout.html")),
    }


def serve(
    study: Study,
    *,
    port: int = 5006,
    auth: str | Path | None = None,
    show: bool = False,
    public: bool = False,
) -> None:
    """Serve the dashboards of a study on 127.0.0.1 until stopped, as one site with an index.

    Parameters
    ----------
    port
        Port to listen on.
    auth
        JSON file of user names and plain passwords; None asks for no login.
    show
        Whether to open the browser.
    public
        Show nothing that was said and no figure on few people.

    Raises
    ------
    BadInput
        If the port is taken, or the user file is not as expected.
    """
    server = make_server(study, port=port, auth=auth, public=public)
    if show:
        server.io_loop.add_callback(server.show, "/")
    server.run_until_shutdown()
