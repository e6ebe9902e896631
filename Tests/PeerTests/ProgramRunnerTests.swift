// What runs other people's programs must leave this process as it was: a descriptor closed twice is somebody else's the second time.
import Glibc
import TestKit
import Testing

@Suite("the runner of programs")
struct ProgramRunnerTests {
  @Test("closes no descriptor of others", .timeLimit(.minutes(1)))
  func descriptors() async throws {
    let program = try #require(ProgramRunner("true"))
    let watcher = Task.detached {
      var lost = 0
      while !Task.isCancelled {
        // The lowest free numbers: those that a runner has just given back.
        let opened = (0..<4).map { _ in open("/dev/null", O_RDONLY | O_CLOEXEC) }
        usleep(500)
        lost += opened.count { close($0) != 0 }
      }
      return lost
    }
    for _ in 0..<300 { #expect(await program.run().status == 0) }
    watcher.cancel()
    #expect(await watcher.value == 0)
  }
}
