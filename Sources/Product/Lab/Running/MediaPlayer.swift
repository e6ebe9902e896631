// A player of clips in pieces, as a pure value: what it fetches next, in which quality, how much is buffered, when the picture stood still.
// The same rules as the page in a browser (WebServer/Video/PlayerPage.swift). Not here: fetching (MediaDeeds.swift).
import World

/// How a player chooses the quality of the next piece.
package enum PlayerRule: String, Sendable, Equatable, CaseIterable {
  /// The best that the measured throughput carries.
  case rate
  /// The more is buffered, the better.
  case buffer
}

/// What a manifest says, as far as a player needs it.
struct MediaManifest: Sendable, Equatable {
  struct Quality: Sendable, Equatable {
    var name: String
    /// Unit: bits per second.
    var bandwidth: Int
  }

  /// The lowest first.
  var qualities: [Quality]
  var segmentCount: Int
  /// Unit: seconds.
  var segmentSeconds: Int

  init(qualities: [Quality], segmentCount: Int, segmentSeconds: Int) {
    self.qualities = qualities
    self.segmentCount = segmentCount
    self.segmentSeconds = segmentSeconds
  }

  /// Reads the manifest of one of our clips; nil for what is none.
  // Not done: ISO/IEC 23009-1, manifests of others: periods, time lines, base addresses.
  init?(_ text: String) {
    func value(_ name: String, in element: Substring) -> Substring? {
      guard let start = element.firstRange(of: " \(name)=\"") else { return nil }
      return element[start.upperBound...].prefix { $0 != "\"" }
    }
    let elements = text.split(separator: "<")
    guard let whole = elements.first(where: { $0.hasPrefix("MPD ") }).flatMap({ value("mediaPresentationDuration", in: $0) }),
      whole.hasPrefix("PT"), whole.hasSuffix("S"), let seconds = Int(whole.dropFirst(2).dropLast()), (1...86_400).contains(seconds),
      let length = elements.first(where: { $0.hasPrefix("SegmentTemplate ") }).flatMap({ value("duration", in: $0) }).flatMap({ Int($0) }), length > 0
    else { return nil }
    qualities = elements.filter { $0.hasPrefix("Representation ") }.compactMap { element in
      guard let name = value("id", in: element), let bandwidth = value("bandwidth", in: element).flatMap({ Int($0) }) else { return nil }
      return Quality(name: String(name), bandwidth: bandwidth)
    }.sorted { $0.bandwidth < $1.bandwidth }
    segmentSeconds = length
    segmentCount = seconds / length
    if qualities.isEmpty { return nil }
  }
}

/// A player at work.
struct MediaPlayer: Sendable {
  enum Wish: Sendable, Equatable {
    case fetch(String)
    /// Enough is buffered for now.
    case wait(until: Instant)
  }

  private let manifest: MediaManifest
  private let rule: PlayerRule
  private let began: Instant
  /// Unit: bits per second; 0: nothing was measured yet.
  private var throughput = 0.0
  /// The place of the quality that is shown; nil: none yet.
  private var current: Int?
  /// Qualities whose beginning is known.
  private var known: Set<Int> = []
  /// The segment to come, from 1.
  private var next = 1
  /// Whether the beginning of a quality is under way, rather than a segment.
  private var isBeginning = false

  /// Unit: seconds of the clip that are there, and that were shown up to `seenAt`.
  private var loaded = 0.0
  private var shown = 0.0
  private var seenAt: Instant
  private var startup: Duration?
  private(set) var switches = 0
  private(set) var stalls = 0
  private var stalled = 0.0

  /// Seconds that are fetched ahead of what is shown.
  private static let goal = 10.0
  /// Below so many seconds the buffer rule takes the lowest quality.
  private static let reservoir = 3.0
  /// The share of the measured throughput that the rate rule spends.
  private static let safety = 0.8

  init(_ manifest: MediaManifest, rule: PlayerRule, at now: Instant) {
    self.manifest = manifest
    self.rule = rule
    (began, seenAt) = (now, now)
  }

  /// What it wants at `now`; nil: it has everything.
  mutating func wish(at now: Instant) -> Wish? {
    guard next <= manifest.segmentCount else { return nil }
    show(until: now)
    let ahead = loaded - shown
    if ahead >= Self.goal {
      // One segment's room, so that it does not wake for nothing.
      return .wait(until: now.advanced(by: .milliseconds(max(1, Int(((ahead - Self.goal) * 1_000).rounded(.up)) + 200))))
    }
    let place = choice(ahead)
    if place != current {
      if current != nil { switches += 1 }
      current = place
    }
    let name = manifest.qualities[place].name
    isBeginning = known.insert(place).inserted
    return .fetch(isBeginning ? "\(name)/init.mp4" : "\(name)/\(next).m4s")
  }

  /// What it wished for has come.
  mutating func note(bytes: Int, from begin: Instant, at now: Instant) {
    show(until: now)
    if isBeginning { return }
    let seconds = max(0.001, Self.seconds(from: begin, to: now))
    let rate = Double(bytes) * 8 / seconds
    // The harmonic mean with the last measurement: bad news is believed at once, good news step by step.
    throughput = throughput == 0 ? rate : 2 * throughput * rate / (throughput + rate)
    if startup == nil { startup = begin.duration(to: now) + began.duration(to: begin) }
    loaded += Double(manifest.segmentSeconds)
    next += 1
  }

  /// `began after 640 ms, 3 switches, 1 stall of 2400 ms`
  var report: String {
    let began = startup.map { Int(($0 / .milliseconds(1)).rounded()) } ?? 0
    let stood = stalls == 0 ? "no stall" : "\(stalls) stall\(stalls == 1 ? "" : "s") of \(Int((stalled * 1_000).rounded())) ms"
    return "began after \(began) ms, \(switches) switch\(switches == 1 ? "" : "es"), \(stood)"
  }

  private func choice(_ ahead: Double) -> Int {
    switch rule {
    case .rate: return manifest.qualities.lastIndex { Double($0.bandwidth) <= throughput * Self.safety } ?? 0
    case .buffer:
      let share = (ahead - Self.reservoir) / (Self.goal - 2 - Self.reservoir)
      return max(0, min(manifest.qualities.count - 1, Int((share * Double(manifest.qualities.count)).rounded(.down))))
    }
  }

  /// Lets the picture go on until `now`, or until there is nothing more to show.
  private mutating func show(until now: Instant) {
    let passed = Self.seconds(from: seenAt, to: now)
    seenAt = now
    guard startup != nil else { return }
    let wasStill = shown >= loaded
    shown += passed
    guard shown > loaded else { return }
    if !wasStill { stalls += 1 }
    stalled += wasStill ? passed : shown - loaded
    shown = loaded
  }

  private static func seconds(from: Instant, to: Instant) -> Double { Double(to.nanoseconds - from.nanoseconds) / 1e9 }
}
