// The lessons about the web, as the YAML that `netstead lab lesson H1 --print` prints. A test runs each of them to its end.
// Not here: the form (LessonReader), the list (BuiltInLessons).

/// Lessons H1 to H3, and H10.
enum WebLessons {
  static let get = #"""
    schema: 1
    id: H1
    version: 1
    title: A page is asked for
    chapter: HTTP
    minutes: 12
    text: |
      A request is a line, some fields and an empty line; so is the head of an answer. First a program asks for a page, then you type a request
      yourself, letter by letter, as with nc. Read both, and then leave something out.
    world:
      hosts: [pc, resolver, www.garnet.test]
      draw: {path: word, size: 400..9000, age: 1d..300d, language: [de, fr, nl, pt, sv]}
      files:
        www.garnet.test:
          /{path}.txt: {size: "{size}", age: "{age}"}
    steps:
      - do: 'pc gets http://www.garnet.test/{path}.txt with "Accept-Language: {language}"'
        text: The whole page in one answer. Its head says what it is, how long, and since when it is like this.
      - do: 'pc types www.garnet.test 80 "GET /{path}.txt HTTP/1.0\r\nHost: www.garnet.test\r\n\r\n" for 2s'
        at: 4s
        text: Typed by hand, in the older version. When is the connection closed now, and by whom?
      - do: 'pc gets http://www.garnet.test/no-{path}.html'
        at: 8s
    faults:
      - id: no-host
        title: A request without Host
        text: One address serves several sites, so version 1.1 demands the site's name.
        steps:
          - {do: 'pc types www.garnet.test 80 "GET /{path}.txt HTTP/1.1\r\n\r\n" for 2s', at: 12s}
      - id: bare
        title: Lines with half an end
        text: A line ends in two bytes. A server that accepted one could be made to see another request than the proxy before it.
        steps:
          - {do: 'pc types www.garnet.test 80 "GET /{path}.txt HTTP/1.1\nHost: www.garnet.test\n\n" for 2s', at: 12s}
    questions:
      - id: version
        ask: Which version of HTTP stands in the first request's line?
        kind: text
        key: http.request[0].version
      - id: language
        ask: Which language does the first request prefer?
        kind: text
        key: http.request[0].field["accept-language"]
        read: http.request[0]
      - id: status
        ask: What is the status of the first answer?
        kind: number
        key: http.response[0].status
      - id: length
        ask: How many bytes of content does it have?
        kind: number
        key: http.response[0].bodyBytes
      - id: modified
        ask: When was the page last changed? Copy the whole value.
        kind: text
        key: http.response[0].field["last-modified"]
        read: http.response[0]
      - id: head
        ask: How many bytes does the first answer have before its content, the empty line included?
        kind: number
        key: http.response[0].headBytes
      - id: site
        ask: Which site was the first request for?
        kind: text
        key: http.request[0].host
      - id: missing
        ask: What is the status of the answer about the page that is not there?
        kind: number
        key: http.response[2].status
      - id: connections
        ask: Over how many connections did the three requests go?
        kind: number
        key: count(distinct(http.request.connection))
        read: http.request
      - id: refused
        ask: Without Host, which status does the server answer with?
        kind: number
        run: no-host
        key: last(http.response).status
      - id: bare
        ask: And with half line ends?
        kind: number
        run: bare
        key: last(http.response).status
    """#

  static let conditional = #"""
    schema: 1
    id: H2
    version: 1
    title: Only if it has changed
    chapter: HTTP
    minutes: 15
    text: |
      Who has a page already can ask for it on a condition: only if it has changed since. The server compares a date, or a tag that names this very
      version. If nothing has changed, a head without content is enough.
    world:
      hosts: [pc, resolver, www.garnet.test]
      draw: {path: word, size: 2000..9000, age: 1d..300d, first: word, second: word}
      files:
        www.garnet.test:
          /{path}.txt: {size: "{size}", age: "{age}"}
    steps:
      - {do: "pc gets http://www.garnet.test/{path}.txt", at: 0s, text: The page for the first time. Its head names a date and a tag.}
      - {do: "pc gets http://www.garnet.test/{path}.txt again", at: 4s, text: "Again, on condition."}
      - {do: 'site www.garnet.test edits /{path}.txt "{first} {second}\n"', at: 6s, text: The page is changed.}
      - {do: "pc gets http://www.garnet.test/{path}.txt again", at: 10s, text: The same condition once more.}
    faults:
      - id: same-second
        title: Two changes in one second
        text: Dates in HTTP count whole seconds. The page is changed, fetched, and changed again before the second is over.
        steps:
          - {do: 'site www.garnet.test edits /{path}.txt "one {first}\n"', at: 20100ms}
          - {do: "pc gets http://www.garnet.test/{path}.txt", at: 20300ms}
          - {do: 'site www.garnet.test edits /{path}.txt "two {first}\n"', at: 20800ms}
          - {do: "pc gets http://www.garnet.test/{path}.txt again by date", at: 26s}
    guards:
      - id: etag
        title: Ask by tag
        text: A tag names one version, however soon the next one follows.
        against: same-second
        steps:
          - {do: 'site www.garnet.test edits /{path}.txt "one {first}\n"', at: 20100ms}
          - {do: "pc gets http://www.garnet.test/{path}.txt", at: 20300ms}
          - {do: 'site www.garnet.test edits /{path}.txt "two {first}\n"', at: 20800ms}
          - {do: "pc gets http://www.garnet.test/{path}.txt again by tag", at: 26s}
    questions:
      - id: which
        ask: Which is the first request with a condition? Mark it by the number of its message.
        kind: mark
        key: first(http.request where exists(field["if-modified-since"]) or exists(field["if-none-match"]))
      - id: since
        ask: Which date does it carry? Copy the whole value.
        kind: text
        key: http.request[1].field["if-modified-since"]
        read: http.request[1]
      - id: status
        ask: What is the status of the second answer?
        kind: number
        key: http.response[1].status
        read: http.response[1]
      - id: body
        ask: How many bytes of content does it have?
        kind: number
        key: http.response[1].bodyBytes
        read: http.response[1]
      - id: saved
        ask: How many bytes of content did the condition save?
        kind: number
        key: http.response[0].bodyBytes - http.response[1].bodyBytes
        read: http.response[0]
      - id: tag
        ask: Which tag does the first answer carry?
        kind: text
        key: http.response[0].field["etag"]
        read: http.response[0]
      - id: changed
        ask: What is the status of the third answer?
        kind: number
        key: http.response[2].status
        read: http.response[2]
      - id: news
        ask: And how many bytes of content does it have?
        kind: number
        key: http.response[2].bodyBytes
        read: http.response[2]
      - id: stale
        ask: After two changes in one second, asked by date alone, which status comes back?
        kind: number
        run: same-second
        key: last(http.response).status
      - id: fresh
        ask: And asked by tag?
        kind: number
        run: etag
        key: last(http.response).status
      - id: text
        ask: Which word begins the content that came back then?
        kind: text
        run: etag
        key: if(last(http.response).body contains "two", "two", "one")
        read: last(http.response)
    """#

  static let long = #"""
    schema: 1
    id: H3
    version: 1
    title: A long document
    chapter: HTTP
    minutes: 12
    text: |
      One request, one answer; but the answer is longer than a packet, so TCP cuts it into segments. The status line comes with the first of them.
      When the rest is lost half-way, the client knows how much it has, and can ask for what is missing.
    world:
      hosts: [pc, resolver, www.garnet.test]
      draw: {path: word, size: 30000..90000, half: 10000..25000, age: 1d..300d}
      files:
        www.garnet.test:
          /{path}.txt: {size: "{size}", age: "{age}"}
    steps:
      - do: pc gets http://www.garnet.test/{path}.txt
        text: Count the segments, and compare the announced length with what came.
      - do: 'pc gets http://www.garnet.test/{path}.txt with "Range: bytes=0-{half}"'
        at: 10s
        text: The beginning only.
    guards:
      - id: resume
        title: Go on where it broke off
        text: The client has the beginning. It asks for the rest, on condition that it is still the same document.
        steps:
          - {do: 'pc gets http://www.garnet.test/{path}.txt with "Range: bytes={half}-"', at: 20s}
    faults:
      - id: beyond
        title: A range past the end
        text: The client believes that the document is longer than it is.
        steps:
          - {do: 'pc gets http://www.garnet.test/{path}.txt with "Range: bytes=9999999-"', at: 20s}
    questions:
      - id: guess
        ask: "Before the run: the document has {size} bytes, a segment carries at most 1,460. At least how many segments does the answer take?"
        kind: predict
        tolerance: 1
        key: ceil(http.response[0].bytes / 1460)
        read: http.response[0]
      - id: requests
        ask: How many requests were needed for the whole document?
        kind: number
        key: count(http.request where time < 9s)
        read: http.request[0]
      - id: segments
        ask: How many segments with data did www.garnet.test send for the first answer?
        kind: number
        key: count(tcp.packet where from == "www.garnet.test" and bytes > 0 and time < 9s)
        read: http.response[0]
      - id: bytes
        ask: How many bytes of content came?
        kind: number
        key: http.response[0].bodyBytes
        read: http.response[0]
      - id: all
        ask: How many bytes did the whole answer have, its head included?
        kind: number
        key: http.response[0].bytes
        read: http.response[0]
      - id: duration
        ask: How many milliseconds passed from the request's sending until the last segment of the answer was sent?
        kind: number
        unit: ms
        tolerance: 1
        key: last(tcp.packet where from == "www.garnet.test" and bytes > 0 and time < 9s).time - http.request[0].time
        read: http.response[0]
      - id: part
        ask: Which status does the answer to the second request have?
        kind: number
        key: http.response[1].status
        read: http.response[1]
      - id: range
        ask: Which part does it say it is? Copy the value of Content-Range.
        kind: text
        key: http.response[1].field["content-range"]
        read: http.response[1]
      - id: rest
        ask: Going on where it broke off, how many bytes of content came?
        kind: number
        run: resume
        key: last(http.response).bodyBytes
      - id: beyond
        ask: Which status does a range past the end get?
        kind: number
        run: beyond
        key: last(http.response).status
    """#

  static let hosts = #"""
    schema: 1
    id: H10
    version: 1
    title: Two sites at one address
    chapter: HTTP
    minutes: 12
    text: |
      Two names lead to one address, one server, one port. What tells the sites apart is a line of the request. What if it is missing, if it says two
      things, if it names somebody else?
    world:
      hosts: [pc, resolver, www.garnet.test, edge1.cdn.test]
      draw: {page: word, size: 300..2000, other: 2100..4000, wrong: word, strict: word}
      files:
        www.garnet.test:
          /{page}.txt: {size: "{size}"}
        stories.garnet.test:
          /{page}.txt: {size: "{other}"}
      records:
        garnet.test: |
          {wrong}  A 198.51.100.10
          {strict} A 198.18.10.1
    steps:
      - do: pc gets http://www.garnet.test/{page}.txt
        text: One site.
      - do: pc gets http://stories.garnet.test/{page}.txt
        text: The other. Compare addresses and requests.
      - do: 'pc types www.garnet.test 80 "GET /{page}.txt HTTP/1.0\r\n\r\n" for 2s'
        text: Typed by hand in the version that did not have Host yet.
      - do: 'pc types www.garnet.test 80 "GET http://stories.garnet.test/{page}.txt HTTP/1.1\r\nHost: www.garnet.test\r\n\r\n" for 2s'
        at: 8s
        text: The request line names one site, Host the other.
    faults:
      - id: wrong
        title: Somebody else's name
        text: A name that the server has never heard of leads to its address. Whoever owns the name decided that, and nobody else.
        steps:
          - {do: "pc gets http://{wrong}.garnet.test/{page}.txt", at: 20s}
    guards:
      - id: strict
        title: Misdirected
        text: A server that answers only for names it knows. An edge has to, or anybody could fill its cache.
        against: wrong
        steps:
          - {do: "pc gets http://{strict}.garnet.test/{page}.txt", at: 20s}
    questions:
      - id: address
        ask: To which address does pc connect for the second page?
        kind: text
        key: (tcp.connection where protocol == "http")[1].serverAddress
        read: http.request[1]
      - id: line
        ask: Which line of the second request tells the server the site? Copy its value.
        kind: text
        key: http.request[1].field["host"]
        read: http.request[1]
      - id: target
        ask: Do the first lines of both requests differ?
        kind: choice
        options: ["yes", "no"]
        key: 'if(http.request[0].target == http.request[1].target, "no", "yes")'
        read: http.request[1]
      - id: first
        ask: How many bytes of content has the page of the first site?
        kind: number
        key: http.response[0].bodyBytes
      - id: second
        ask: And that of the second?
        kind: number
        key: http.response[1].bodyBytes
      - id: nobody
        ask: Which site answers the request without Host?
        kind: choice
        options: [www.garnet.test, stories.garnet.test, neither]
        key: 'if(http.response[2].bodyBytes == http.response[0].bodyBytes, "www.garnet.test", if(http.response[2].bodyBytes == http.response[1].bodyBytes, "stories.garnet.test", "neither"))'
        read: http.response[2]
      - id: both
        ask: Which site answers when line and Host differ?
        kind: choice
        options: [www.garnet.test, stories.garnet.test, neither]
        key: 'if(http.response[3].bodyBytes == http.response[0].bodyBytes, "www.garnet.test", if(http.response[3].bodyBytes == http.response[1].bodyBytes, "stories.garnet.test", "neither"))'
        read: http.response[3]
      - id: wrong
        ask: Which status does the unknown name get?
        kind: number
        run: wrong
        key: last(http.response).status
      - id: whose
        ask: And how many bytes of content?
        kind: number
        run: wrong
        key: last(http.response).bodyBytes
      - id: strict
        ask: Which status does an unknown name get from the edge?
        kind: number
        run: strict
        key: last(http.response).status
    """#
}
