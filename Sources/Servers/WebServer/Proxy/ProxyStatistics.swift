// What a proxy has done so far, in numbers: for its status page, for a content network's steering, for lessons.
import Synchronization

/// Counts of one proxy.
package final class ProxyStatistics: Sendable {
  /// The counts at one moment.
  package struct Figures: Sendable, Hashable {
    /// Requests that a cache may answer, and how many of them it did without asking anybody.
    package var cacheable = 0
    package var hits = 0
    /// Answered from the cache after the origin confirmed it.
    package var confirmed = 0
    /// Answered by the response to somebody else's request of the same moment.
    package var collapsed = 0
    /// Passed on as they are, and answered by nobody.
    package var passed = 0
    package var failed = 0
    package var tunnels = 0
    /// Unit: bytes of content.
    package var bytesToClients: Int64 = 0
    package var bytesFromOrigins: Int64 = 0
    /// Sum over the requests answered by an origin (and over the hits) of the time until their answer was complete. Unit: nanoseconds.
    package var missNanoseconds: Int64 = 0
    package var hitNanoseconds: Int64 = 0
    package var misses = 0
    /// Requests being worked on now.
    package var open = 0

    /// From 0 to 1.
    package var hitRate: Double { cacheable == 0 ? 0 : Double(hits) / Double(cacheable) }
    /// Unit: seconds.
    package var meanMissDelay: Double { misses == 0 ? 0 : Double(missNanoseconds) / Double(misses) / 1e9 }
    /// Unit: seconds.
    package var meanHitDelay: Double { hits == 0 ? 0 : Double(hitNanoseconds) / Double(hits) / 1e9 }
    /// The mean delay with the cache: h · hit + (1 - h) · miss. Unit: seconds.
    package var meanDelay: Double { hitRate * meanHitDelay + (1 - hitRate) * meanMissDelay }
    /// What the hits would have waited for an origin, less what they did. Unit: seconds.
    package var savedSeconds: Double { max(0, Double(hits) * (meanMissDelay - meanHitDelay)) }
  }

  private let figures_ = Mutex(Figures())

  package init() {}

  package var figures: Figures { figures_.withLock { $0 } }

  func note(_ change: (inout Figures) -> Void) { figures_.withLock { change(&$0) } }
}
