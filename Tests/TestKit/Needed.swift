// What a test cannot go on without, found with a closure.
public import Testing

/// What must be there. Not `#require(values.first { … })`: with a closure inside it, in a closure, the compiler of Swift 6.3 fails, or calls another closure.
public func needed<Value>(_ value: Value?, _ comment: @autoclosure () -> Comment? = nil, at place: SourceLocation = #_sourceLocation) throws -> Value {
  try #require(value, comment(), sourceLocation: place)
}
