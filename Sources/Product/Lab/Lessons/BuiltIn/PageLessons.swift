// The lessons about pages that bring objects with them, as the YAML that `netstead lab lesson H4 --print` prints.
// Not here: one request and its answer (WebLessons), the form (LessonReader), the list (BuiltInLessons).

/// Lessons H4 and H5.
enum PageLessons {
  static let objects = #"""
    schema: 1
    id: H4
    version: 1
    title: A page brings objects with it
    chapter: HTTP
    minutes: 12
    text: |
      A page of HTML only names its pictures and style sheets; each is an object of its own, fetched by a request of its own, from whatever host the
      name says. One after the other, or several at a time? Watch when each request begins.
    world:
      hosts: [pc, resolver, www.garnet.test, www.cobalt.test]
      draw:
        page: word
        pictures:
          - '<img src="/garnet.svg"><img src="/amber.svg">'
          - '<img src="/garnet.svg"><img src="/amber.svg"><img src="/jade.svg">'
          - '<img src="/onyx.svg"><img src="/jade.svg"><img src="/amber.svg"><img src="/garnet.svg">'
          - '<img src="/jade.svg"><img src="/jade.svg"><img src="/onyx.svg">'
          - '<img src="/onyx.svg"><img src="/garnet.svg"><img src="/onyx.svg"><img src="/jade.svg">'
        filling: 200..3000
        delay: 10ms..40ms
        slow: 300ms..600ms
      files:
        www.garnet.test:
          /{page}.html: '<!doctype html><link rel="stylesheet" href="/style.css"><img src="http://www.cobalt.test/cobalt.svg">{pictures}<p><a href="/long.html">More</a>'
      links:
        - {between: [pc, www.garnet.test], delay: "{delay}"}
    steps:
      - do: pc loads http://www.garnet.test/{page}.html
        text: One after the other.
      - do: pc loads http://www.garnet.test/{page}.html over 6 connections
        at: 10s
        text: Several at a time, as browsers do.
    faults:
      - id: slow
        title: One slow picture
        text: The way to cobalt takes {slow}. Who fetches one after the other waits for its picture before all others.
        instead: true
        steps:
          - {do: "link pc www.cobalt.test delay {slow}", at: 0s}
          - {do: "pc loads http://www.garnet.test/{page}.html", at: 1s}
    guards:
      - id: parallel
        title: Several at a time
        text: Only the slow picture itself is late.
        against: slow
        instead: true
        steps:
          - {do: "link pc www.cobalt.test delay {slow}", at: 0s}
          - {do: "pc loads http://www.garnet.test/{page}.html over 6 connections", at: 1s}
    questions:
      - id: gets
        ask: How many requests does the page take the first time, its own included?
        kind: number
        key: count(http.request where time < 9s)
        read: http.response[0]
        hint: What is named twice is fetched once, and a link is only followed when somebody clicks.
      - id: garnet
        ask: How many of them go to www.garnet.test?
        kind: number
        key: count(http.request where to == "www.garnet.test" and time < 9s)
        read: http.request where time < 9s
      - id: hosts
        ask: For which names does pc ask the resolver? Give them with commas.
        kind: set
        key: distinct((dns.query where from == "pc").name)
        read: dns.query where from == "pc"
      - id: queries
        ask: How many queries is that, for the first load?
        kind: number
        key: count(dns.query where from == "pc" and time < 9s)
        read: dns.query where from == "pc" and time < 9s
      - id: last
        ask: Which path is fetched last?
        kind: text
        key: last(http.request where time < 9s).path
        read: last(http.request where time < 9s)
      - id: bytes
        ask: How many bytes of content do all objects and the page have together?
        kind: number
        key: sum((http.response where time < 9s).bodyBytes)
        read: http.response where time < 9s
      - id: manner
        ask: How does the second load fetch the objects?
        kind: choice
        options: [one after the other, several at a time]
        key: 'if((http.request where to == "www.garnet.test" and time > 10s)[2].time < (http.response where from == "www.garnet.test" and time > 10s)[1].time, "several at a time", "one after the other")'
        read: http.request where time > 10s
      - id: serial
        ask: How many milliseconds does the page take with everything, one after the other?
        kind: number
        unit: ms
        tolerance: 1
        key: step[0].took
        read: http.request where time < 9s
        hint: The lines that begin with `=` say what came of each step.
      - id: together
        ask: And several at a time?
        kind: number
        unit: ms
        tolerance: 1
        key: step[1].took
        read: http.request where time > 10s
      - id: slow
        ask: With the slow picture, how many milliseconds after the request for the page leaves the request for the last object?
        kind: number
        unit: ms
        tolerance: 2
        run: slow
        key: last(http.request).time - http.request[0].time
        read: last(http.request)
      - id: parallel
        ask: And several at a time, how many milliseconds after the request for the page leaves the last one that goes to www.garnet.test?
        kind: number
        unit: ms
        tolerance: 2
        run: parallel
        key: last(http.request where to == "www.garnet.test").time - http.request[0].time
        read: last(http.request where to == "www.garnet.test")
    """#

  static let timing = #"""
    schema: 1
    id: H5
    version: 1
    title: Round trips
    chapter: HTTP
    minutes: 20
    text: |
      A page with a few small objects, over a long way: {delay} there, {delay} back. What counts is not how much is sent but how often somebody waits.
      A new connection costs one round trip, a request and its answer another. The page is loaded four times, in four manners.
    world:
      hosts: [pc, resolver, www.garnet.test]
      draw:
        page: word
        objects:
          - '<img src="/a.txt"><img src="/b.txt"><img src="/c.txt">'
          - '<img src="/a.txt"><img src="/b.txt"><img src="/c.txt"><img src="/d.txt">'
          - '<img src="/a.txt"><img src="/b.txt"><img src="/c.txt"><img src="/d.txt"><img src="/e.txt">'
          - '<img src="/a.txt"><img src="/b.txt"><img src="/c.txt"><img src="/d.txt"><img src="/e.txt"><img src="/f.txt">'
          - '<img src="/a.txt"><img src="/b.txt"><img src="/c.txt"><img src="/d.txt"><img src="/e.txt"><img src="/f.txt"><img src="/g.txt">'
        k: 2..3
        delay: 90ms..200ms
        size: 100..400
        large: 150000..250000
      files:
        www.garnet.test:
          /{page}.html: "<!doctype html>{objects}\n"
          /large-{page}.html: "<!doctype html><img src=\"/large.txt\">{objects}\n"
          /large.txt: {size: "{large}"}
          /a.txt: {size: "{size}"}
          /b.txt: {size: "{size}"}
          /c.txt: {size: "{size}"}
          /d.txt: {size: "{size}"}
          /e.txt: {size: "{size}"}
          /f.txt: {size: "{size}"}
          /g.txt: {size: "{size}"}
      links:
        - {between: [pc, www.garnet.test], delay: "{delay}"}
    steps:
      - {do: "pc loads http://www.garnet.test/{page}.html", text: "A new connection for each object, one after the other.", at: 0s}
      - {do: "pc loads http://www.garnet.test/{page}.html over {k} connections", text: "The same, {k} at a time.", at: 20s}
      - {do: "pc loads http://www.garnet.test/{page}.html kept", text: "One connection for all, one request after the other.", at: 40s}
      - {do: "pc loads http://www.garnet.test/{page}.html pipelined", text: "One connection for all, without waiting for answers.", at: 60s}
    faults:
      - id: blocked
        title: A large answer first
        text: The first object is large. On one connection answers come in the order of the requests.
        instead: true
        steps:
          - {do: "pc loads http://www.garnet.test/large-{page}.html pipelined", at: 0s}
    guards:
      - id: beside
        title: More than one way
        text: The small ones pass beside the large one. HTTP/2 does the same inside one connection.
        against: blocked
        instead: true
        steps:
          - {do: "pc loads http://www.garnet.test/large-{page}.html over {k} connections", at: 0s}
    questions:
      - id: first
        ask: "Before the run. n objects besides the page, a new connection for each, one after the other: how many round trips from the first SYN to the last answer?"
        kind: predict
        options: ["2(n+1)", "n+2", "2+2n/k", "3"]
        key: 'if(round((last(http.response where time < 19s).arrived - first(tcp.packet where syn).time) / (2 * draw["delay"])) == 2 * (count(http.request where time < 19s)), "2(n+1)", "n+2")'
        read: http.response[0]
      - id: objects
        ask: How many objects does the page name?
        kind: number
        key: occurrences(http.response[0].body, "<img ")
        read: http.response[0]
      - id: new
        ask: How many round trips does the first load take, from its first SYN to the arrival of its last answer? Round to a whole number.
        kind: number
        key: round((last(http.response where time < 19s).arrived - (tcp.packet where syn)[0].time) / (2 * draw["delay"]))
        read: last(http.response where time < 19s)
        hint: A request leaves one round trip after its SYN. When a message arrives is told where it is shown by itself.
      - id: parallel
        ask: How many does the second load take?
        kind: number
        key: round((max((http.response where time > 19s and time < 39s).arrived) - (tcp.packet where syn and time > 19s)[0].time) / (2 * draw["delay"]))
        read: last(http.response where time > 19s and time < 39s)
      - id: kept
        ask: How many does the third load take?
        kind: number
        key: round((last(http.response where time > 39s and time < 59s).arrived - (tcp.packet where syn and time > 39s)[0].time) / (2 * draw["delay"]))
        read: last(http.response where time > 39s and time < 59s)
      - id: pipelined
        ask: How many does the fourth load take?
        kind: number
        key: round((last(http.response where time > 59s).arrived - (tcp.packet where syn and time > 59s)[0].time) / (2 * draw["delay"]))
        read: last(http.response where time > 59s)
      - id: connections
        ask: How many connections do the four loads open together?
        kind: number
        key: count(tcp.connection where protocol == "http")
        read: http.request
      - id: seconds
        ask: How many milliseconds does keeping the connection save against opening one for each object?
        kind: number
        unit: ms
        tolerance: 5
        key: step[0].took - step[2].took
        read: http.response where time > 39s and time < 59s
        hint: The lines that begin with `=` say what came of each step, the look-up of the name included.
      - id: blocked
        ask: With the large answer first, how many milliseconds after the sending of the request for the page arrives the answer for /a.txt?
        kind: number
        unit: ms
        tolerance: 3
        run: blocked
        key: (http.response where request.path == "/a.txt")[0].arrived - http.request[0].time
        read: (http.response where request.path == "/a.txt")[0]
      - id: beside
        ask: And beside it?
        kind: number
        unit: ms
        tolerance: 3
        run: beside
        key: (http.response where request.path == "/a.txt")[0].arrived - http.request[0].time
        read: (http.response where request.path == "/a.txt")[0]
    """#
}
