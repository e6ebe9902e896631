// The lessons about sockets, as the YAML that `netstead lab lesson S1 --print` prints. A test runs each of them to its end.
// Not here: the form (LessonReader), the list (BuiltInLessons).

/// Lessons S1 to S4.
enum SocketLessons {
  static let datagram = #"""
    schema: 1
    id: S1
    version: 1
    title: A datagram each way
    chapter: Sockets
    minutes: 10
    text: |
      A program on pc sends a word to the program on srv, which sends it back in capital letters. Both use UDP: each message is one datagram,
      nothing is agreed beforehand, and nobody promises that it arrives. Look at the ports on both sides, and at what passes before the first word.
    world:
      hosts: [pc, srv]
      draw: {first: word, second: word, third: word, delay: 4ms..40ms}
      links:
        - {between: [pc, srv], delay: "{delay}"}
    steps:
      - do: pc says srv 9876 udp "{first}"
        text: One word out, one word back. The client's port was chosen by the system, the server's is known to both.
      - do: pc says srv 9876 udp "{second}"
        text: Another run of the client. Compare its port with the one before.
    faults:
      - id: lost
        title: The link loses everything
        text: From the tenth second on nothing passes between pc and srv. UDP tells neither side.
        steps:
          - {do: link pc srv loss 100%, at: 10s}
          - {do: 'pc says srv 9876 udp "{third}"', at: 11s, text: "Nobody answers, and only a timer ends the waiting."}
    guards:
      - id: timer
        title: A timer, and another try
        text: The client gives up after a while and asks again; meanwhile the link has recovered.
        against: lost
        steps:
          - {do: link pc srv loss 100%, at: 10s}
          - {do: 'pc says srv 9876 udp "{third}"', at: 11s}
          - {do: link pc srv loss 0%, at: 17s}
          - {do: 'pc says srv 9876 udp "{third}"', at: 18s, text: The same word once more. To srv it is a new message.}
    questions:
      - id: setup
        ask: "Before the run: how many packets pass between pc and srv before the one that carries the first word?"
        kind: predict
        key: count(udp.packet where time < (udp.datagram[0].time)) + count(tcp.packet)
        read: udp.datagram[0]
      - id: source
        ask: From which port does pc send its first word?
        kind: number
        key: udp.datagram[0].fromPort
      - id: destination
        ask: Which port was it sent to?
        kind: number
        key: udp.datagram[0].toPort
      - id: bytes
        ask: How many bytes of data did the second word take?
        kind: number
        key: (udp.datagram where toServer)[1].bytes
      - id: answer
        ask: What did srv say to the second word?
        kind: text
        key: (udp.datagram where not toServer)[1].text
      - id: round
        ask: How long after the first word had left did its answer arrive, in milliseconds?
        kind: number
        unit: ms
        tolerance: 0.5
        key: (udp.datagram where not toServer)[0].arrived - udp.datagram[0].time
        read: udp.datagram where connection == 0
      - id: lost
        ask: With the link broken, how many datagrams were sent that never arrived?
        kind: number
        run: lost
        key: count(udp.datagram where lost)
        read: udp.datagram where lost
      - id: wait
        ask: For how many seconds did the client wait for that answer?
        kind: number
        unit: s
        tolerance: 0.2
        run: lost
        key: last(step).took
        read: udp.datagram where lost
        hint: The client leaves one answer time after the datagram.
      - id: again
        ask: With a second try, which datagrams from pc carried the third word and arrived? Give the port it came from.
        kind: number
        run: timer
        key: last(udp.datagram where toServer and not lost).fromPort
        read: udp.datagram where time > 17s
    """#

  static let stream = #"""
    schema: 1
    id: S2
    version: 1
    title: A connection
    chapter: Sockets
    minutes: 12
    text: |
      The same service over TCP. A connection is opened first, then the line goes out, then both sides close. srv keeps one socket that listens,
      and gets a new one for every connection. TCP carries a stream of bytes: where a line ends is for the programs to say.
    world:
      hosts: [pc, pc2, srv]
      draw: {first: word, second: word, long: word, delay: 4ms..40ms}
      links:
        - {between: [pc, srv], delay: "{delay}"}
    steps:
      - do: pc says srv 6790 tcp "{first}"
        text: SYN, SYN and ACK, ACK; then the line, its answer, and a FIN from each side.
      - do: pc2 says srv 6790 tcp "{second}"
        text: Another host, the same port of srv. The four numbers that name the connection differ.
    faults:
      - id: small
        title: A line that does not fit
        text: From the tenth second on the link carries small packets only, so that one line travels in several segments.
        steps:
          - {do: link pc srv packet 110, at: 10s}
          - do: pc says srv 6790 tcp "{long}{first}{long}{second}{long}{first}{long}{second}{long}{first}{long}{second}{long}{first}{long}{second}{long}{long}{first}{long}{second}"
            at: 11s
            text: The program on srv reads several times before it has a whole line.
    questions:
      - id: port
        ask: Which port did pc speak from?
        kind: number
        key: (tcp.connection where client == "pc")[0].clientPort
      - id: peer
        ask: Which address and port did it connect to? Write both with a colon between them.
        kind: text
        key: tcp.connection[0].serverAddress + ":" + text(tcp.connection[0].serverPort)
        read: tcp.connection[0]
      - id: syns
        ask: "Before the run: how many segments with SYN pass for one connection?"
        kind: predict
        key: count(tcp.packet where syn and (from == "pc" or to == "pc"))
        read: tcp.connection[0]
      - id: fins
        ask: How many segments with FIN passed between pc and srv?
        kind: number
        key: count(tcp.packet where fin and (from == "pc" or to == "pc"))
        read: tcp.connection[0]
        hint: Each side closes its own direction.
      - id: before
        ask: How many milliseconds passed from the opening of pc's connection until its line left?
        kind: number
        unit: ms
        tolerance: 0.5
        key: (tcp.packet where from == "pc" and bytes > 0)[0].time - (tcp.packet where from == "pc" and syn)[0].time
        read: (message where from == "pc")[0]
      - id: sockets
        ask: How many sockets did the service at srv use for the two connections, the listening one included?
        kind: number
        key: 1 + count(tcp.connection where server == "srv")
        read: tcp.connection where server == "srv"
      - id: bytes
        ask: How many bytes did pc's line have, its end included?
        kind: number
        key: (message where from == "pc")[0].bytes
      - id: segments
        ask: With small packets, in how many segments did the long line travel?
        kind: number
        run: small
        key: count(tcp.packet where from == "pc" and bytes > 0 and time > 10s and not again)
        read: message where from == "pc" and time > 10s
        hint: Divide its bytes by what one packet carries; the headers take 40.
      - id: answers
        ask: And how many lines did srv answer it with?
        kind: number
        run: small
        key: count(message where from == "srv" and time > 10s)
    """#

  static let order = #"""
    schema: 1
    id: S3
    version: 1
    title: One after the other, or all at once
    chapter: Sockets
    minutes: 12
    text: |
      Two programs listen at srv. The one at port 6789 serves one client, and only then the next; the one at 6790 serves all that come. First pc
      connects and says nothing for a while. Meanwhile pc2 asks. Whom does it have to wait for?
    world:
      hosts: [pc, pc2, srv]
      draw: {first: word, second: word, idle: 1500ms..4000ms}
    steps:
      - do: pc types srv 6789 "" for {idle}
        at: 0s
        text: pc connects to the iterative server and is silent.
      - do: pc2 says srv 6789 tcp "{first}"
        at: 200ms
        text: pc2's connection is accepted by the system, but no program reads from it yet.
      - do: pc types srv 6790 "" for {idle}
        at: 20s
        text: The same with the concurrent server.
      - do: pc2 says srv 6790 tcp "{second}"
        at: 20200ms
    faults:
      - id: idler
        title: An idler that does not go
        text: pc stays for much longer than any client waits.
        steps:
          - {do: 'pc types srv 6789 "" for 30s', at: 40s}
          - {do: 'pc2 says srv 6789 tcp "{second}"', at: 41s}
    questions:
      - id: who
        ask: "Before the run: which server makes pc2 wait?"
        kind: predict
        options: [the one at port 6789, the one at port 6790, neither]
        key: if((step where host == "pc2")[0].took > 1s, "the one at port 6789", "neither")
        read: (message where to == "pc2")[0]
      - id: waited
        ask: For how many milliseconds did pc2 wait for its answer from the iterative server, its connection included?
        kind: number
        unit: ms
        tolerance: 15
        key: (step where host == "pc2")[0].took
        read: (message where to == "pc2")[0]
      - id: quick
        ask: And how long from the concurrent one?
        kind: number
        unit: ms
        tolerance: 15
        key: (step where host == "pc2")[1].took
        read: (message where to == "pc2")[1]
      - id: answer
        ask: What did the concurrent server say to pc2?
        kind: text
        key: (step where host == "pc2")[1].said
        read: (message where to == "pc2")[1]
      - id: connections
        ask: How many connections did srv have in all?
        kind: number
        key: count(tcp.connection where server == "srv")
        read: tcp.connection where server == "srv"
      - id: idler
        ask: With the idler there, was pc2 answered at all?
        kind: choice
        options: ["yes", "no"]
        run: idler
        key: if(last(step where host == "pc2").failed, "no", "yes")
        read: tcp.connection where client == "pc2" and opened > 40s
      - id: patience
        ask: After how many seconds did pc2 give up?
        kind: number
        unit: s
        tolerance: 0.2
        run: idler
        key: last(step where host == "pc2").took
        read: tcp.connection where client == "pc2" and opened > 40s
    """#

  static let ping = #"""
    schema: 1
    id: S4
    version: 1
    title: A ping that gets lost
    chapter: Sockets
    minutes: 15
    text: |
      pc sends numbered datagrams to srv, one at a time, and waits a second for each answer. The program at srv loses some on purpose, as a
      network may. Only the numbers and a timer tell pc what became of each. The delay of the link wavers, so no two round trips are the same.
    world:
      hosts: [pc, srv]
      draw: {times: 14..24, delay: 10ms..30ms, wild: 31..55}
      links:
        - {between: [pc, srv], delay: "{delay}", jitter: 3ms}
    steps:
      - do: pc pings srv 12000 {times} times
        text: Each ping carries its number and the time it was sent. Which numbers have no answer?
    faults:
      - id: wild
        title: A link that loses too
        text: Now the link loses {wild} of 100 datagrams by itself, in either direction, and holds some back.
        steps:
          - {do: "link pc srv loss {wild}% reordered 20%", at: 60s}
          - {do: "pc pings srv 12000 {times} times", at: 61s}
    questions:
      - id: sent
        ask: How many pings did pc send?
        kind: number
        key: count(ping)
        read: last(ping)
      - id: lost
        ask: Which of them were not answered? Give their numbers with commas between them.
        kind: set
        key: (ping where not answered).sequence
        read: ping where not answered
      - id: share
        ask: How many per cent were not answered?
        kind: number
        tolerance: 1
        key: 100 * count(ping where not answered) / count(ping)
        read: ping where not answered
      - id: shortest
        ask: What was the shortest round trip, in milliseconds?
        kind: number
        unit: ms
        tolerance: 0.1
        key: min(ping.roundTrip)
        read: ping where roundTrip == min(ping.roundTrip)
      - id: longest
        ask: And the longest?
        kind: number
        unit: ms
        tolerance: 0.1
        key: max(ping.roundTrip)
        read: ping where roundTrip == max(ping.roundTrip)
      - id: mean
        ask: And the mean of all that came back?
        kind: number
        unit: ms
        tolerance: 0.2
        key: mean((ping where answered).roundTrip)
        read: ping where answered
      - id: mark
        ask: Mark the first ping that was not answered, by the number of its message.
        kind: mark
        key: first(ping where not answered)
      - id: link
        ask: With the lossy link, how many datagrams did the link itself lose, in both directions together?
        kind: number
        run: wild
        key: count(udp.packet where lost)
        read: udp.datagram where lost
        hint: Those that srv lost on purpose are not among them.
    """#
}
