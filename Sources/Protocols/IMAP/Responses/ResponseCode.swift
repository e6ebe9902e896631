// What a status response says to programs, in brackets before its text for people.
public import Bytes

/// The code of a status response.
// RFC 3501 §7.1, RFC 4315 §3, RFC 5530 §3
public enum ResponseCode: Sendable, Hashable {
  /// A word without arguments.
  case word(Word)
  case badCharset([String])
  case capability([String])
  /// The names, as they are written; `\*` among them: keywords may be made up.
  case permanentFlags([String])
  case uidNext(UInt32)
  case uidValidity(UInt32)
  /// The number of the first message that nobody has seen.
  case unseen(Int)
  case appendUID(validity: UInt32, uid: UInt32)
  case copyUID(validity: UInt32, from: UIDSet, to: UIDSet)
  /// A code this library does not know, with its arguments.
  case other(Buffer)

  /// The codes that are one word.
  public enum Word: String, Sendable, Hashable, CaseIterable {
    // RFC 3501 §7.1
    case alert = "ALERT"
    case parse = "PARSE"
    case readOnly = "READ-ONLY"
    case readWrite = "READ-WRITE"
    case tryCreate = "TRYCREATE"
    // RFC 3516 §4.3, RFC 4315 §3, RFC 3691 §3 (CLOSED comes with QRESYNC, RFC 7162 §3.2.11)
    case unknownCTE = "UNKNOWN-CTE"
    case uidNotSticky = "UIDNOTSTICKY"
    case closed = "CLOSED"
    // RFC 5530 §3
    case unavailable = "UNAVAILABLE"
    case authenticationFailed = "AUTHENTICATIONFAILED"
    case authorizationFailed = "AUTHORIZATIONFAILED"
    case expired = "EXPIRED"
    case privacyRequired = "PRIVACYREQUIRED"
    case contactAdmin = "CONTACTADMIN"
    case noPermission = "NOPERM"
    case inUse = "INUSE"
    case expungeIssued = "EXPUNGEISSUED"
    case corruption = "CORRUPTION"
    case serverBug = "SERVERBUG"
    case clientBug = "CLIENTBUG"
    case cannot = "CANNOT"
    case limit = "LIMIT"
    case overQuota = "OVERQUOTA"
    case alreadyExists = "ALREADYEXISTS"
    case nonexistent = "NONEXISTENT"
    // RFC 7889 §4, RFC 6154 §3
    case tooBig = "TOOBIG"
    case useAttribute = "USEATTR"
  }

  public static let alert = ResponseCode.word(.alert)
  public static let tryCreate = ResponseCode.word(.tryCreate)
  public static let nonexistent = ResponseCode.word(.nonexistent)
  public static let alreadyExists = ResponseCode.word(.alreadyExists)
  public static let overQuota = ResponseCode.word(.overQuota)
  public static let limit = ResponseCode.word(.limit)
  public static let tooBig = ResponseCode.word(.tooBig)
  public static let cannot = ResponseCode.word(.cannot)
  public static let unavailable = ResponseCode.word(.unavailable)
  public static let serverBug = ResponseCode.word(.serverBug)
  public static let authenticationFailed = ResponseCode.word(.authenticationFailed)
}
