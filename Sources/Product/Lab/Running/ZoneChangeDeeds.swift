// Dynamic updates and zone transfers in a scenario, by the tools' own client.
// Not here: what a scenario may say of them (Scenario/ZoneChangeWords.swift), the servers' side (NameServer/Changing).
import DNS
import Host
import NameServer
import SimulatedTransport
import Transport
import World

extension ScenarioRun {
  /// What it comes to is the server's word.
  func update(_ client: SimulatedNetwork, _ change: ZoneChange, at server: Address, as host: String) async -> Result.Outcome {
    let names = NameClient(client, timeout: .seconds(5), trace: trace(host))
    switch await names.change(change.update, Endpoint(server, 53), key: change.key.flatMap { world.keys[$0] }, id: nextID()) {
    case .answered(let answer): return answer.message.responseCode == .noError ? .said("NOERROR") : .failed("\(answer.message.responseCode)")
    case .timedOut: return .failed("no answer in time")
    case .unreachable(let why): return .failed(why)
    }
  }

  /// What it comes to is how many records or steps came.
  func copy(_ client: SimulatedNetwork, _ copying: ZoneCopying, at server: Address, as host: String) async -> Result.Outcome {
    let names = NameClient(client, timeout: .seconds(5), trace: trace(host))
    let question = TransferQuestion(copying.zone, since: copying.since.map { Serial($0) })
    do throws(NameClient.TransferProblem) {
      switch try await names.copy(question, Endpoint(server, 53), key: copying.key.flatMap { world.keys[$0] }, id: nextID()) {
      case .current: return .said("nothing new")
      case .whole(let records): return .said("\(records.count) records")
      case .steps(let steps): return .said("\(steps.count) steps")
      }
    } catch {
      switch error {
      case .network(let error): return .failed("\(error)")
      case .transfer(let failure): return .failed("\(failure)")
      }
    }
  }
}
