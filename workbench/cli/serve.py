"""`workbench serve STUDY`."""

from __future__ import annotations

import click

__all__ = ["command"]


@click.command("serve")
@click.argument("study")
@click.option("--port", default=5006, show_default=True)
@click.option("--auth", metavar="FILE", help="JSON file {user: password}; asks for a login.")
@click.option("--open/--no-open", "open_", default=False, help="Open the browser.")
@click.option(
    "--public", is_flag=True, help="Without quotes, single conversations and figures on few people."
)
def command(*, study: str, port: int, auth: str | None, open_: bool, public: bool) -> None:
    """Serve the dashboards of STUDY on 127.0.0.1, as one site with an index."""
    from workbench.panels import serve
    from workbench.study import Study

    serve(Study.open(study), port=port, auth=auth, show=open_, public=public)
