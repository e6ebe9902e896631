# Lets Chromium visit the shop: shop_browser.py CHROMIUM PROFILE URL ADDRESS buy|look|login. Prints the page's text in the end.
# Speaks the browser's remote debugging over a pair of pipes, so that no port is opened.
import json
import os
import signal
import sys
import time

chromium, profile, url, address, step = sys.argv[1:]
to_browser, from_browser = os.pipe(), os.pipe()
pid = os.fork()
if pid == 0:
    # The browser reads descriptor 3 and writes descriptor 4. First out of the way, for the pipes may have these very numbers.
    reading, writing = os.dup(to_browser[0]), os.dup(from_browser[1])
    reading, writing = [__import__("fcntl").fcntl(number, 0, 20) for number in (reading, writing)]
    os.dup2(reading, 3)
    os.dup2(writing, 4)
    silence = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(silence, number)
    os.setsid()
    os.execv(chromium, [
        chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe", "--user-data-dir=" + profile,
        "--host-resolver-rules=MAP shop.garnet.test " + address, "about:blank"])
os.close(to_browser[0])
os.close(from_browser[1])
deadline = time.monotonic() + 90
signal.alarm(100)
buffered = b""
number = 0


class Navigated(Exception):
    """The page a script ran in was left meanwhile; whether the script ran is not known."""


def receive():
    global buffered
    while b"\0" not in buffered:
        piece = os.read(from_browser[0], 65536)
        if not piece:
            sys.exit("the browser has gone")
        buffered += piece
    message, buffered = buffered.split(b"\0", 1)
    return json.loads(message)


def call(method, session=None, **parameters):
    global number
    number += 1
    message = {"id": number, "method": method, "params": parameters}
    if session:
        message["sessionId"] = session
    os.write(to_browser[1], json.dumps(message).encode() + b"\0")
    while True:
        answer = receive()
        if answer.get("id") == number:
            if "navigated or closed" in answer.get("error", {}).get("message", ""):
                raise Navigated
            if "error" in answer:
                sys.exit(f"{method}: {answer['error']}")
            return answer["result"]


try:
    target = call("Target.createTarget", url="about:blank")["targetId"]
    session = call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def script(text):
        result = call("Runtime.evaluate", session, expression=text, returnByValue=True)
        return result["result"].get("value")

    def until(text, what):
        while time.monotonic() < deadline:
            try:
                if script(text):
                    return
            except Navigated:
                pass
            time.sleep(0.1)
        sys.exit(f"waited in vain for {what}: " + str(script("document.body.innerText")))

    def press(text, what):
        # A mark on the old page tells when the new one is there.
        script("window.isOld = true")
        try:
            script(text)
        except Navigated:
            pass
        until("!window.isOld && document.readyState == 'complete' && !!document.getElementById('greeting')", what)

    press(f"location.href = {json.dumps(url)}", "the front page")
    if step == "buy":
        press("document.getElementById('buy-jade').click()", "the basket")
        press("document.getElementById('buy-jade').click()", "the basket")
    if step == "login":
        press("""
            document.querySelector('[name=user]').value = 'alice';
            document.querySelector('[name=password]').value = 'ruby-red';
            document.querySelector('[action="/login"] button').click()""", "the login")
    print(script("document.body.innerText"))
    print("cookie seen by scripts: [" + script("document.cookie") + "]")
    # A browser that is closed in order writes its cookies down.
    os.write(to_browser[1], json.dumps({"id": 9999, "method": "Browser.close"}).encode() + b"\0")
    for _ in range(200):
        if os.waitpid(pid, os.WNOHANG)[0]:
            pid = 0
            break
        time.sleep(0.1)
finally:
    if pid:
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
