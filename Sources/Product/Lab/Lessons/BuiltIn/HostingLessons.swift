// The lesson about a site of one's own, as the YAML that `netstead lab lesson W1 --print` prints. A test runs it to its end.
// Not here: certificates (HandshakeLessons), onion services (OtherNameLessons), the form (LessonReader), the list (BuiltInLessons).

/// Lesson W1.
enum HostingLessons {
  static let site = #"""
    schema: 1
    id: W1
    version: 2
    title: A site of one's own
    chapter: Hosting
    minutes: 20
    text: |
      The same page stands in three places: on a rented host, in an attic behind a line as people have it at home, and in the attic with a rented relay before it that
      keeps copies. What differs is who carries the bytes, who is asked when somebody comes, and what happens when the line gets another address or lets nobody in.
      Then a name of one's own: attic keeps the zone {own}.test itself, and pc has the registrar put it into the zone above.
    world:
      hosts: [pc, pc2, resolver, registrar, tld1, tld2, www.garnet.test, attic, relay]
      draw: {own: word, where: [203.0.113.90, 198.51.100.95], page: word, other: word, size: 40000..90000, more: 20000..50000, rate: 400..900, life: 20..40}
      more: |
        hosts:
          attic: {addresses: [203.0.113.90], attachment: {rate-up: {rate}kbit/s}}
          relay: {addresses: [198.51.100.95]}
        sites:
          home.garnet.test: {host: attic, names: [attic.test], max-age: 10m, files: {/index.html: "hello from the attic\n"}}
        edges:
          relay: {origin: attic, names: [stone.garnet.test, {own}.test]}
      records:
        garnet.test: |
          stone 60 A 198.51.100.95
      zones:
        "{own}.test":
          served-by: [attic]
          delegated: no
          records: |
            @   NS ns1
            ns1 A  203.0.113.90
            @   A  {where}
      files:
        www.garnet.test:
          /{page}.html: {size: "{size}"}
        home.garnet.test:
          /{page}.html: {size: "{size}"}
          /{other}.html: {size: "{more}"}
    steps:
      - {do: "pc gets http://www.garnet.test/{page}.html", text: On a rented host.}
      - {do: "pc gets http://home.garnet.test/{page}.html", at: 10s, text: At home. The line is quick downwards and slow upwards.}
      - {do: "pc gets http://stone.garnet.test/{page}.html", at: 20s, text: By way of the relay. It has to ask the attic first.}
      - {do: "pc2 gets http://stone.garnet.test/{page}.html", at: 30s, text: The next one who wants it.}
      - do: 'pc posts http://registrar.test/register "name={own}&servers=ns1.{own}.test+203.0.113.90"'
        at: 40s
        text: A name of one's own. The form says which host keeps its zone.
      - {do: "pc gets http://{own}.test/{page}.html", at: 45s, text: "By that name. Who is asked for it, and who sends the page?"}
    faults:
      - id: shut
        title: No way in
        text: The box at home lets nobody in whom nobody inside has called.
        steps:
          - {do: attic filters tcp 80, at: 60s}
          - {do: "pc gets http://home.garnet.test/{other}.html", at: 61s}
      - id: moved
        title: Another address
        text: The line was given another address, and the zone names one that is nobody's now.
        steps:
          - {do: "zone garnet.test sets home {life} A 203.0.113.99", at: 400s}
          - {do: "pc gets http://home.garnet.test/{other}.html", at: 401s}
    guards:
      - id: relay
        title: Only the relay
        text: The box lets the relay in, and everybody comes by way of it.
        against: shut
        steps:
          - {do: attic filters tcp 80 except relay, at: 60s}
          - {do: "pc gets http://stone.garnet.test/{other}.html", at: 61s}
      - id: update
        title: The zone is told
        text: A few seconds later attic tells the zone where it is.
        against: moved
        steps:
          - {do: "zone garnet.test sets home {life} A 203.0.113.99", at: 400s}
          - {do: "pc gets http://home.garnet.test/{other}.html", at: 401s}
          - {do: "zone garnet.test sets home {life} A 203.0.113.90", at: 405s}
          - {do: "pc gets http://home.garnet.test/{other}.html", at: 410s, text: The zone is right. Is everybody?}
          - {do: "pc gets http://home.garnet.test/{other}.html", at: 450s}
    questions:
      - id: guess
        ask: "Before the run: which of the three ways is the slowest for whoever comes first?"
        kind: predict
        options: [the rented host, the attic, the relay]
        key: if((step where host == "pc")[2].took > (step where host == "pc")[1].took, "the relay", "the attic")
        read: http.response where to == "pc"
      - id: rented
        ask: How many milliseconds did the page take from the rented host, its name and all?
        kind: number
        unit: ms
        tolerance: 1
        key: (step where host == "pc")[0].took
        read: (http.response where to == "pc")[0]
        hint: The lines that begin with `=` say what came of each step.
      - id: home
        ask: And from the attic?
        kind: number
        unit: ms
        tolerance: 1
        key: (step where host == "pc")[1].took
        read: (http.response where to == "pc")[1]
      - id: line
        ask: How many milliseconds do its bytes need at least on a line of {rate} kbit/s?
        kind: number
        tolerance: 5%
        key: (http.response where to == "pc")[1].bodyBytes * 8 / draw["rate"]
        read: (http.response where to == "pc")[1]
      - id: asked
        ask: How many requests came to the attic in all?
        kind: number
        key: count(http.request where to == "attic")
        read: http.request where to == "attic"
      - id: whom
        ask: Which Host did the relay name when it asked?
        kind: text
        key: (http.request where from == "relay" and to == "attic")[0].host
      - id: second
        ask: How many milliseconds did pc2 wait?
        kind: number
        unit: ms
        tolerance: 1
        key: (step where host == "pc2")[0].took
        read: (http.response where to == "pc2")[0]
      - id: status
        ask: What does Cache-Status say in pc2's answer?
        kind: text
        key: (http.response where to == "pc2")[0].field["cache-status"]
        read: (http.response where to == "pc2")[0]
      - id: form
        ask: With which status did the registrar answer the form?
        kind: number
        key: (http.response where from == "registrar")[0].status
      - id: keeper
        ask: Which host told the resolver the address of {own}.test?
        kind: text
        key: (dns.response where to == "resolver" and aa and time > 44s)[0].from
        read: dns.response where to == "resolver" and time > 44s
      - id: own
        ask: And which host sent pc the page by that name?
        kind: text
        key: (http.response where to == "pc" and time > 44s)[0].from
        read: (http.response where to == "pc" and time > 44s)[0]
      - id: bought
        ask: The attic and its line are there already. What had to be bought or rented besides, for what pc got at 45 s?
        kind: choice
        options: [nothing, the name, the relay, the name and the relay]
        key: if((http.response where to == "pc" and time > 44s)[0].from == "relay", "the name and the relay", "the name")
        read: (http.response where to == "pc" and time > 44s)[0]
        hint: Who took part that is not the attic? The servers of the zone above come with the name.
      - id: shut
        ask: With the way in shut, for how many seconds did pc wait for nothing?
        kind: number
        unit: s
        tolerance: 0.2
        run: shut
        key: last(step).took
        read: http.request where to == "attic"
      - id: relay
        ask: Which host asked the attic when only the relay was let in?
        kind: text
        run: relay
        key: last(http.request where to == "attic").from
        read: last(http.request where to == "attic")
      - id: moved
        ask: Which address did the zone give after the line had another one?
        kind: text
        run: moved
        key: last(dns.response where to == "pc").answer[0].data
        read: last(dns.response where to == "pc")
      - id: still
        ask: Did pc get the page five seconds after the zone had been told?
        kind: choice
        options: ["yes", "no"]
        run: update
        key: if((step where time > 409s)[0].failed, "no", "yes")
        read: (dns.response where to == "pc" and time > 409s)[0]
      - id: left
        ask: How many seconds might the old address still be kept then?
        kind: number
        tolerance: 1
        run: update
        key: (dns.response where to == "pc" and time > 409s)[0].answer[0].ttl
        read: (dns.response where to == "pc" and time > 409s)[0]
      - id: back
        ask: And at 450 s, which host answered?
        kind: text
        run: update
        key: last(http.response where to == "pc").from
        read: last(http.response where to == "pc")
    """#
}
