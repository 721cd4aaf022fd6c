package io.henge.replication.statemachine;

import io.henge.api.item.Value;
import io.henge.engine.KeySpace;
import io.henge.engine.WriteRows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The items that an entry has touched, as they are after the commands so far: laid over the store,
 * so that later commands of the entry see earlier ones, and written as one row for each item
 * however often it was changed. Of the applying thread.
 */
final class Overlay {
  /** Cells kept for the next entry; more are left to the collector. */
  private static final int POOLED_MAX = 4096;

  private static final byte[] NO_KEY = new byte[0];

  /** So much of what was read is kept; a single entry could name items of gigabytes. */
  private static final long LOADED_BYTES_MAX = 16 << 20;

  private final EntryReads reads;
  private final List<Cell> pool = new ArrayList<>();
  private Cell[] cells = new Cell[64];
  private int[] table = new int[128];
  private int size;

  /** Bytes of rows that the cells hold because they were read. */
  private long loadedBytes;

  /** Cells that the current command has changed. */
  private final List<Cell> touched = new ArrayList<>();

  /** Smallest expiry written by {@link #write}. */
  private long expiryMin = Long.MAX_VALUE;

  Overlay(EntryReads reads) {
    this.reads = reads;
  }

  /** One item. Its fields mean something only after {@link #load}, or once it was set. */
  static final class Cell {
    private byte[] key = NO_KEY;
    private int hash;

    /** Whether the state below is known. */
    private boolean known;

    private boolean present;
    private byte @Nullable [] row;
    private @Nullable Value value;
    private long version;
    private long expiresAtMillis;
    private boolean dirty;

    /** Of the row in the store: whether there is certainly none, and its expiry. */
    private boolean storedAbsent;

    private long storedExpiresAtMillis;

    private boolean saved;
    private boolean savedKnown;
    private boolean savedPresent;
    private byte @Nullable [] savedRow;
    private @Nullable Value savedValue;
    private long savedVersion;
    private long savedExpiresAtMillis;
    private boolean savedDirty;

    byte[] key() {
      return key;
    }

    boolean present() {
      return present;
    }

    /** Of one that the command has changed: whether there was an item before the command. */
    boolean existed() {
      requireBefore();
      return savedPresent;
    }

    /** Of one that the command has changed: the value before the command. */
    Value valueBefore() {
      requireBefore();
      Value decoded = savedValue;
      if (decoded == null) {
        if (savedRow == null) {
          throw new IllegalStateException("there was no item");
        }
        decoded = ItemCodec.value(savedRow);
        savedValue = decoded;
      }
      return decoded;
    }

    /** Of one that the command has changed: its version before the command; 0 = there was none. */
    long versionBefore() {
      requireBefore();
      return savedVersion;
    }

    /** The same of its expiry; 0 = it had none. */
    long expiresAtMillisBefore() {
      requireBefore();
      return savedExpiresAtMillis;
    }

    private void requireBefore() {
      if (!saved || !savedKnown) {
        throw new IllegalStateException("the command has not changed the item, or not loaded it");
      }
    }

    long version() {
      return version;
    }

    long expiresAtMillis() {
      return expiresAtMillis;
    }

    Value value() {
      Value decoded = value;
      if (decoded == null) {
        if (row == null) {
          throw new IllegalStateException("there is no item");
        }
        decoded = ItemCodec.value(row);
        value = decoded;
      }
      return decoded;
    }

    StoredItem item() {
      return new StoredItem(key, value(), version, expiresAtMillis);
    }

    private void reset(byte[] newKey, int newHash) {
      key = newKey;
      hash = newHash;
      known = false;
      present = false;
      row = null;
      value = null;
      version = 0;
      expiresAtMillis = 0;
      dirty = false;
      storedAbsent = false;
      storedExpiresAtMillis = 0;
      saved = false;
      savedRow = null;
      savedValue = null;
    }

    private void save() {
      saved = true;
      savedKnown = known;
      savedPresent = present;
      savedRow = row;
      savedValue = value;
      savedVersion = version;
      savedExpiresAtMillis = expiresAtMillis;
      savedDirty = dirty;
    }

    private void restore() {
      known = savedKnown;
      present = savedPresent;
      row = savedRow;
      value = savedValue;
      version = savedVersion;
      expiresAtMillis = savedExpiresAtMillis;
      dirty = savedDirty;
    }

    private void forgetSaved() {
      saved = false;
      savedRow = null;
      savedValue = null;
    }
  }

  /** Forgets everything, for the next entry. */
  void clear() {
    Arrays.fill(table, 0);
    for (int i = 0; i < size; i++) {
      Cell cell = cells[i];
      cell.reset(NO_KEY, 0);
      if (pool.size() < POOLED_MAX) {
        pool.add(cell);
      }
    }
    if (cells.length > 2 * POOLED_MAX) {
      cells = new Cell[64];
      table = new int[128];
    }
    size = 0;
    loadedBytes = 0;
    touched.clear();
    expiryMin = Long.MAX_VALUE;
  }

  /** Whether no item has been touched. */
  boolean isEmpty() {
    return size == 0;
  }

