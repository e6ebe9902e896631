"""A download onto a disk that is too small, and that is emptied again. Usage, in a mount namespace of its own: swarm_full_disk.py PROGRAM FOLDER

While there is no room the tool says so and stops in time; what has come by then is kept, also when it is killed with a full disk; and with room again
the download goes on from there. Prints `good` and figures when all of it held.
"""
import atexit
import os
import re
import subprocess
import sys

PROGRAM, FOLDER = sys.argv[1:3]
LENGTH = 24 << 20
place, torrent, content = f"{FOLDER}/small", f"{FOLDER}/data.torrent", f"{FOLDER}/full/data.bin"
for name in (place, f"{FOLDER}/full"):
    os.mkdir(name)
with open(content, "wb") as file:
    file.write(os.urandom(LENGTH))
subprocess.run([PROGRAM, "torrent", "make", content, "-o", torrent, "--piece-length", "65536"], check=True, stdout=subprocess.DEVNULL)
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "none", place], check=True)
seed = subprocess.Popen(
    [PROGRAM, "torrent", "seed", torrent, "--data", f"{FOLDER}/full", "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True)
atexit.register(seed.kill)
while not (found := re.search(r"seeding data.bin at (\S+)", seed.stderr.readline())):
    assert seed.poll() is None, "the seed did not start"


def fill(left):
    """Takes all room but `left` bytes."""
    free = os.statvfs(place)
    size = free.f_bavail * free.f_frsize - left
    with open(f"{place}/fill", "wb") as file:
        os.posix_fallocate(file.fileno(), 0, size)


def command(patience):
    return [PROGRAM, "torrent", "get", torrent, "--data", place, "--peer", found[1], "--no-trackers", "--patience", patience, "--json"]


def get(patience):
    return subprocess.run(command(patience), capture_output=True, text=True, timeout=100)


def had():
    """How many pieces are right."""
    said = subprocess.run([PROGRAM, "torrent", "check", torrent, "--data", place], capture_output=True, text=True)
    return int(re.search(r"(\d+) of 384", said.stdout + said.stderr)[1])


fill(8 << 20)
first = get("3s")
assert first.returncode == 4 and "the disk does not take what comes" in first.stderr, f"{first.returncode} {first.stdout}{first.stderr}"
some = had()
assert 0 < some <= 128, some
# Not a byte: killed while it tries.
again = subprocess.Popen(command("60s"), stderr=subprocess.PIPE, stdout=subprocess.PIPE)
try:
    again.wait(4)
except subprocess.TimeoutExpired:
    again.kill()
    again.wait()
assert had() == some, "pieces were lost on a full disk"
os.remove(f"{place}/fill")
last = get("20s")
assert last.returncode == 0, f"{last.returncode} {last.stdout}{last.stderr}"
assert open(f"{place}/data.bin", "rb").read() == open(content, "rb").read(), "what came is not what was sent"
downloaded = int(re.search(r'"downloaded": ?(\d+)', last.stdout)[1])
assert os.listdir(place) == ["data.bin"], f"left behind: {os.listdir(place)}"
print("good", some, "of 384 pieces before the disk was full", downloaded, "bytes counted as downloaded")
