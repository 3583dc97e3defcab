"""Which certificate and which key go together, when options and a profile name them."""

import pytest

from disquectl.config.settings import resolve
from disquectl.errors import UsageError

PROFILE = "[profiles.a]\nnodes = 'host'\ntls = true\ncert = '/profile/cert'\nkey = '/profile/key'\n"


@pytest.fixture
def tls(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text(PROFILE)
    path.chmod(0o600)

    def of(**options):
        return resolve(
            {"profile": "a", **options}, {"DISQUECTL_CONFIG": str(path), "HOME": str(tmp_path)}
        ).tls

    return of


def test_those_of_a_profile_go_together(tls):
    assert (tls()["cert"], tls()["key"]) == ("/profile/cert", "/profile/key")


def test_a_certificate_by_option_never_goes_with_the_key_of_a_profile(tls):
    found = tls(cert="mine.pem")
    assert (found["cert"], found["key"]) == ("mine.pem", None)


def test_both_by_option_go_together(tls):
    found = tls(cert="mine.pem", key="mine.key")
    assert (found["cert"], found["key"]) == ("mine.pem", "mine.key")


def test_a_key_by_option_goes_with_the_certificate_of_a_profile(tls):
    found = tls(key="new.key")
    assert (found["cert"], found["key"]) == ("/profile/cert", "new.key")


def test_a_key_alone_is_a_usage_error():
    with pytest.raises(UsageError, match="--key needs a --cert"):
        resolve({"node": ("host",), "tls": True, "key": "k"}, {})
