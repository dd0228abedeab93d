"""A private authority and the broker's certificate, by the machine's own openssl.

openssl and not a Python library: it is on every Debian, it is used once in two years, and the service that runs has
one dependency less to keep safe. RSA 2048, which every field device's TLS knows. The authority's key is closed even
to containers, and is needed again only to renew: take it off the machine.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import shutil
import ssl
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.broker.mosquitto import CERTIFICATE, KEY
from ingest.broker.writing import FILES
from ingest.errors import CertificateError
from ingest.secret_folder import SecretFolder, write_whole

AUTHORITY = "ca.pem"
STANDARD_NAMES = ("localhost", "127.0.0.1", "mosquitto")  # this machine's, and the service's in the compose file
_AUTHORITY_DAYS, _DAYS = 3650, 730
_SOON = 30 * 24 * 3600  # seconds before the end from when it is told
_NAME = re.compile(r"^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$")
_PATIENCE = 60.0  # seconds for openssl
_RENEW = "renew it with all its names (clearwarn broker certs --renew --name ...), then restart mosquitto"

_AUTHORITY = """
[req]
prompt = no
distinguished_name = who
x509_extensions = is
[who]
CN = Clearwarn private authority
[is]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
"""
_BROKER = """
[req]
prompt = no
distinguished_name = who
[who]
CN = Clearwarn broker
[is]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,keyEncipherment
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = {names}
"""


@dataclass(frozen=True, slots=True)
class Certified:
    """What is there now; `made` are the files made just now."""

    authority: Path
    certificate: Path
    names: tuple[str, ...]
    fingerprint: str  # SHA-256 of the authority's certificate, for whoever installs it on a device
    made: tuple[Path, ...]


class Certificates:
    """Below one folder of secrets: the authority in `ca`, what the broker needs in `broker`."""

    def __init__(self, *, folder: SecretFolder, names: Sequence[str]) -> None:
        self._folder = folder
        self._names = tuple(dict.fromkeys(map(_plain, (*STANDARD_NAMES, *names))))

    def make(self, *, renew: bool) -> Certified:
        """What is missing; the broker's certificate anew with `renew`. Raises `CertificateError`, `OSError`.

        Nothing that works is replaced unasked: a certificate that lacks a name or soon ends is refused with the remedy.
        """
        alternatives = ", ".join(_alternative(name) for name in self._names)
        self._folder.open()
        ours, files = self._folder.folder("ca", handed_on=False), self._folder.folder(FILES)
        made: list[Path] = []
        authority, signing = ours / AUTHORITY, ours / "ca.key"
        certificate, key = files / CERTIFICATE, files / KEY
        if not authority.exists():
            made += self._begin(authority, signing)
        if renew or not (certificate.exists() and key.exists()):
            if not signing.exists():
                message = f"{signing} is not here: bring the authority's key back to sign with it, then again"
                raise CertificateError(message)
            made += self._sign(authority, signing, certificate, key, alternatives)
        names = self._judged(authority, certificate, key)
        if _text(files / AUTHORITY) != _text(authority):  # what a container, or whoever fetches it for devices, gets
            write_whole(files / AUTHORITY, _text(authority))
            made.append(files / AUTHORITY)
        der = ssl.PEM_cert_to_DER_cert(_text(authority))
        return Certified(authority, certificate, names, hashlib.sha256(der).hexdigest(), tuple(made))

    def _begin(self, authority: Path, signing: Path) -> Sequence[Path]:
        if signing.exists():
            message = f"{signing} is there and {authority} is not: restore it, or remove both to begin anew"
            raise CertificateError(message)
        with tempfile.TemporaryDirectory() as scratch:
            new, settings = Path(scratch) / "ca.key", Path(scratch) / "settings"
            settings.write_text(_AUTHORITY, encoding="ascii")
            made = _openssl(
                *("req", "-x509", "-new", "-newkey", "rsa:2048", "-nodes", "-sha256", "-days", str(_AUTHORITY_DAYS)),
                *("-config", str(settings), "-keyout", str(new)),
            )
            write_whole(signing, _text(new), handed_on=False)
        write_whole(authority, made)
        return [signing, authority]

    def _sign(self, authority: Path, signing: Path, certificate: Path, key: Path, names: str) -> Sequence[Path]:
        with tempfile.TemporaryDirectory() as scratch:
            new, request, settings = (Path(scratch) / name for name in ("server.key", "request", "settings"))
            settings.write_text(_BROKER.format(names=names), encoding="ascii")
            request.write_text(
                _openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-config", str(settings), "-keyout", str(new)),
                encoding="ascii",
            )
            made = _openssl(
                *("x509", "-req", "-sha256", "-days", str(_DAYS), "-in", str(request)),
                *("-CA", str(authority), "-CAkey", str(signing), "-set_serial", f"0x{_serial(request)}"),
                *("-extfile", str(settings), "-extensions", "is"),
            )
            write_whole(key, _text(new))
        write_whole(certificate, made)
        return [key, certificate]

    def _judged(self, authority: Path, certificate: Path, key: Path) -> tuple[str, ...]:
        """The names of the one that is there, which must still do."""
        _openssl("verify", "-CAfile", str(authority), str(certificate), remedy=_RENEW)
        _openssl("x509", "-noout", "-in", str(certificate), "-checkend", str(_SOON), remedy=f"within 30 days: {_RENEW}")
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
        except ssl.SSLError as error:
            message = f"{key} is not the key of {certificate}: {_RENEW}"
            raise CertificateError(message) from error
        said = _openssl("x509", "-noout", "-in", str(certificate), "-ext", "subjectAltName")
        present = tuple(_plain(part.strip().partition(":")[2]) for part in said.partition("\n")[2].split(","))
        missing = [name for name in self._names if name not in present]
        if missing:
            message = f"{certificate} does not name {', '.join(missing)}: {_RENEW}"
            raise CertificateError(message)
        return present


def _plain(name: str) -> str:
    """An address in its shortest form; anything else as it is."""
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name


def _alternative(name: str) -> str:
    """As `subjectAltName` has it. Raises `CertificateError`."""
    try:
        return f"IP:{ipaddress.ip_address(name)}"
    except ValueError:
        if not _NAME.match(name):
            message = f"{name!r} is neither a host's name nor an address"
            raise CertificateError(message) from None
        return f"DNS:{name}"


def _serial(request: Path) -> str:
    """Of 128 bits, from what no other certificate of the authority has: its own key and signature."""
    return f"{int(hashlib.sha256(request.read_bytes()).hexdigest(), 16) >> 129:032x}"


def _openssl(*arguments: str, remedy: str = "") -> str:
    """What it prints. Raises `CertificateError` with its own words."""
    program = shutil.which("openssl")
    if program is None:
        message = "openssl is not installed (apt-get install openssl)"
        raise CertificateError(message)
    done = subprocess.run(  # noqa: S603  # a fixed program; names were checked, no shell
        [program, *arguments], capture_output=True, text=True, timeout=_PATIENCE, check=False
    )
    if done.returncode:
        said = " ".join(line.strip() for line in (done.stderr + done.stdout).strip().splitlines()[-3:])
        raise CertificateError(f"openssl {arguments[0]}: {said}" + (f"; {remedy}" if remedy else ""))
    return done.stdout


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        return ""
