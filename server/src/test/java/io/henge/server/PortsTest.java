package io.henge.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.server.node.Address;
import io.henge.server.node.Ports;
import java.io.IOException;
import java.io.StringReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A port that was free when it was chosen may not be when it is opened. */
@Timeout(60)
class PortsTest {
  private static final Address ANY = Address.parse("listen", "127.0.0.1:0");

  @TempDir Path directory;

  /** Many nodes of one process choose before the first of them opens its ports. */
  @Test
  void shouldNeverChooseAPortTwiceInOneProcess() {
    Set<Address> chosen = new HashSet<>();
    for (int node = 0; node < 500; node++) {
      assertThat(chosen.addAll(choose())).isTrue();
    }
    assertThat(chosen).hasSize(1_500);
  }

  private static List<Address> choose() {
    return Ports.choose(
        List.of(
            new Ports.Wish("listen", ANY, 0),
            new Ports.Wish("raftListen", ANY, 0),
            new Ports.Wish("httpListen", ANY, 0)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"port.client", "port.http"})
  void shouldChooseAgainWhenAnotherProcessWasFaster(String which) throws Exception {
    boolean wasTaken = false;
    // Whether the other one is faster is its luck: soon it is.
    for (int round = 0; !wasTaken && round < 50; round++) {
      Path home = directory.resolve("n" + round);
      AtomicBoolean started = new AtomicBoolean();
      CompletableFuture<@Nullable ServerSocket> other =
          CompletableFuture.supplyAsync(() -> take(home, which, started));
      try (Node node = HengeNode.start(NodeConfig.of("n1", home))) {
        started.set(true);
        try (ServerSocket taken = other.join()) {
          node.awaitReady(Duration.ofSeconds(30));
          wasTaken = taken != null;
          assertThat(wasTaken).isEqualTo(!isPort(home, which, taken));
        }
      }
    }
    assertThat(wasTaken).isTrue();
  }

  private static boolean isPort(Path home, String which, @Nullable ServerSocket taken) {
    return taken == null || taken.getLocalPort() == port(home, which);
  }

  /** Takes a port of a node as soon as it has been chosen; null if the node was faster. */
  private static @Nullable ServerSocket take(Path home, String which, AtomicBoolean started) {
    int port = 0;
    while (port == 0 && !started.get()) {
      port = port(home, which);
    }
    if (port == 0) {
      return null;
    }
    try {
      return new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      return null;
    }
  }

  private static int port(Path home, String which) {
    Properties identity = new Properties();
    try {
      identity.load(new StringReader(Files.readString(home.resolve("node.properties"))));
    } catch (IOException e) {
      return 0;
    }
    return Integer.parseInt(identity.getProperty(which, "0"));
  }
}
