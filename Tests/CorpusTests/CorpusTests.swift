// Plays what fuzzers found interesting, or broke something with, through the code the fuzzers call (Tests/Entrances).
// A broken promise stops the process with a sentence that says which.
import Entrances
import TestKit
import Testing

// One after the other: entrances share what is costly to make.
@Suite("Corpora", .serialized)
struct CorpusTests {
  static let folder = repositoryRoot + "/Fuzz/Corpus"

  @Test("every input keeps every promise", arguments: entrances.map(\.name))
  func playing(_ name: String) throws {
    let entrance = try needed(entrances.first { $0.name == name })
    let inputs = names(in: "\(Self.folder)/\(name)")
    #expect(!inputs.isEmpty, "Fuzz/Corpus/\(name) is empty")
    for input in inputs {
      let bytes = try #require(contents(of: "\(Self.folder)/\(name)/\(input)"))
      bytes.withUnsafeBytes { entrance.play($0) }
    }
  }

  @Test("every corpus belongs to an entrance")
  func belonging() { #expect(names(in: Self.folder).filter { name in !entrances.contains { $0.name == name } } == []) }
}
