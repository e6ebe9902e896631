// The bounds of IMAP.
import Testing

@testable import IMAP
