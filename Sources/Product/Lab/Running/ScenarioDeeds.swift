// What hosts do in a scenario: ask names, say lines, ping, type bytes. Each deed is a workflow on the host's own network.
// Not here: pages (PageDeeds.swift), when deeds begin (ScenarioRun).
import Bytes
import DNS
import Host
import SimulatedTransport
import Sockets
import Synchronization
import Trace
import Transport
import World

extension ScenarioRun {
  func perform(at time: Duration, as host: String, _ work: @escaping @Sendable () async -> Result.Outcome) {
    internet.after(time) { [self] in
      internet.start { [self] in
        let begin = internet.now
        let outcome = await work()
        let result = Result(host: host, began: begin, took: internet.now - begin, outcome: outcome)
        last.withLock { $0 = result }
        results.withLock { $0.append(result) }
      }
    }
  }

  func ask(_ client: SimulatedNetwork, _ server: Address, _ name: String, _ type: String, _ subnet: AddressPrefix?, as host: String) async
    -> Result.Outcome
  {
    guard let name = try? Name(name), let type = RecordType(type) else { return .failed("`\(name) \(type)` is no question") }
    let names = NameClient(client, timeout: .seconds(10), trace: trace(host))
    let options = subnet.map { [EDNSOption.clientSubnet(ClientSubnet($0.address, sourceLength: $0.length))] } ?? []
    switch await names.ask(.query(name, type, id: nextID(), edns: EDNS(options: options)), Endpoint(server, 53)) {
    case .answered(let answer): return .answer(answer.message)
    case .timedOut: return .failed("no answer in time")
    case .unreachable(let why): return .failed(why)
    }
  }

  func say(_ client: SimulatedNetwork, _ server: Endpoint, _ carrier: Scenario.Carrier, _ text: String, as host: String) async
    -> Result.Outcome
  {
    let (answers, queue) = AsyncStream.makeStream(of: Result.Outcome.self)
    do {
      switch carrier {
      case .tcp:
        _ = try await client.connect(UppercaseStreamClient(lines: [text]), to: server, trace: trace(host)) { question, _ in
          switch question {
          case .deliver(_, let answer): queue.yield(.said(answer))
          case .failed(let why): queue.yield(.failed(why))
          case .finished: queue.finish()
          }
          return nil
        }
      case .udp:
        let trace = trace(host)
        _ = try await client.bind(Endpoint(.any, 0), options: BindOptions()) {
          DatagramDriver(UppercaseDatagramClient(lines: [text], to: server), trace: trace) { question, _ in
            switch question {
            case .deliver(_, let answer): queue.yield(answer.map { .said($0) } ?? .failed("no answer in time"))
            case .finished: queue.finish()
            }
            return nil
          }
        }
      }
    } catch { return .failed("\(error)") }
    return await first(of: answers)
  }

  func ping(_ client: SimulatedNetwork, _ server: Endpoint, _ times: Int, as host: String) async -> Result.Outcome {
    let (answers, queue) = AsyncStream.makeStream(of: Result.Outcome.self)
    let trace = trace(host)
    do {
      _ = try await client.bind(Endpoint(.any, 0), options: BindOptions()) {
        DatagramDriver(PingDatagramClient(server: server, count: times), trace: trace) { question, _ in
          if case .finished(let statistics) = question {
            queue.yield(.said("\(statistics)"))
            queue.finish()
          }
          return nil
        }
      }
    } catch { return .failed("\(error)") }
    return await first(of: answers)
  }

  func first(of answers: AsyncStream<Result.Outcome>) async -> Result.Outcome {
    for await answer in answers { return answer }
    return .failed("the conversation ended without an answer")
  }

  /// Sends `text` as it stands, or a line of it each time `pace` has passed, then says nothing more, and hears the peer out for `silence`.
  func type(_ client: SimulatedNetwork, _ server: Endpoint, _ text: String, pace: Duration?, _ silence: Duration, as host: String) async -> Result.Outcome {
    let (answers, queue) = AsyncStream.makeStream(of: Result.Outcome.self)
    let heard = Mutex(Buffer())
    let unsaid = Mutex((pace != nil ? Buffer(text).lines : [Buffer(text)].filter { !$0.isEmpty })[...])
    do {
      _ = try await client.connect(PipeStreamClient(lingerTime: silence), to: server, trace: trace(host)) { question, answers in
        switch question {
        case .more:
          let next: PipeStreamClient.Input = unsaid.withLock { $0.popFirst() }.map { .say($0) } ?? .finished
          guard let pace else { return next }
          client.start {
            try? await client.clock.sleep(until: client.clock.now + pace)
            answers.give(next)
          }
        case .deliver(let bytes): heard.withLock { $0.append(bytes) }
        case .ended:
          queue.yield(.said(heard.withLock { $0.text }))
          queue.finish()
        }
        return nil
      }
    } catch { return .failed("\(error)") }
    return await first(of: answers)
  }
}

extension Buffer {
  /// The lines, each with its end.
  fileprivate var lines: [Buffer] { TextLines(self, linesMax: .max).lines.map { self[$0.whole] } }
}
