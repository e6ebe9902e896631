// Picks one entrance by name and hands it to libFuzzer. Each entrance takes any bytes and must neither trap, hang nor break a promise
// that it checks itself (`must`). Read next: Tests/Entrances/Entrances.swift.
import CFuzzer
import Entrances
import Glibc

@main
struct Fuzz {
  nonisolated(unsafe) static var entrance: Entrance?

  /// Tells the copies of this program that libFuzzer starts (to merge, to make an input smaller) which entrance it is about.
  static let variable = "NETSTEAD_FUZZ_ENTRY"

  static func main() {
    var arguments = CommandLine.arguments
    if arguments.count > 1, let chosen = entrances.first(where: { $0.name == arguments[1] }) {
      entrance = chosen
      setenv(variable, chosen.name, 1)
      arguments.remove(at: 1)
    } else if let name = getenv(variable).map({ String(cString: $0) }) {
      entrance = entrances.first { $0.name == name }
    }
    guard entrance != nil else {
      print("usage: fuzz ENTRY [CORPUS...] [-runs=N]\nentries: \(entrances.map(\.name).joined(separator: " "))")
      exit(arguments.count > 1 ? 64 : 0)
    }
    var count = Int32(arguments.count)
    var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    pointers.withUnsafeMutableBufferPointer { buffer in
      var base = buffer.baseAddress
      _ = LLVMFuzzerRunDriver(&count, &base) { data, size in
        Fuzz.entrance?.play(UnsafeRawBufferPointer(start: data, count: size))
        return 0
      }
    }
  }
}
