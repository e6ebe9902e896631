# Lets Chromium register a name, change it with its code and give it up: registrar_browser.py CHROMIUM PROFILE URL ADDRESS NAME SERVER.
# Prints what each page says. Read next: browser.py.
import json
import sys

from browser import Browser

chromium, profile, url, address, name, server = sys.argv[1:]
done = "!!document.querySelector('#done, #problems')"


def fill(browser, form, **fields):
    lines = [f"document.querySelector('#{form} [name={field}]').value = {json.dumps(value)};" for field, value in fields.items()]
    browser.press("\n".join(lines) + f"document.querySelector('#{form} button').click()", form, done)
    print(browser.text)


with Browser(chromium, profile, "registrar.test", address) as browser:
    def front():
        browser.press(f"location.href = {json.dumps(url)}", "the front page", "!!document.getElementById('register')")

    front()
    fill(browser, "register", name=name, servers=server)
    code = browser.script("document.getElementById('code').textContent")
    front()
    fill(browser, "register", name=name, servers=server)
    browser.press("document.querySelector('a[href=\"/\"]').click()", "the front page", "!!document.getElementById('register')")
    fill(browser, "change", name=name, code=code, servers=server + "\n" + "ns2.garnet.test")
    front()
    fill(browser, "release", name=name, code=code)
    browser.close()
