# Lets Chromium visit the shop: shop_browser.py CHROMIUM PROFILE URL ADDRESS buy|look|login. Prints the page's text in the end.
# Read next: browser.py.
import json
import sys

from browser import Browser

chromium, profile, url, address, step = sys.argv[1:]
greeted = "!!document.getElementById('greeting')"
with Browser(chromium, profile, "shop.garnet.test", address) as browser:
    browser.press(f"location.href = {json.dumps(url)}", "the front page", greeted)
    if step == "buy":
        for _ in range(2):
            browser.press("document.getElementById('buy-jade').click()", "the basket", greeted)
    if step == "login":
        browser.press("""
            document.querySelector('[name=user]').value = 'alice';
            document.querySelector('[name=password]').value = 'ruby-red';
            document.querySelector('[action="/login"] button').click()""", "the login", greeted)
    print(browser.text)
    print("cookie seen by scripts: [" + browser.script("document.cookie") + "]")
    browser.close()
