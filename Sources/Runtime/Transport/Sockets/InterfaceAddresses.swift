// Which addresses this machine's interfaces have.
import Glibc
public import World

/// The interfaces of this machine.
public enum InterfaceAddresses {
  /// The addresses of the interface `name`, without those that only its own link understands; nil: there is no such interface, or it has none.
  public static func addresses(of name: String) -> [Address]? {
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return nil }
    defer { freeifaddrs(list) }
    var found: [Address] = []
    var next = list
    while let entry = next?.pointee {
      next = entry.ifa_next
      guard String(cString: entry.ifa_name) == name, let place = entry.ifa_addr else { continue }
      let bytes = UnsafeRawPointer(place)
      switch Int32(place.pointee.sa_family) {
      case AF_INET: found.append(.v4(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))))
      case AF_INET6:
        let high = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        // RFC 4291 §2.5.6
        if high >> 54 != 0x3FA { found.append(.v6(high, UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)))) }
      default: break
      }
    }
    return found.isEmpty ? nil : found
  }
}
