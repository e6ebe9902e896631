// The bounds of Mail.
import Testing

@testable import Mail
