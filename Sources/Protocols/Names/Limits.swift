// Every bound of this library, with its unit, its default and what happens past it.

/// What is prepared to be read and to be followed.
public struct Limits: Sendable, Hashable {
  /// Most zones that one resolution passes through. Unit: zones. Past it: the name does not resolve.
  public var delegationsMax = 32

  public init() {}
}
