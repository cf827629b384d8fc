"""A PostgreSQL server of a run's own, for the benches and the looks of scripts/soak."""

import contextlib
import os
import pathlib
import pwd
import signal
import subprocess
import tempfile
import time

PROGRAMS = pathlib.Path("/usr/lib/postgresql/15/bin")


@contextlib.contextmanager
def postgres():
    """Starts a server in a temporary folder, and gives that folder: the server is reached by a socket in it."""
    as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
    with tempfile.TemporaryDirectory() as folder:
        if as_user:
            os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
        data = f"{folder}/data"
        subprocess.run([*as_user, PROGRAMS / "initdb", "-D", data, "-U", "postgres", "-A", "trust"], check=True,
                       stdout=subprocess.DEVNULL)
        server = subprocess.Popen([*as_user, PROGRAMS / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses="],
                                  stderr=subprocess.DEVNULL)
        try:
            while subprocess.run([PROGRAMS / "pg_isready", "-q", "-h", folder]).returncode:
                time.sleep(0.05)
            yield folder
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(60)


def url(folder: str, schema: str) -> str:
    """The address of a schema of the server in a folder."""
    return f"postgresql:///postgres?host={folder}&user=postgres&options=-csearch_path%3D{schema}"
