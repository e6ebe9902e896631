// A program for benchmarks: sends bytes over uTP from one process to another, and says how long it took and what CPU time it cost.
//   netstead-bench-utp receive PORT BYTES        listens at 127.0.0.1:PORT, ends when BYTES have come
//   netstead-bench-utp send PORT BYTES           dials it and sends
import BitTorrent
import Bytes
import Glibc
import Swarm
import Transport
import World

@main
struct UTPBench {
  static func main() async throws {
    let words = CommandLine.arguments
    guard words.count == 4, let port = UInt16(words[2]), let bytes = Int(words[3]) else {
      print("netstead-bench-utp receive|send PORT BYTES")
      exit(2)
    }
    let network = SocketNetwork(loops: 1)
    let place = Endpoint(.loopback, port)
    let isReceiver = words[1] == "receive"
    let utp = try await UTPPort.open(at: isReceiver ? place : Endpoint(.loopback, 0), on: network, chance: SystemRandomNumberGenerator())
    await withCheckedContinuation { continuation in
      let end = StreamOfBytes(bytes, sends: !isReceiver) { continuation.resume() }
      Task {
        if isReceiver {
          _ = try await utp.listen(at: place) { _, _ in end }
          print("ready")
          fflush(nil)
        } else {
          try await utp.dial(place) { end }
        }
      }
    }
    await utp.close(grace: .seconds(2))
    await network.shutDown()
  }
}

/// Sends or counts, and prints what that cost.
private final class StreamOfBytes: StreamEnd, @unchecked Sendable {
  // Unchecked: touched on the port's loop only.
  private let total: Int
  private let sends: Bool
  private var done = 0
  private var carrier: (any Carrier)?
  private var begun = Instant(nanoseconds: 0)
  private var isCongested = false
  private let whenDone: () -> Void
  private let block = Buffer(repeatElement(0x55, count: 16_384))
  let deadline: Instant? = nil
  let wantsWire = false

  init(_ total: Int, sends: Bool, whenDone: @escaping () -> Void) {
    self.total = total
    self.sends = sends
    self.whenDone = whenDone
  }

  func opened(on carrier: any Carrier) {
    self.carrier = carrier
    begun = carrier.now
    if sends { say() }
  }

  private func say() {
    guard let carrier, !isCongested, done < total else { return }
    // As a seed does: a block at a time, as many as the queue takes.
    var queued = 0
    while done < total, queued < 262_144 {
      let length = min(block.count, total - done)
      carrier.send(block[0..<length])
      done += length
      queued += length
    }
    carrier.flush()
    if done == total { carrier.close(.afterFlush) } else { carrier.onLoop { self.say() } }
  }

  func received(_ bytes: Buffer) { done += bytes.count }
  func peerClosed() { carrier?.close(.afterFlush) }
  func deadlineReached() {}
  func congested(_ isCongested: Bool) {
    self.isCongested = isCongested
    say()
  }

  func closed(because reason: String) {
    guard let carrier else { return }
    let seconds = Double((carrier.now - begun).components.attoseconds) / 1e18 + Double((carrier.now - begun).components.seconds)
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let user = Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) / 1e6
    let system = Double(usage.ru_stime.tv_sec) + Double(usage.ru_stime.tv_usec) / 1e6
    let mebibytes = Double(max(1, done)) / 1_048_576
    print(
      "{\"role\": \"\(sends ? "send" : "receive")\", \"bytes\": \(done), \"seconds\": \(seconds), \"mib_per_second\": \(mebibytes / seconds), \"cpu_ms_per_mib\": \((user + system) * 1_000 / mebibytes), \"user_s\": \(user), \"system_s\": \(system), \"ending\": \"\(reason)\"}"
    )
    fflush(nil)
    self.carrier = nil
    whenDone()
  }
  func wire(_ bytes: Buffer, sent: Bool) {}
}
