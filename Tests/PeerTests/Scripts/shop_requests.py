# Visits the shop with Python's requests: shop_requests.py URL ADDRESS. Prints `all said`, or the first thing that was not.
import re
import socket
import sys

import requests

url, address = sys.argv[1:]
resolve = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: resolve(address if host == "shop.garnet.test" else host, *rest, **more)


def expect(holds, what):
    if not holds:
        sys.exit("not so: " + what)


with requests.Session() as visitor:
    first = visitor.get(url + "/", timeout=20)
    expect("Welcome, visitor 1." in first.text, "a first visit: " + first.text)
    cookie = next(iter(visitor.cookies))
    expect(cookie.name == "session" and re.fullmatch("[0-9a-f]{32}", cookie.value), "the cookie")
    expect(cookie.has_nonstandard_attr("HttpOnly") and cookie.get_nonstandard_attr("SameSite") == "Lax" and not cookie.secure, "its attributes")
    expect(2591000 < cookie.expires - first.elapsed.total_seconds() - __import__("time").time() < 2593000, "its life")
    bought = visitor.post(url + "/basket", data={"article": "amber", "pieces": "3"}, timeout=20)
    expect([step.status_code for step in bought.history] == [303] and "3 × Amber" in bought.text, "the basket: " + bought.text)
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 500
    sent = visitor.post(url + "/pictures", files={"picture": ("ä\"b.png", picture, "image/png")}, data={"note": "x"}, timeout=20)
    path = re.search(r"/pictures/[0-9a-f-]+\.png", sent.text)
    expect(path and visitor.get(url + path[0], timeout=20).content == picture, "the picture comes back: " + sent.text)
    large = visitor.post(url + "/pictures", files={"picture": ("big.png", picture * 10, "image/png")}, timeout=20)
    expect(large.status_code == 413, "too large a picture: %d" % large.status_code)
    expect(visitor.get(url + "/staff", timeout=20).status_code == 401, "the staff's page is shut")
    staff = visitor.get(url + "/staff", auth=("bob", "sapphire"), timeout=20)
    expect(staff.status_code == 200 and "3 × amber" in staff.text, "and open for staff")
    before = visitor.cookies["session"]
    inside = visitor.post(url + "/login", data={"user": "alice", "password": "ruby-red"}, timeout=30)
    expect("Welcome back, alice." in inside.text and visitor.cookies["session"] != before, "a new name at login")
    old = requests.get(url + "/", cookies={"session": before}, timeout=20)
    expect("Amber with a gnat in it<td>€\xa073.50" not in old.text and "Set-Cookie" in old.headers, "the old name opens nothing")
    visitor.post(url + "/logout", data={"x": ""}, timeout=20)
    expect("Welcome back, alice." not in visitor.get(url + "/", timeout=20).text, "logged out")
print("all said")
