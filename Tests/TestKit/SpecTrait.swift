// The mark that says which section of which document a test proves; `make specs` gathers them.
package import Testing

/// `@Test("reads a port", .spec("RFC 2428", "2"))`.
package struct SpecTrait: TestTrait, SuiteTrait {
  package var document: String
  package var sections: [String]

  /// What the test report shows beside a failure.
  package var comments: [Comment] { [Comment(rawValue: document + sections.map { " §" + $0 }.joined(separator: ","))] }
}

extension Trait where Self == SpecTrait {
  /// Proves these sections of `document`.
  package static func spec(_ document: String, _ sections: String...) -> SpecTrait {
    SpecTrait(document: document, sections: sections)
  }
}
