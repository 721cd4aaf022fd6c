package io.henge.server.http;

import java.util.List;

/**
 * Whether a node can do its work.
 *
 * @param serving whether it serves
 * @param node its id
 * @param name the operator's name for it
 * @param reasons sentences: why it does not, or what is less than it should be
 */
public record Health(boolean serving, String node, String name, List<String> reasons) {

  String toJson() {
    StringBuilder json = new StringBuilder(128);
    json.append("{\"status\":\"").append(serving ? "serving" : "not serving").append('"');
    json.append(",\"node\":").append(quote(node));
    json.append(",\"name\":").append(quote(name));
    json.append(",\"reasons\":[");
    for (int i = 0; i < reasons.size(); i++) {
      json.append(i == 0 ? "" : ",").append(quote(reasons.get(i)));
    }
    return json.append("]}\n").toString();
  }

  private static String quote(String text) {
    StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < 0x20) {
        quoted.append(String.format("\\u%04x", (int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }
}
