// The built-in world, as the YAML that `netstead lab --print-world` prints. It is read like any other world; a test keeps it whole.
// Its links are quick (a whole cold look-up and a page take about 40 ms), so that the first look feels immediate: a world with the delays of
// a real access line is a copy of this one with other numbers under `nets`.

/// The built-in world.
package enum DefaultWorld {
  /// What errors call it.
  package static let name = "built-in world"
  package static let text = head + garnet + cobalt + video + mail + files + peers + programs

  private static let head = #"""
    # The world of `netstead lab`. Copy it, change it, run it: netstead lab --world FILE
    schema: 1
    title: A small internet
    # Hosts with short names stand in this zone: pc is pc.test.
    domain: test
    # The host as which `netstead lab exec` and `netstead lab shell` speak.
    client: pc

    # How hosts are attached. A path's delay is that of both its ends together.
    # Also known: jitter, loss, duplicated, reordered, queue, packet, cut.
    nets:
      core:   {prefixes: [192.0.2.0/24, "2001:db8:2::/48"], delay: 1ms}
      sites:  {prefixes: [198.51.100.0/24, "2001:db8:100::/48"], delay: 1ms}
      access: {prefixes: [203.0.113.0/24, "2001:db8:113::/48"], delay: 2ms, rate-down: 20Mbit/s, rate-up: 5Mbit/s}
      # Three continents. Oceans take time; `inside` is the delay between two hosts of the same one.
      europe:  {prefixes: [198.18.10.0/24, "2001:db8:10::/48"], delay: 1ms, inside: 2ms}
      america: {prefixes: [198.18.20.0/24, "2001:db8:20::/48"], delay: 40ms, inside: 4ms}
      asia:    {prefixes: [198.18.30.0/24, "2001:db8:30::/48"], delay: 90ms, inside: 5ms}

    # Also known of a host: attachment, like a net's; clock: {offset: -2s, drift: 50ppm}, what it says wrong in virtual time.
    hosts:
      # The servers every look-up starts from, and those one level below.
      root1: {addresses: [192.0.2.1, "2001:db8:2::1"]}
      root2: {addresses: [192.0.2.2, "2001:db8:2::2"]}
      root3: {addresses: [192.0.2.3, "2001:db8:2::3"]}
      tld1:  {addresses: [192.0.2.11, "2001:db8:2::11"]}
      tld2:  {addresses: [192.0.2.12, "2001:db8:2::12"]}
      # Sells names below test.
      registrar: {addresses: [192.0.2.20, "2001:db8:2::20"]}
      # Two organisations.
      www.garnet.test: {addresses: [198.51.100.10, "2001:db8:100::10"]}
      ns1.garnet.test: {addresses: [198.51.100.11, "2001:db8:100::11"]}
      ns2.garnet.test: {addresses: [198.51.100.12, "2001:db8:100::12"]}
      shop.garnet.test: {addresses: [198.51.100.13, "2001:db8:100::13"]}
      ftp.garnet.test: {addresses: [198.51.100.14, "2001:db8:100::14"]}
      mail.garnet.test: {addresses: [198.51.100.15, "2001:db8:100::15"]}
      www.cobalt.test: {addresses: [198.51.100.20, "2001:db8:100::20"]}
      # Whoever asks in other people's names gets little out of it: cookies, and few answers of one kind a second to one network.
      ns1.cobalt.test: {addresses: [198.51.100.21, "2001:db8:100::21"], dns: {rate-limit: {responses-per-second: 20, window: 5, slip: 2}}}
      ns2.cobalt.test: {addresses: [198.51.100.22, "2001:db8:100::22"]}
      mail.cobalt.test: {addresses: [198.51.100.25, "2001:db8:100::25"]}
      # A small club that takes mail from everybody and asks nobody.
      mail.opal.test: {addresses: [198.51.100.35, "2001:db8:100::35"]}
      # Puts a picture on other people's pages.
      ads: {addresses: [198.51.100.60, "2001:db8:100::60"]}
      # Tells peers of one another.
      tracker: {addresses: [198.51.100.69, "2001:db8:100::69"]}
      # One who has a file, three who want it. Their lines are slow, so that one can watch for half a minute.
      seed:  {addresses: [198.51.100.70, "2001:db8:100::70"], attachment: {rate-up: 600kbit/s}}
      peer1: {addresses: [203.0.113.71, "2001:db8:113::71"], attachment: {rate-up: 300kbit/s}}
      peer2: {addresses: [198.18.20.71, "2001:db8:20::71"], attachment: {rate-up: 300kbit/s}}
      peer3: {addresses: [198.18.30.71, "2001:db8:30::71"], attachment: {rate-up: 300kbit/s}}
      # Four nodes of the hash table.
      dht1: {addresses: [198.51.100.81, "2001:db8:100::81"]}
      dht2: {addresses: [198.51.100.82, "2001:db8:100::82"]}
      dht3: {addresses: [198.51.100.83, "2001:db8:100::83"]}
      dht4: {addresses: [198.51.100.84, "2001:db8:100::84"]}
      # Socket programs.
      srv: {addresses: [198.51.100.80, "2001:db8:100::80"]}
      # Where people are.
      pc:       {role: client, addresses: [203.0.113.10, "2001:db8:113::10"]}
      pc2:      {role: client, addresses: [203.0.113.11, "2001:db8:113::11"]}
      phone:    {role: client, addresses: [203.0.113.12, "2001:db8:113::12"]}
      # Somebody with bad intentions.
      rogue:    {role: client, addresses: [203.0.113.66, "2001:db8:113::66"]}
      resolver: {role: resolver, addresses: [203.0.113.53, "2001:db8:113::53"]}
      # As resolvers were when guessing was easy: one port, identifiers that count, and patience with wrong answers.
      resolver-old: {role: resolver, addresses: [203.0.113.54, "2001:db8:113::54"], resolver: {query-source-port: 5300, predictable-ids: yes, ignores-forgeries: yes}}
      # Gives those who guess the most to guess, and answers its own network only.
      resolver-careful: {role: resolver, addresses: [203.0.113.55, "2001:db8:113::55"], resolver: {use-caps-for-id: yes, send-cookie: yes, allow-recursion: [203.0.113.0/24, "2001:db8:113::/48"]}}
      proxy:    {addresses: [203.0.113.31, "2001:db8:113::31"]}

      # A content network: an origin in America, an edge on each continent, a client and a resolver there.
      origin.garnet.test: {addresses: [198.18.20.10, "2001:db8:20::10"]}
      ns1.cdn.test:   {addresses: [198.51.100.30, "2001:db8:100::30"]}
      ns2.cdn.test:   {addresses: [198.51.100.31, "2001:db8:100::31"]}
      edge1.cdn.test: {addresses: [198.18.10.1, "2001:db8:10::1"]}
      edge2.cdn.test: {addresses: [198.18.20.1, "2001:db8:20::1"]}
      edge3.cdn.test: {addresses: [198.18.30.1, "2001:db8:30::1"]}
      pc-america:       {role: client, addresses: [198.18.20.50, "2001:db8:20::50"]}
      pc2-america:      {role: client, addresses: [198.18.20.51, "2001:db8:20::51"]}
      resolver-america: {role: resolver, addresses: [198.18.20.53, "2001:db8:20::53"]}
      pc-asia:          {role: client, addresses: [198.18.30.50, "2001:db8:30::50"]}
      pc2-asia:         {role: client, addresses: [198.18.30.51, "2001:db8:30::51"]}
      resolver-asia:    {role: resolver, addresses: [198.18.30.53, "2001:db8:30::53"]}

    # Links that differ from their ends' attachments, for example a lossy one:
    #   - {between: [resolver, ns1.garnet.test], loss: 30%}
    links: []

    # Keys that name servers share with one another, and with those who change zones:
    #   nsupdate -y hmac-sha256:registrar.test:Z2FybmV0LCBjb2JhbHQsIG9wYWwgYW5kIGphZGUuLi4=
    keys:
      - {name: registrar.test, secret: "Z2FybmV0LCBjb2JhbHQsIG9wYWwgYW5kIGphZGUuLi4="}
      - {name: copy.test, secret: "b25seSBzZXJ2ZXJzIG9mIHRoZSBzYW1lIHpvbmUgaGF2ZSBpdA=="}
      - {name: home.garnet.test, secret: "dGhlIGJveCBhdCBob21lIHNheXMgd2hlcmUgaXQgaXM="}

    # A site at which names are registered: its form changes the zone at its first server.
    registrars:
      registrar.test: {host: registrar, zone: test, key: registrar.test}

    # SOA, NS, delegations, glue, the hosts' addresses and their pointers follow from the rest; `records` adds to them.
    zones:
      .:       {served-by: [root1, root2, root3], ttl: 86400}
      # `copy-key`: the other servers copy the zone from the first one, are told of changes, and prove who they are with that key. `update-by` and
      # `transfer-to` name who else may change it and copy it: addresses, ranges, keys.
      test:    {served-by: [tld1, tld2], update-by: [key registrar.test], copy-key: copy.test}
      example: {served-by: [tld1, tld2]}
      arpa:    {served-by: [tld1, tld2]}
      2.0.192.in-addr.arpa:      {served-by: [tld1, tld2]}
      100.51.198.in-addr.arpa:   {served-by: [ns1.garnet.test, ns2.cobalt.test]}
      113.0.203.in-addr.arpa:    {served-by: [tld1, tld2]}
      18.198.in-addr.arpa:       {served-by: [tld1, tld2]}
      8.b.d.0.1.0.0.2.ip6.arpa:  {served-by: [tld1, tld2]}
      garnet.test:
        served-by: [ns1.garnet.test, ns2.garnet.test]
        update-by: [key home.garnet.test]
        copy-key: copy.test
        ttl: 300
        records: |
          @        TXT   "Garnet keeps stones and stories"
          @        CAA   0 issue "ca.test"
          _http._tcp SRV 0 0 80 www
          *.maybe  A     198.51.100.10
          ; Whoever wants the video is sent on to the content network, whose name server chooses an edge.
          video    CNAME video.cdn.test.
          static   CNAME static.cdn.test.
      cdn.test: {served-by: [ns1.cdn.test], ttl: 60}
      # Where a content network chooses for each question, below the level that may be kept for longer.
      near.cdn.test: {served-by: [ns2.cdn.test], ttl: 60}
      cobalt.test:
        served-by: [ns1.cobalt.test, ns2.cobalt.test]
        copy-key: copy.test
        ttl: 60
        records: |
          @        TXT   "Cobalt paints everything blue"
          loop1    CNAME loop2
          loop2    CNAME loop1
      # Gives its whole zone to anybody, and lets anybody in the access net change it.
      opal.test: {served-by: [ns1.cobalt.test], ttl: 60, transfer-to: [0.0.0.0/0, "::/0"], update-by: [203.0.113.0/24]}

    sites:

    """#

  private static let garnet = #"""
      www.garnet.test:
        names: [garnet.test]
        # How long caches may answer in this site's place.
        max-age: 60s
        files:
          /index.html: |
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <title>Garnet</title>
            <link rel="stylesheet" href="/style.css">
            <h1><img src="/garnet.svg" alt="" width="48" height="48"> Garnet</h1>
            <p>This page came from <code>www.garnet.test</code>, a host of an internet that exists inside one program on your machine.
            Before it came, your computer asked for its address: a root server sent it to <code>test</code>,
            <code>test</code> sent it to <code>ns1.garnet.test</code>, and that one knew.
            <ul>
            <li><a href="/stones.html">Stones</a>: a page that brings six more files with it
            <li><a href="/long.html">A long page</a>, more than fits into one segment or a hundred
            <li><a href="/notes.txt">Notes</a>, plain text
            <li><a href="http://shop.garnet.test/">The shop</a>, which remembers you
            <li><a href="http://stories.garnet.test/">Stories</a>: another site at the same address
            <li><a href="http://www.cobalt.test/">Cobalt</a>, our neighbour
            <li><a href="/nowhere.html">A page that is not there</a>
            </ul>
          /stones.html: |
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <title>Stones</title>
            <link rel="stylesheet" href="/style.css">
            <h1>Stones</h1>
            <p>The text of this page is one file. The style sheet and each picture are files of their own: count the requests, and see which
            of them share a connection. The last picture lives on another host, so its name has to be looked up first.
            <p><img src="/garnet.svg" alt="A red stone" width="120" height="120">
            <img src="/amber.svg" alt="A yellow stone" width="120" height="120">
            <img src="/jade.svg" alt="A green stone" width="120" height="120">
            <img src="/onyx.svg" alt="A black stone" width="120" height="120">
            <img src="http://www.cobalt.test/cobalt.svg" alt="A blue stone" width="120" height="120">
            <p><a href="/">Back</a>
          /long.html:
            repeat: 300
            text: |
              <p id="p{n}">Paragraph {n}. A long document does not travel in one piece: it is cut into segments, each is acknowledged, and
              what gets lost is sent again. The browser shows the beginning while the end is still under way. Whoever reads on from the
              middle asks for a range of bytes.
          /notes.txt: |
            Things to try on this site

            Ask for this file twice, the second time with the date of the first answer:
            the answer is 304, and it has no body.

            Ask for its bytes 10 to 19 only: the answer is 206.

            Ask for it with HEAD: the answer has a length and no body.
          /style.css: |
            body { max-width: 44em; margin: 2em auto; padding: 0 1em; font: 1.05em/1.5 serif; color: #222; background: #fdfbfa; }
            h1 { color: #8a1538; }
            a { color: #8a1538; }
          /garnet.svg: |
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path fill="#a01e45" d="M6 3h12l4 6-10 12L2 9z"/><path fill="#d0486c" d="M6 3h12l-3 6H9z"/></svg>
          /amber.svg: |
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path fill="#c77f0a" d="M12 2c6 4 8 8 8 12a8 8 0 0 1-16 0c0-4 2-8 8-12z"/></svg>
          /jade.svg: |
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><rect x="3" y="5" width="18" height="14" rx="5" fill="#1f7a54"/></svg>
          /onyx.svg: |
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><circle cx="12" cy="12" r="10" fill="#1b1b1f"/><circle cx="9" cy="8" r="2" fill="#777"/></svg>
      # A site that remembers: it gives each visitor a session and keeps its table in a database.
      shop.garnet.test:
        application: shop
        # Each made by `netstead password`; the passwords are `ruby-red` and `sapphire`.
        users:
          alice: '$scrypt$ln=14,r=8,p=5$jO/fjccC045eYAFcWxBx4A$7JBPqh8hfihBut3Ufo75NrH2xauym0bA5TIDzs0I4Tw'
          bob: '$scrypt$ln=14,r=8,p=5$A799oafHbcFyU1wHAuaNow$EXBb1FkvwpZOtR2pkm6VxfcBVlUS8YW3tWD5TSGsJxI'
        # Below these paths the browser asks for name and password (HTTP Basic authentication).
        protect: [/staff]
        redirects: {/shop: /}
      # What advertisers do: it numbers everybody who sees its picture, on whose page whatsoever.
      ads.test: {application: tracker}
      # Greets in the reader's language, at some paths as it should not be done where there are caches.
      hello.garnet.test: {host: www.garnet.test, application: greetings}
      # A second site of www.garnet.test: only the name in the request tells them apart.
      stories.garnet.test:
        host: www.garnet.test
        files:
          /index.html: |
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <title>Garnet's stories</title>
            <h1>Stories</h1>
            <p>Same host, same address, same port as <a href="http://www.garnet.test/">www.garnet.test</a>.
            The server knew which site you meant from one line of your request.

    """#

  private static let cobalt = #"""
      www.cobalt.test:
        names: [cobalt.test]
        max-age: 60s
        # A CNAME of www.cobalt.test.
        aliases: [web.cobalt.test]
        files:
          /index.html: |
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <title>Cobalt</title>
            <body style="font-family: sans-serif; margin: 3em; color: #0b2a6b">
            <h1>Cobalt</h1>
            <p><img src="/cobalt.svg" alt="A blue stone" width="160" height="160">
            <p>Everything here is blue. <a href="http://www.garnet.test/">Garnet</a> is red.
          /cobalt.svg: |
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path fill="#0b3fa8" d="M12 1l10 8-4 13H6L2 9z"/><path fill="#5b8def" d="M12 1l5 9H7z"/></svg>
          /robots.txt: |
            User-agent: *
            Disallow: /private/

    """#

  private static let mail = #"""
    # Mail: whose domain is served by which host, and who has a mailbox there. The zones get MX, SPF and DKIM records from here.
    # Each hash made by `netstead password`; the passwords are `red-ink`, `blue-ink` and `white-ink`.
    mail:
      garnet.test:
        host: mail.garnet.test
        users:
          writer: '$scrypt$ln=14,r=8,p=5$qW0P6JmvP4czcREiqqOXkQ$MzcbgjAQvkYsypohVVTSN1wUTWQkIJDGD8yLv/BTlyI'
        # What is done with mail whose sender is forged: marking, sorting, refusing, or careless, where nobody looks.
        # Also known: backup-for ([other.test]), the domains whose mail is kept until their own servers are back.
        care: refusing
      cobalt.test:
        host: mail.cobalt.test
        users:
          reader: '$scrypt$ln=14,r=8,p=5$Uit+WLBPUd9+Chh0PZRwCQ$53u767cmY1qhq0/1N+VVvPQVNV+diT5F28fZV8SOmuw'
        aliases: {stories: [reader], post: [reader, guest@opal.test]}
        care: refusing
      opal.test:
        host: mail.opal.test
        users:
          guest: '$scrypt$ln=14,r=8,p=5$QCin65JawwGi4goxQ5Ezog$Aa2JnqFXr5L/tsN65KgpHNZcr5oNcevJ6YoYDUQ9DrY'
        care: careless

    """#

  private static let files = #"""
    # File servers, with their files in memory: who may come in, what is there, how much fits in.
    ftp:
      ftp.garnet.test:
        # Anybody may read, the users below `write` may change everything. The password is `green-ink`.
        anonymous: yes
        users:
          writer: '$scrypt$ln=14,r=8,p=5$4kG3+PIHC4oB//Bmb1MKTA$SbrQlK6f1375NTZ6IAnJ3U/0DDE5cgbGurP5jZjUo5Y'
        write: [writer]
        room: 1MiB
        files:
          /notes.txt: |
            Files of Garnet

            Each file comes over a connection of its own, beside the one on which you ask for it.
            stones/ has more of them; some are long.
          /stones/garnet.txt: |
            Garnet: red, hard as glass and a little harder.
          /stones/jade.txt: |
            Jade: green, tough, carved for seven thousand years.
          /stones/onyx.txt:
            age: 400d
            text: |
              Onyx: black with white bands.
          /long.txt:
            repeat: 2000
            text: |
              Line {n}. A long file takes a while, and may break off: whoever comes back asks for the rest only.

    """#

  private static let peers = #"""
    # Where peers find one another: trackers, over UDP and HTTP at port 6969, and nodes of the hash table, at port 6881,
    # which also keep blocks of the GNU Name System.
    trackers:
      tracker: {interval: 20m}
    dht:
      dht1: {}
      dht2: {}
      dht3: {}
      dht4: {}

    # Files that swarms share, made by computation: who has them, who wants them, who tells them of one another. Peers listen at port 6881.
    torrents:
      moon.bin: {size: 2MiB, seeds: [seed], peers: [peer1, peer2, peer3], trackers: [tracker]}

    """#

  private static let video = #"""
      # A clip in three qualities, made by computation, with the page that plays it. The edges keep copies of it.
      origin.garnet.test: {video: {segments: 20}, max-age: 1h}

    # Caching reverse proxies in front of an origin.
    edges:
      edge1.cdn.test: {origin: origin.garnet.test, names: [video.garnet.test, static.garnet.test], capacity: 50Mbit/s}
      edge2.cdn.test: {origin: origin.garnet.test, names: [video.garnet.test, static.garnet.test], capacity: 200Mbit/s}
      edge3.cdn.test: {origin: origin.garnet.test, names: [video.garnet.test, static.garnet.test], capacity: 50Mbit/s}

    # Names whose addresses the servers of their zone choose for each question, among edges that say they are well.
    steering:
      # The edges that clients of a network prefer, the nearest first.
      networks:
        203.0.113.0/24:    [edge1.cdn.test, edge2.cdn.test, edge3.cdn.test]
        2001:db8:113::/48: [edge1.cdn.test, edge2.cdn.test, edge3.cdn.test]
        198.18.10.0/24:    [edge1.cdn.test, edge2.cdn.test, edge3.cdn.test]
        198.18.20.0/24:    [edge2.cdn.test, edge1.cdn.test, edge3.cdn.test]
        2001:db8:20::/48:  [edge2.cdn.test, edge1.cdn.test, edge3.cdn.test]
        198.18.30.0/24:    [edge3.cdn.test, edge2.cdn.test, edge1.cdn.test]
        2001:db8:30::/48:  [edge3.cdn.test, edge2.cdn.test, edge1.cdn.test]
      names:
        # Enter deep: an edge near every client. Bring home: one large site for all.
        video.cdn.test:  {policy: nearest, ttl: 5, edges: [edge1.cdn.test, edge2.cdn.test, edge3.cdn.test]}
        static.cdn.test: {policy: nearest, ttl: 5, edges: [edge1.cdn.test, edge2.cdn.test, edge3.cdn.test]}
        home.cdn.test:   {policy: nearest, ttl: 5, edges: [edge2.cdn.test]}
        film.near.cdn.test: {policy: nearest, ttl: 5, edges: [edge1.cdn.test, edge2.cdn.test, edge3.cdn.test]}
        # The other rules, over the same edges.
        least.cdn.test:  {policy: least-load, ttl: 5, edges: [edge1.cdn.test, edge2.cdn.test, edge3.cdn.test]}
        turns.cdn.test:  {policy: round-robin, ttl: 5, edges: [edge1.cdn.test, edge2.cdn.test, edge3.cdn.test]}
        ranked.cdn.test: {policy: ranked, ttl: 5, edges: [edge1.cdn.test, edge2.cdn.test, edge3.cdn.test]}

    """#

  private static let programs = #"""
    # Each gives back what it gets in capital letters; the ping program loses three datagrams in ten.
    programs:
      - {host: srv, program: uppercase-iterative, port: 6789}
      - {host: srv, program: uppercase-concurrent, port: 6790}
      - {host: srv, program: uppercase-datagram, port: 9876}
      - {host: srv, program: ping, port: 12000, loss: 30%}

    # The access network's proxy, with a cache: curl -x http://proxy:3128 http://www.garnet.test/ as a client host.
    # Also known: clients (ranges of addresses; the proxy's own net), tunnel-ports ([443]).
    proxies:
      - {host: proxy, port: 3128, cache: 64MiB}

    """#
}
