// The edge's own site: the page that says how it is. Everything else an edge does, its proxy does (Proxy/Proxy.swift): answer from the cache
// or ask the origin, name itself in Cache-Status, and refuse what goes in a circle by CDN-Loop (RFC 8586).
// Not here: the report's form (EdgeReport.swift).
package import HTTP
import Bytes
import Synchronization
package import World

/// Answers for the edge itself.
package final class EdgeDesk: Application {
  private let name: String
  /// Unit: bits per second.
  private let capacity: Int
  private let figures: @Sendable () -> ProxyStatistics.Figures
  private let sample: Mutex<Sample?>

  /// What was sent up to the last look, and how fast before that.
  private struct Sample {
    var time: Instant
    var bytes: Int64
    /// Unit: bits per second.
    var rate: Double
  }

  /// The desk of the edge `name`, which can carry `capacity` bits a second. `figures` tells what its proxy did so far.
  package init(name: String, capacity: Int, figures: @escaping @Sendable () -> ProxyStatistics.Figures) {
    self.name = name
    self.capacity = max(1, capacity)
    self.figures = figures
    sample = Mutex(nil)
  }

  package func answer(_ request: RequestHead, at now: Instant) -> ApplicationAnswer {
    guard request.method == .get || request.method == .head else {
      return .response(.text(.methodNotAllowed, "Only GET and HEAD.\n", afterwards: request.hasBody ? .close : .keepOpen))
    }
    guard request.path == Buffer(EdgeReport.path) else {
      return .response(.text(.notFound, "This is an edge. It says how it is at \(EdgeReport.path).\n"))
    }
    var response = Response.text(.ok, report(at: now).text)
    response.fields.append(.cacheControl, "no-store")
    return .response(response)
  }

  /// How the edge is at `now`.
  package func report(at now: Instant) -> EdgeReport {
    let figures = figures()
    var report = EdgeReport(name: name, load: Double(figures.open) / Double(EdgeDesk.openAtCapacity) + rate(figures.bytesToClients, at: now) / Double(capacity))
    report.open = figures.open
    report.requests = figures.cacheable
    report.hits = figures.hits
    report.originBytes = figures.bytesFromOrigins
    return report
  }

  /// Requests open at once that count as full load. Unit: requests.
  private static let openAtCapacity = 1_000
  /// Shortest time a rate is measured over; who asks sooner is told the rate before.
  private static let measuringTime = Duration.milliseconds(500)

  /// How fast content left lately. Unit: bits per second.
  private func rate(_ bytes: Int64, at now: Instant) -> Double {
    sample.withLock { sample in
      guard let last = sample else {
        sample = Sample(time: now, bytes: bytes, rate: 0)
        return 0
      }
      let time = last.time.duration(to: now)
      guard time >= EdgeDesk.measuringTime else { return last.rate }
      let seconds = Double(time / .nanoseconds(1)) / 1e9
      let rate = max(0, Double(bytes - last.bytes) * 8 / seconds)
      sample = Sample(time: now, bytes: bytes, rate: rate)
      return rate
    }
  }
}
