"""Private servers that a benchmark starts and stops, and the tools that speak to them."""
import contextlib
import getpass
import os
import shutil
import signal
import subprocess
import sys
import time

import measure

# What a careful administrator sets on a small machine. Autovacuum would work for whoever comes next.
SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "512MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
    "client_min_messages": "warning",
}


class Postgres:
    def __init__(self, cache, place, **settings):
        self.settings = SETTINGS | settings
        self.programs = cache / "postgres/18/bin"
        self.tools = cache / "judge/bin"
        self.place = place
        # Short: a socket's path may have 107 bytes. Postgres does not run as root.
        self.sockets = place / "s"
        self.user = ["--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []

    def __enter__(self):
        self.sockets.mkdir(parents=True, exist_ok=True)
        if self.user:
            for folder in (self.place, self.sockets):
                os.chown(folder, 65534, 65534)
        for name in [name for name in os.environ if name.startswith("PG")]:
            del os.environ[name]
        os.environ.update(PGHOST=str(self.sockets), PGUSER="bench", PGDATABASE="bench")
        if not (self.place / "data/PG_VERSION").exists():
            initdb = [self.programs / "initdb", "-D", "data", "-U", "bench", "-A", "trust"]
            self.as_user([*initdb, "-E", "UTF8", "--locale=C"]).check_returncode()
        command = ["setpriv", "--pdeathsig", "INT", *self.user, self.programs / "postgres", "-D", "data"]
        command += ["-k", self.sockets] + [f"-c{name}={value}" for name, value in self.settings.items()]
        with open(self.place / "log", "wb") as log:
            self.process = subprocess.Popen(command, cwd=self.place, stdout=log, stderr=log)
        try:
            self.wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def wait(self):
        state = self.place / "data/postmaster.pid"
        while True:
            if self.process.poll() is not None:
                raise measure.Failed(f"PostgreSQL does not start: {(self.place / 'log').read_text()}")
            with contextlib.suppress(OSError, IndexError):
                lines = state.read_text().splitlines()
                if lines[0] == str(self.process.pid) and lines[7].strip() == "ready":
                    return
            time.sleep(0.05)

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait()

    def as_user(self, command):
        return subprocess.run(
            ["setpriv", *self.user, *command] if self.user else command,
            cwd=self.place, stdout=subprocess.DEVNULL, stderr=sys.stderr, check=False,
        )

    def sql(self, text, database="bench"):
        psql = [self.tools / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", text]
        return subprocess.run(psql, check=True, text=True, stdout=subprocess.PIPE).stdout.strip()


class MariaDB:
    """Of version 11, as it is but for a buffer that holds all of the data."""

    def __init__(self, cache, place):
        self.release, self.place = cache / "mysql/mariadb-11", place
        self.socket = place / "s"

    def __enter__(self):
        self.place.mkdir(parents=True, exist_ok=True)
        if not (self.place / "data").exists():
            shutil.copytree(self.release / "data", self.place / "data")
        for name in [name for name in os.environ if name.startswith("MYSQL")]:
            del os.environ[name]
        os.environ.update(MYSQL_UNIX_PORT=str(self.socket), MYSQL_USER="root", MYSQL_DATABASE="bench")
        command = ["setpriv", "--pdeathsig", "TERM", self.release / "bin/mariadbd", f"--datadir={self.place}/data"]
        command += [f"--socket={self.socket}", "--skip-networking", f"--user={getpass.getuser()}"]
        command += ["--innodb-buffer-pool-size=3G", "--innodb-log-file-size=1G"]
        with open(self.place / "log", "wb") as log:
            self.process = subprocess.Popen(command, cwd=self.place, stdout=log, stderr=log)
        while True:
            with contextlib.suppress(subprocess.CalledProcessError):
                self.sql("SELECT 1", quiet=True)
                return self
            if self.process.poll() is not None:
                raise measure.Failed(f"MariaDB does not start: {(self.place / 'log').read_text()}")
            time.sleep(0.1)

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()

    def tool(self, name):
        return [str(self.release / "bin" / name), f"--socket={self.socket}", "--user=root"]

    def sql(self, text, database=None, quiet=False):
        client = [*self.tool("mariadb"), "--batch", "--skip-column-names", "-e", text]
        errors = subprocess.DEVNULL if quiet else None
        client += [f"--database={database}"] if database else []
        return subprocess.run(client, check=True, text=True, stdout=subprocess.PIPE, stderr=errors).stdout


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def main_of(bench):
    """Runs a benchmark as a program: one that could not measure says why and nothing else."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        bench()
    except (measure.Failed, subprocess.CalledProcessError) as failure:
        sys.exit(f"bench: no result: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
