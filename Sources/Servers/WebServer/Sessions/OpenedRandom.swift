// Chance handed in as a value of any kind, where a function wants to know the kind.

/// A generator of any kind, where one of a known kind is asked for.
package struct OpenedRandom: RandomNumberGenerator, Sendable {
  package private(set) var source: any RandomNumberGenerator & Sendable

  package init(_ source: any RandomNumberGenerator & Sendable) { self.source = source }

  package mutating func next() -> UInt64 { source.next() }
}
