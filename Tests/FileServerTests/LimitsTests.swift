// The bounds of FileServer.
import Testing

@testable import FileServer