  /** The cell of a key. */
  Cell cell(byte[] key) {
    int hash = mix(Arrays.hashCode(key));
    int mask = table.length - 1;
    int slot = hash & mask;
    while (table[slot] != 0) {
      Cell cell = cells[table[slot] - 1];
      if (cell.hash == hash && Arrays.equals(cell.key, key)) {
        return cell;
      }
      slot = (slot + 1) & mask;
    }
    Cell cell = pool.isEmpty() ? new Cell() : pool.remove(pool.size() - 1);
    cell.reset(key, hash);
    if (size == cells.length) {
      grow();
    }
    cells[size++] = cell;
    place(cell, size);
    return cell;
  }

  /** The cell of a key, if the entry has one already. */
  @Nullable Cell find(byte[] key) {
    int hash = mix(Arrays.hashCode(key));
    int mask = table.length - 1;
    for (int slot = hash & mask; table[slot] != 0; slot = (slot + 1) & mask) {
      Cell cell = cells[table[slot] - 1];
      if (cell.hash == hash && Arrays.equals(cell.key, key)) {
        return cell;
      }
    }
    return null;
  }

  private void grow() {
    cells = Arrays.copyOf(cells, 2 * cells.length);
    table = new int[2 * table.length];
    for (int i = 0; i < size; i++) {
      place(cells[i], i + 1);
    }
  }

  private void place(Cell cell, int number) {
    int mask = table.length - 1;
    int slot = cell.hash & mask;
    while (table[slot] != 0) {
      slot = (slot + 1) & mask;
    }
    table[slot] = number;
  }

  private static int mix(int hash) {
    int mixed = hash * 0x9E3779B9;
    return mixed ^ (mixed >>> 15);
  }

  /** Makes the state of a cell known. */
  void load(Cell cell) {
    if (cell.known) {
      return;
    }
    if (loadedBytes > LOADED_BYTES_MAX) {
      dropUnchanged();
    }
    byte[] row = reads.get(KeySpace.DATA, cell.key);
    cell.known = true;
    cell.present = row != null;
    cell.row = row;
    cell.storedAbsent = row == null;
    if (row != null) {
      loadedBytes += row.length;
      cell.version = ItemCodec.version(row);
      cell.expiresAtMillis = ItemCodec.expiresAtMillis(row);
      cell.storedExpiresAtMillis = cell.expiresAtMillis;
    }
  }

  /** Small commands may read large items: those that stay as they are can be read again. */
  private void dropUnchanged() {
    for (int i = 0; i < size; i++) {
      Cell cell = cells[i];
      if (cell.known && !cell.dirty && !cell.saved) {
        cell.reset(cell.key, cell.hash);
      }
    }
    loadedBytes = 0;
  }

  /**
   * Sets an item. Its cell must have been loaded, unless nothing of its collection has ever had an
   * expiry.
   */
  void set(Cell cell, Value value, long version, long expiresAtMillis) {
    touch(cell);
    cell.present = true;
    cell.row = null;
    cell.value = value;
    cell.version = version;
    cell.expiresAtMillis = expiresAtMillis;
  }

  void remove(Cell cell) {
    touch(cell);
    cell.present = false;
    cell.row = null;
    cell.value = null;
    cell.version = 0;
    cell.expiresAtMillis = 0;
  }

  /** Deletes an item that the expiry index says is there and expires then. */
  void expire(byte[] key, long expiresAtMillis) {
    Cell cell = cell(key);
    cell.known = true;
    cell.dirty = true;
    cell.storedExpiresAtMillis = expiresAtMillis;
  }

  private void touch(Cell cell) {
    if (!cell.saved) {
      cell.save();
      touched.add(cell);
    }
    cell.known = true;
    cell.dirty = true;
  }

  /** How many items the current command has changed. */
  int touchedCount() {
    return touched.size();
  }

  /** An item that the current command has changed; in the order in which they first were. */
  Cell touched(int index) {
    return touched.get(index);
  }

  /** Keeps what the command has changed. */
  void commit() {
    for (int i = 0; i < touched.size(); i++) {
      touched.get(i).forgetSaved();
    }
    touched.clear();
  }

  /** Takes back what the command has changed. */
  void rollBack() {
    for (int i = 0; i < touched.size(); i++) {
      touched.get(i).restore();
      touched.get(i).forgetSaved();
    }
    touched.clear();
  }

  /** Puts the rows of all changed items, and of the expiry index, into a batch. */
  void write(WriteRows rows) {
    for (int i = 0; i < size; i++) {
      Cell cell = cells[i];
      if (!cell.dirty) {
        continue;
      }
      if (cell.present) {
        rows.put(
            KeySpace.DATA,
            cell.key,
            ItemCodec.encode(cell.value(), cell.version, cell.expiresAtMillis));
      } else if (!cell.storedAbsent) {
        rows.delete(KeySpace.DATA, cell.key);
      }
      writeExpiry(rows, cell);
    }
  }

  private void writeExpiry(WriteRows rows, Cell cell) {
    if (cell.expiresAtMillis == cell.storedExpiresAtMillis) {
      return;
    }
    if (cell.storedExpiresAtMillis != 0) {
      rows.delete(KeySpace.EXPIRY, ExpiryIndex.key(cell.storedExpiresAtMillis, cell.key));
    }
    if (cell.expiresAtMillis != 0) {
      rows.put(KeySpace.EXPIRY, ExpiryIndex.key(cell.expiresAtMillis, cell.key), ExpiryIndex.ROW);
      expiryMin = Math.min(expiryMin, cell.expiresAtMillis);
    }
  }

  /** Smallest expiry that {@link #write} has put into the index; Long.MAX_VALUE if none. */
  long expiryMin() {
    return expiryMin;
  }
}
