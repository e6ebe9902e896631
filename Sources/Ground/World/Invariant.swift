// Our own mistakes. A peer's bytes never get here: what a peer can cause is a `SyntaxError`, a `Violation` or a `LimitReached`.

/// What to do when the code finds that it contradicts itself.
public enum Invariant {
  /// Traps in debug builds; in release builds returns, and the caller closes the one conversation that is affected.
  @inlinable
  public static func broken(_ what: @autoclosure () -> String, file: StaticString = #file, line: UInt = #line) {
    assertionFailure(what(), file: file, line: line)
  }
}
