// Small JSON objects of texts. Events and messages are written by Trace.
import Bytes
import Trace

/// Writes JSON.
enum JSONText {
  /// An object of texts, in this order.
  static func object(_ members: [(String, String)]) -> String {
    "{" + members.map { "\(quoted($0.0)):\(quoted($0.1))" }.joined(separator: ",") + "}"
  }

  /// A text in quotes.
  static func quoted(_ text: String) -> String {
    var writer = JSONWriter()
    writer.value(nil, text)
    return writer.bytes.text
  }
}
