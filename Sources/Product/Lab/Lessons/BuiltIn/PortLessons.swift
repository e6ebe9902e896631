// The lesson about bound addresses and ports, as the YAML that `netstead lab lesson S5 --print` prints. A test runs it to its end.
// Not here: the other lessons about sockets (SocketLessons), the form (LessonReader), the list (BuiltInLessons).

/// Lesson S5.
enum PortLessons {
  static let bind = #"""
    schema: 1
    id: S5
    version: 1
    title: Where a program listens
    chapter: Sockets
    minutes: 15
    text: |
      A program that serves binds its socket to an address and a port. 127.0.0.1 is the host for itself and for nobody else; one of the host's addresses is for
      whoever uses that one; 0.0.0.0 is for everybody. On srv one program is bound three times. Who gets an answer, who a refusal, and who nothing at all?
    world:
      hosts: [pc, pc2, rogue, srv]
      draw: {inner: 7000..7199, one: 7200..7399, all: 7400..7599, odd: 7600..7799, place: [127.0.0.1, 198.51.100.80], first: word, second: word, third: word, delay: 4ms..40ms}
      links:
        - {between: [pc, srv], delay: "{delay}"}
    steps:
      - {do: "srv opens {inner} at 127.0.0.1", text: For programs on srv itself.}
      - {do: "srv opens {one} at 198.51.100.80", text: At one of its addresses.}
      - {do: "srv opens {all} at 0.0.0.0", text: At all of them.}
      - {do: "srv opens {all} at 198.51.100.80", text: The same port once more. Is there room for two?}
      - {do: "srv opens {odd} at {place}"}
      - {do: 'srv says 127.0.0.1 {inner} tcp "{first}"', at: 10s}
      - {do: 'pc says srv {inner} tcp "{first}"', text: srv has the port and the program. Still somebody answers with RST.}
      - {do: 'srv says 127.0.0.1 {one} tcp "{second}"', text: On the same host and yet refused.}
      - {do: 'pc says srv {one} tcp "{second}"'}
      - {do: 'srv says 127.0.0.1 {all} tcp "{third}"'}
      - {do: 'pc says srv {all} tcp "{third}"'}
      - {do: 'pc says srv {odd} tcp "{first}"'}
      - {do: "srv closes {all}", at: 30s}
      - {do: 'pc says srv {all} tcp "{second}"', at: 31s, text: Nobody listens there any more. How does pc learn of it?}
      - {do: "srv filters tcp {one}", at: 40s}
      - {do: 'pc says srv {one} tcp "{third}"', at: 41s, text: "Somebody listens there, and a packet filter stands before. How does pc learn of that?"}
    faults:
      - id: rogue
        title: Bound for everybody
        text: A service meant for srv's own programs was bound to all addresses, as most programs do when nobody tells them otherwise.
        steps:
          - {do: "srv opens {all} at 0.0.0.0", at: 60s}
          - {do: 'rogue says srv {all} tcp "give me {second}"', at: 61s}
    guards:
      - id: narrow
        title: A narrow bind
        text: The same service, bound to 127.0.0.1.
        against: rogue
        steps:
          - {do: "srv opens {all} at 127.0.0.1", at: 60s}
          - {do: 'rogue says srv {all} tcp "give me {second}"', at: 61s}
          - {do: 'srv says 127.0.0.1 {all} tcp "{third}"', at: 62s}
      - id: wall
        title: A packet filter
        text: The service must be reached from pc2, so it stays bound to all addresses; the filter lets pc2 through.
        against: rogue
        steps:
          - {do: "srv opens {all} at 0.0.0.0", at: 60s}
          - {do: "srv filters tcp {all} except pc2", at: 60s}
          - {do: 'rogue says srv {all} tcp "give me {second}"', at: 61s}
          - {do: 'pc2 says srv {all} tcp "{first}"', at: 62s}
    questions:
      - id: guess
        ask: "Before the run: how many of the first three bound ports does pc reach?"
        kind: predict
        key: count(step where host == "pc" and not failed and time < 21s)
        read: message where to == "pc"
      - id: inner
        ask: Was pc answered at the port bound to 127.0.0.1?
        kind: choice
        options: ["yes", "no"]
        key: if((step where host == "pc")[0].failed, "no", "yes")
        read: (message where from == "srv" and to == "srv")[0]
        hint: The lines that begin with `=` say what came of each step.
      - id: itself
        ask: And which of its own words did srv get an answer to, by way of 127.0.0.1? Give the answers.
        kind: set
        key: (message where to == "srv" and from == "srv" and not toServer).text
        read: message where from == "srv" and to == "srv"
      - id: twice
        ask: Two sockets, one bound to all addresses and one to a single one, at the same port. What became of the second?
        kind: choice
        options: [it was refused because the address is in use, both listen and the narrower one gets the connections, it took the first one's place]
        key: if((step where host == "srv")[3].failed, "it was refused because the address is in use", "both listen and the narrower one gets the connections")
        read: message where to == "pc"
        hint: The lines that begin with `=` say what came of each step.
      - id: odd
        ask: At which address does the program at port {odd} listen, by what came of pc's attempt?
        kind: choice
        options: [127.0.0.1, 198.51.100.80]
        key: if((step where host == "pc")[3].failed, "127.0.0.1", "198.51.100.80")
        read: message where to == "pc"
      - id: resets
        ask: How many segments with RST did srv send to pc in all?
        kind: number
        key: count(tcp.packet where reset and from == "srv" and to == "pc")
      - id: refused
        ask: After how many milliseconds did pc know that the closed port refuses it?
        kind: number
        unit: ms
        tolerance: 0.5
        key: (step where host == "pc" and time > 30s)[0].took
        read: message where to == "pc"
        hint: A refusal is an answer; it takes one round trip.
      - id: syns
        ask: How many SYNs did pc send to the filtered port before it gave up?
        kind: number
        key: count(tcp.packet where syn and from == "pc" and lost)
      - id: silence
        ask: For how many seconds did it wait?
        kind: number
        unit: s
        tolerance: 0.2
        key: last(step where host == "pc").took
        read: message where to == "pc"
      - id: stranger
        ask: What did the service meant for srv alone say to rogue?
        kind: text
        run: rogue
        key: last(message where to == "rogue").text
      - id: narrow
        ask: With the narrow bind, what does rogue meet?
        kind: choice
        options: [an answer, a refusal, silence]
        run: narrow
        key: if((step where host == "rogue")[0].failed, if((step where host == "rogue")[0].took > 1s, "silence", "a refusal"), "an answer")
        read: last(message where from == "srv")
      - id: wall
        ask: And with the packet filter?
        kind: choice
        options: [an answer, a refusal, silence]
        run: wall
        key: if((step where host == "rogue")[0].failed, if((step where host == "rogue")[0].took > 1s, "silence", "a refusal"), "an answer")
        read: last(message where to == "pc2")
      - id: through
        ask: Which port of pc2 was let through?
        kind: number
        run: wall
        key: last(message where from == "pc2").fromPort
    """#
}
