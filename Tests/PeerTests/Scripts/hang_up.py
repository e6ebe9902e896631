"""`netstead up` in a terminal that goes away. Usage: hang_up.py NETSTEAD FOLDER

The signal HUP alone lets it read its settings again; without its terminal it ends.
"""
import os
import pty
import select
import signal
import sys
import time

program, folder = sys.argv[1:3]
child, terminal = pty.fork()
if child == 0:
    os.execv(program, [program, "up", "--settings", f"{folder}/netstead.yaml", "--data", f"{folder}/data"])


def until(word):
    said = b""
    while word not in said:
        assert select.select([terminal], [], [], 20)[0], said
        said += os.read(terminal, 4096)


until(b"stop by")
os.kill(child, signal.SIGHUP)
until(b"taken over")
os.close(terminal)
for _ in range(400):
    time.sleep(0.05)
    ended, status = os.waitpid(child, os.WNOHANG)
    if ended:
        print("ended", status)
        break
