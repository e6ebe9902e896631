// A blocking client on the bare system calls: for what the transport's own client would not do.
import Bytes
import Glibc
import Transport
import World

/// Connects, sends, perhaps shuts its direction, and reads to the end.
struct RawClient {
  private let descriptor: Int32

  init?(_ endpoint: Endpoint) {
    guard case .v4(let address) = endpoint.address else { return nil }
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    // The system's socket address: family, port, address, padding.
    var raw = [UInt8](repeating: 0, count: 16)
    raw[0] = UInt8(AF_INET)
    raw[2] = UInt8(endpoint.port >> 8)
    raw[3] = UInt8(endpoint.port & 255)
    for index in 0..<4 { raw[4 + index] = UInt8(address >> UInt32(24 - 8 * index) & 255) }
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    let code = raw.withUnsafeBytes { bytes in
      bytes.withMemoryRebound(to: sockaddr.self) { connect(descriptor, $0.baseAddress, 16) }
    }
    guard code == 0 else {
      Glibc.close(descriptor)
      return nil
    }
  }

  @discardableResult
  func send(_ bytes: [UInt8]) -> Bool {
    var left = bytes[...]
    while !left.isEmpty {
      let count = left.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return false }
      left = left.dropFirst(count)
    }
    return true
  }

  func shutOutput() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Everything that comes until the peer ends; nil: reset, or nothing for too long.
  func readToEnd() -> [UInt8]? {
    var all: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &room, room.count, 0)
      if count == 0 { return all }
      guard count > 0 else { return nil }
      all += room[0..<count]
    }
  }

  /// The next `count` bytes, or fewer when the peer ends.
  func read(_ count: Int) -> [UInt8] {
    var room = [UInt8](repeating: 0, count: count)
    let got = recv(descriptor, &room, count, Int32(MSG_WAITALL))
    return Array(room.prefix(max(0, got)))
  }

  /// Waits until something has come, and leaves it unread.
  func waits() -> Bool {
    var byte: UInt8 = 0
    return recv(descriptor, &byte, 1, Int32(MSG_PEEK)) == 1
  }

  func close() { Glibc.close(descriptor) }
}

/// A temporary file that is gone when closed.
final class TemporaryFile: FileReference {
  let descriptor: Int32

  init(_ bytes: [UInt8]) {
    var template = Array("/tmp/netstead-test-XXXXXX".utf8CString)
    descriptor = mkstemp(&template)
    unlink(template)
    bytes.withUnsafeBytes { room in
      var done = 0
      while done < room.count {
        let count = write(descriptor, room.baseAddress?.advanced(by: done), room.count - done)
        guard count > 0 else { return }
        done += count
      }
    }
  }

  deinit { close(descriptor) }

  func truncate(to length: Int) { ftruncate(descriptor, length) }

  func read(at offset: Int64, length: Int) -> Buffer? {
    var room = [UInt8](repeating: 0, count: length)
    let count = pread(descriptor, &room, length, off_t(offset))
    return count < 0 ? nil : Buffer(room[0..<count])
  }
}

/// Bytes that tell their place.
func pattern(_ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
}
