"""The private authority: made once, never replaced unasked, and each refusal with its way out."""

from __future__ import annotations

import ssl
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from ingest.broker import certificates
from ingest.broker.certificates import Certificates, Certified
from ingest.errors import CertificateError
from ingest.secret_folder import SecretFolder


def make(folder: Path, *names: str, renew: bool = False) -> Certified:
    return Certificates(folder=SecretFolder(folder), names=names).make(renew=renew)


def content(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_certificates_are_made_once(tmp_path: Path) -> None:
    """Again changes nothing; the authority's key is closed even to containers."""
    first = make(tmp_path / "s", "mqtt.example", "192.0.2.7", "2001:DB8:0::7")
    before = content(tmp_path / "s")
    again = make(tmp_path / "s", "mqtt.example")
    assert (len(first.made), again.made, again.fingerprint) == (5, (), first.fingerprint)
    assert {"localhost", "127.0.0.1", "mosquitto", "mqtt.example", "192.0.2.7", "2001:db8::7"} <= set(again.names)
    assert content(tmp_path / "s") == before
    assert stat.S_IMODE((tmp_path / "s" / "ca").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "s" / "ca" / "ca.key").stat().st_mode) == 0o600


def test_certificate_is_what_strict_clients_accept(tmp_path: Path) -> None:
    """With its key, from the authority alone, by names; also where X.509 is read strictly."""
    made = make(tmp_path / "s", "mqtt.example")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(made.certificate, tmp_path / "s" / "broker" / "server.key")
    client = ssl.create_default_context(cafile=str(made.authority))
    client.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT
    assert _shaken(server, client, "mqtt.example")
    with pytest.raises(ssl.SSLCertVerificationError):
        _shaken(server, client, "another.example")
    with pytest.raises(ssl.SSLCertVerificationError):
        _shaken(server, ssl.create_default_context(), "mqtt.example")


def _shaken(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> bool:
    """A handshake in memory."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [client.wrap_bio(down, up, server_hostname=name), server.wrap_bio(up, down, server_side=True)]
    for _ in range(4):
        waiting = [end for end in ends if not _done(end)]
        if not waiting:
            return True
    return False


def _done(end: ssl.SSLObject) -> bool:
    try:
        end.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def test_new_name_is_refused_until_asked_to_renew(tmp_path: Path) -> None:
    """The authority stays, so that devices need nothing new."""
    first = make(tmp_path / "s")
    with pytest.raises(CertificateError, match=r"does not name mqtt\.example.*--renew"):
        make(tmp_path / "s", "mqtt.example")
    renewed = make(tmp_path / "s", "mqtt.example", renew=True)
    assert "mqtt.example" in renewed.names
    assert renewed.fingerprint == first.fingerprint
    assert {path.name for path in renewed.made} == {"server.key", "server.pem"}


def test_certificate_that_ends_soon_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty days before."""
    monkeypatch.setattr(certificates, "_DAYS", 29)
    with pytest.raises(CertificateError, match=r"within 30 days.*--renew"):
        make(tmp_path / "s")


@pytest.mark.parametrize("names", [["a b"], ["*.example"], ["x,DNS:evil"], ["a\nb"], [""], ["-a"], ["999.1.1.1/8"]])
def test_name_that_is_none_is_refused(tmp_path: Path, names: Sequence[str]) -> None:
    """Nothing is made: it would have got into openssl's settings."""
    with pytest.raises(CertificateError, match="neither a host's name nor an address"):
        make(tmp_path / "s", *names)
    assert not (tmp_path / "s").exists()


def test_authority_whose_key_is_away_signs_nothing_new(tmp_path: Path) -> None:
    """What is there goes on; to renew, the key must come back."""
    make(tmp_path / "s")
    (tmp_path / "s" / "ca" / "ca.key").unlink()
    assert make(tmp_path / "s").made == ()
    with pytest.raises(CertificateError, match="bring the authority's key back"):
        make(tmp_path / "s", renew=True)


def test_key_of_another_certificate_is_found_out(tmp_path: Path) -> None:
    """mosquitto would not start with it."""
    make(tmp_path / "s")
    make(tmp_path / "t")
    (tmp_path / "s" / "broker" / "server.key").write_bytes((tmp_path / "t" / "broker" / "server.key").read_bytes())
    with pytest.raises(CertificateError, match="is not the key of"):
        make(tmp_path / "s")


def test_certificate_of_another_authority_is_found_out(tmp_path: Path) -> None:
    """Somebody replaced the authority alone."""
    make(tmp_path / "s")
    make(tmp_path / "t")
    for name in ("ca.pem", "ca.key"):
        (tmp_path / "s" / "ca" / name).write_bytes((tmp_path / "t" / "ca" / name).read_bytes())
    with pytest.raises(CertificateError, match="openssl verify"):
        make(tmp_path / "s")


def test_machine_without_openssl_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its package."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CertificateError, match="apt-get install openssl"):
        make(tmp_path / "s")
