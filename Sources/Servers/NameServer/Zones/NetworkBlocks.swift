// A store of blocks somewhere in the network: one node is asked, which asks others. Not here: the messages (Names/Store).
import Bytes
package import Names
package import Transport
package import World

/// Blocks that nodes keep for everybody.
package struct NetworkBlocks: BlockStorage {
  private let network: any Network
  private let node: Endpoint
  private let trace: TraceContext?
  /// Numbers that tie answers to requests.
  private let ids: @Sendable () -> UInt16

  package init(_ network: any Network, node: Endpoint, trace: TraceContext?, ids: @escaping @Sendable () -> UInt16) {
    (self.network, self.node, self.trace, self.ids) = (network, node, trace, ids)
  }

  package func put(_ query: BlockQuery, _ block: [UInt8], at now: Instant) async -> Bool {
    await answer(to: StoreMessage(.put, id: ids(), query: query, block: block))?.kind == .stored
  }

  package func get(_ query: BlockQuery, at now: Instant) async -> [UInt8]? {
    guard let answer = await answer(to: StoreMessage(.get, id: ids(), query: query)), answer.kind == .found else { return nil }
    return answer.block
  }

  /// What the node says to `request`; nil: nothing.
  package func answer(to request: StoreMessage) async -> StoreMessage? {
    let (answers, queue) = AsyncStream.makeStream(of: StoreMessage?.self)
    do throws(NetworkError) {
      let port = try await network.bind(Endpoint(.any, 0), options: BindOptions()) {
        DatagramDriver(StoreClient(request, to: node), trace: trace) { question, _ in
          guard case .finished(let answer) = question else { return nil }
          queue.yield(answer)
          queue.finish()
          return nil
        }
      }
      var found: StoreMessage?
      for await answer in answers { found = answer }
      await port.close(grace: .zero)
      return found
    } catch { return nil }
  }
}
