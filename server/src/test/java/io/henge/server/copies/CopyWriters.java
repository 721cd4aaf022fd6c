package io.henge.server.copies;

import static io.henge.server.copies.ProductsAndOrders.order;
import static io.henge.server.copies.ProductsAndOrders.product;
import static io.henge.server.copies.ProductsAndOrders.put;
import static io.henge.server.copies.ProductsAndOrders.remove;
import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.ErrorCode;
import io.henge.api.item.RequestId;
import io.henge.replication.statemachine.CopySource;
import io.henge.replication.statemachine.CopyWork;
import io.henge.replication.statemachine.Mutation;
import io.henge.replication.statemachine.SourceKey;
import io.henge.replication.statemachine.StoredItem;
import io.henge.replication.statemachine.WriteCommand;
import io.henge.replication.statemachine.WriteOutcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Change a few products and orders again and again. */
final class CopyWriters {
  /** So many of them there may be. */
  static final int ORDERS = 12;

  private static final int PRODUCTS = 6;

  private final SimulatedRing ring;
  private final VirtualClock clock;
  private final CopyInvariants invariants;
  private final Random random;
  private long nextRequest;

  CopyWriters(SimulatedRing ring, VirtualClock clock, CopyInvariants invariants, Random random) {
    this.ring = ring;
    this.clock = clock;
    this.invariants = invariants;
    this.random = random;
  }

  /** One of them does something. */
  void write() {
    String product = "p" + random.nextInt(PRODUCTS);
    switch (random.nextInt(6)) {
      case 0 -> apply(remove(product(product)));
      case 1, 2 -> {
        String until =
            random.nextInt(4) == 0 ? ",\"until\":" + (clock.millis() + random.nextInt(500)) : "";
        apply(
            put(
                product(product),
                "{\"p\":\"" + product + "\",\"name\":\"n" + nextRequest + "\"" + until + "}"));
      }
      case 3 -> apply(remove(order(random.nextInt(ORDERS))));
      default -> {
        int number = random.nextInt(ORDERS);
        StringBuilder items = new StringBuilder();
        int count = random.nextInt(3);
        for (int i = 0; i <= count; i++) {
          items
              .append(i == 0 ? "" : ",")
              .append("{\"p\":\"p")
              .append(random.nextInt(PRODUCTS))
              .append("\"}");
        }
        apply(
            put(
                order(number),
                "{\"u\":\"u" + number + "\",\"o\":\"o\",\"items\":[" + items + "]}"));
      }
    }
  }

  private void apply(Mutation mutation) {
    WriteCommand command =
        new WriteCommand(
            new RequestId(1, 2, nextRequest++), clock.millis() + 60_000, 0, List.of(mutation));
    attempt(command, new ArrayList<>());
  }

  /** As a node does: proposed, and proposed again with what was lacking, read in between. */
  private void attempt(WriteCommand command, List<CopySource> sources) {
    byte[] key = command.mutations().get(0).key();
    clock.after(
        random.nextInt(10),
        () -> {
          WriteOutcome outcome =
              ring.shardFor(key).write(command.withSources(sources), clock.millis());
          invariants.note(key);
          invariants.check();
          if (outcome.missing().isEmpty()) {
            if (outcome.error() == ErrorCode.BUSY) {
              clock.after(50, () -> attempt(command, sources));
            } else {
              assertThat(outcome.error()).isNull();
            }
            return;
          }
          List<CopySource> more = new ArrayList<>(sources);
          outcome.missing().forEach(missing -> more.add(find(missing)));
          clock.after(random.nextInt(200), () -> attempt(command, more));
        });
  }

  private CopySource find(SourceKey source) {
    if (random.nextInt(5) == 0) {
      return CopySource.unknown(source.ruleId(), source.key());
    }
    SimulatedShard shard = ring.shardFor(source.key());
    long version = shard.state().version();
    StoredItem item = ring.item(source.key());
    return new CopySource(
        source.ruleId(),
        source.key(),
        item == null ? version : item.version(),
        CopyWork.fields(shard.state(), source.ruleId(), item));
  }
}
