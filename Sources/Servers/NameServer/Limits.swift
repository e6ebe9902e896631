// Every bound of the name server: what an answer, a resolution and the cache may cost.
// Not here: the bounds of messages and connections (DNS/Limits.swift).

/// What the name server spends on one question, and keeps.
package struct Limits: Sendable, Hashable {
  /// Largest message sent over UDP, also to those who take more, and what we tell others that we take.
  ///
  /// Unit: bytes. RFC 6891 §6.2.5 leaves it to us; 1,232 pass everywhere without fragments. Past it: the answer is truncated.
  package var datagramMax = 1_232

  /// Most CNAME and DNAME records followed for one question.
  ///
  /// Unit: steps. RFC 1034 §5.2.2 asks for some bound. Past it: an authority answers with what it has, a resolver fails.
  package var chainMax = 11

  /// Most EDNS options in one query.
  ///
  /// Unit: options. Past it: FORMERR.
  package var optionsMax = 32

  package init() {}
}
