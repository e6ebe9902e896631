"""Side by side: starts servers, loads them in turn, and compares the CPU time that each spends per operation.

What is here: options, folders, processes pinned to a core, their CPU time from /proc, alternating rounds, Markdown tables.
Not here: what is asked of whom (bench_http.py, bench_dns.py, bench_mail.py and the others).
"""
import argparse
import contextlib
import os
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

SERVER_CORE = "0"
CLIENT_CORE = "1" if (os.cpu_count() or 1) > 1 else "0"


def built(name, variable=None):
    """Our own program in its release build, or the one that the variable names."""
    return os.environ.get(variable or "", str(Path(__file__).parent.parent / ".build/release" / name))


def options(quick, **defaults):
    """The command line: an option for each default, and `--quick`, with which the values of `quick` take the places of all else."""
    parser = argparse.ArgumentParser()
    for name, value in defaults.items():
        parser.add_argument(f"--{name}", type=type(value), default=value)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    if given.quick:
        vars(given).update(quick)
    return given


@contextlib.contextmanager
def folder():
    """A folder for a run, in which also servers that give their rights away may write."""
    with tempfile.TemporaryDirectory(prefix="netstead-bench-") as name:
        os.chmod(name, 0o755)
        if os.getuid() == 0:
            os.chown(name, 65534, 65534)
        yield Path(name)


def free_port(kind=socket.SOCK_STREAM):
    """A port of the loopback address that nobody uses now."""
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def program(*names):
    """The first of the programs that is installed, or None with a line said."""
    for name in names:
        found = shutil.which(name) or next((f"{d}/{name}" for d in ("/usr/sbin", "/sbin") if os.path.exists(f"{d}/{name}")), None)
        if found:
            return found
    print(f"(skipped: {names[0]} is not installed)")
    return None


def family(pid):
    """A process and everything it started."""
    members = [pid]
    for member in members:
        for task in Path(f"/proc/{member}/task").glob("*"):
            try:
                members += [int(child) for child in (task / "children").read_text().split()]
            except OSError:
                pass
    return members


def cpu_seconds(pid):
    """User and system time of the process, all its threads and its children; of those that have ended too, if their parent noticed."""
    total, ticks = 0.0, os.sysconf("SC_CLK_TCK")
    for member in family(pid):
        try:
            fields = Path(f"/proc/{member}/stat").read_text().rsplit(")", 1)[1].split()
            # The scheduler's own count is in nanoseconds; stat's in ticks, but it also knows threads that have ended.
            threads = sum(int((t / "schedstat").read_text().split()[0]) for t in Path(f"/proc/{member}/task").glob("*")) / 1e9
            total += threads if threads > 0 else (int(fields[11]) + int(fields[12])) / ticks
            total += (int(fields[13]) + int(fields[14])) / ticks
        except OSError:
            pass
    return total


