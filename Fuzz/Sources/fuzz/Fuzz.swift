// Picks one entrance by name and hands it to libFuzzer. Each entrance takes any bytes and must neither trap, hang nor break a promise
// that it checks itself (`must`). Read next: Entrances.swift.
import Bytes
import CFuzzer
import Glibc
import World

@main
struct Fuzz {
  nonisolated(unsafe) static var entrance: (Buffer) -> Void = { _ in }

  static func main() {
    var arguments = CommandLine.arguments
    guard arguments.count > 1, let chosen = entrances.first(where: { $0.name == arguments[1] }) else {
      print("usage: fuzz ENTRY [CORPUS...] [-runs=N]\nentries: \(entrances.map(\.name).joined(separator: " "))")
      return
    }
    entrance = chosen.run
    arguments.remove(at: 1)
    var count = Int32(arguments.count)
    var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    pointers.withUnsafeMutableBufferPointer { buffer in
      var base = buffer.baseAddress
      _ = LLVMFuzzerRunDriver(&count, &base) { data, size in
        Fuzz.entrance(Buffer(UnsafeBufferPointer(start: data, count: size)))
        return 0
      }
    }
  }
}

/// Stops the run when a promise is broken, so that libFuzzer keeps the input.
func must(_ holds: Bool, _ promise: String) {
  if !holds { fatalError("broken promise: \(promise)") }
}
