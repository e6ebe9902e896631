// The first level of a cache's key: which address a request is for, written so that no two addresses share a key and no address has two.
// Not here: Vary, the second level (CacheEntry.swift).
import Bytes
package import HTTP

/// The key of an address: `http://host:port/path?query`, host in lower case, the port always there, path and query byte for byte.
package enum CacheKey {
  /// The key of the address that `request` is for; nil without an authority, which only HTTP/1.0 leaves out.
  package static func bytes(of request: RequestHead, isSecure: Bool) -> [UInt8]? {
    guard !request.authority.isEmpty else { return nil }
    let query = request.query
    var key: [UInt8] = []
    key.reserveCapacity(16 + request.authority.count + request.path.count + (query?.count ?? 0))
    append(isSecure: isSecure, authority: request.authority, to: &key)
    request.path.withUnsafeBytes { key.append(contentsOf: $0) }
    if let query {
      key.append(UInt8(ascii: "?"))
      query.withUnsafeBytes { key.append(contentsOf: $0) }
    }
    return key
  }

  /// The key of an address.
  package static func bytes(of address: WebAddress) -> [UInt8] {
    var key: [UInt8] = []
    append(isSecure: address.isSecure, authority: Buffer(address.authority), to: &key)
    key += Array(address.target.utf8)
    return key
  }

  private static func append(isSecure: Bool, authority: Buffer, to key: inout [UInt8]) {
    key.append(contentsOf: isSecure ? "https://".utf8 : "http://".utf8)
    authority.withUnsafeBytes { bytes in
      // The port begins after the last colon that is not inside an IPv6 address's brackets.
      var colon = bytes.count
      for index in bytes.indices.reversed() {
        if bytes[index] == UInt8(ascii: "]") { break }
        if bytes[index] == UInt8(ascii: ":") { colon = index }
      }
      var end = colon
      if end > 1, bytes[end - 1] == UInt8(ascii: ".") { end -= 1 }
      for byte in bytes[0..<end] { key.append(byte &- 0x41 < 26 ? byte | 0x20 : byte) }
      key.append(UInt8(ascii: ":"))
      var port = bytes[min(colon + 1, bytes.count)...].drop { $0 == UInt8(ascii: "0") }
      if port.isEmpty { port = bytes[bytes.count...] }
      if port.isEmpty { key.append(contentsOf: isSecure ? "443".utf8 : "80".utf8) } else { key.append(contentsOf: port) }
    }
  }
}
