"""Templates to pages: whose language, who is on duty, and the cookies that remember both."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from alerts.console import language as languages
from alerts.console.language import Language
from alerts.console.parts import Parts
from alerts.console.phrases import Voice

LANGUAGE_COOKIE = "clearwarn_language"
PERSON_COOKIE = "clearwarn_person"
_YEAR = 365 * 24 * 3600
_SHIFT = 16 * 3600  # a night shift and its handover: the next officer chooses themselves


def environment() -> Environment:
    """Everything is escaped; a name that a template lacks is an error."""
    return Environment(
        loader=PackageLoader("alerts.console", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def speaking(request: Request) -> Language:
    """The request's language."""
    return languages.choose(
        asked=request.query_params.get("lang"),
        remembered=request.cookies.get(LANGUAGE_COOKIE),
        accept=request.headers.get("accept-language", ""),
    )


def voice(parts: Parts, request: Request) -> Voice:
    """How this page speaks, at this moment of the service's clock."""
    return Voice(language=speaking(request), zone=parts.zone, now=parts.clock.now())


def on_duty(parts: Parts, request: Request) -> str | None:
    """The person this browser remembers, while they are still on the list."""
    person = request.cookies.get(PERSON_COOKIE)
    return person if person in parts.staff else None


def page(
    parts: Parts, request: Request, template: str, speaker: Voice, *, status: int = 200, **values: Any
) -> Response:
    """The page, with a cookie where a language was asked for."""
    body = parts.templates.get_template(template).render(
        voice=speaker,
        lang=speaker.language,
        t=speaker.text,
        staff=[(person, parts.staff.name(person, speaker.language)) for person in parts.staff],
        person_name=lambda person: parts.staff.name(person, speaker.language),
        person=on_duty(parts, request),
        path=request.url.path,
        **values,
    )
    response = HTMLResponse(body, status_code=status, headers={"Vary": "Accept-Language, Cookie"})
    if request.query_params.get("lang") in tuple(Language):
        remember(response, LANGUAGE_COOKIE, speaker.language.value, _YEAR)
    return response


def remember_person(response: Response, person: str) -> None:
    """For one shift."""
    remember(response, PERSON_COOKIE, person, _SHIFT)


def remember(response: Response, name: str, value: str, seconds: int) -> None:
    """Sets a cookie that scripts cannot read and other sites do not send."""
    response.set_cookie(name, value, max_age=seconds, httponly=True, samesite="lax", path="/")
