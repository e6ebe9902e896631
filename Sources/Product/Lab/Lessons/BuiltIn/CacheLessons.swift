// The lesson about a proxy with a cache, as the YAML that `netstead lab lesson H9 --print` prints.
// Not here: content networks (ContentNetworkLessons), the form (LessonReader), the list (BuiltInLessons).

/// Lesson H9.
enum CacheLessons {
  static let proxy = #"""
    schema: 1
    id: H9
    version: 1
    title: A proxy that remembers
    chapter: HTTP
    minutes: 20
    text: |
      Many hosts of one access network want the same pages. A proxy before the slow link keeps what may be kept, and asks the site only when it must.
      Count what passes the link, and compare the mean delay with what the share of hits predicts. What a site forgets to say, or believes without
      checking, the proxy gives to everybody.
    world:
      hosts: [pc, pc2, phone, rogue, resolver, proxy, www.garnet.test]
      draw: {first: word, second: word, size: 9000..30000, other: 9000..30000, delay: 30ms..80ms, language: [de, fr, nl, pt, sv], evil: word}
      files:
        www.garnet.test:
          /{first}.txt: {size: "{size}", age: 90d}
          /{second}.txt: {size: "{other}", age: 20d}
      links:
        - {between: [proxy, www.garnet.test], delay: "{delay}"}
    steps:
      - do: 'pc gets http://www.garnet.test/{first}.txt through proxy'
        text: The first time the proxy asks the site. Compare the two requests.
      - do: 'pc2 gets http://www.garnet.test/{first}.txt through proxy'
        text: The second time it knows. Which field says so?
      - do: 'phone gets http://www.garnet.test/{first}.txt through proxy'
      - do: 'pc gets http://www.garnet.test/{second}.txt through proxy'
      - do: 'pc2 gets http://www.garnet.test/{second}.txt through proxy'
        at: 15s
        text: How old is the copy by now?
    faults:
      - id: careless
        title: A missing Vary
        text: The site greets in the reader's language, and does not say what it chose by.
        steps:
          - {do: 'pc gets http://hello.garnet.test/careless through proxy with "Accept-Language: {language}"', at: 20s}
          - {do: 'pc2 gets http://hello.garnet.test/careless through proxy with "Accept-Language: en"', at: 22s}
      - id: poisoned
        title: A poisoned page
        text: rogue asks with a field that the site believes and that no cache counts as part of the address.
        steps:
          - {do: 'rogue gets http://hello.garnet.test/gullible through proxy with "X-Host: {evil}.test"', at: 20s}
          - {do: 'pc gets http://hello.garnet.test/gullible through proxy', at: 22s}
    guards:
      - id: vary
        title: Vary
        text: The site says what it chose by, so the proxy keeps a copy for each language.
        against: careless
        steps:
          - {do: 'pc gets http://hello.garnet.test/ through proxy with "Accept-Language: {language}"', at: 20s}
          - {do: 'pc2 gets http://hello.garnet.test/ through proxy with "Accept-Language: en"', at: 22s}
      - id: strict
        title: A strict site
        text: What decides about a page is part of its address, and nothing else is believed.
        against: poisoned
        steps:
          - {do: 'rogue gets http://hello.garnet.test/strict through proxy with "X-Host: {evil}.test"', at: 20s}
          - {do: 'pc gets http://hello.garnet.test/strict through proxy', at: 22s}
    questions:
      - id: target
        ask: What stands between the method and the version in the first request of pc?
        kind: text
        key: http.request[0].target
        read: http.request[0]
      - id: passed
        ask: And in the request that the proxy makes of it?
        kind: text
        key: (http.request where from == "proxy")[0].target
        read: (http.request where from == "proxy")[0]
      - id: hits
        ask: How many per cent of the five requests did the proxy answer by itself?
        kind: number
        tolerance: 1
        key: 100 * (1 - count(http.request where from == "proxy") / count(http.request where to == "proxy"))
        read: http.request where from == "proxy"
      - id: bytes
        ask: How many bytes of content came from the site to the proxy?
        kind: number
        key: sum((http.response where to == "proxy").bodyBytes)
        read: http.response where to == "proxy"
      - id: saved
        ask: How many bytes of content did not have to come, because the proxy had them?
        kind: number
        key: sum((http.response where from == "proxy").bodyBytes) - sum((http.response where to == "proxy").bodyBytes)
        read: http.response where from == "proxy"
      - id: age
        ask: How many seconds old is the copy that the last request got, by the answer's own word?
        kind: number
        key: number(last(http.response where from == "proxy").field["age"])
        read: last(http.response where from == "proxy")
      - id: status
        ask: How does the proxy say that it had the copy? Copy the value of Cache-Status from that answer.
        kind: text
        key: last(http.response where from == "proxy").field["cache-status"]
        read: last(http.response where from == "proxy")
      - id: miss
        ask: How many milliseconds passed from the first request's leaving pc to its answer's leaving the proxy?
        kind: number
        unit: ms
        tolerance: 2
        key: (http.response where to == "pc")[0].time - http.request[0].time
        read: http.request[0]
      - id: hit
        ask: And that of pc2 for the same page?
        kind: number
        unit: ms
        tolerance: 2
        key: (http.response where to == "pc2")[0].time - (http.request where from == "pc2")[0].time
        read: http.request where from == "pc2"
      - id: mean
        ask: 'The share of hits times the delay of a hit, and that of misses times the delay of a miss: which mean do these two delays predict for all five?'
        kind: number
        unit: ms
        tolerance: 5%
        key: 0.6 * ((http.response where to == "pc2")[0].time - (http.request where from == "pc2")[0].time) + 0.4 * ((http.response where to == "pc")[0].time - http.request[0].time)
        read: http.request where to == "proxy"
      - id: measured
        ask: And which mean do the five messages show?
        kind: number
        unit: ms
        tolerance: 2
        key: mean((http.response where from == "proxy").time) - mean((http.request where to == "proxy").time)
        read: http.request where to == "proxy"
        hint: What did the proxy have to find out for the first request only?
      - id: careless
        ask: In which language is the page that pc2 gets, who asked for en, without Vary?
        kind: text
        run: careless
        key: last(http.response where to == "pc2").field["content-language"]
        read: last(http.response where to == "pc2")
      - id: vary
        ask: And with it?
        kind: text
        run: vary
        key: last(http.response where to == "pc2").field["content-language"]
        read: last(http.response where to == "pc2")
      - id: poisoned
        ask: Which page does pc get, after rogue was there? Copy its line.
        kind: text
        run: poisoned
        key: last(http.response where to == "pc").body
        read: last(http.response where to == "pc")
      - id: strict
        ask: And where the site believes nothing?
        kind: text
        run: strict
        key: last(http.response where to == "pc").body
        read: last(http.response where to == "pc")
    """#
}
