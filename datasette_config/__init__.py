"""How the archive is shown: a Datasette plugin. The entry point names this package, so hooks are exported here."""

from datasette_config.plugin import (
    asgi_wrapper,
    handle_exception,
    menu_links,
    permission_resources_sql,
    prepare_connection,
    prepare_jinja2_environment,
    register_actions,
    register_mcp_tools,
    register_routes,
    skip_csrf,
)

__all__ = ["asgi_wrapper", "handle_exception", "menu_links", "permission_resources_sql", "prepare_connection",
           "prepare_jinja2_environment", "register_actions", "register_mcp_tools", "register_routes", "skip_csrf"]
