// Plays bytes to conversations under the law of the real driver, on a carrier in memory, and keeps what came of it, so that two ways to
// cut the same bytes can be compared. Read next: HTTPEntrances.swift for the largest user.
import Bytes
import Transport
import World

/// A connection without a network.
final class Wire: Carrier {
  var now = Instant.simulationStart
  let local = Endpoint(Address(192, 0, 2, 1), 80)
  let remote = Endpoint(Address(203, 0, 113, 2), 49_152)
  let isEncrypted = false
  private(set) var sent = Buffer()
  private(set) var closing: Closing?
  private var isReading = true
  private var held = Buffer()
  private var posted: [() -> Void] = []
  private let end: any StreamEnd

  init(_ end: any StreamEnd) {
    self.end = end
    end.opened(on: self)
    runPosted()
  }

  /// The peer sends `bytes`; while nobody reads they wait.
  func receive(_ bytes: Buffer) {
    runPosted()
    held.append(bytes)
    while closing == nil, isReading, !held.isEmpty {
      end.received(held.takeAll())
      runPosted()
    }
  }

  /// The peer says nothing more; then the connection goes.
  func finish() {
    if closing == nil { end.peerClosed() }
    runPosted()
    end.closed(because: "closed")
    runPosted()
  }

  /// Reaches deadlines one after the other: there must not be many before the connection ends or waits for nothing.
  func letTimePass() {
    for _ in 0..<200 {
      guard closing == nil, let deadline = end.deadline else { return }
      now = max(now, deadline)
      end.deadlineReached()
      runPosted()
    }
  }

  private func runPosted() {
    var turns = 0
    while !posted.isEmpty {
      let batch = posted
      posted = []
      for work in batch { work() }
      turns += 1
      must(turns < 10_000, "a conversation comes to rest")
    }
  }

  func send(_ bytes: Buffer) { if closing == nil { sent.append(bytes) } }
  func send(_ file: FileSlice) {
    if closing == nil, let bytes = file.file.read(at: file.offset, length: Int(clamping: file.length)) { sent.append(bytes) }
  }
  func flush() {}
  func setReading(_ isOn: Bool) { isReading = isOn }
  func close(_ how: Closing) { if closing == nil { closing = how } }
  func onLoop(_ work: @escaping @Sendable () -> Void) { posted.append(work) }
}

/// What an owner was told, in order.
final class Told {
  /// Values rather than their texts, which would cost more than the conversations.
  private(set) var lines: [AnyHashable] = []
  private var content = Buffer()

  /// Those of them that are texts.
  var texts: [String] { lines.compactMap { $0.base as? String } }

  func add(_ line: some Hashable) {
    join()
    lines.append(AnyHashable(line))
  }

  /// A piece of content: pieces are joined, since they depend on the cuts.
  func add(piece: Buffer) { content.append(piece) }

  /// What was collected is thrown away: how much came before that depends on the cuts.
  func forgetContent() { content = Buffer() }

  fileprivate func join() {
    if !content.isEmpty { lines.append(content.takeAll()) }
  }
}

/// What a conversation came to: comparable, however its bytes were cut.
struct Story: Equatable, CustomStringConvertible {
  var sent: Buffer
  var closing: Closing?
  var told: [AnyHashable]

  /// The story of a connection that gets `pieces` and then ends.
  init(of wire: Wire, _ told: Told, _ pieces: [Buffer]) {
    for piece in pieces { wire.receive(piece) }
    sent = wire.sent
    closing = wire.closing
    wire.finish()
    told.join()
    sent = wire.sent
    self.told = told.lines
  }

  var description: String { "sent \(sent)\nclosing \(String(describing: closing))\ntold \(told)" }
}

/// Checks that cutting the bytes differently makes no difference: whole on one hand, as the bytes choose or one by one on the other.
func mustNotDependOnCuts(_ bytes: Buffer, _ play: ([Buffer]) -> Story) {
  let whole = play([bytes])
  let cut = play(bytes.count % 4 == 0 ? bytes.singles : bytes.pieces)
  must(cut == whole, "cuts make no difference\nwhole: \(whole)\ncut: \(cut)")
}
