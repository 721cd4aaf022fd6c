package io.henge.server.node;

import io.henge.api.error.HengeException;
import java.net.InetSocketAddress;

/**
 * {@code host:port}, with IPv6 hosts in brackets.
 *
 * @param port 0 = any free one
 */
public record Address(String host, int port) {

  /**
   * Reads an address.
   *
   * @param field name of the setting, for the error
   * @throws HengeException INVALID_ARGUMENT
   */
  public static Address parse(String field, String text) {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      host = "";
    }
    if (host.isBlank()) {
      throw HengeException.invalid(
          field + ": HOST:PORT expected, found '" + text + "'; for example 127.0.0.1:7070");
    }
    return new Address(host, port(field, text, text.substring(colon + 1)));
  }

  private static int port(String field, String text, String digits) {
    try {
      int port = Integer.parseInt(digits);
      if (port >= 0 && port <= 65_535) {
        return port;
      }
    } catch (NumberFormatException e) {
      // Falls through to the same answer as a number out of range.
    }
    throw HengeException.invalid(
        field + ": a port from 0 to 65535 expected, found '" + digits + "' in '" + text + "'");
  }

  public Address withPort(int newPort) {
    return new Address(host, newPort);
  }

  /** Resolves the host: may block. */
  public InetSocketAddress resolve() {
    return new InetSocketAddress(host, port);
  }

  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
