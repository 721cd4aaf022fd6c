package io.henge.replication.statemachine;

import io.henge.api.changes.ChangePart;
import java.util.List;

/**
 * Some of what was asked for, as one state of the shard has it.
 *
 * @param changes in the order of their versions; empty in a page of a scan
 * @param present documents, in the order of their keys; only in a page of a scan
 * @param parts where to go on; they cover what was asked for as far as the shard's range goes
 * @param atEnd whether there is nothing more at present
 * @param whole whether all that was asked for is in the shard's range
 * @param epoch of the shard's range
 * @param version of the shard
 */
public record ChangePage(
    List<ChangeRow> changes,
    List<StoredItem> present,
    List<ChangePart> parts,
    boolean atEnd,
    boolean whole,
    long epoch,
    long version,
    long timeMillis) {

  /** Whether nobody learns anything but positions from it. */
  public boolean isEmpty() {
    return changes.isEmpty() && present.isEmpty();
  }
}
