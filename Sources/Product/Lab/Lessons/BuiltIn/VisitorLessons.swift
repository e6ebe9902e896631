// The lessons about visitors of the web, who they say they are and what is known of them, as the YAML that `netstead lab lesson H6 --print`
// prints. Not here: pages and conditions (WebLessons), the form (LessonReader), the list (BuiltInLessons).

/// Lessons H6 to H8.
enum VisitorLessons {
  static let basic = #"""
    schema: 1
    id: H6
    version: 1
    title: Name and password
    chapter: HTTP
    minutes: 12
    text: |
      A folder is for members only. The server says so with a status and the name of a realm; the client shows name and password with the next
      request, and from then on with every one. They are encoded, which is not the same as hidden: who listens on the way reads them.
    world:
      hosts: [pc, pc2, rogue, resolver, www.garnet.test]
      draw: {user: word, password: word, page: word, length: 200..4000}
      files:
        www.garnet.test:
          /private/{page}.txt: {text: "For members only. ", size: "{length}"}
      members:
        www.garnet.test: {user: "{user}", password: "{password}", area: /private}
    steps:
      - do: 'pc gets http://www.garnet.test/private/{page}.txt as {user} {password}'
        text: Refused, asked again with name and password, answered.
      - do: 'pc gets http://www.garnet.test/private/{page}.txt as {user} {password}'
        text: This time the client does not wait to be asked.
      - do: 'pc gets http://www.garnet.test/notes.txt'
        text: Outside the folder nobody has to say who they are.
    faults:
      - id: wrong
        title: A wrong password
        text: The same status as for no password at all, so that nobody learns which names there are.
        steps:
          - {do: 'pc2 gets http://www.garnet.test/private/{page}.txt as {user} no-{password}', at: 10s}
      - id: tap
        title: Somebody on the way
        text: rogue has read one of pc's requests, decoded its field, and is a member now.
        steps:
          - {do: 'rogue gets http://www.garnet.test/private/{page}.txt as {user} {password}', at: 10s}
    questions:
      - id: refused
        ask: Which status refuses the first request?
        kind: number
        key: http.response[0].status
      - id: realm
        ask: Which field of that answer names the realm? Copy its value.
        kind: text
        key: http.response[0].field["www-authenticate"]
        read: http.response[0]
      - id: page
        ask: How many bytes of content does the refusal have, where the page would be?
        kind: number
        key: http.response[0].bodyBytes
      - id: code
        ask: What stands behind the word Basic in the second request?
        kind: text
        key: word(http.request[1].field["authorization"], 1)
        read: http.request[1]
      - id: pair
        ask: Decode it (`base64 -d` does). What are name and password, with the colon between them?
        kind: text
        key: decodeBase64(word(http.request[1].field["authorization"], 1))
        read: http.request[1]
      - id: times
        ask: In how many of the requests of pc does the password travel?
        kind: number
        key: count(http.request where from == "pc" and exists(field["authorization"]))
        read: http.request where from == "pc"
      - id: requests
        ask: How many requests did the second page take?
        kind: number
        key: count(http.request where time >= 2s and time < 4s)
        read: http.request where time >= 2s and time < 4s
      - id: wrong
        ask: Which status does a wrong password get?
        kind: number
        run: wrong
        key: last(http.response where to == "pc2").status
      - id: tapped
        ask: And which status does rogue get?
        kind: number
        run: tap
        key: last(http.response where to == "rogue").status
      - id: stolen
        ask: How many bytes of content does rogue get from the folder?
        kind: number
        run: tap
        key: last(http.response where to == "rogue").bodyBytes
    """#

  static let forms = #"""
    schema: 1
    id: H7
    version: 1
    title: Forms
    chapter: HTTP
    minutes: 15
    text: |
      What is typed into a form travels in the address or in the content. The address is written into logs, kept in histories, and told to the next
      page by Referer; the content is not. Neither is secret without TLS. And a form can stand on anybody's page.
    world:
      hosts: [pc, resolver, shop.garnet.test, www.cobalt.test]
      draw: {words: word, stone: [garnet, amber, jade, onyx], pieces: 2..99, page: word}
    steps:
      - do: 'pc gets http://shop.garnet.test/search?q={words} with cookies'
        text: By GET. Look at the request line.
      - do: 'pc gets http://shop.garnet.test/ with cookies from http://shop.garnet.test/search?q={words}'
        text: A link on the page of results. Which field says where the reader comes from?
      - do: 'pc gets http://www.cobalt.test/ from http://shop.garnet.test/search?q={words}'
        text: A link to another site, as browsers follow it today.
      - do: 'pc posts http://shop.garnet.test/basket "article={stone}&pieces={pieces}" with cookies from http://shop.garnet.test/'
        text: By POST. Look below the empty line.
      - do: 'pc posts http://shop.garnet.test/basket "article={stone}&pieces={pieces}" in parts with cookies from http://shop.garnet.test/'
        text: The same form in parts, as when a file goes with it.
      - do: 'pc gets http://shop.garnet.test/ with cookies from http://shop.garnet.test/'
        text: The basket.
    faults:
      - id: forged
        title: A form on another site
        text: A page of cobalt has a hidden form that fills garnet's basket. The browser is an old one, which tells nobody and sends the cookie along.
        steps:
          - {do: 'pc posts http://shop.garnet.test/basket "article={stone}&pieces=-1" with cookies', at: 20s}
          - {do: 'pc gets http://shop.garnet.test/ with cookies', at: 22s}
    guards:
      - id: origin
        title: Origin and SameSite
        text: The same from a browser of today. It says from which site the form is, and keeps the cookie back, since the shop asked for that.
        against: forged
        steps:
          - {do: 'pc posts http://shop.garnet.test/basket "article={stone}&pieces=-1" with cookies from http://www.cobalt.test/{page}.html', at: 20s}
          - {do: 'pc gets http://shop.garnet.test/ with cookies', at: 22s}
    questions:
      - id: query
        ask: What stands behind the question mark of the first request?
        kind: text
        key: http.request[0].query
      - id: same
        ask: What does the second request tell the shop's log of where the reader was before? Copy the value.
        kind: text
        key: http.request[1].field["referer"]
        read: http.request[1]
      - id: other
        ask: And the third request, which goes to another site?
        kind: text
        key: http.request[2].field["referer"]
        read: http.request[2]
      - id: bytes
        ask: How many bytes of content has the first form that is sent by POST?
        kind: number
        key: (http.request where method == "POST")[0].bodyBytes
      - id: content
        ask: What are they? Copy them.
        kind: text
        key: (http.request where method == "POST")[0].body
        read: (http.request where method == "POST")[0]
      - id: type
        ask: Of which type are they? Copy the value of the field that says it.
        kind: text
        key: (http.request where method == "POST")[0].field["content-type"]
        read: (http.request where method == "POST")[0]
      - id: more
        ask: By how many bytes is the same form in parts larger?
        kind: number
        key: (http.request where method == "POST")[1].bodyBytes - (http.request where method == "POST")[0].bodyBytes
        read: (http.request where method == "POST")[1]
      - id: next
        ask: Where does the answer to the form send the browser? Copy the value.
        kind: text
        key: (http.response where request.method == "POST")[0].field["location"]
        read: (http.response where request.method == "POST")[0]
      - id: log
        ask: A log holds the first line of every request. Which of the forms can be read there?
        kind: choice
        options: [by GET, by POST, both]
        key: 'if((http.request where method == "POST")[0].target contains draw["stone"], "both", if(http.request[0].target contains draw["words"], "by GET", "by POST"))'
        read: http.request[0]
      - id: forged
        ask: With the old browser, which status does the foreign form get?
        kind: number
        run: forged
        key: last(http.response where request.method == "POST").status
      - id: guarded
        ask: And with a browser of today?
        kind: number
        run: origin
        key: last(http.response where request.method == "POST").status
      - id: origin
        ask: What did that browser say of the form's site? Copy the value.
        kind: text
        run: origin
        key: last(http.request where method == "POST").field["origin"]
        read: last(http.request where method == "POST")
      - id: kept
        ask: Did it send the shop's cookie along?
        kind: choice
        options: ["yes", "no"]
        run: origin
        key: 'if(exists(last(http.request where method == "POST").field["cookie"]), "yes", "no")'
        read: last(http.request where method == "POST")
    """#

  static let cookies = #"""
    schema: 1
    id: H8
    version: 1
    title: Cookies
    chapter: HTTP
    minutes: 20
    text: |
      HTTP forgets. A shop that wants to know you again gives you a number, and your browser brings it along. What the number means stands in the
      shop's table and not in the cookie. Who brings your number is you. And who puts a picture on many sites gives you one number for all of them.
    world:
      hosts: [pc, pc2, rogue, resolver, shop.garnet.test, www.garnet.test, www.cobalt.test, ads]
      draw: {stone: [garnet, amber, jade], pieces: 2..40, more: 2..40, other: 1..9, later: [1d, 3d, 12d, 25d, 29d, 31d, 34d], user: word, password: word, news: word, weather: word}
      files:
        www.garnet.test:
          /{news}.html: "<!doctype html><title>News</title><p>News. <img src=\"http://ads.test/pixel.svg\" alt=\"\">\n"
        www.cobalt.test:
          /{weather}.html: "<!doctype html><title>Weather</title><p>Rain. <img src=\"http://ads.test/pixel.svg\" alt=\"\">\n"
      members:
        shop.garnet.test: {user: "{user}", password: "{password}"}
    steps:
      - do: 'pc gets http://shop.garnet.test/ with cookies'
        text: The first visit. Look for the number in the answer's head.
      - do: 'pc posts http://shop.garnet.test/basket "article={stone}&pieces={pieces}" with cookies'
        text: pc buys. Look for the number in the request.
      - do: 'pc2 posts http://shop.garnet.test/basket "article=onyx&pieces={other}" with cookies'
        text: Another visitor is given another number.
      - do: 'pc posts http://shop.garnet.test/basket "article={stone}&pieces={more}" with cookies'
        text: pc buys more.
      - do: 'pc gets http://shop.garnet.test/sessions with cookies'
        text: The shop shows its table. Find the row of pc.
        at: 10s
      - do: 'pc gets http://shop.garnet.test/sessions with cookies'
        text: Much later ({later}). Does pc still bring the number, and is the row of pc still marked?
        at: "{later}"
    faults:
      - id: stolen
        title: A stolen cookie
        text: rogue has copied what the browser of pc remembers.
        steps:
          - {do: rogue takes cookies of pc, at: 20s}
          - {do: 'rogue gets http://shop.garnet.test/ with cookies', at: 22s}
      - id: tracker
        title: A picture on two sites
        text: A page of garnet and a page of cobalt show a picture of ads. The browser keeps one memory for all.
        steps:
          - {do: 'pc loads http://www.garnet.test/{news}.html with cookies', at: 20s}
          - {do: 'pc loads http://www.cobalt.test/{weather}.html with cookies', at: 24s}
    guards:
      - id: renewed
        title: A new number at login
        text: rogue copies the number, but then pc logs in.
        against: stolen
        steps:
          - {do: rogue takes cookies of pc, at: 20s}
          - {do: 'pc posts http://shop.garnet.test/login "user={user}&password={password}" with cookies', at: 21s}
          - {do: 'rogue gets http://shop.garnet.test/ with cookies', at: 22s}
      - id: apart
        title: A memory for each site
        text: The browser keeps what belongs to a picture under the site whose page showed it.
        against: tracker
        steps:
          - {do: 'pc loads http://www.garnet.test/{news}.html with cookies apart', at: 20s}
          - {do: 'pc loads http://www.cobalt.test/{weather}.html with cookies apart', at: 24s}
    questions:
      - id: number
        ask: Which number does the shop give pc?
        kind: text
        key: http.response[0].setCookie[0].value
        read: http.response[0]
      - id: attributes
        ask: Which attributes does the cookie have? Give them with commas, as they are written.
        kind: set
        key: http.response[0].setCookie[0].attributes
        read: http.response[0]
      - id: carried
        ask: How many requests of pc carry the cookie?
        kind: number
        key: count(http.request where from == "pc" and exists(cookie["session"]))
        read: http.request where from == "pc"
      - id: visitors
        ask: How many rows does the shop's table have after ten seconds?
        kind: number
        key: occurrences((http.response where request.path == "/sessions")[0].body, "<tr") - 1
        read: (http.response where request.path == "/sessions")[0]
      - id: basket
        ask: What stands in the basket of the row of pc then? Copy it, as in `3 × onyx`.
        kind: text
        key: 'text(draw["pieces"] + draw["more"]) + " × " + draw["stone"]'
        read: (http.response where request.path == "/sessions")[0]
      - id: later
        ask: Much later, does pc still bring the number?
        kind: choice
        options: ["yes", "no"]
        key: 'if(exists(last(http.request).cookie["session"]), "yes", "no")'
        read: last(http.request)
        hint: Compare Max-Age with the time that has passed.
      - id: rows
        ask: And how many rows has the table then?
        kind: number
        key: occurrences(last(http.response).body, "<tr") - 1
        hint: The first row is the heading. A shop forgets whom it has not seen for long.
        read: last(http.response)
      - id: stolen
        ask: How does the shop greet rogue, who brings the number of pc? Copy the sentence.
        kind: choice
        options: ["Welcome, visitor 3.", "Welcome back, visitor 1.", "Welcome back, visitor 2."]
        run: stolen
        key: 'if(last(http.response where to == "rogue").body contains "Welcome back, visitor 1.", "Welcome back, visitor 1.", "Welcome, visitor 3.")'
        read: last(http.response where to == "rogue")
      - id: renewed
        ask: Which number does pc have after logging in?
        kind: text
        run: renewed
        key: last(http.response where request.path == "/login").setCookie[0].value
        read: last(http.response where request.path == "/login")
      - id: outside
        ask: And how does the shop greet rogue now?
        kind: choice
        options: ["Welcome, visitor 3.", "Welcome back, visitor 1.", "Welcome back, visitor 2."]
        run: renewed
        key: 'if(last(http.response where to == "rogue").body contains "Welcome, visitor 3.", "Welcome, visitor 3.", "Welcome back, visitor 1.")'
        read: last(http.response where to == "rogue")
      - id: seen
        ask: On the pages of which two sites has ads seen the same number? Copy what the requests say, with a comma between.
        kind: set
        run: tracker
        key: (http.request where to == "ads").field["referer"]
        read: http.request where to == "ads"
      - id: given
        ask: How many numbers does ads give out to pc then?
        kind: number
        run: tracker
        key: count(http.response where from == "ads" and exists(setCookie[0].value))
        read: http.response where from == "ads"
      - id: apart
        ask: And when the browser keeps a memory for each site?
        kind: number
        run: apart
        key: count(http.response where from == "ads" and exists(setCookie[0].value))
        read: http.response where from == "ads"
    """#
}
