"""What a failure looks like: a page in the reader's language, or JSON below `/api/`."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from alerts.console.parts import Parts
from alerts.console.rendering import page, voice
from alerts.console.texts import TEXTS
from alerts.errors import JournalError, NotAllowedError, UnknownWarningError

_STATUS: dict[type[Exception], int] = {
    UnknownWarningError: 404,
    NotAllowedError: 409,
    JournalError: 503,
    RequestValidationError: 422,
}


class IncompleteError(Exception):
    """A form lacks something; `what` is `person` or `reason`."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"missing: {what}")


def answer_failures(app: FastAPI, parts: Parts) -> None:
    """Registers the answers. Others' errors stay errors: the server logs them."""

    async def answer(request: Request, error: Exception) -> Response:
        return failure(parts, request, error)

    for kind in (*_STATUS, IncompleteError, HTTPException):
        app.add_exception_handler(kind, answer)


def failure(parts: Parts, request: Request, error: Exception) -> Response:
    """The answer to one failure."""
    status = _status(error)
    detail = error.what if isinstance(error, IncompleteError) else "read" if request.method == "GET" else ""
    speaker = voice(parts, request)
    title = speaker.text(f"error.{status}" if f"error.{status}" in TEXTS else "error.other")
    key = next((key for key in (f"error.{status}.{detail}", f"error.{status}.text") if key in TEXTS), "error.other")
    explained = speaker.text(key)
    if request.url.path.startswith("/api/"):
        said = str(error) if isinstance(error, NotAllowedError | UnknownWarningError) else explained
        return JSONResponse({"error": title, "detail": said}, status_code=status)
    said = str(error) if isinstance(error, NotAllowedError) else ""
    warning_id = request.path_params.get("warning_id") if status in {409, 422, 503} else None
    return page(
        parts,
        request,
        "failure.html",
        speaker,
        status=status,
        title=title,
        text=explained,
        said=said,
        warning_id=warning_id,
    )


def _status(error: Exception) -> int:
    if isinstance(error, HTTPException):
        return error.status_code
    if isinstance(error, IncompleteError):
        return 422
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)
