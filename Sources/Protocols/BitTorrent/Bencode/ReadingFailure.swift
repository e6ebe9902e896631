// Why a reader of this library refuses bytes: they are not in the grammar, or they are more than it is prepared to hold.
// What is right in itself and wrong at its moment is a `Violation`, which only conversations know of.
public import World

/// Why bytes were not read.
public enum ReadingFailure: Error, Sendable, Hashable, CustomStringConvertible {
  case syntax(SyntaxError)
  case tooMuch(LimitReached)

  public var description: String {
    switch self {
    case .syntax(let error): error.description
    case .tooMuch(let limit): limit.description
    }
  }
}
