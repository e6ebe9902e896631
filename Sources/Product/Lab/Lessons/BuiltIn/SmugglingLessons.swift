// The lesson about requests inside requests, as the YAML that `netstead lab lesson H13 --print` prints. A test runs it to its end.
// Not here: the form (LessonReader), the list (BuiltInLessons).

/// Lesson H13.
enum SmugglingLessons {
  static let lengths = #"""
    schema: 1
    id: H13
    version: 1
    title: A request inside a request
    chapter: HTTP
    minutes: 20
    text: |
      Between two servers many people's requests travel on one connection, one behind the other. Where one ends and the next begins is said by the requests themselves:
      by a length, or by a coding in chunks. rogue sends one that says both, and they disagree. As long as everybody refuses that, nothing comes of it. Let the
      proxy go by the length and the site by the chunks, and see whose request gets whose answer.
    world:
      hosts: [pc, pc2, rogue, resolver, proxy, www.garnet.test]
      draw: {page: word, text: word, lie: word, trap: [alder, birch, cedar, hazel, maple, olive, aspen, ebony, larch, rowan], form: 10..99}
      files:
        www.garnet.test:
          /{page}.txt: "this is {text}\n"
          /{trap}.txt: "this is {lie}\n"
    steps:
      - do: 'rogue types proxy 3128 "POST http://www.garnet.test/ HTTP/1.1\r\nHost: www.garnet.test\r\nContent-Length: 7\r\n\r\nform={form}" for 2s'
        text: A request with a length, for comparison. The site takes no forms, and says so.
      - do: 'rogue types proxy 3128 "POST http://www.garnet.test/ HTTP/1.1\r\nHost: www.garnet.test\r\nContent-Length: 38\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /{trap}.txt HTTP/1.1\r\nX-Rest: " for 2s'
        at: 10s
        text: "And one with both. By its length it ends behind `X-Rest: `, by its chunks behind the zero."
      - {do: "pc gets http://www.garnet.test/{page}.txt through proxy", at: 13s, text: Somebody who has nothing to do with it.}
    faults:
      - id: smuggled
        title: Two opinions
        text: The proxy goes by the length and the site by the chunks. Each of them reads what it was sent.
        world:
          more: |
            length-conflicts: {proxy: length, www.garnet.test: coding}
        steps:
          - {do: "pc2 gets http://www.garnet.test/{page}.txt through proxy", at: 20s, text: Somebody else who wants the same page.}
    guards:
      - id: origin
        title: A strict site
        text: The proxy is as careless as before; the site refuses.
        against: smuggled
        world:
          more: |
            length-conflicts: {proxy: length}
        steps:
          - {do: "pc2 gets http://www.garnet.test/{page}.txt through proxy", at: 20s}
      - id: proxy
        title: A strict proxy
        text: The site is as careless as before; the proxy refuses.
        against: smuggled
        world:
          more: |
            length-conflicts: {www.garnet.test: coding}
        steps:
          - {do: "pc2 gets http://www.garnet.test/{page}.txt through proxy", at: 20s}
    questions:
      - id: guess
        ask: "Before the run: a request gives a length and a coding in chunks, and the two disagree. What should a server do?"
        kind: predict
        options: [refuse it, go by the length, go by the chunks]
        key: if((http.response where to == "rogue")[1].status == 400, "refuse it", "go by the length")
        read: (http.response where to == "rogue")[1]
      - id: plain
        ask: With which status was rogue's first request answered?
        kind: number
        key: (http.response where to == "rogue")[0].status
      - id: both
        ask: And the one with both?
        kind: number
        key: (http.response where to == "rogue")[1].status
      - id: own
        ask: What did pc get for its own request? Give the page's text.
        kind: text
        key: (http.response where to == "pc")[0].body
      - id: reach
        ask: How many requests of rogue's did the proxy pass on?
        kind: number
        key: count(http.request where from == "proxy" and method == "POST")
        read: http.request where from == "proxy"
      - id: stolen
        ask: With two opinions, what did pc get for the same request?
        kind: text
        run: smuggled
        key: (http.response where to == "pc")[0].body
      - id: rogue
        ask: And with which status was rogue's second request answered?
        kind: number
        run: smuggled
        key: (http.response where to == "rogue")[1].status
      - id: connections
        ask: How many connections did the proxy have to the site in all?
        kind: number
        run: smuggled
        key: count(tcp.connection where client == "proxy" and server == "www.garnet.test")
        read: tcp.connection where client == "proxy" and server == "www.garnet.test"
      - id: kept
        ask: What did pc2 get, which asked seven seconds later?
        kind: text
        run: smuggled
        key: (http.response where to == "pc2")[0].body
      - id: why
        ask: What does the answer's Cache-Status say about that?
        kind: text
        run: smuggled
        key: (http.response where to == "pc2")[0].field["cache-status"]
      - id: strict
        ask: With a strict site, what did pc get?
        kind: text
        run: origin
        key: (http.response where to == "pc")[0].body
      - id: refusal
        ask: Which status did rogue get then?
        kind: number
        run: origin
        key: (http.response where to == "rogue")[1].status
      - id: front
        ask: And with a strict proxy, how many of rogue's requests came to the site?
        kind: number
        run: proxy
        key: count(http.request where to == "www.garnet.test" and method == "POST")
        read: http.request where to == "www.garnet.test"
    """#
}
