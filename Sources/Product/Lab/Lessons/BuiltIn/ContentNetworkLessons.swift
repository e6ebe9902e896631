// The lessons about content networks, as the YAML that `netstead lab lesson C1 --print` prints.
// Not here: a single cache (CacheLessons), the form (LessonReader), the list (BuiltInLessons).

/// Lessons C1 to C3.
enum ContentNetworkLessons {
  static let depth = #"""
    schema: 1
    id: C1
    version: 1
    title: Deep or home
    chapter: CDN
    minutes: 20
    text: |
      A content network can put many small caches deep into the networks where people are, or bring everything home to few large ones. The small ones
      are near; the large ones know more. Six people on three continents want the same piece of a film: from an edge on each continent, from one
      edge for all, and from the big server where the film was made.
    world:
      hosts:
        - pc
        - pc2
        - pc-america
        - pc2-america
        - pc-asia
        - pc2-asia
        - resolver
        - resolver-america
        - resolver-asia
        - origin.garnet.test
        - edge1.cdn.test
        - edge2.cdn.test
        - edge3.cdn.test
      draw: {deep: 1..6, home: 7..12, server: 13..16, crowd: 17..20, ocean: 60ms..120ms}
      links:
        - {between: [edge1.cdn.test, origin.garnet.test], delay: "{ocean}"}
    steps:
      - {do: "pc gets http://static.cdn.test/low/{deep}.m4s", text: An edge on each continent. Which one answers? Does it have the piece?}
      - {do: "pc2 gets http://static.cdn.test/low/{deep}.m4s"}
      - {do: "pc-america gets http://static.cdn.test/low/{deep}.m4s"}
      - {do: "pc2-america gets http://static.cdn.test/low/{deep}.m4s"}
      - {do: "pc-asia gets http://static.cdn.test/low/{deep}.m4s"}
      - {do: "pc2-asia gets http://static.cdn.test/low/{deep}.m4s"}
      - {do: "pc gets http://home.cdn.test/low/{home}.m4s", at: 20s, text: "One edge for all, in America."}
      - {do: "pc2 gets http://home.cdn.test/low/{home}.m4s"}
      - {do: "pc-america gets http://home.cdn.test/low/{home}.m4s"}
      - {do: "pc2-america gets http://home.cdn.test/low/{home}.m4s"}
      - {do: "pc-asia gets http://home.cdn.test/low/{home}.m4s"}
      - {do: "pc2-asia gets http://home.cdn.test/low/{home}.m4s"}
      - {do: "pc gets http://origin.garnet.test/low/{server}.m4s", at: 40s, text: "No edge at all, but the big server."}
      - {do: "pc2 gets http://origin.garnet.test/low/{server}.m4s"}
      - {do: "pc-america gets http://origin.garnet.test/low/{server}.m4s"}
      - {do: "pc2-america gets http://origin.garnet.test/low/{server}.m4s"}
      - {do: "pc-asia gets http://origin.garnet.test/low/{server}.m4s"}
      - {do: "pc2-asia gets http://origin.garnet.test/low/{server}.m4s"}
    faults:
      - id: crowd
        title: A flash crowd
        text: All six want a new piece at the same moment, from the big server.
        instead: true
        steps:
          - {do: "pc gets http://origin.garnet.test/low/{crowd}.m4s", at: 2s}
          - {do: "pc2 gets http://origin.garnet.test/low/{crowd}.m4s", at: 2s}
          - {do: "pc-america gets http://origin.garnet.test/low/{crowd}.m4s", at: 2s}
          - {do: "pc2-america gets http://origin.garnet.test/low/{crowd}.m4s", at: 2s}
          - {do: "pc-asia gets http://origin.garnet.test/low/{crowd}.m4s", at: 2s}
          - {do: "pc2-asia gets http://origin.garnet.test/low/{crowd}.m4s", at: 2s}
    guards:
      - id: edges
        title: More edges
        text: The same crowd, before the edges. Each asks the big server once, however many wait for the same piece.
        against: crowd
        instead: true
        steps:
          - {do: "pc gets http://static.cdn.test/low/{crowd}.m4s", at: 2s}
          - {do: "pc2 gets http://static.cdn.test/low/{crowd}.m4s", at: 2s}
          - {do: "pc-america gets http://static.cdn.test/low/{crowd}.m4s", at: 2s}
          - {do: "pc2-america gets http://static.cdn.test/low/{crowd}.m4s", at: 2s}
          - {do: "pc-asia gets http://static.cdn.test/low/{crowd}.m4s", at: 2s}
          - {do: "pc2-asia gets http://static.cdn.test/low/{crowd}.m4s", at: 2s}
    questions:
      - id: edge
        ask: Which edge answers pc-asia first?
        kind: text
        key: (http.response where to == "pc-asia")[0].from
      - id: deep
        ask: With an edge on each continent, how many per cent of the requests did edges answer by themselves?
        kind: number
        tolerance: 1
        key: 100 * count(http.response where request.host == "static.cdn.test" and field["cache-status"] contains "; hit") / count(http.request where host == "static.cdn.test")
        read: http.response where request.host == "static.cdn.test"
      - id: home
        ask: And with one edge for all?
        kind: number
        tolerance: 1
        key: 100 * count(http.response where request.host == "home.cdn.test" and field["cache-status"] contains "; hit") / count(http.request where host == "home.cdn.test")
        read: http.response where request.host == "home.cdn.test"
      - id: deep-bytes
        ask: With an edge on each continent, how many bytes of content left the big server?
        kind: number
        key: sum((http.response where from == "origin.garnet.test" and time < 20s).bodyBytes)
        read: http.response where from == "origin.garnet.test" and time < 20s
      - id: home-bytes
        ask: With one edge for all?
        kind: number
        key: sum((http.response where from == "origin.garnet.test" and time > 20s and time < 40s).bodyBytes)
        read: http.response where from == "origin.garnet.test" and time > 20s and time < 40s
      - id: server-bytes
        ask: Without edges?
        kind: number
        key: sum((http.response where from == "origin.garnet.test" and time > 40s).bodyBytes)
        read: http.response where from == "origin.garnet.test" and time > 40s
      - id: deep-delay
        ask: How many milliseconds did pc2-asia wait for the whole piece with an edge on each continent?
        kind: number
        unit: ms
        tolerance: 1
        key: (step where host == "pc2-asia")[0].took
        read: (http.response where to == "pc2-asia")[0]
        hint: The lines that begin with `=` say what came of each step.
      - id: home-delay
        ask: With one edge for all?
        kind: number
        unit: ms
        tolerance: 1
        key: (step where host == "pc2-asia")[1].took
        read: (http.response where to == "pc2-asia")[1]
      - id: server-delay
        ask: Without edges?
        kind: number
        unit: ms
        tolerance: 1
        key: (step where host == "pc2-asia")[2].took
        read: (http.response where to == "pc2-asia")[2]
      - id: mean
        ask: What is the mean over all six with an edge on each continent?
        kind: number
        unit: ms
        tolerance: 2%
        key: mean((step where time < 20s).took)
        read: http.response where time < 20s and request.host == "static.cdn.test"
      - id: crowd
        ask: In the crowd, how many requests does the big server get for the piece?
        kind: number
        run: crowd
        key: count(http.request where to == "origin.garnet.test")
        read: http.request where to == "origin.garnet.test"
      - id: edges
        ask: And when the crowd stands before the edges?
        kind: number
        run: edges
        key: count(http.request where to == "origin.garnet.test")
        read: http.request where to == "origin.garnet.test"
    """#

  static let walk = #"""
    schema: 1
    id: C2
    version: 1
    title: How a film is sent elsewhere
    chapter: CDN
    minutes: 15
    text: |
      The page names a host of the film's owner. The DNS sends you on: by an alias into the content network, by another one to its lower level, whose
      name server chooses an edge for each asker, and for a short while only. Who asks is your resolver. Where it is, the network takes you to be.
    world:
      hosts: [pc, pc-america, resolver, resolver-america, resolver-asia, edge1.cdn.test, edge2.cdn.test, edge3.cdn.test]
      draw: {film: word, pool: word, lasting: 120..900, pause: 10s..50s}
      records:
        garnet.test: "{film} {lasting} CNAME {pool}.cdn.test."
        cdn.test: "{pool} CNAME film.near.cdn.test."
    steps:
      - do: pc asks resolver {film}.garnet.test A
        text: Follow the alias from one organisation into the other, and there from one level to the next.
      - do: pc asks resolver {film}.garnet.test A
        at: "{pause}"
        text: Once more, a little later. What does the resolver still know, and what not?
      - do: pc-america asks resolver-america {film}.garnet.test A
        at: 60s
        text: The same question on another continent.
    faults:
      - id: far
        title: A resolver far away
        text: The learner has set a resolver on another continent.
        steps:
          - {do: "pc asks resolver-asia {film}.garnet.test A", at: 70s}
    guards:
      - id: subnet
        title: The client's network in the question
        text: A resolver may tell the network's lower level for whom it asks. Here are both of its questions.
        against: far
        steps:
          - {do: "resolver-asia asks ns2.cdn.test film.near.cdn.test A", at: 70s}
          - {do: "resolver-asia asks ns2.cdn.test film.near.cdn.test A for 203.0.113.0/24", at: 72s}
    questions:
      - id: chain
        ask: Whose records does the answer for pc hold? Give the names in their order.
        kind: order
        key: (dns.response where to == "pc")[0].answer.name
        read: (dns.response where to == "pc")[0]
      - id: order
        ask: Which name servers did the resolver ask until it had the first address, in their order? Give their levels.
        kind: choice
        options: ["root, test, garnet, cdn, near", "root, test, garnet, near, cdn", "root, test, cdn, garnet, near", "garnet, cdn, near"]
        key: 'if(join((dns.query where from == "resolver" and time < 5s).host) contains "ns2.cdn.test" and (dns.query where from == "resolver" and time < 5s)[0].host contains "root", "root, test, garnet, cdn, near", "garnet, cdn, near")'
        read: dns.query where from == "resolver" and time < 5s
      - id: queries
        ask: How many queries did the resolver send for the first answer?
        kind: number
        key: count(dns.query where from == "resolver" and time < 5s)
        read: dns.query where from == "resolver" and time < 5s
      - id: who
        ask: Which server chose the edge?
        kind: text
        key: last(dns.response where to == "resolver" and count(answer) > 0 and time < 5s).from
        read: last(dns.response where to == "resolver" and count(answer) > 0 and time < 5s)
      - id: edge
        ask: Which address did it choose?
        kind: text
        key: last((dns.response where to == "pc")[0].answer).data
        read: (dns.response where to == "pc")[0]
      - id: choice
        ask: For how many seconds may that choice be kept?
        kind: number
        key: last((dns.response where to == "pc")[0].answer).ttl
        read: (dns.response where to == "pc")[0]
      - id: alias
        ask: And for how many the alias of the film's owner?
        kind: number
        key: (dns.response where to == "pc")[0].answer[0].ttl
        read: (dns.response where to == "pc")[0]
      - id: again
        ask: How many queries did the resolver send for the second answer?
        kind: number
        key: count(dns.query where from == "resolver" and time > 5s)
        read: (dns.query where from == "resolver" and time > 5s)[0]
      - id: left
        ask: For how many more seconds is the alias good in the second answer?
        kind: number
        key: (dns.response where to == "pc")[1].answer[0].ttl
        read: (dns.response where to == "pc")[1]
      - id: america
        ask: Which address is chosen for pc-america?
        kind: text
        key: last(last(dns.response where to == "pc-america").answer).data
        read: last(dns.response where to == "pc-america")
      - id: far
        ask: And for pc through the far resolver?
        kind: text
        run: far
        key: last(last(dns.response where to == "pc").answer).data
        read: last(dns.response where to == "pc")
      - id: subnet
        ask: And when that resolver tells the network of pc?
        kind: text
        run: subnet
        key: last(last(dns.response where to == "resolver-asia").answer).data
        read: last(dns.response where to == "resolver-asia")
      - id: scope
        ask: For how many bits of the told network does this answer hold?
        kind: number
        run: subnet
        key: last(dns.response where to == "resolver-asia").scope
        read: last(dns.response where to == "resolver-asia")
    """#

  static let choice = #"""
    schema: 1
    id: C3
    version: 1
    title: Which edge
    chapter: CDN
    minutes: 20
    text: |
      Three ways to choose: the edge that a table calls the nearest, the one with the least to do, or a list from which the client itself chooses by
      measuring. The table knows networks and not today's traffic, the load says nothing of the way, and measuring takes time. Then an edge dies.
    world:
      hosts: [pc, pc-asia, resolver, resolver-asia, origin.garnet.test, edge1.cdn.test, edge2.cdn.test, edge3.cdn.test]
      draw: {piece: 1..9, other: 10..20, europe: 5ms..90ms, america: 5ms..90ms, asia: 5ms..90ms}
      links:
        - {between: [pc, edge1.cdn.test], delay: "{europe}"}
        - {between: [pc, edge2.cdn.test], delay: "{america}"}
        - {between: [pc, edge3.cdn.test], delay: "{asia}"}
    steps:
      - do: pc gets http://video.cdn.test/low/{piece}.m4s
        text: The nearest by the table.
      - do: pc-asia gets http://video.cdn.test/low/{piece}.m4s
        text: The nearest for somebody else.
      - do: pc gets http://least.cdn.test/middle/{other}.m4s
        at: 10s
        every: 1s
        times: 3
        text: The one with the least to do. All are idle, so the first of the list is as good as any.
      - do: pc-asia gets http://least.cdn.test/low/{piece}.m4s
        at: 12500ms
        text: And now, while one of them is sending?
      - do: pc chooses http://ranked.cdn.test/low/{piece}.m4s
        at: 30s
        text: A list of all. pc opens a connection to each and takes the one that is there first.
    faults:
      - id: dead
        title: An edge dies
        text: The table's nearest edge goes down. Its address is still known for a while.
        steps:
          - {do: host edge1.cdn.test down, at: 40s}
          - {do: "pc gets http://video.cdn.test/low/{piece}.m4s", at: 41s}
          - {do: "pc gets http://video.cdn.test/low/{piece}.m4s", at: 44s}
          - {do: "pc gets http://video.cdn.test/low/{piece}.m4s", at: 47s}
          - {do: "pc gets http://video.cdn.test/low/{piece}.m4s", at: 50s}
    guards:
      - id: list
        title: A list
        text: Who has all addresses needs nobody to tell that one of them is dead.
        against: dead
        steps:
          - {do: host edge1.cdn.test down, at: 40s}
          - {do: "pc chooses http://ranked.cdn.test/low/{piece}.m4s", at: 41s}
    questions:
      - id: table
        ask: Which edge serves pc first?
        kind: text
        key: (http.response where to == "pc")[0].from
      - id: asia
        ask: And pc-asia?
        kind: text
        key: (http.response where to == "pc-asia")[0].from
      - id: start
        ask: How many milliseconds did pc wait for its first piece, look-up and all?
        kind: number
        unit: ms
        tolerance: 1
        key: step[0].took
        read: (http.response where to == "pc")[0]
        hint: The lines that begin with `=` say what came of each step.
      - id: addresses
        ask: How many addresses does the list have?
        kind: number
        key: count((dns.response where to == "pc" and name == "ranked.cdn.test")[0].answer)
        read: (dns.response where to == "pc" and name == "ranked.cdn.test")[0]
      - id: order
        ask: In which order does the list name the edges? Give their addresses.
        kind: order
        key: (dns.response where to == "pc" and name == "ranked.cdn.test")[0].answer.data
        read: (dns.response where to == "pc" and name == "ranked.cdn.test")[0]
      - id: chosen
        ask: Which one does pc choose after measuring?
        kind: text
        key: last(http.response where to == "pc").from
        read: last(http.response where to == "pc")
      - id: price
        ask: How many connections did pc open for that?
        kind: number
        key: count(tcp.connection where client == "pc" and opened >= 30s)
        read: last(http.request where from == "pc")
      - id: least
        ask: Which edge does the rule of the least load choose the first time?
        kind: text
        key: (http.response where request.host == "least.cdn.test")[0].from
        read: (http.response where request.host == "least.cdn.test")[0]
      - id: busy
        ask: And for pc-asia, while that edge is sending to pc?
        kind: text
        key: (http.response where request.host == "least.cdn.test" and to == "pc-asia")[0].from
        read: (http.response where request.host == "least.cdn.test" and to == "pc-asia")[0]
      - id: failed
        ask: After the edge has died, how many of the four fetches fail?
        kind: number
        run: dead
        key: count(step where failed)
        read: http.request where from == "pc" and time > 40s
        hint: The lines that begin with `=` say what came of each step.
      - id: after
        ask: Which edge serves pc in the end?
        kind: text
        run: dead
        key: last(http.response where to == "pc").from
        read: last(http.response where to == "pc")
      - id: list
        ask: And which one does pc choose from the list then?
        kind: text
        run: list
        key: last(http.response where to == "pc").from
        read: last(http.response where to == "pc")
      - id: wait
        ask: How many milliseconds did that take, the dead edge's silence and all?
        kind: number
        unit: ms
        tolerance: 2
        run: list
        key: last(step).took
        read: last(http.response where to == "pc")
    """#
}
