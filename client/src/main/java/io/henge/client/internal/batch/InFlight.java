package io.henge.client.internal.batch;

import org.jspecify.annotations.Nullable;

/**
 * Requests that wait for an answer, by id: an open hash table, since boxing a key for each request
 * would be the largest garbage of the loop. One thread only.
 */
final class InFlight {
  private static final int SLOTS_MIN = 64;

  private @Nullable Outgoing[] slots = new Outgoing[SLOTS_MIN];
  private int size;

  int size() {
    return size;
  }

  void put(Outgoing outgoing) {
    if (2 * (size + 1) > slots.length) {
      resize(2 * slots.length);
    }
    insert(slots, outgoing);
    size++;
  }

  @Nullable Outgoing remove(long id) {
    int mask = slots.length - 1;
    int slot = slotOf(id, mask);
    Outgoing found = slots[slot];
    while (found != null && found.request().getId() != id) {
      slot = (slot + 1) & mask;
      found = slots[slot];
    }
    if (found != null) {
      size--;
      closeGap(slot);
    }
    return found;
  }

  /** Takes everything out. */
  Outgoing[] drain() {
    Outgoing[] all = new Outgoing[size];
    int n = 0;
    for (Outgoing outgoing : slots) {
      if (outgoing != null) {
        all[n++] = outgoing;
      }
    }
    slots = new Outgoing[SLOTS_MIN];
    size = 0;
    return all;
  }

  /** Moves later entries of the same run forward, so that no look-up stops at a hole. */
  private void closeGap(int hole) {
    int mask = slots.length - 1;
    int gap = hole;
    int slot = (hole + 1) & mask;
    for (Outgoing next = slots[slot]; next != null; next = slots[slot]) {
      int home = slotOf(next.request().getId(), mask);
      if (((slot - home) & mask) >= ((slot - gap) & mask)) {
        slots[gap] = next;
        gap = slot;
      }
      slot = (slot + 1) & mask;
    }
    slots[gap] = null;
  }

  private void resize(int length) {
    @Nullable Outgoing[] larger = new Outgoing[length];
    for (Outgoing outgoing : slots) {
      if (outgoing != null) {
        insert(larger, outgoing);
      }
    }
    slots = larger;
  }

  private static void insert(@Nullable Outgoing[] into, Outgoing outgoing) {
    int mask = into.length - 1;
    int slot = slotOf(outgoing.request().getId(), mask);
    while (into[slot] != null) {
      slot = (slot + 1) & mask;
    }
    into[slot] = outgoing;
  }

  /** Ids are consecutive: they spread well as they are. */
  private static int slotOf(long id, int mask) {
    return (int) id & mask;
  }
}
