// The bounds of FTP.
import Testing

@testable import FTP
