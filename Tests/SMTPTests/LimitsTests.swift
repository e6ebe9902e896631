// The bounds of SMTP.
import Testing

@testable import SMTP
