"""config/people.yaml and config/notify.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.errors import ConfigurationError, SecretError
from alerts.notifications import Channel
from alerts.notify.settings import NotifySettings, load_notify
from alerts.people import load_people
from alerts.secret import SecretSource
from tests.support.alerts_people import a_receiver, some_people

CONFIG = Path(__file__).parents[3] / "config"


def test_people_as_shipped_reach_nothing_outside() -> None:
    """Without configuration nothing leaves the machine."""
    people = load_people(CONFIG / "people.yaml")
    assert {channel for one in people.receivers for channel in one.channels.addresses} == {Channel.LOG}
    assert load_notify(CONFIG / "notify.yaml").email is None
    assert len(people.persons) == 3


def test_people_problems_come_all_at_once_with_their_lines(tmp_path: Path) -> None:
    """Every mistake of the file is named in one go."""
    file = tmp_path / "people.yaml"
    file.write_text(
        "receivers:\n"
        "  - id: chen\n"
        "    name: {zh: 陈}\n"
        "    channels: {email: {address: nobody}}\n"
        "    told: {acts: [acknowledged]}\n"
        "    shoe_size: 43\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigurationError) as caught:
        load_people(file)
    assert {(problem.line, problem.path.rpartition(".")[2]) for problem in caught.value.problems} == {
        (3, "en"),
        (4, "address"),
        (5, "told"),
        (6, "shoe_size"),
    }


def test_people_problems_name_what_the_rest_of_the_configuration_lacks() -> None:
    """An area, a kind or a channel that does not exist would silence a person without a word."""
    people = some_people(
        a_receiver(
            told={"areas": ["nowhere"], "kinds": ["soil"]}, channels={"email": {"address": "chen@bureau.example"}}
        )
    )
    assert people.problems(areas={"river"}, kinds={"air"}, channels=NotifySettings().channels) == [
        (("receivers", 0, "told", "areas"), "no area 'nowhere'"),
        (("receivers", 0, "told", "kinds"), "no kind 'soil'"),
        (("receivers", 0, "channels", Channel.EMAIL), "email is not set up in notify.yaml"),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        [a_receiver("chen"), a_receiver("chen")],
        [a_receiver(channels={})],
        [a_receiver(channels={"webhook": {"url": "https://x.example/", "secret_env": "A", "secret_file": "b"}})],
        [a_receiver(channels={"webhook": {"url": "https://x.example/"}})],
        [a_receiver(channels={"webhook": {"url": "file:///etc/passwd", "secret_env": "A"}})],
        [a_receiver(channels={"webhook": {"url": "https://x.example:99999/", "secret_env": "A"}})],
        [a_receiver(channels={"email": {"address": "a@b.example\nBcc: c@d.example"}})],
    ],
)
def test_people_that_cannot_be_told_are_refused(wrong: list[dict[str, object]]) -> None:
    """Twice the same id, no channel, no secret, not an address."""
    with pytest.raises(ValueError, match="validation error"):
        some_people(*wrong)


def test_people_without_a_role_cannot_act() -> None:
    """The duty log is told like a person and signs nothing."""
    assert some_people(a_receiver("chen"), a_receiver("record", role=None)).persons == (("chen", "chen甲", "Chen"),)


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": {"host": "h", "sender": "a@b.example", "username": "u"}},
        {"email": {"host": "h", "sender": "a@b.example", "password_env": "P"}},
        {"email": {"host": "h", "sender": "a@b.example", "username": "u", "password_env": "P", "security": "none"}},
        {"retry": {"first_seconds": 10, "longest_seconds": 1}},
        {"retry": {"first_seconds": float("nan")}},
    ],
)
def test_notify_settings_that_cannot_work_are_refused(wrong: dict[str, object]) -> None:
    """Half a credential, a password in the clear, a back-off that shrinks."""
    with pytest.raises(ValueError, match="validation error"):
        NotifySettings.model_validate(wrong)


def test_secret_is_read_from_a_variable_or_a_file(tmp_path: Path) -> None:
    """The end of the file's line does not belong to it."""
    file = tmp_path / "secret"
    file.write_text("s3cret\n", encoding="utf-8")
    assert SecretSource(file=file).read({}) == "s3cret"
    assert SecretSource(env="NAME").read({"NAME": "other"}) == "other"


@pytest.mark.parametrize("source", [SecretSource(env="NAME"), SecretSource(file=Path("/nowhere/at/all"))])
def test_secret_that_is_missing_is_said(source: SecretSource) -> None:
    """An empty secret would sign with nothing."""
    with pytest.raises(SecretError):
        source.read({"NAME": ""})
