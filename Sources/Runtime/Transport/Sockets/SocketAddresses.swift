// Between our endpoints and the system's socket addresses, and between the system's errors and ours.
import CNetsteadSystem
import Glibc
import NIOCore
import NIOPosix
import Trace
import World

extension Endpoint {
  /// The endpoint of a socket address; nil for what is neither IPv4 nor IPv6.
  init?(_ address: SocketAddress) {
    guard let port = address.port else { return nil }
    // The layout is the system's: family and port in the first four bytes; an IPv4 address follows at once, an IPv6 address after the flow.
    let found = address.withSockAddr { pointer, length -> Address? in
      let bytes = UnsafeRawBufferPointer(start: pointer, count: length)
      switch address {
      case .v4 where length >= 8: return .v4(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
      case .v6 where length >= 24:
        return .v6(
          UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
          UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)))
      default: return nil
      }
    }
    guard let found else { return nil }
    self.init(found, UInt16(truncatingIfNeeded: port))
  }

  init?(_ address: SocketAddress?) {
    guard let address else { return nil }
    self.init(address)
  }

  /// Nowhere: what stands for an address the system would not tell.
  static let unknown = Endpoint(.any, 0)
}

extension SocketAddress {
  init(_ endpoint: Endpoint) {
    switch endpoint.address {
    case .v4(let value): self.init(netstead_address4(value, endpoint.port))
    case .v6(let high, let low): self.init(netstead_address6(high, low, endpoint.port))
    }
  }
}

extension Address {
  /// 0.0.0.0 or ::.
  var isWildcard: Bool {
    switch self {
    case .v4(let value): value == 0
    case .v6(let high, let low): high == 0 && low == 0
    }
  }
}

extension NetworkError {
  /// The error that `error`, met while working on `endpoint`, is for our callers.
  init(_ error: any Error, at endpoint: Endpoint) {
    switch error {
    case let error as NetworkError: self = error
    case let error as IOError: self = NetworkError(errno: error.errnoCode, at: endpoint)
    case let error as NIOConnectionError:
      if let first = error.connectionErrors.first { self = NetworkError(first.error, at: endpoint) } else { self = .unreachable(endpoint) }
    case ChannelError.connectTimeout: self = .timedOut(endpoint)
    default:
      if let reason = tlsFailure(error) { self = .tls(endpoint, reason) } else { self = .other(endpoint, "\(error)") }
    }
  }

  init(errno code: Int32, at endpoint: Endpoint) {
    switch code {
    case EADDRINUSE: self = .addressInUse(endpoint)
    case EADDRNOTAVAIL: self = .addressNotHere(endpoint)
    case EACCES, EPERM: self = .permissionDenied(endpoint)
    case ECONNREFUSED: self = .refused(endpoint)
    case ETIMEDOUT: self = .timedOut(endpoint)
    case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN: self = .unreachable(endpoint)
    default: self = .other(endpoint, String(cString: strerror(code)))
    }
  }
}

/// Why a connection ended, in words for the trace.
func closingReason(_ error: any Error) -> String {
  if let reason = tlsFailure(error) { return "TLS: \(reason)" }
  guard let error = error as? IOError else { return "\(error)" }
  switch error.errnoCode {
  // EPIPE: the reset came before we wrote on.
  case ECONNRESET, EPIPE: return Ending.resetByPeer.rawValue
  case ETIMEDOUT: return Ending.timedOut.rawValue
  default: return String(cString: strerror(error.errnoCode))
  }
}
