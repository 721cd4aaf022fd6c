package io.henge.testkit.process;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Arrays;
import java.util.List;

/** Stands in for a server: listens, says it is ready, answers each connection with one byte. */
final class LittleServer {
  private LittleServer() {}

  public static void main(String[] arguments) throws Exception {
    List<String> words = Arrays.asList(arguments);
    if (words.contains("--fail")) {
      System.err.println("the disk is made of cheese");
      System.exit(1);
    }
    String name = words.get(words.indexOf("--id") + 1);
    String listen = words.get(words.indexOf("--listen") + 1);
    int port = Integer.parseInt(listen.substring(listen.indexOf(':') + 1));
    try (ServerSocket socket = new ServerSocket(port, 10, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + socket.getLocalPort();
      System.out.println("something else");
      System.out.println(
          "ready name="
              + name
              + " id=id-"
              + name
              + " cluster=c client="
              + address
              + " raft=r http=h");
      while (true) {
        try (var connection = socket.accept()) {
          connection.getOutputStream().write(1);
        }
      }
    }
  }
}
