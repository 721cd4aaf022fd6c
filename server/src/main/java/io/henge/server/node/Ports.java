package io.henge.server.node;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Finds and tries the ports of a node. Chosen ports are kept for ever, so they come from below the
 * range that operating systems hand out to outgoing connections: none of those can be sitting on
 * one when the node comes back.
 */
public final class Ports {
  private static final int FIRST = 20_000;
  private static final int LAST = 32_000;
  private static final int ATTEMPTS = 200;

  /**
   * Nodes of one process never choose the same port, though one that has chosen has not opened its
   * ports yet, or is away just now. Processes begin at different places.
   */
  private static final AtomicInteger NEXT =
      new AtomicInteger(Math.floorMod(UUID.randomUUID().hashCode(), LAST - FIRST));

  private Ports() {}

  /** A port was free when it was chosen, or was given, and cannot be opened. */
  public static final class Taken extends HengeException {
    private static final long serialVersionUID = 1L;

    public Taken(String field, Address address, IOException cause) {
      super(
          ErrorCode.UNAVAILABLE,
          field
              + ": cannot listen on "
              + address
              + ": "
              + cause.getMessage()
              + "; is another process using the port?",
          cause);
    }
  }

  /** One port that a node listens on. */
  public record Wish(String field, Address address, int stored) {}

  /**
   * Decides all ports of a node: as given, else as stored, else free ones.
   *
   * @throws HengeException UNAVAILABLE with one line that names every port in use
   */
  public static List<Address> choose(List<Wish> wishes) {
    List<Address> chosen = new ArrayList<>();
    List<ServerSocket> held = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    Map<String, String> unknown = new LinkedHashMap<>();
    try {
      for (Wish wish : wishes) {
        int port = wish.address().port() != 0 ? wish.address().port() : wish.stored();
        if (port != 0 && chosen.contains(wish.address().withPort(port))) {
          problems.add(
              wish.field()
                  + ": "
                  + wish.address().withPort(port)
                  + " is wanted twice, a port of its own expected; choose another one, or 0");
          continue;
        }
        if (wish.address().resolve().isUnresolved()) {
          // Once is enough: mostly all three have the same host.
          unknown.putIfAbsent(wish.address().host(), wish.field());
          continue;
        }
        try {
          ServerSocket socket =
              port == 0 ? anyFree(wish.address()) : bind(wish.address().withPort(port));
          held.add(socket);
          chosen.add(wish.address().withPort(socket.getLocalPort()));
        } catch (IOException e) {
          problems.add(problem(wish, port, e));
        }
      }
    } finally {
      held.forEach(Ports::closeQuietly);
    }
    unknown.forEach(
        (host, field) ->
            problems.add(
                field
                    + ": host "
                    + host
                    + " is not known on this machine; give one of its"
                    + " addresses, for example 127.0.0.1"));
    if (!problems.isEmpty()) {
      throw new HengeException(ErrorCode.UNAVAILABLE, String.join("; ", problems));
    }
    return chosen;
  }

  private static String problem(Wish wish, int port, IOException e) {
    String message = String.valueOf(e.getMessage());
    if (message.contains("already in use") || message.contains("in use")) {
      return wish.field()
          + ": port "
          + port
          + " on "
          + wish.address().host()
          + " is in use by another process; stop it, or choose another port";
    }
    return wish.field() + ": cannot listen on " + wish.address().withPort(port) + ": " + message;
  }

  private static ServerSocket anyFree(Address address) throws IOException {
    IOException last = new IOException("no free port from " + FIRST + " to " + LAST);
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        return bind(address.withPort(next()));
      } catch (IOException e) {
        last = e;
      }
    }
    throw last;
  }

  private static int next() {
    return FIRST + NEXT.getAndUpdate(port -> (port + 1) % (LAST - FIRST));
  }

  private static ServerSocket bind(Address address) throws IOException {
    InetSocketAddress resolved = address.resolve();
    ServerSocket socket = new ServerSocket();
    try {
      // As the servers do: a port whose old connections still linger is free.
      socket.setReuseAddress(true);
      socket.bind(resolved);
      return socket;
    } catch (IOException e) {
      closeQuietly(socket);
      throw e;
    }
  }

  private static void closeQuietly(ServerSocket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It held a port only.
    }
  }
}
