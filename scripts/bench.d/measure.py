"""Runs a pipeline and says what it cost: wall, CPU of the client and of the server, peak memory."""
import os
import statistics
import subprocess
import time
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
HEAD = ["", "wall s", "CPU s", "client", "server", "peak MiB", "MB", "wall ratio"]


class Failed(Exception):
    """A contender that did not do its work: nothing is said about any of them then."""


def plain(name):
    return name.replace("*", "")


def program(name):
    """Ours, as scripts/bench has built it."""
    target = os.environ.get("CARGO_TARGET_DIR") or Path(__file__).resolve().parents[2] / "target"
    return str(Path(target) / "release" / name)


def size(path):
    if path.is_dir():
        return sum(size(entry) for entry in path.iterdir())
    return path.stat().st_size


def stat(pid):
    """Parent, own CPU and that of children it has waited for, of a process that may be gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="latin-1") as file:
            fields = file.read().rsplit(")", 1)[1].split()
    except OSError:
        return None
    user, system, past_user, past_system = map(int, fields[11:15])
    return int(fields[1]), (user + system) / TICK, (past_user + past_system) / TICK


def children(pid):
    return {int(p) for p in os.listdir("/proc") if p.isdigit() and (stat(p) or [0])[0] == pid}


def title(pid):
    try:
        with open(f"/proc/{pid}/cmdline", encoding="latin-1") as file:
            return file.read()
    except OSError:
        return ""


class Daemon:
    """The server's process tree. It waits for its own children, so that their CPU is not lost."""

    def __init__(self, pid, serving):
        self.pid = pid
        # What stands in the titles of processes that end with their client.
        self.serving = serving

    def serves(self, pid):
        found = title(pid)
        # One that has ended but was not waited for has no title: its CPU is not booked yet.
        return not found or any(word in found for word in self.serving)

    def cpu(self):
        """Only when all that served a client have ended."""
        deadline = time.monotonic() + 60
        while any(map(self.serves, children(self.pid))):
            if time.monotonic() > deadline:
                raise Failed("the server still works a minute after its client has ended")
            time.sleep(0.01)
        _, own, past = stat(self.pid)
        return own + past + sum((stat(pid) or (0, 0, 0))[1] for pid in children(self.pid))


def run(daemon, commands, output=None):
    """Runs the commands as one pipeline; returns what it cost. `output` is the last one's stdout."""
    # What others have left to be written is not this one's burden.
    os.sync()
    before = daemon.cpu()
    start = time.monotonic()
    processes = []
    client = memory = 0.0
    try:
        source = subprocess.DEVNULL
        with open(output or os.devnull, "wb") as sink:
            for command in commands:
                target = sink if command is commands[-1] else subprocess.PIPE
                process = subprocess.Popen(command, stdin=source, stdout=target)
                if source is not subprocess.DEVNULL:
                    source.close()
                source = process.stdout
                processes.append(process)
        for process in processes:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            client += usage.ru_utime + usage.ru_stime
            memory = max(memory, usage.ru_maxrss / 1024)
            if process.returncode != 0:
                raise Failed(f"{' '.join(process.args)} ended with {process.returncode}")
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
                process.wait()
    wall = time.monotonic() - start
    return {"wall": wall, "client": client, "server": daemon.cpu() - before, "memory": memory}


def median(costs):
    """Of several runs of one contender."""
    return {key: statistics.median(cost[key] for cost in costs) for key in costs[0]}


def rows(costs, base):
    """The lines under HEAD."""
    for name, cost in costs.items():
        yield [
            name, f"{cost['wall']:.1f}", f"{cost['client'] + cost['server']:.1f}",
            f"{cost['client']:.1f}", f"{cost['server']:.1f}", f"{cost['memory']:.0f}",
            f"{cost['size'] / 1e6:.1f}" if cost["size"] else "",
            f"{cost['wall'] / costs[base]['wall']:.2f}",
        ]


def table(head, rows):
    """As Markdown, the first column to the left."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    lines = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
