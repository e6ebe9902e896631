// The bounds of POP3.
import Testing

@testable import POP3
