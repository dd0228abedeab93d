"""The routes, one module a noun. Each `routes(parts)` gives a router; `app` includes them all."""
