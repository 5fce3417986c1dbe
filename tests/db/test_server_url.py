"""URLs of databases: what an archive that one was given can't make this program do."""

import pytest

from fapproc.db.dialect import servers
from fapproc.errors import UsageProblem

NEAR = "postgresql+psycopg://me@127.0.0.1/rows"
SOCKET = "postgresql+psycopg:///rows"
REFUSED = {
    "postgresql+psycopg://me:secret@127.0.0.1/rows": "may hold no password",
    f"{NEAR}?password=secret": "may hold no password",
    f"{NEAR}?passfile=/home/me/notes": "may hold no password",
    "postgresql+psycopg://me@127.0.0.1": "names no database",
    SOCKET: "names no host",
    f"{NEAR}?options=-cfsync": "takes no options",
    f"{NEAR}?service=theirs": "takes no service",
    f"{NEAR}?hostaddr=192.0.2.1": "takes no hostaddr",
    f"{NEAR}?sslcert=/tmp/theirs.crt": "takes no sslcert",
    f"{NEAR}?sslkey=/tmp/theirs.so:key": "takes no sslkey",
    f"{NEAR}?sslrootcert=/home/me/notes": "names no file",
    f"{NEAR}?host=other": "must name one host",
    "postgresql+psycopg://me@127.0.0.1,other/rows": "must name one host",
    f"{SOCKET}?host=/run/postgresql,other": "must name one host",
    f"{SOCKET}?host=/run/postgresql&host=other": "must name one host",
    f"{SOCKET}?host=other": "must name one host",
    "postgresql+psycopg://me@127.0.0.1:port/rows": "This is no URL of a database",
    "postgresql+psycopg://me@server/rows?sslmode=require": "can only be verify-full",
}


@pytest.mark.parametrize(("url", "words"), REFUSED.items(), ids=REFUSED)
def test_a_url_leads_to_one_database_and_nowhere_else(url: str, words: str) -> None:
    with pytest.raises(UsageProblem, match=words) as refused:
        servers.parsed(url)
    assert "secret" not in str(refused.value)


def test_another_computer_must_show_who_it_is_and_this_one_need_not() -> None:
    def asked(url: str) -> object:
        return servers.parameters(servers.parsed(url)).get("sslmode")

    for far in ("server", "192.0.2.1", "[2001:db8::1]", "127.0.0.1.example"):
        assert asked(f"postgresql+psycopg://me@{far}/rows") == "verify-full"
    for near in ("127.0.0.1", "[::1]", "localhost"):
        assert asked(f"postgresql+psycopg://me@{near}/rows") is None
    assert asked(f"{SOCKET}?host=/run/postgresql") is None
