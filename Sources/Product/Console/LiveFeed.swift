// What `/events` says: server-sent events (HTML Living Standard, "Server-sent events") with rows ready to be put into the page.
// At most ten blocks a second, whatever happens; a slow reader finds a count of what it missed. Not here: keeping the connection open.
package import Bytes
import Trace
package import World

/// One reader's live feed.
package struct LiveFeed {
  private let frame: Frame
  private let filter: ConversationFilter
  private let clock: any WorldClock
  private var iterator: TraceFollower.Iterator
  private let follower: TraceFollower
  private var isFirst = true

  /// The shortest time between two blocks.
  private static var pause: Duration { .milliseconds(100) }
  /// Conversations sent in one block; past it the reader is told to look again.
  private static var rowsMax: Int { 100 }

  /// A feed for the reader that asked with `request`; `lastEventID` is what it has seen when it comes back.
  package init(_ model: ConsoleModel, request: ConsoleRequest, lastEventID: String? = nil, clock: any WorldClock) {
    frame = Frame(model: model, request: request)
    filter = ConversationFilter(request)
    self.clock = clock
    follower = model.trace.follow(after: lastEventID.flatMap { UInt64($0) }.map { min($0, model.trace.lastSequence) }, batchMax: 8_192)
    iterator = follower.makeAsyncIterator()
  }

  /// A comment that keeps idle connections alive; the service sends it every 15 seconds.
  package static let heartbeat: Buffer = ": still here\n\n"

  /// The next block to send; nil: the feed is over.
  package mutating func next() async -> Buffer? {
    if isFirst {
      isFirst = false
      return Buffer("retry: 2000\n\n")
    }
    guard let batch = await iterator.next() else { return nil }
    let block = block(for: batch)
    do { try await clock.sleep(until: clock.now + Self.pause) } catch { return nil }
    return block
  }

  /// Ends the feed: a waiting `next` returns nil.
  package func stop() { follower.stop() }

  /// What is new in `batch`: the changed conversations' rows, oldest change first, and the counters.
  private func block(for batch: TraceStore.Batch) -> Buffer {
    let counters = frame.model.trace.counters
    let changed = Set(batch.events.map(\.conversation))
    let exchanges = frame.model.trace.exchanges(limit: 400).filter { exchange in exchange.records.contains { changed.contains($0.id) } }
    let shown = exchanges.filter { filter.admits($0, frame) }
    var writer = JSONWriter()
    writer.object { object in
      object.value("conversations", Phrase.grouped(counters.conversations))
      object.value("recorded", Phrase.grouped(counters.recorded))
      object.value("lost", batch.lost + UInt64(max(0, shown.count - Self.rowsMax)))
      object.array("ids") { ids in for exchange in exchanges { for record in exchange.records { ids.value(nil, record.id.number) } } }
      object.array("rows") { rows in for exchange in shown.prefix(Self.rowsMax).reversed() { rows.value(nil, frame.row(exchange).markup) } }
    }
    var block = Buffer("id: \((batch.events.last?.sequence ?? frame.model.trace.lastSequence))\ndata: ")
    block.append(writer.bytes)
    block.append("\n\n")
    return block
  }
}
