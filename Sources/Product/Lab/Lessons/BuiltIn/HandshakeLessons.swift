// The lesson about TLS on the wire, as the YAML that `netstead lab lesson H11 --print` prints. A test runs it to its end.
// Not here: the form (LessonReader), the list (BuiltInLessons).

/// Lesson H11.
enum HandshakeLessons {
  static let handshake = #"""
    schema: 1
    id: H11
    version: 2
    title: A page inside TLS
    chapter: HTTP
    minutes: 25
    text: |
      A tap sits on the line and reads everything that passes. In the list below, rows of `tls` are what it sees: records, each with its length, and what is in them until the keys are
      agreed on. Rows of `http` are what passed inside, which the tap never sees. www speaks 1.3; elder is older, and speaks 1.2. What differs each time, chance and keys and
      everything encrypted, is kept as zeros, so that your run repeats.
    world:
      hosts: [pc, rogue, resolver, www.garnet.test, elder, "{relic}"]
      draw: {page: word, size: 3000..9000, old: word, stale: [aspen, birch, cedar, hazel], grove: word, other: [maple, olive, rowan, larch], strange: [agate, beryl, onyx, topaz], relic: word, delay: 15..60}
      more: |
        hosts:
          elder: {addresses: [198.51.100.93]}
          {relic}: {addresses: [198.51.100.94]}
        sites:
          {old}.garnet.test: {host: elder}
          {stale}.garnet.test: {host: elder, files: {/index.html: "out of date\n"}}
          {other}.{grove}.garnet.test: {host: elder, files: {/index.html: "somebody else's\n"}}
          {strange}.garnet.test: {host: elder, files: {/index.html: "signed by anybody\n"}}
          {relic}.garnet.test: {host: {relic}, files: {/index.html: "older than you think\n"}}
        certificates: {{stale}.garnet.test: expired, {other}.{grove}.garnet.test: wrong-name, {strange}.garnet.test: unknown-root}
        newest-tls: {elder: 1.2, {relic}: 1.1}
      links:
        - {between: [pc, www.garnet.test], delay: "{delay}ms"}
        - {between: [pc, elder], delay: "{delay}ms"}
      files:
        www.garnet.test:
          /{page}.html: {size: "{size}"}
        "{old}.garnet.test":
          /{page}.html: {size: "{size}"}
    steps:
      - {do: "pc gets https://www.garnet.test/{page}.html", text: Version 1.3.}
      - {do: "pc gets https://{old}.garnet.test/{page}.html", at: 10s, text: Version 1.2. Count the flights.}
    faults:
      - id: careless
        title: Whatever it shows
        text: pc takes any certificate. Three sites show one with which something is wrong.
        steps:
          - {do: "pc gets https://{stale}.garnet.test/ unchecked", at: 20s}
          - {do: "pc gets https://{other}.{grove}.garnet.test/ unchecked", at: 30s}
          - {do: "pc gets https://{strange}.garnet.test/ unchecked", at: 40s}
      - id: lowered
        title: An offer made smaller
        text: rogue sits on pc's line and strikes 1.3 out of what pc offers.
        steps:
          - {do: rogue lowers tls of pc, at: 19s}
          - {do: "pc gets https://www.garnet.test/{page}.html", at: 20s}
    guards:
      - id: validation
        title: pc looks
        text: The same three sites, and a client that checks what it is shown.
        against: careless
        steps:
          - {do: "pc gets https://{stale}.garnet.test/", at: 20s}
          - {do: "pc gets https://{other}.{grove}.garnet.test/", at: 30s}
          - {do: "pc gets https://{strange}.garnet.test/", at: 40s}
      - id: minimum
        title: A least version
        text: "What is not offered cannot be chosen. {relic} speaks 1.1 at most, and then pc asks elder for nothing less than 1.3."
        against: lowered
        steps:
          - {do: "pc gets https://{relic}.garnet.test/", at: 20s}
          - {do: "pc gets https://{old}.garnet.test/{page}.html at least 1.3", at: 30s}
    questions:
      - id: guess
        ask: "Before the run: what can a tap learn about the page pc reads?"
        kind: predict
        options: [nothing, the site's name and about how long the page is, all of it]
        key: if(exists(tls.hello[0].name), "the site's name and about how long the page is", "nothing")
        read: tls.hello[0]
      - id: offered
        ask: Which versions does pc offer, most wanted first?
        kind: order
        key: tls.hello[0].versions
        read: tls.hello[0]
      - id: chosen
        ask: Which one does elder choose?
        kind: text
        key: (tls.choice where from == "elder")[0].version
        read: (tls.choice where from == "elder")[0]
      - id: suite
        ask: And which cipher suite?
        kind: text
        key: (tls.choice where from == "elder")[0].suite
        read: (tls.choice where from == "elder")[0]
      - id: protocol
        ask: What does pc want to speak inside?
        kind: text
        key: join(tls.hello[0].protocols)
        read: tls.hello[0]
      - id: name
        ask: Which name could a tap read in pc's second ClientHello?
        kind: text
        key: tls.hello[1].name
        read: tls.hello[1]
      - id: trips
        ask: How many round trips passed between pc's first ClientHello and its request?
        kind: number
        key: round(milliseconds(http.request[0].time - tls.hello[0].time) / milliseconds(tls.choice[0].arrived - tls.hello[0].time))
        read: http.request[0]
        hint: One round trip is what the ServerHello took to come back.
      - id: more
        ask: And in 1.2?
        kind: number
        key: round(milliseconds(http.request[1].time - tls.hello[1].time) / milliseconds(tls.choice[1].arrived - tls.hello[1].time))
        read: http.request[1]
      - id: flight
        ask: How many milliseconds after its first ClientHello did pc's request leave?
        kind: number
        unit: ms
        tolerance: 2
        key: http.request[0].time - tls.hello[0].time
        read: http.request[0]
      - id: later
        ask: And in 1.2?
        kind: number
        unit: ms
        tolerance: 2
        key: http.request[1].time - tls.hello[1].time
        read: http.request[1]
      - id: clear
        ask: How many records of the first connection could the tap read? Those that say nothing count too.
        kind: number
        key: count(tls.record where connection == tls.hello[0].connection and not encrypted)
        read: tls.record where connection == tls.hello[0].connection and not encrypted
      - id: sealed
        ask: How many bytes of application data does the tap count from elder, the records' heads included?
        kind: number
        key: sum((tls.record where connection == tls.hello[1].connection and from == "elder" and type == "application_data").bytes)
        read: tls.record where connection == tls.hello[1].connection and from == "elder" and type == "application_data"
      - id: issuer
        ask: Who signed the certificate that elder shows for {old}.garnet.test?
        kind: text
        key: tls.certificate[0].issuer
        read: tls.certificate[0]
      - id: hidden
        ask: How many certificates could the tap read on the first connection?
        kind: number
        key: count(tls.certificate where connection == tls.hello[0].connection)
        read: tls.record where connection == tls.hello[0].connection
      - id: pages
        ask: With any certificate taken, how many of the three sites gave pc a page?
        kind: number
        run: careless
        key: count(step where time > 15s and not failed)
        read: http.response where time > 15s
      - id: until
        ask: On which day had {stale}.garnet.test's certificate come to its end? Year-month-day.
        kind: text
        run: careless
        key: word((tls.certificate where time > 15s)[0].validUntil, 0)
        read: (tls.certificate where time > 15s)[0]
      - id: for
        ask: Which name is the certificate for that {other}.{grove}.garnet.test shows?
        kind: text
        run: careless
        key: join((tls.certificate where time > 15s)[1].names)
        read: (tls.certificate where time > 15s)[1]
      - id: refused
        ask: And when pc looks, how many of the three give it one?
        kind: number
        run: validation
        key: count(step where time > 15s and not failed)
        read: tls.alert where time > 15s
      - id: stale
        ask: What does pc complain of to {stale}.garnet.test? Give the alert's name.
        kind: text
        run: validation
        key: (tls.alert where time > 15s)[0].reason
        read: (tls.alert where time > 15s)[0]
      - id: strange
        ask: And to {strange}.garnet.test?
        kind: text
        run: validation
        key: last(tls.alert where time > 15s).reason
        read: last(tls.alert where time > 15s)
      - id: heard
        ask: With rogue on the line, which versions did www hear of?
        kind: text
        run: lowered
        key: join(distinct(last(tls.hello).heard))
        read: last(tls.hello)
      - id: mark
        ask: How could pc tell?
        kind: choice
        options: [www's random number says that it could speak a newer version, www's certificate is for another version, rogue's packets came later]
        run: lowered
        key: if(last(tls.choice).marked, "www's random number says that it could speak a newer version", "rogue's packets came later")
        read: last(tls.choice)
      - id: noticed
        ask: With which alert did pc end it?
        kind: text
        run: lowered
        key: last(tls.alert).reason
        read: last(tls.alert)
      - id: relic
        ask: Who refused when pc asked {relic}, and pc offered nothing that old?
        kind: text
        run: minimum
        key: (tls.alert where time > 15s)[0].from
        read: (tls.alert where time > 15s)[0]
      - id: least
        ask: And with which alert did elder refuse?
        kind: text
        run: minimum
        key: last(tls.alert where from == "elder").reason
        read: last(tls.alert where from == "elder")
    """#
}
