// The end of a connection that a test speaks on by itself, over any network: says bytes, waits for what comes back.
package import Bytes
package import Transport
package import World

/// A stream end without a conversation. It must be connected before it is spoken on.
package final class ScriptedEnd: StreamEnd, @unchecked Sendable {
  // Unchecked: after `opened` all state is touched on the connection's loop only; before it nobody else has it.

  /// What was heard.
  package struct Heard: Sendable {
    package var bytes: Buffer
    /// False: the time was over, or the connection ended, before what was awaited had come.
    package var isAwaited: Bool
  }

  private struct Waiting {
    var isWhole: @Sendable (Buffer) -> Int?
    var continuation: CheckedContinuation<Heard, Never>
  }

  /// Set once, before the dial returns, and kept after the connection's end, so that a wait that begins later still ends.
  private var carrier: (any Carrier)?
  private var incoming = Buffer()
  private var hasEnded = false
  private var waiting: Waiting?
  private var waitingForClose: CheckedContinuation<Bool, Never>?
  package private(set) var deadline: Instant?

  package init() {}

  /// Whether it may be spoken on.
  package var isConnected: Bool { carrier != nil }

  // MARK: For the test

  package func say(_ bytes: Buffer) {
    onLoop { end in
      end.carrier?.send(bytes)
      end.carrier?.flush()
    }
  }

  package func close(_ how: Closing = .afterFlush) { onLoop { $0.carrier?.close(how) } }

  /// Stops reading, or goes on: the peer feels it.
  package func setReading(_ isOn: Bool) { onLoop { $0.carrier?.setReading(isOn) } }

  /// Waits until `isWhole` says how many of the bytes heard so far are what is awaited, and takes those.
  package func hear(within time: Duration = .seconds(10), _ isWhole: @escaping @Sendable (Buffer) -> Int?) async -> Heard {
    await withCheckedContinuation { continuation in
      onLoop { end in
        end.deadline = end.carrier.map { $0.now + time }
        end.waiting = Waiting(isWhole: isWhole, continuation: continuation)
        end.look()
      }
    }
  }

  /// Waits for `count` bytes.
  package func hear(_ count: Int, within time: Duration = .seconds(10)) async -> Heard {
    await hear(within: time) { $0.count >= count ? count : nil }
  }

  /// Waits until the peer closes. False: it did not in time.
  package func hearClose(within time: Duration = .seconds(10)) async -> Bool {
    await withCheckedContinuation { continuation in
      onLoop { end in
        end.deadline = end.carrier.map { $0.now + time }
        end.waitingForClose = continuation
        end.look()
      }
    }
  }

  // MARK: StreamEnd

  package func opened(on carrier: any Carrier) { self.carrier = carrier }

  package func received(_ bytes: Buffer) {
    incoming.append(bytes)
    look()
  }

  package func peerClosed() {
    hasEnded = true
    look()
  }

  package func closed(because reason: String) {
    hasEnded = true
    look()
  }

  package func deadlineReached() {
    deadline = nil
    giveUp()
  }

  package func congested(_ isCongested: Bool) {}
  package func wire(_ bytes: Buffer, sent: Bool) {}
  package var wantsWire: Bool { false }

  // MARK: Inside

  private func onLoop(_ work: @escaping @Sendable (ScriptedEnd) -> Void) { carrier?.onLoop { work(self) } }

  private func look() {
    if let waiting, let length = waiting.isWhole(incoming) {
      self.waiting = nil
      deadline = nil
      waiting.continuation.resume(returning: Heard(bytes: incoming.take(length) ?? Buffer(), isAwaited: true))
    }
    if hasEnded {
      waitingForClose?.resume(returning: true)
      waitingForClose = nil
      giveUp()
    }
  }

  private func giveUp() {
    waiting?.continuation.resume(returning: Heard(bytes: incoming, isAwaited: false))
    waiting = nil
    waitingForClose?.resume(returning: false)
    waitingForClose = nil
  }
}
