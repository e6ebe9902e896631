# Drives Chromium over a pair of pipes, so that no port is opened. Read next: shop_browser.py, registrar_browser.py.
import fcntl
import json
import os
import signal
import sys
import time


class Navigated(Exception):
    """The page a script ran in was left meanwhile; whether the script ran is not known."""


class Browser:
    """Chromium without a window, which finds `host` at `address`. Ends the process with a sentence when something goes wrong."""

    def __init__(self, chromium, profile, host, address):
        to_browser, from_browser = os.pipe(), os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            # The browser reads descriptor 3 and writes descriptor 4. First out of the way, for the pipes may have these very numbers.
            reading, writing = [fcntl.fcntl(number, fcntl.F_DUPFD, 20) for number in (to_browser[0], from_browser[1])]
            os.dup2(reading, 3)
            os.dup2(writing, 4)
            silence = os.open(os.devnull, os.O_RDWR)
            for number in (0, 1, 2):
                os.dup2(silence, number)
            os.setsid()
            os.execv(chromium, [
                chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe", "--user-data-dir=" + profile,
                f"--host-resolver-rules=MAP {host} {address}", "about:blank"])
        os.close(to_browser[0])
        os.close(from_browser[1])
        self.writing, self.reading, self.buffered, self.number = to_browser[1], from_browser[0], b"", 0
        self.deadline = time.monotonic() + 90
        signal.alarm(100)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.pid:
            try:
                os.killpg(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def receive(self):
        while b"\0" not in self.buffered:
            piece = os.read(self.reading, 65536)
            if not piece:
                sys.exit("the browser has gone")
            self.buffered += piece
        message, self.buffered = self.buffered.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session=None, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self.writing, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "navigated or closed" in answer.get("error", {}).get("message", ""):
                    raise Navigated
                if "error" in answer:
                    sys.exit(f"{method}: {answer['error']}")
                return answer["result"]

    def script(self, text):
        """What `text` comes to in the page."""
        return self.call("Runtime.evaluate", self.session, expression=text, returnByValue=True)["result"].get("value")

    @property
    def text(self):
        """What the page shows."""
        return self.script("document.body.innerText")

    def press(self, text, what, until):
        """Runs `text`, which leads to another page, and waits until that is there and `until` is true in it."""
        # A mark on the old page tells when the new one is there.
        self.script("window.isOld = true")
        try:
            self.script(text)
        except Navigated:
            pass
        while time.monotonic() < self.deadline:
            try:
                if self.script(f"!window.isOld && document.readyState == 'complete' && ({until})"):
                    return
            except Navigated:
                pass
            time.sleep(0.1)
        sys.exit(f"waited in vain for {what}: {self.text}")

    def close(self):
        """A browser that is closed in order writes its cookies down."""
        os.write(self.writing, json.dumps({"id": 9999, "method": "Browser.close"}).encode() + b"\0")
        for _ in range(200):
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                self.pid = 0
                return
            time.sleep(0.1)
