// Status codes with their reason phrases. Unknown codes are kept; they count as the first of their class (RFC 9110 §15).

/// A response's status code.
public struct Status: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  public var rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static var `continue`: Status { Status(rawValue: 100) }
  public static var switchingProtocols: Status { Status(rawValue: 101) }
  public static var earlyHints: Status { Status(rawValue: 103) }
  public static var ok: Status { Status(rawValue: 200) }
  public static var created: Status { Status(rawValue: 201) }
  public static var accepted: Status { Status(rawValue: 202) }
  public static var nonAuthoritativeInformation: Status { Status(rawValue: 203) }
  public static var noContent: Status { Status(rawValue: 204) }
  public static var resetContent: Status { Status(rawValue: 205) }
  public static var partialContent: Status { Status(rawValue: 206) }
  public static var multiStatus: Status { Status(rawValue: 207) }
  public static var multipleChoices: Status { Status(rawValue: 300) }
  public static var movedPermanently: Status { Status(rawValue: 301) }
  public static var found: Status { Status(rawValue: 302) }
  public static var seeOther: Status { Status(rawValue: 303) }
  public static var notModified: Status { Status(rawValue: 304) }
  public static var temporaryRedirect: Status { Status(rawValue: 307) }
  public static var permanentRedirect: Status { Status(rawValue: 308) }
  public static var badRequest: Status { Status(rawValue: 400) }
  public static var unauthorized: Status { Status(rawValue: 401) }
  public static var paymentRequired: Status { Status(rawValue: 402) }
  public static var forbidden: Status { Status(rawValue: 403) }
  public static var notFound: Status { Status(rawValue: 404) }
  public static var methodNotAllowed: Status { Status(rawValue: 405) }
  public static var notAcceptable: Status { Status(rawValue: 406) }
  public static var proxyAuthenticationRequired: Status { Status(rawValue: 407) }
  public static var requestTimeout: Status { Status(rawValue: 408) }
  public static var conflict: Status { Status(rawValue: 409) }
  public static var gone: Status { Status(rawValue: 410) }
  public static var lengthRequired: Status { Status(rawValue: 411) }
  public static var preconditionFailed: Status { Status(rawValue: 412) }
  public static var contentTooLarge: Status { Status(rawValue: 413) }
  public static var uriTooLong: Status { Status(rawValue: 414) }
  public static var unsupportedMediaType: Status { Status(rawValue: 415) }
  public static var rangeNotSatisfiable: Status { Status(rawValue: 416) }
  public static var expectationFailed: Status { Status(rawValue: 417) }
  public static var misdirectedRequest: Status { Status(rawValue: 421) }
  public static var unprocessableContent: Status { Status(rawValue: 422) }
  public static var locked: Status { Status(rawValue: 423) }
  public static var failedDependency: Status { Status(rawValue: 424) }
  public static var tooEarly: Status { Status(rawValue: 425) }
  public static var upgradeRequired: Status { Status(rawValue: 426) }
  public static var preconditionRequired: Status { Status(rawValue: 428) }
  public static var tooManyRequests: Status { Status(rawValue: 429) }
  public static var requestHeaderFieldsTooLarge: Status { Status(rawValue: 431) }
  public static var unavailableForLegalReasons: Status { Status(rawValue: 451) }
  public static var internalServerError: Status { Status(rawValue: 500) }
  public static var notImplemented: Status { Status(rawValue: 501) }
  public static var badGateway: Status { Status(rawValue: 502) }
  public static var serviceUnavailable: Status { Status(rawValue: 503) }
  public static var gatewayTimeout: Status { Status(rawValue: 504) }
  public static var httpVersionNotSupported: Status { Status(rawValue: 505) }
  public static var insufficientStorage: Status { Status(rawValue: 507) }
  public static var loopDetected: Status { Status(rawValue: 508) }
  public static var networkAuthenticationRequired: Status { Status(rawValue: 511) }

  /// The words after the number; empty for a code without registered words.
  public var reason: StaticString {
    switch rawValue {
    case 100: "Continue"
    case 101: "Switching Protocols"
    case 103: "Early Hints"
    case 200: "OK"
    case 201: "Created"
    case 202: "Accepted"
    case 203: "Non-Authoritative Information"
    case 204: "No Content"
    case 205: "Reset Content"
    case 206: "Partial Content"
    case 207: "Multi-Status"
    case 300: "Multiple Choices"
    case 301: "Moved Permanently"
    case 302: "Found"
    case 303: "See Other"
    case 304: "Not Modified"
    case 307: "Temporary Redirect"
    case 308: "Permanent Redirect"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 402: "Payment Required"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 406: "Not Acceptable"
    case 407: "Proxy Authentication Required"
    case 408: "Request Timeout"
    case 409: "Conflict"
    case 410: "Gone"
    case 411: "Length Required"
    case 412: "Precondition Failed"
    case 413: "Content Too Large"
    case 414: "URI Too Long"
    case 415: "Unsupported Media Type"
    case 416: "Range Not Satisfiable"
    case 417: "Expectation Failed"
    case 421: "Misdirected Request"
    case 422: "Unprocessable Content"
    case 423: "Locked"
    case 424: "Failed Dependency"
    case 425: "Too Early"
    case 426: "Upgrade Required"
    case 428: "Precondition Required"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 451: "Unavailable For Legal Reasons"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 502: "Bad Gateway"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    case 505: "HTTP Version Not Supported"
    case 507: "Insufficient Storage"
    case 508: "Loop Detected"
    case 511: "Network Authentication Required"
    default: ""
    }
  }

  /// An interim response: another one follows.
  public var isInterim: Bool { rawValue >= 100 && rawValue < 200 }

  public var isSuccessful: Bool { rawValue >= 200 && rawValue < 300 }

  /// Whether the message ends with the head, whatever its fields say.
  // RFC 9112 §6.3: 1xx, 204 and 304 never have a body.
  public var forbidsBody: Bool { isInterim || rawValue == 204 || rawValue == 304 }

  public var description: String { "\(rawValue) \(reason)" }
}