def resident_mib(pid):
    """Resident memory, shared pages counted proportionally where the kernel says so."""
    total = 0
    for member in family(pid):
        try:
            for line in Path(f"/proc/{member}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        except OSError:
            pass
    return total / 1024


def control_group(name):
    """The folder and the account of a control group that is ours alone, or None where we may make none."""
    for place, account in (("/sys/fs/cgroup/cpuacct", "cpuacct.usage"), ("/sys/fs/cgroup", "cpu.stat")):
        folder = Path(place) / f"netstead-bench-{os.getpid()}-{name}"
        try:
            if (folder.parent / "cgroup.procs").exists():
                folder.mkdir()
                return folder, folder / account
        except OSError:
            pass
    return None


class Server:
    """A running server; ends with the `with` block. `group`: its processes come and go, so the kernel counts them together."""

    def __init__(self, name, command, ready, cwd=None, core=SERVER_CORE, env=None, user=None, group=False):
        self.name, self.command, self.ready, self.cwd, self.core = name, command, ready, cwd, core
        # A number: nobody needs to have a name for it.
        self.user = user if os.getuid() == 0 else None
        self.env = dict(os.environ, **(env or {}))
        self.group = control_group(name) if group else None

    def pinned(self, command):
        """The command on the server's core and, where there is one, on its account."""
        words = (["taskset", "-c", self.core] if self.core else []) + [str(word) for word in command]
        return ["sh", "-c", 'echo $$ > "$0"; exec "$@"', str(self.group[0] / "cgroup.procs")] + words if self.group else words

    def __enter__(self):
        started = time.monotonic()
        self.log = open(f"/tmp/bench-{self.name}.log", "wb")
        pinned = self.pinned(self.command)
        self.process = subprocess.Popen(pinned, cwd=self.cwd, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL, env=self.env, user=self.user, group=self.user, extra_groups=[] if self.user else None)
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() - started > 60:
                self.__exit__()
                raise SystemExit(f"{self.name} did not start: {Path(self.log.name).read_text()[-2000:]}")
            time.sleep(0.002)
        self.ready_after = time.monotonic() - started
        return self

    def __exit__(self, *_):
        members = family(self.process.pid)
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            for member in members:
                try:
                    os.kill(member, signal.SIGKILL)
                except OSError:
                    pass
            self.process.wait()
        self.log.close()
        if self.group:
            # What is still at work would keep the group from going.
            for _ in range(50):
                for member in (self.group[0] / "cgroup.procs").read_text().split():
                    try:
                        os.kill(int(member), signal.SIGKILL)
                    except OSError:
                        pass
                try:
                    self.group[0].rmdir()
                    break
                except OSError:
                    time.sleep(0.1)

    def cpu_seconds(self):
        """The CPU time that it has spent up to now."""
        if not self.group:
            return cpu_seconds(self.pid)
        text = self.group[1].read_text()
        return int(text.split()[1]) / 1e6 if text.startswith("usage_usec") else int(text) / 1e9

    @property
    def pid(self):
        return self.process.pid


def accepts(port, host="127.0.0.1"):
    """Whether somebody accepts TCP connections there."""
    def probe():
        try:
            socket.create_connection((host, port), 0.2).close()
            return True
        except OSError:
            return False
    return probe


def measured(server, load):
    """Runs `load` (which returns how many operations were done, and how many a second) and divides the server's CPU time by it."""
    before = server.cpu_seconds()
    operations, rate = load(server)
    spent = server.cpu_seconds() - before
    return {"cpu": spent / max(1, operations) * 1e6, "rate": rate}


def alternate(servers, load, rounds, prepare=lambda server: None):
    """Loads the servers in turn, the order turned round each time; the first round only warms up. `prepare` is not measured."""
    results = {server.name: [] for server in servers}
    for number in range(rounds + 1):
        for server in servers if number % 2 == 0 else servers[::-1]:
            prepare(server)
            outcome = measured(server, load)
            if number:
                results[server.name].append(outcome)
    return results


def compare(case, results, ours, unit="1/s", scale=1.0, cpu_unit="µs", cpu_scale=1.0):
    """Table rows: ours against each peer, the ratio taken round by round."""
    rows = []
    middle = lambda name, key: statistics.median(r[key] for r in results[name])
    for peer in [name for name in results if name != ours]:
        ratios = sorted(a["cpu"] / b["cpu"] for a, b in zip(results[ours], results[peer]) if b["cpu"] > 0)
        ratio = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f})" if ratios else "-"
        rows.append([
            case, peer, f"{middle(ours, 'cpu') * cpu_scale:.2f}", f"{middle(peer, 'cpu') * cpu_scale:.2f}", ratio,
            f"{middle(ours, 'rate') * scale:,.0f}", f"{middle(peer, 'rate') * scale:,.0f}",
            f"{middle(ours, 'rate') / max(1e-9, middle(peer, 'rate')):.2f}"])
        print(f"  {case} against {peer}: CPU {ratio}", flush=True)
    return rows


def table(header, rows):
    """A Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


COMPARISON = ["case", "peer", "CPU/op ours", "CPU/op peer", "CPU ratio (range)", "rate ours", "rate peer", "rate ratio"]
