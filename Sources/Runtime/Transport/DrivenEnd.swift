// Ends that are a driver and something beside it: its owner's own type, which hears of some events too.
// Read before: ConversationDriver.swift.
public import Bytes
public import World

/// An end whose driver does what it does not do itself.
// A call through `any StreamEnd` into a generic class runs its unspecialised code; here the driver's type is known, and the compiler makes one
// machine of driver and conversation. Measured by Benchmarks/bench_http.py.
public protocol DrivenEnd: StreamEnd {
  associatedtype Driven: StreamConversation
  var driver: ConversationDriver<Driven> { get }
}

extension DrivenEnd {
  @inlinable public var deadline: Instant? { driver.deadline }
  @inlinable public var wantsWire: Bool { driver.wantsWire }

  @inlinable public func attached(to carrier: any Carrier) { driver.attached(to: carrier) }
  @inlinable public func opened(on carrier: any Carrier) { driver.opened(on: carrier) }
  @inlinable public func received(_ bytes: Buffer) { driver.received(bytes) }
  @inlinable public func peerClosed() { driver.peerClosed() }
  @inlinable public func deadlineReached() { driver.deadlineReached() }
  @inlinable public func secured() { driver.secured() }
  @inlinable public func retired() { driver.retired() }
  @inlinable public func congested(_ isCongested: Bool) { driver.congested(isCongested) }
  @inlinable public func wire(_ bytes: Buffer, sent: Bool) { driver.wire(bytes, sent: sent) }
  @inlinable public func closed(because reason: String) { driver.closed(because: reason) }
}
