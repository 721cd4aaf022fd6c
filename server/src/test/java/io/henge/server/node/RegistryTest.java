package io.henge.server.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.server.node.Registry.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RegistryTest {
  @TempDir private Path directory;

  private Path file() {
    return directory.resolve("registry");
  }

  @Test
  void shouldRememberWhatBecameOfReplicas() throws IOException {
    Registry registry = Registry.open(directory);
    assertThat(registry.of(5)).isNull();
    assertThat(registry.removing()).isEmpty();
    registry.set(7, State.REMOVING);
    registry.set(5, State.REMOVING);
    registry.set(5, State.GONE);
    assertThat(Files.readString(file())).isEqualTo("henge-registry 1\ngone 5\nremoving 7\n");

    Registry again = Registry.open(directory);
    assertThat(again.of(5)).isEqualTo(State.GONE);
    assertThat(again.of(7)).isEqualTo(State.REMOVING);
    assertThat(again.removing()).containsExactly(7L);
    again.set(7, null);
    assertThat(Registry.open(directory).of(7)).isNull();
  }

  /** However often its replica comes and goes. */
  @Test
  void shouldKeepOneLineForAShard() throws IOException {
    Registry registry = Registry.open(directory);
    for (int i = 0; i < 20; i++) {
      registry.set(1_000_000, State.REMOVING);
      registry.set(1_000_000, State.GONE);
    }
    assertThat(Files.readAllLines(file())).containsExactly("henge-registry 1", "gone 1000000");
  }

  @Test
  void shouldTakeManyTombstones() throws IOException {
    String lines =
        LongStream.rangeClosed(1, 365_000)
            .mapToObj(id -> "gone " + id)
            .collect(Collectors.joining("\n"));
    Files.writeString(file(), "henge-registry 1\n" + lines + "\n");
    assertThat(Files.size(file())).isLessThan(4_500_000);
    Registry registry = Registry.open(directory);
    registry.set(365_001, State.GONE);
    Registry again = Registry.open(directory);
    assertThat(again.of(1)).isEqualTo(State.GONE);
    assertThat(again.of(365_001)).isEqualTo(State.GONE);
    assertThat(again.removing()).isEmpty();
  }

  @Test
  void shouldRefuseWhatItCannotRead() throws IOException {
    for (String text :
        new String[] {
          "",
          "henge-registry 2\n",
          "henge-registry 1\ngone\n",
          "henge-registry 1\ngone -5\n",
          "henge-registry 1\nback 5\n",
          "henge-registry 1\ngone 5 6\n",
          "henge-registry 1\ngone 1234567890123456789\n"
        }) {
      Files.writeString(file(), text);
      assertThatThrownBy(() -> Registry.open(directory))
          .as(text)
          .isInstanceOfSatisfying(
              HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPTION))
          .hasMessageContaining("registry");
      assertThat(file()).hasContent(text);
    }
  }
}
