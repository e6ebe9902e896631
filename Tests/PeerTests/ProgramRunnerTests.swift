// The runner of other people's programs, tried on programs that every machine has.
import TestKit
import Testing

@Suite("Program runner")
struct ProgramRunnerTests {
  @Test("gives input, returns output, errors and status")
  func roundTrip() async throws {
    let shell = try #require(ProgramRunner("sh"))
    let outcome = await shell.run(["-c", "cat; echo oops >&2; exit 3"], input: Array("hello".utf8))
    #expect(outcome.text == "hello")
    #expect(outcome.errorText == "oops\n")
    #expect(outcome.status == 3)
    #expect(!outcome.timedOut)
  }

  @Test("more input than a pipe holds does not block")
  func muchInput() async throws {
    let cat = try #require(ProgramRunner("cat"))
    let input = [UInt8](repeating: 65, count: 1_000_000)
    let outcome = await cat.run(input: input)
    #expect(outcome.output == input)
  }

  @Test("a program that does not end is killed with its children")
  func timeout() async throws {
    let shell = try #require(ProgramRunner("sh"))
    let outcome = await shell.run(["-c", "echo started; sleep 60"], timeout: .milliseconds(200))
    #expect(outcome.timedOut)
    #expect(outcome.text == "started\n")
    #expect(outcome.status == 128 + 9)
  }

  @Test("a program that does not read its input ends all the same")
  func ignoredInput() async throws {
    let program = try #require(ProgramRunner("true"))
    let outcome = await program.run(input: [UInt8](repeating: 65, count: 1_000_000))
    #expect(outcome.status == 0)
  }

  @Test("environment variables are set and replaced")
  func environment() async throws {
    let shell = try #require(ProgramRunner("sh"))
    let outcome = await shell.run(["-c", "printf %s \"$HOME$NETSTEAD_TEST\""], environment: ["HOME": "/nowhere", "NETSTEAD_TEST": "1"])
    #expect(outcome.text == "/nowhere1")
  }

  @Test("a program that is not there is nil")
  func absent() {
    #expect(!ProgramRunner.isInstalled("no-such-program-here"))
    #expect(ProgramRunner("no-such-program-here") == nil)
  }
}
