// Every bound of this library, with its unit, its default and what happens past it.

/// What a message may be like before it is no longer taken apart.
public struct Limits: Sendable, Hashable {
  // MARK: The head

  /// Largest head, the empty line included. Unit: bytes. Past it: `MessageHead.excess` is set (a receiver answers 552 5.3.4), the rest is body.
  public var headBytesMax = 1_048_576
  /// Longest field with its folds. Unit: bytes. Past it: as past `headBytesMax`.
  public var fieldBytesMax = 102_400
  /// Most fields of one head. Unit: fields. Past it: as past `headBytesMax`.
  public var fieldsMax = 2_000

  // MARK: MIME

  /// Deepest nesting of multiparts and messages. Unit: levels. Past it: a multipart or message is an opaque leaf.
  public var depthMax = 100
  /// Most parts of one message. Unit: parts. Past it: what follows belongs to the last part.
  public var partsMax = 10_000
  /// Longest boundary. Unit: bytes. RFC 2046 §5.1.1 asks for 70. Past it: the multipart is an opaque leaf.
  public var boundaryBytesMax = 256
  /// Most parameters of one field. Unit: parameters. Past it: the rest of the field is passed over.
  public var parametersMax = 128

  // MARK: Signatures

  /// Most DKIM signatures of one message that are looked at. Unit: signatures. Past it: the rest are neutral.
  public var signaturesMax = 8
  /// Smallest RSA key that counts. Unit: bits. RFC 8301 §3.2 asks for 1,024. Below it: permerror.
  public var keyBitsMin = 1_024
  /// Largest RSA key that counts. Unit: bits. Past it: permerror.
  public var keyBitsMax = 8_192
  /// Largest key record. Unit: bytes. Past it: permerror.
  public var keyRecordBytesMax = 8_192

  // MARK: SPF

  /// Most terms that make the checker ask. Unit: terms. RFC 7208 §4.6.4 sets 10. Past it: permerror.
  public var senderTermsMax = 10
  /// Most names of one `mx` or `ptr` that are looked at. Unit: names. RFC 7208 §4.6.4 sets 10. Past it: permerror for `mx`, ignored for `ptr`.
  public var senderNamesMax = 10
  /// Most look-ups without a result. Unit: look-ups. RFC 7208 §4.6.4 recommends 2. Past it: permerror.
  public var voidLookupsMax = 2
  /// Longest time a whole SPF check may take; its owner keeps it. RFC 7208 §4.6.4 asks for at least 20 s. Past it: temperror.
  public var senderCheckTimeout = Duration.seconds(20)

  // MARK: DMARC

  /// From how many labels on the walk up the tree of names goes, below the author's own name. Unit: labels. RFC 9989 §4.10 sets 7, so that a walk
  /// asks 8 questions. Past it: the names between are not asked for.
  public var policyLabelsMax = 7
  /// Most domains of authors in one From field that are looked at. Unit: domains. Past it: permerror.
  public var authorDomainsMax = 4

  public init() {}
}
