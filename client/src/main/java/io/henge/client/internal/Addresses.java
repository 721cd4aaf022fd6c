package io.henge.client.internal;

import io.henge.api.error.HengeException;
import java.util.ArrayList;
import java.util.List;

/** Addresses of nodes as people write them: {@code host:port}, with IPv6 in brackets. */
public final class Addresses {
  private static final int PORT_MAX = 65_535;

  private Addresses() {}

  /**
   * Addresses separated by commas.
   *
   * @throws HengeException INVALID_ARGUMENT if there is none, or one is not {@code host:port}
   */
  public static List<String> parse(String addresses) {
    return check(List.of(addresses.split(",", -1)));
  }

  /**
   * The same, one by one.
   *
   * @throws HengeException INVALID_ARGUMENT if there is none, or one is not {@code host:port}
   */
  public static List<String> check(List<String> addresses) {
    List<String> checked = new ArrayList<>();
    for (String address : addresses) {
      String trimmed = address.trim();
      if (!trimmed.isEmpty()) {
        checked.add(checkOne(trimmed));
      }
    }
    if (checked.isEmpty()) {
      throw HengeException.invalid(
          "addresses: none given; give the client address of a node, such as 127.0.0.1:7400");
    }
    return List.copyOf(checked);
  }

  private static String checkOne(String address) {
    int colon = address.lastIndexOf(':');
    String host = colon < 0 ? address : address.substring(0, colon);
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    boolean good =
        colon > 0 && (bracketed || host.indexOf(':') < 0) && isPort(address.substring(colon + 1));
    if (!good || host.isBlank()) {
      throw HengeException.invalid(
          "address: host:port expected, such as 127.0.0.1:7400 or [::1]:7400, found \""
              + address
              + '"');
    }
    return address;
  }

  private static boolean isPort(String text) {
    try {
      int port = Integer.parseInt(text);
      return port > 0 && port <= PORT_MAX;
    } catch (NumberFormatException e) {
      return false;
    }
  }
}
