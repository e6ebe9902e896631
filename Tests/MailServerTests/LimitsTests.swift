// The bounds of MailServer.
import Testing

@testable import MailServer
