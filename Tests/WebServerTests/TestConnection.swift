// A browser of the smallest kind: bytes in, the answer's parts out, over a carrier in memory with a settable clock.
import Bytes
import HTTP
import Synchronization
import Transport
import World

@testable import WebServer

/// Collects what is sent.
final class MemoryCarrier: Carrier {
  var now = Instant.simulationStart
  var local = Endpoint(.loopback, 80)
  var remote = Endpoint(.loopback, 40_000)
  var isEncrypted = false
  var sent = Buffer()
  var closing: Closing?
  var isReading = true
  var flushes = 0

  func send(_ bytes: Buffer) { sent.append(bytes) }
  func send(_ file: FileSlice) { sent.append(file.file.read(at: file.offset, length: Int(file.length)) ?? Buffer()) }
  func flush() { flushes += 1 }
  func setReading(_ isOn: Bool) { isReading = isOn }
  func close(_ how: Closing) { closing = how }

  /// What other threads want done here; done by `runWaiting`, on the test's own thread.
  private let waiting = Mutex<[@Sendable () -> Void]>([])

  func onLoop(_ work: @escaping @Sendable () -> Void) { waiting.withLock { $0.append(work) } }

  func runWaiting() {
    let due = waiting.withLock { waiting in
      defer { waiting = [] }
      return waiting
    }
    for work in due { work() }
  }
}

/// One answer taken apart.
struct Answer {
  var status = 0
  var fields: [(name: String, value: String)] = []
  var body = Buffer()

  subscript(name: String) -> String? { fields.first { $0.name.lowercased() == name.lowercased() }?.value }

  /// Takes one answer off `bytes`: by Content-Length, or all the rest when there is none and content may follow.
  init?(_ bytes: inout Buffer, toHead: Bool = false) {
    let text = Array(bytes.array)
    guard let end = text.indices.first(where: { text[$0...].starts(with: "\r\n\r\n".utf8) }) else { return nil }
    let lines = String(decoding: text[..<end], as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
    guard let line = lines.first, line.hasPrefix("HTTP/1.1 "), let status = Int(line.dropFirst(9).prefix(3)) else { return nil }
    self.status = status
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { return nil }
      fields.append((String(line[..<colon]), line[line.index(after: colon)...].split(separator: " ").joined(separator: " ")))
    }
    bytes.drop(end + 4)
    if toHead || status == 304 || status == 204 || status < 200 { return }
    guard let length = self["Content-Length"].flatMap({ Int($0) }) else {
      body = bytes.takeAll()
      return
    }
    guard let taken = bytes.take(length) else { return nil }
    body = taken
  }
}

/// A connection to a web service.
struct TestConnection {
  let carrier = MemoryCarrier()
  let end: any StreamEnd

  init(_ service: WebService) {
    end = service.makeEnd()
    end.opened(on: carrier)
  }

  init(_ site: Site) { self.init(WebService(sites: SiteSwitch(SiteSet([site])), names: nil, trace: nil)) }

  /// Sends `request` (lines joined by CRLF, the empty one added) and returns the answer.
  func ask(_ request: String, at now: Instant? = nil) -> Answer? {
    if let now { carrier.now = now }
    carrier.sent = Buffer()
    let lines = request.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
    end.received(Buffer(lines + "\r\n\r\n"))
    var sent = carrier.sent
    return Answer(&sent, toHead: request.hasPrefix("HEAD"))
  }

  /// Lets other threads' wishes be done until `condition` holds, at most so many times a millisecond.
  func eventually(within milliseconds: Int = 2_000, _ condition: () -> Bool) async -> Bool {
    for _ in 0..<milliseconds {
      carrier.runWaiting()
      if condition() { return true }
      try? await Task.sleep(for: .milliseconds(1))
    }
    return false
  }

  func get(_ path: String, _ fields: String..., at now: Instant? = nil) -> Answer? {
    ask((["GET \(path) HTTP/1.1", "Host: www.home.test"] + fields).joined(separator: "\n"), at: now)
  }
}
