"""Who may speak to the console."""

from collections.abc import AsyncIterator, Mapping

import httpx
import pytest
from starlette.datastructures import Headers

from alerts.console.guard import BODY_LIMIT, LOCAL_HOSTS, Refusal, host_name, judge
from tests.support.console import a_console

HERE = {"host": "127.0.0.1:8080"}


@pytest.mark.parametrize(
    ("method", "headers", "expected"),
    [
        ("GET", HERE, None),
        ("GET", {"host": "localhost"}, None),
        ("GET", {"host": "[::1]:8080"}, None),
        ("GET", {"host": "evil.example"}, Refusal.FOREIGN_HOST),
        ("GET", {"host": "127.0.0.1.evil.example:8080"}, Refusal.FOREIGN_HOST),
        ("GET", {"host": ""}, Refusal.FOREIGN_HOST),
        ("GET", {}, Refusal.FOREIGN_HOST),
        ("GET", {**HERE, "sec-fetch-site": "cross-site"}, None),
        ("POST", HERE, None),
        ("POST", {**HERE, "sec-fetch-site": "same-origin", "origin": "http://127.0.0.1:8080"}, None),
        ("POST", {**HERE, "sec-fetch-site": "cross-site"}, Refusal.CROSS_SITE),
        ("POST", {**HERE, "sec-fetch-site": "same-site"}, Refusal.CROSS_SITE),
        ("POST", {**HERE, "origin": "http://evil.example"}, Refusal.CROSS_SITE),
        ("POST", {**HERE, "origin": "http://127.0.0.1:9999"}, Refusal.CROSS_SITE),
        ("POST", {**HERE, "origin": "null"}, Refusal.CROSS_SITE),
        ("POST", {**HERE, "origin": "http://[broken"}, Refusal.CROSS_SITE),
        ("DELETE", {**HERE, "origin": "http://evil.example"}, Refusal.CROSS_SITE),
        ("POST", {**HERE, "content-length": str(BODY_LIMIT + 1)}, Refusal.TOO_LARGE),
        ("POST", {**HERE, "content-length": "-1"}, Refusal.TOO_LARGE),
        ("POST", {**HERE, "content-length": "²"}, Refusal.TOO_LARGE),
    ],
)
def test_guard_judges_by_host_origin_and_length(
    method: str, headers: Mapping[str, str], expected: Refusal | None
) -> None:
    """A page of another site can neither post to us nor reach us under its own name."""
    given = Headers(raw=[(name.encode(), value.encode("latin-1")) for name, value in headers.items()])
    assert judge(method, given, LOCAL_HOSTS) is expected


@pytest.mark.parametrize(
    ("authority", "name"), [("LOCALHOST:80", "localhost"), ("[::1]", "[::1]"), ("[::1]:80", "[::1]"), (" a.b ", "a.b")]
)
def test_host_name_drops_the_port(authority: str, name: str) -> None:
    """And nothing else."""
    assert host_name(authority) == name


async def test_guard_allows_configured_hosts() -> None:
    """A bureau's own name for the console."""
    transport = httpx.ASGITransport(app=a_console(allowed_hosts=["Desk.Bureau.example"]))
    async with httpx.AsyncClient(transport=transport) as client:
        assert (await client.get("http://desk.bureau.example/healthz")).status_code == 200
        assert (await client.get("http://other.bureau.example/healthz")).status_code == 400


async def test_guard_sets_the_headers_of_every_answer() -> None:
    """Pages, files, refusals."""
    transport = httpx.ASGITransport(app=a_console())
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        for path in ("/", "/static/console.css", "/nowhere", "/api/warnings"):
            answer = await client.get(path)
            assert "default-src 'self'" in answer.headers["content-security-policy"]
            assert "unsafe" not in answer.headers["content-security-policy"]
            assert answer.headers["x-content-type-options"] == "nosniff"
        assert (await client.get("/")).headers["cache-control"] == "no-store"
        refused = await client.post("/person", headers={"origin": "http://evil.example"}, data={"person": "lin"})
        assert (refused.status_code, "set-cookie" in refused.headers) == (403, False)


async def test_guard_bounds_a_body_of_unknown_length() -> None:
    """Chunk after chunk is not taken in for ever."""
    pulled = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal pulled
        for _ in range(100):
            pulled += 1
            yield b"x" * 4096

    transport = httpx.ASGITransport(app=a_console(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.post(
            "/api/warnings/w-3f9a51c07b2e/acknowledge",
            content=endless(),
            headers={"content-type": "application/json"},
        )
    assert answer.status_code >= 400
    assert pulled < 10
