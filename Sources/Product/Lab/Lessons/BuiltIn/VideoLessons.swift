// The lesson about adaptive video, as the YAML that `netstead lab lesson C4 --print` prints.
// Not here: the player (Running/MediaPlayer.swift), the form (LessonReader), the list (BuiltInLessons).

/// Lesson C4.
enum VideoLessons {
  static let adaptive = #"""
    schema: 1
    id: C4
    version: 1
    title: A film that adapts
    chapter: CDN
    minutes: 20
    text: |
      Every two seconds of a film are a file of its own, in three qualities. The player fetches one after the other and chooses the quality of each: by
      what it measured, or by how much it has in hand. First the line is even; then a fast one gets slow soon after the beginning. A picture that stands
      still is worse than a coarse one.
    world:
      hosts: [pc, resolver, origin.garnet.test, edge1.cdn.test]
      draw:
        even: [1400kbit/s, 1600kbit/s, 1800kbit/s, 2000kbit/s, 2200kbit/s, 2400kbit/s, 2700kbit/s]
        fast: [5Mbit/s, 6Mbit/s, 7Mbit/s, 8Mbit/s]
        slow: [560kbit/s, 600kbit/s, 640kbit/s, 680kbit/s]
        when: 950ms..1300ms
        piece: 2..10
        delay: 3ms..15ms
      clips: {origin.garnet.test: 10}
      links:
        - {between: [pc, edge1.cdn.test], delay: "{delay}"}
    steps:
      - do: link pc edge1.cdn.test rate {even}
        at: 0s
        text: An even line of {even}.
      - do: pc plays http://video.cdn.test/manifest.mpd by rate
        at: 0s
        text: The rule of the rate. The best quality that four fifths of what was measured carry.
    faults:
      - id: slow
        title: A line that gets slow
        text: A line of {fast} that carries only {slow} from {when} on.
        instead: true
        steps:
          - {do: "link pc edge1.cdn.test rate {fast}", at: 0s}
          - {do: "pc plays http://video.cdn.test/manifest.mpd by rate", at: 0s}
          - {do: "link pc edge1.cdn.test rate {slow}", at: "{when}"}
    guards:
      - id: buffer
        title: The rule of the buffer
        text: The less is in hand, the coarser the next piece, whatever was measured.
        against: slow
        instead: true
        steps:
          - {do: "link pc edge1.cdn.test rate {fast}", at: 0s}
          - {do: "pc plays http://video.cdn.test/manifest.mpd by buffer", at: 0s}
          - {do: "link pc edge1.cdn.test rate {slow}", at: "{when}"}
    questions:
      - id: qualities
        ask: Among how many qualities does the manifest let the player choose?
        kind: number
        key: occurrences(http.response[0].body, "<Representation ")
        read: http.response[0]
      - id: piece
        ask: In which quality does the player fetch segment {piece}?
        kind: choice
        options: [low, middle, high]
        key: 'if(exists((http.request where from == "pc" and path == "/low/{piece}.m4s")[0].path), "low", if(exists((http.request where from == "pc" and path == "/middle/{piece}.m4s")[0].path), "middle", "high"))'
        read: http.request where from == "pc" and path contains "/{piece}.m4s"
      - id: low
        ask: How many segments does it fetch in the lowest one?
        kind: number
        key: count(http.request where from == "pc" and path contains "/low/" and path contains ".m4s")
        read: http.request where from == "pc" and path contains ".m4s"
      - id: bytes
        ask: How many bytes of content do all segments together have, as pc gets them?
        kind: number
        key: sum((http.response where to == "pc" and request.path contains ".m4s").bodyBytes)
        read: http.response where to == "pc" and request.path contains ".m4s"
      - id: start
        ask: After how many milliseconds does the picture begin?
        kind: number
        tolerance: 2
        key: number(word(step[0].said, 2))
        read: (http.request where from == "pc" and path contains ".m4s")[0]
        hint: The line that begins with `=` says it.
      - id: switches
        ask: How often does the quality change?
        kind: number
        key: number(word(step[0].said, 4))
        read: http.request where from == "pc" and path contains ".m4s"
      - id: caught
        ask: When the line gets slow, which segment is under way by the rule of the rate? Copy its path.
        kind: text
        run: slow
        key: last(http.request where from == "pc" and time < draw["when"]).path
        read: last(http.request where from == "pc" and time < draw["when"])
      - id: stalled
        ask: For how many milliseconds does the picture stand still then?
        kind: number
        tolerance: 5
        run: slow
        key: if(step[0].said contains "no stall", 0, number(word(step[0].said, 9)))
        read: http.response where to == "pc" and request.path contains ".m4s"
        hint: The line that begins with `=` says it.
      - id: careful
        ask: By the rule of the buffer, which segment is under way when the line gets slow? Copy its path.
        kind: text
        run: buffer
        key: last(http.request where from == "pc" and time < draw["when"]).path
        read: last(http.request where from == "pc" and time < draw["when"])
      - id: still
        ask: And for how many milliseconds does the picture stand still?
        kind: number
        tolerance: 5
        run: buffer
        key: if(step[0].said contains "no stall", 0, number(word(step[0].said, 9)))
        read: http.response where to == "pc" and request.path contains ".m4s"
      - id: price
        ask: How many of the first four segments does that rule fetch in the lowest quality?
        kind: number
        run: buffer
        key: count((http.request where from == "pc" and path in ["/low/1.m4s", "/low/2.m4s", "/low/3.m4s", "/low/4.m4s"]).path)
        read: http.request where from == "pc" and path in ["/low/1.m4s", "/low/2.m4s", "/low/3.m4s", "/low/4.m4s"]
    """#
}
