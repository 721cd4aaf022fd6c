package io.henge.engine.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.HengeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MemoryBudgetTest {
  @ParameterizedTest
  @CsvSource({
    // total, write buffers, block cache, memtable (MiB)
    "8, 4, 4, 2",
    "128, 64, 64, 32",
    "256, 128, 128, 64",
    "1024, 512, 512, 64",
    "8192, 1024, 7168, 64",
  })
  void shouldSplitOneSum(long total, long writeBuffers, long blockCache, long memtable) {
    MemoryBudget budget = new MemoryBudget(total << 20);
    assertThat(budget.writeBufferBytes()).isEqualTo(writeBuffers << 20);
    assertThat(budget.blockCacheBytes()).isEqualTo(blockCache << 20);
    assertThat(budget.memtableBytes()).isEqualTo(memtable << 20);
  }

  @Test
  void shouldNameTheLimitAndWhatWasFound() {
    assertThatThrownBy(() -> new MemoryBudget(1))
        .isInstanceOf(HengeException.class)
        .hasMessageContaining("8388608")
        .hasMessageContaining("found 1");
    assertThatThrownBy(() -> new RocksSettings(new MemoryBudget(8 << 20), 0, 1 << 20, 16))
        .hasMessageContaining("background threads");
    assertThatThrownBy(() -> new RocksSettings(new MemoryBudget(8 << 20), 1, 1, 16))
        .hasMessageContaining("bytes per second");
    assertThatThrownBy(() -> new RocksSettings(new MemoryBudget(8 << 20), 1, 1 << 20, 1))
        .hasMessageContaining("open files");
  }
}
