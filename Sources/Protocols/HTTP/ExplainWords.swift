// What methods and statuses mean, in one sentence each, for people.
// Read before: Explain.swift.

/// Sentences about methods and statuses.
enum Words {
  // RFC 9110 §9.3
  static func meaning(ofMethod method: String) -> String {
    switch method {
    case "GET": "Asks for the resource's current representation."
    case "HEAD": "Asks for the head of what GET would bring, without the content."
    case "POST": "Gives content to the resource to be processed."
    case "PUT": "Replaces the resource by the content."
    case "DELETE": "Asks for the resource to be removed."
    case "CONNECT": "Asks a proxy for a tunnel to the target."
    case "OPTIONS": "Asks what may be done with the resource."
    case "TRACE": "Asks for the request to be sent back as it arrived."
    case "PATCH": "Changes the resource as the content says."
    default: "A method this program does not know."
    }
  }

  // RFC 9110 §15
  static func meaning(of status: Status) -> String {
    switch status {
    case .continue: "The head is fine; send the content."
    case .ok: "The request succeeded."
    case .created: "Something was made; Location says where."
    case .noContent: "It succeeded, and there is nothing to show."
    case .partialContent: "Only the parts that were asked for follow."
    case .movedPermanently, .permanentRedirect: "The resource has another address for good; Location names it."
    case .found, .temporaryRedirect: "The resource is at another address for now; Location names it."
    case .seeOther: "The answer is to be fetched at the address in Location."
    case .notModified: "The client's stored copy is still right."
    case .badRequest: "The server cannot understand the request."
    case .unauthorized: "Credentials are needed; WWW-Authenticate says which."
    case .forbidden: "The server understood, and will not do it."
    case .notFound: "There is nothing at this address."
    case .methodNotAllowed: "The resource does not take this method; Allow lists those it takes."
    case .requestTimeout: "The request did not arrive in time."
    case .preconditionFailed: "A condition of the request does not hold."
    case .contentTooLarge: "The content is larger than the server takes."
    case .uriTooLong: "The target is longer than the server reads."
    case .rangeNotSatisfiable: "The part that was asked for lies outside the content."
    case .expectationFailed: "The server cannot do what Expect asks for."
    case .tooManyRequests: "The client asks too often; Retry-After says when to come back."
    case .requestHeaderFieldsTooLarge: "The fields are larger than the server reads."
    case .internalServerError: "The server made a mistake."
    case .notImplemented: "The server does not know how to do this."
    case .badGateway: "The server behind this one gave an answer that makes no sense."
    case .serviceUnavailable: "The server cannot serve at the moment."
    case .gatewayTimeout: "The server behind this one did not answer in time."
    case .httpVersionNotSupported: "The server does not speak this version of HTTP."
    default:
      switch status.rawValue / 100 {
      case 1: "An interim answer; the final one follows."
      case 2: "The request succeeded."
      case 3: "Something else has to be done to complete the request."
      case 4: "The request is at fault."
      case 5: "The server is at fault."
      default: "A status outside the registered classes."
      }
    }
  }
}
