"""Plain-text mail over SMTP, one connection a message."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import format_datetime

import aiosmtplib

from alerts.errors import ChannelRefusedError, ChannelUnavailableError
from alerts.notify.channel import Message
from alerts.notify.settings import EmailSettings, Security

_PERMANENT = 500  # RFC 5321 section 4.2.1: 5yz is a permanent negative answer


class EmailNotifier:
    """Opens nothing until a message goes out."""

    def __init__(self, *, settings: EmailSettings, password: str | None) -> None:
        self._settings = settings
        self._password = password

    async def send(self, message: Message) -> str:
        """A 5yz answer is refused; 4yz, credentials, the network and time-outs are tried again."""
        try:
            _, answer = await aiosmtplib.send(
                self.composed(message),
                hostname=self._settings.host,
                port=self._settings.port,
                username=self._settings.username,
                password=self._password,
                timeout=self._settings.timeout_seconds,
                use_tls=self._settings.security is Security.TLS,
                start_tls=self._settings.security is Security.STARTTLS,
                local_hostname=self._domain,  # else a blocking DNS look-up on the event loop
            )
        except aiosmtplib.SMTPException as error:
            raise _judged(error) from error
        except OSError as error:
            raise ChannelUnavailableError(f"{type(error).__name__}: {error}") from error
        return answer

    def composed(self, message: Message) -> EmailMessage:
        """The mail. Every attempt has the same Message-ID, so that mail programs show one."""
        mail = EmailMessage()
        mail["From"] = self._settings.sender
        mail["To"] = message.address
        mail["Subject"] = message.subject
        mail["Date"] = format_datetime(message.attempted_at)
        mail["Message-ID"] = f"<{message.key}@{self._domain}>"
        mail["Content-Language"] = message.language.value
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: keeps absence notes from answering
        mail.set_content(message.text)
        return mail

    @property
    def _domain(self) -> str:
        return self._settings.sender.rpartition("@")[2]


def _judged(error: aiosmtplib.SMTPException) -> ChannelRefusedError | ChannelUnavailableError:
    match error:
        case aiosmtplib.SMTPAuthenticationError():
            # The operator can mend it; no message is lost for a wrong password.
            return ChannelUnavailableError(f"credentials: {error.code} {error.message}")
        case aiosmtplib.SMTPRecipientsRefused():
            codes = [one.code for one in error.recipients]
            text = "; ".join(f"{one.code} {one.message}" for one in error.recipients)
            return _by_code(min(codes, default=0), text)
        case aiosmtplib.SMTPResponseException():
            return _by_code(error.code, f"{error.code} {error.message}")
        case aiosmtplib.SMTPConnectTimeoutError() | aiosmtplib.SMTPConnectError():
            return ChannelUnavailableError(f"{type(error).__name__}: {error}")
        case _:
            # A time-out or a lost connection: the server may have taken the message all the same.
            return ChannelUnavailableError(f"{type(error).__name__}: {error}", perhaps_delivered=True)


def _by_code(code: int, text: str) -> ChannelRefusedError | ChannelUnavailableError:
    return ChannelRefusedError(text) if code >= _PERMANENT else ChannelUnavailableError(text)
