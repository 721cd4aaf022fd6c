package io.henge.router.meta;

/** What names and addresses look like. */
final class Names {
  static final int NAME_MAX = 64;
  static final int ADDRESS_MAX = 255;

  private Names() {}

  /** A name of 1 to 64 characters of {@code A-Z a-z 0-9 _ -}. */
  static String requireName(String field, String name) {
    return require(field, name, "_-");
  }

  /** The same with dots, as in host names and settings. */
  static String requireDottedName(String field, String name) {
    return require(field, name, "_-.");
  }

  /** {@code host:port} with a port from 1 to 65535; IPv6 in brackets. */
  static String requireAddress(String field, String address) {
    int colon = address.lastIndexOf(':');
    if (address.length() > ADDRESS_MAX || colon < 1 || !isPort(address.substring(colon + 1))) {
      throw Refused.invalid(
          field
              + " must be host:port of at most "
              + ADDRESS_MAX
              + " characters, not "
              + shown(address));
    }
    return address;
  }

  private static String require(String field, String name, String marks) {
    boolean good = !name.isEmpty() && name.length() <= NAME_MAX;
    for (int i = 0; good && i < name.length(); i++) {
      char c = name.charAt(i);
      good =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || marks.indexOf(c) >= 0;
    }
    if (!good) {
      throw Refused.invalid(
          field
              + " must have 1 to "
              + NAME_MAX
              + " of the characters A-Z a-z 0-9 "
              + String.join(" ", marks.split(""))
              + ", not "
              + shown(name));
    }
    return name;
  }

  private static boolean isPort(String text) {
    if (text.isEmpty() || text.length() > 5) {
      return false;
    }
    int port = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return false;
      }
      port = port * 10 + (c - '0');
    }
    return port >= 1 && port <= 65535;
  }

  /** Bad input as it may stand in a message: short, in quotes, without control characters. */
  static String shown(String text) {
    String head = text.length() <= 80 ? text : text.substring(0, 80) + "...";
    return '"'
        + head.replaceAll("\\p{Cntrl}", "?")
        + '"'
        + (text.length() <= 80 ? "" : " (" + text.length() + " characters)");
  }
}
