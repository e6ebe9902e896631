// Parts of this program that answer requests themselves: the console, forms, tests. At once, or in a workflow of their own.
// Not here: sites of files (SiteResponder). Read next: Exchange.swift, what a workflow holds on to.
package import HTTP
package import World

/// A part of this program that answers a site's requests.
package protocol Application: Sendable {
  /// Called on the connection's loop for every request: decides quickly, and puts whatever takes time into `.workflow`.
  func answer(_ request: RequestHead, at now: Instant) -> ApplicationAnswer
}

/// How an application answers one request.
package enum ApplicationAnswer: Sendable {
  /// With this, at once. A request body is thrown away.
  case response(Response)
  /// In a task of its own, which reads the body if it wants it and answers through the exchange. One that ends without an answer gives a
  /// 500; one that ends in the middle of a streamed answer ends that.
  case workflow(staysOnLoop: Bool = false, @Sendable (Exchange) async -> Void)
}
