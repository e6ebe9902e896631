// Picks one entrance by name and hands it to libFuzzer. Each entrance takes any bytes and must neither trap, hang nor break a promise
// that it checks itself (`must`). Read next: Tests/Entrances/Entrances.swift.
import CFuzzer
import Entrances
import Glibc

@main
struct Fuzz {
  nonisolated(unsafe) static var entrance: Entrance?

  static func main() {
    var arguments = CommandLine.arguments
    guard arguments.count > 1, let chosen = entrances.first(where: { $0.name == arguments[1] }) else {
      print("usage: fuzz ENTRY [CORPUS...] [-runs=N]\nentries: \(entrances.map(\.name).joined(separator: " "))")
      exit(arguments.count > 1 ? 64 : 0)
    }
    entrance = chosen
    arguments.remove(at: 1)
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
