// The lesson that compares TCP and UDP, as the YAML that `netstead lab lesson S6 --print` prints. A test runs it to its end.
// Not here: the other lessons about sockets (SocketLessons, PortLessons), the form (LessonReader), the list (BuiltInLessons).

/// Lesson S6.
enum CarrierLessons {
  /// Twenty blocks of a file, a line each.
  private static let file = (1...20).map { "block \($0 < 10 ? "0" : "")\($0) of {name}\\n" }.joined()
  /// A hundred frames of voice of twenty milliseconds, a line each.
  private static let voice = (0..<100).map { "\($0 < 10 ? "0" : "")\($0) {sound}\\n" }.joined()

  static let choice = #"""
    schema: 1
    id: S6
    version: 1
    title: TCP or UDP
    chapter: Sockets
    minutes: 20
    text: |
      Over one link that loses, pc sends two things to srv: a file in blocks, and voice, a small frame each 20 ms. Each of them once over UDP and once over TCP.
      A file with a hole is no file; a frame that comes too late is no use, since its moment has passed. Count holes and lateness, and say which carrier is right
      for what.
    world:
      hosts: [pc, srv]
      draw: {name: word, sound: word, loss: 7..12, delay: 20ms..40ms}
      links:
        - {between: [pc, srv], delay: "{delay}", loss: "{loss}%"}
    steps:
      - do: 'pc says srv 9876 udp "block of {name}"'
        at: 1s
        every: 100ms
        times: 20
        text: The file over UDP, twenty blocks. Nobody sends anything again.
      - do: 'pc types srv 6790 "\#(file)" for 10s'
        at: 20s
        text: The same over TCP.
      - do: 'pc says srv 9876 udp "{sound}"'
        at: 60s
        every: 20ms
        times: 100
        text: Two seconds of voice over UDP.
      - do: 'pc types srv 6790 "\#(voice)" line by line every 20ms for 10s'
        at: 90s
        text: The same over TCP. Whatever follows a lost segment waits for its repetition.
    faults:
      - id: worse
        title: A link that loses a quarter
        steps:
          - {do: link pc srv loss 25%, at: 120s}
          - do: 'pc types srv 6790 "\#(voice)" line by line every 20ms for 30s'
            at: 121s
    guards:
      - id: clean
        title: A link that does not lose
        text: Nothing has to be sent again.
        against: worse
        steps:
          - {do: link pc srv loss 0%, at: 120s}
          - do: 'pc types srv 6790 "\#(voice)" line by line every 20ms for 10s'
            at: 121s
    questions:
      - id: guess
        ask: "Before the run: which carrier leaves holes in the file?"
        kind: predict
        options: [UDP, TCP, both]
        key: if(count(udp.datagram where lost and toServer and time < 10s) > 0, "UDP", "TCP")
        read: udp.datagram where toServer and time < 10s
      - id: holes
        ask: How many blocks of the file did not arrive over UDP?
        kind: number
        key: count(udp.datagram where toServer and lost and time < 10s)
        read: udp.datagram where toServer and lost and time < 10s
      - id: wrong
        ask: How many bytes of it are therefore missing?
        kind: number
        key: sum((udp.datagram where toServer and lost and time < 10s).bytes)
        read: udp.datagram where toServer and lost and time < 10s
      - id: whole
        ask: And how many bytes of the file arrived over TCP?
        kind: number
        key: sum((message where carrier == "tcp" and toServer and time > 19s and time < 59s and not lost).bytes)
        read: message where carrier == "tcp" and toServer and time > 19s and time < 59s
      - id: gaps
        ask: How many of the hundred frames of voice never arrived over UDP?
        kind: number
        key: count(udp.datagram where toServer and lost and time > 59s)
        read: udp.datagram where toServer and lost and time > 59s
      - id: latest
        ask: For how many milliseconds was the slowest frame under way that did arrive over UDP?
        kind: number
        unit: ms
        tolerance: 0.5
        key: max((udp.datagram where toServer and not lost and time > 59s).underWay)
        read: last(udp.datagram where toServer and not lost and time > 59s)
      - id: late
        ask: How many frames were under way for more than 150 ms over TCP?
        kind: number
        key: count(message where carrier == "tcp" and toServer and time > 89s and underWay > 150ms)
        read: message where carrier == "tcp" and toServer and time > 89s and underWay > 150ms
      - id: buffer
        ask: For how many milliseconds would a player have to hold the first frame back so that none comes too late?
        kind: number
        unit: ms
        tolerance: 1
        key: max((message where carrier == "tcp" and toServer and time > 89s).underWay)
        read: last(message where carrier == "tcp" and toServer and time > 89s)
      - id: worse
        ask: With a quarter lost, how many frames were under way for more than 150 ms?
        kind: number
        run: worse
        key: count(message where carrier == "tcp" and toServer and time > 119s and underWay > 150ms)
        read: message where carrier == "tcp" and toServer and time > 119s and underWay > 150ms
      - id: clean
        ask: And with nothing lost?
        kind: number
        run: clean
        key: count(message where carrier == "tcp" and toServer and time > 119s and underWay > 150ms)
        read: last(message where carrier == "tcp" and toServer and time > 119s)
    """#
}
