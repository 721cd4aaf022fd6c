package io.henge.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class ProcessClusterTest {
  @TempDir private Path directory;
  private ProcessCluster cluster;

  @BeforeEach
  void open() {
    cluster = ProcessCluster.of(directory, LittleServer.class);
  }

  @AfterEach
  void close() {
    cluster.close();
  }

  @Test
  void shouldStartKillAndStartAgainOnTheSameAddress() throws IOException {
    cluster.start(2);
    ServerProcess node = cluster.node("n2");
    ReadyLine before = node.ready();
    assertThat(before.name()).isEqualTo("n2");
    assertThat(cluster.nodeOf("id-n2")).isSameAs(node);
    assertThat(cluster.addresses())
        .isEqualTo(cluster.node("n1").ready().client() + "," + before.client());
    assertThat(answers(node)).isTrue();

    node.kill();
    assertThat(node.isAlive()).isFalse();
    assertThatThrownBy(() -> answers(node)).isInstanceOf(IOException.class);

    node.start();
    assertThat(node.ready()).isEqualTo(before);
    assertThat(answers(node)).isTrue();
  }

  @Test
  void shouldPauseAndResume() throws IOException {
    ServerProcess node = cluster.start(1).node("n1");
    node.pause();
    assertThat(answers(node)).isFalse();
    node.resume();
    assertThat(answers(node)).isTrue();
  }

  @Test
  void shouldTerminate() {
    // 143 = ended by SIGTERM, by a program that does not care for it.
    assertThat(cluster.start(1).node("n1").terminate()).isEqualTo(143);
  }

  @Test
  void shouldLeaveNothingBehindNotEvenStoppedProcesses() {
    cluster.start(2);
    cluster.node("n2").pause();
    long pid = cluster.node("n2").pid();
    cluster.close();
    assertThat(cluster.nodes()).noneMatch(ServerProcess::isAlive);
    assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
  }

  @Test
  void shouldShowTheLogOfAServerThatDoesNotStart() {
    assertThatThrownBy(() -> cluster.start(1, "--fail"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("n1 did not get ready")
        .hasMessageContaining("the disk is made of cheese");
  }

  @Test
  void shouldRefuseAnotherLineThanReady() {
    assertThatThrownBy(() -> ReadyLine.parse("steady name=n1")).hasMessageContaining("steady");
    assertThatThrownBy(() -> ReadyLine.parse("ready name=n1 id=1"))
        .hasMessageContaining("no cluster=");
    assertThatThrownBy(() -> ReadyLine.parse("ready n1")).hasMessageContaining("name=value");
  }

  private static boolean answers(ServerProcess node) throws IOException {
    String address = node.ready().client();
    int port = Integer.parseInt(address.substring(address.indexOf(':') + 1));
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(300);
      return socket.getInputStream().read() == 1;
    } catch (SocketTimeoutException e) {
      return false;
    }
  }
}
