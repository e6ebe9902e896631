// What came of each deed of a run: as a line for people, and as the fact that keys may ask about.
// Not here: the deeds (Running/ScenarioDeeds.swift).
import DNS
import Synchronization
import Trace
import World

/// What came of one deed.
package struct LessonOutcome: Sendable, Equatable {
  package var host: String
  /// When it began, since the run did.
  package var began: Duration
  package var took: Duration
  package var hasFailed: Bool
  /// In a few words.
  package var said: String

  /// `+2.000 pc, 36.2 ms: 200`
  package var line: String {
    let tenths = Int((took / .microseconds(100)).rounded())
    return "\(began.offsetText)  \(host), \(tenths / 10).\(tenths % 10) ms: \(hasFailed ? "failed, " : "")\(said)"
  }

  var fact: LessonValue {
    .fact(
      LessonFact(.step, [
        "host": .text(host), "time": .duration(Self.nanoseconds(began)), "took": .duration(Self.nanoseconds(took)), "failed": .truth(hasFailed),
        "said": .text(said),
      ]))
  }

  private static func nanoseconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) * 1e9 + Double(duration.components.attoseconds) / 1e9
  }
}

extension ScenarioRun {
  /// What came of every deed, in the order they began.
  func outcomes(since start: Instant) -> [LessonOutcome] {
    results.withLock { $0 }.enumerated().sorted { ($0.element.began, $0.offset) < ($1.element.began, $1.offset) }.map { _, result in
      let (hasFailed, said): (Bool, String) =
        switch result.outcome {
        case .answer(let message): (false, "\(message.responseCode)")
        case .page(let status): (false, "\(status)")
        case .said(let text): (false, text)
        case .failed(let why): (true, why)
        }
      return LessonOutcome(host: result.host, began: result.began - start, took: result.took, hasFailed: hasFailed, said: said)
    }
  }
}
