// Every bound of the DNS library. Sizes that the wire format itself fixes (255, 63, 65,535) stand in `Limits.Format`.
// Not here: what a resolver or an authority may spend on one client (NameServer).

/// What one message, connection or master file may cost.
public struct Limits: Sendable, Hashable {
  /// The bounds of the format itself: not settings.
  public enum Format {
    /// RFC 1035 §2.3.4. Unit: bytes of a name on the wire, final zero byte included.
    public static let nameMax = 255
    /// RFC 1035 §2.3.4. Unit: bytes of one label.
    public static let labelMax = 63
    /// 255 bytes hold no more. Unit: labels of a name, the root's empty one not counted.
    public static let labelsMax = 127
    /// RFC 1035 §4.2.2: what a two-byte length can say. Unit: bytes of a message.
    public static let messageMax = 65_535
    /// RFC 1035 §4.2.1. Unit: bytes of a message over UDP when the asker sent no EDNS.
    public static let datagramMax = 512
    /// RFC 1035 §4.1.4: fourteen bits. Unit: bytes from the start of the message that a pointer cannot reach any more.
    public static let pointerReach = 0x4000
    /// RFC 1035 §4.1.1. Unit: bytes.
    public static let headerSize = 12
  }

  /// Most compression pointers followed for one name.
  ///
  /// Unit: pointers. A name has at most 127 labels, so a sensible writer never needs more. Past it: the message is refused.
  public var pointersMax = 127

  /// Most EDNS options in one message.
  ///
  /// Unit: options. RFC 6891 names no minimum. Past it: the message is refused, so that long lists cost no time.
  public var optionsMax = 32

  /// Most queries of one TCP connection that may be unanswered at once.
  ///
  /// Unit: queries. RFC 7766 §6.2.1.1 asks for more than one. Past it: nothing more is read until an answer is given.
  public var inFlightMax = 100

  /// How long a TCP connection without an unanswered query stays open, and how long the rest of a started query may take.
  ///
  /// RFC 7766 §6.2.3 asks for a few seconds at least. Past it: the connection is closed.
  public var idleTimeout = Duration.seconds(30)

  /// How long a client waits for the answer to a query.
  ///
  /// Past it: the query is given up and its owner is told; the connection stays.
  public var answerTimeout = Duration.seconds(5)

  /// How far the clocks of two ends that sign may lie apart, as we tell the other end.
  ///
  /// Unit: seconds. RFC 8945 §10 recommends 300. Past it: BADTIME.
  public var signatureFudge: UInt16 = 300

  /// Most messages without a signature between two with one, in a signed answer of many.
  ///
  /// Unit: messages. RFC 8945 §5.3.1 allows 99. Past it: the answer is refused.
  public var unsignedMessagesMax = 99

  /// Largest message of a transfer.
  ///
  /// Unit: bytes. Compression reaches no further (RFC 1035 §4.1.4). A record that does not fit has a larger message of its own.
  public var transferMessageMax = 16_384

  /// Most messages of one transfer that is received.
  ///
  /// Unit: messages. Past it: the transfer is given up.
  public var transferMessagesMax = 1_000_000

  /// Most bytes of one transfer that is received.
  ///
  /// Unit: bytes. Past it: the transfer is given up.
  public var transferBytesMax = 1_073_741_824

  /// Most errors a master-file reader collects before it gives up.
  ///
  /// Unit: errors. Past it: reading stops, what was found so far is reported.
  public var errorsMax = 20

  /// Most master files open inside one another by $INCLUDE.
  ///
  /// Unit: files. Past it: the $INCLUDE is an error.
  public var includeDepthMax = 8

  /// Most records one $GENERATE may make.
  ///
  /// Unit: records. Past it: the $GENERATE is an error.
  public var generatedRecordsMax = 65_536

  /// Most records one master file and what it includes may hold.
  ///
  /// Unit: records. Past it: reading stops with an error.
  public var recordsMax = 10_000_000

  public init() {}
}
