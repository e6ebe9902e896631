// A clock that jumps: who sleeps by it and what is armed by it comes up at once.
import Bytes
import Synchronization
import Testing
import World

@testable import Transport

@Suite("a clock that jumps")
struct ClockShiftTests {
  @Test("a sleeper wakes when its time has come by a jump, not before; cancelling ends its sleep")
  func sleeps() async throws {
    let shift = ClockShift()
    let clock = SystemClock(aheadBy: shift)
    let start = clock.now
    let sleeper = Task { try await clock.sleep(until: start + .seconds(7_200)) }
    #expect(shift.advance(by: .seconds(3_600)))
    #expect(clock.now >= start + .seconds(3_600) && clock.now < start + .seconds(3_700))
    #expect(shift.advance(by: .seconds(3_600)))
    try await sleeper.value
    #expect(shift.ahead == .seconds(7_200))
    let another = Task { try await clock.sleep(until: clock.now + .seconds(7_200)) }
    another.cancel()
    await #expect(throws: CancellationError.self) { try await another.value }
  }

  @Test("it never goes back, nor beyond its bound", arguments: [.seconds(-1), ClockShift.aheadMax + .seconds(1)] as [Duration])
  func bounds(_ time: Duration) {
    let shift = ClockShift()
    #expect(!shift.advance(by: time) && shift.ahead == .zero)
  }

  /// Ends when its deadline comes.
  private final class Waiting: DatagramEnd {
    let deadline: Instant?
    private let told: AsyncStream<Void>.Continuation
    init(_ deadline: Instant, _ told: AsyncStream<Void>.Continuation) { (self.deadline, self.told) = (deadline, told) }
    func opened(on carrier: any DatagramCarrier) {}
    func received(_ bytes: Buffer, from remote: Endpoint) {}
    func deadlineReached() { told.yield() }
    func closed() {}
  }

  @Test("a deadline on a loop comes up by a jump")
  func loops() async throws {
    let shift = ClockShift()
    let network = SocketNetwork(loops: 1, clock: SystemClock(aheadBy: shift))
    let (came, told) = AsyncStream<Void>.makeStream()
    let deadline = network.clock.now + .seconds(86_400)
    let port = try await network.bind(Endpoint(.loopback, 0), options: BindOptions()) { Waiting(deadline, told) }
    #expect(shift.advance(by: .seconds(86_401)))
    for await _ in came { break }
    await port.close(grace: .zero)
    await network.shutDown()
  }
}
