"""Whom the database runs as: PostgreSQL refuses root."""

import os
import pwd
from dataclasses import dataclass
from typing import TypedDict

from seqarena.errors import ConfigError


@dataclass(frozen=True)
class Account:
    """A user of this machine."""

    name: str
    uid: int
    gid: int


class Identity(TypedDict, total=False):
    """What `subprocess` is told of whom a program runs as."""

    user: int
    group: int
    extra_groups: list[int]


def caller() -> Account:
    """Return whom this process runs as."""
    entry = pwd.getpwuid(os.geteuid())
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def database_account(name: str) -> Account:
    """Return whom the database runs as: the caller, unless that is root.

    Args:
        name: The account in place of root.

    Raises:
        ConfigError: the caller is root, and there is no such account.
    """
    if os.geteuid() != 0:
        return caller()
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        entry = None
    if entry is None or entry.pw_uid == 0:
        raise ConfigError(
            [
                f"--account {name}: PostgreSQL does not run as root, and this is no other account "
                "of this machine; install Debian's package postgresql, which makes one, name "
                "another account, or start the server as a user."
            ]
        )
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def identity_of(account: Account) -> Identity:
    """Return what makes a program run as the account; nothing where that is the caller's."""
    if account.uid == os.geteuid():
        return {}
    groups = os.getgrouplist(account.name, account.gid)
    return {"user": account.uid, "group": account.gid, "extra_groups": groups}
