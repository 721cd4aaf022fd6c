package io.henge.replication.statemachine;

import io.henge.document.layout.DocumentLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The collections that a shard knows. Immutable. */
final class Catalogue {
  static final Catalogue EMPTY = new Catalogue(new int[0], new Collection[0]);

  /**
   * A collection as apply needs it.
   *
   * @param expiring whether any of its items in this shard has ever had an expiry. As long as none
   *     has, a put need not look for the expiry of the item it replaces
   * @param layout where its documents have their keys; null if it holds items
   */
  record Collection(CollectionInfo info, boolean expiring, @Nullable DocumentLayout layout) {
    Collection(CollectionInfo info, boolean expiring) {
      this(info, expiring, layout(info.documents()));
    }

    private static @Nullable DocumentLayout layout(CollectionInfo.@Nullable Documents documents) {
      return documents == null
          ? null
          : DocumentLayout.of(documents.shardPaths(), documents.idPaths(), documents.ttlPath());
    }

    /** The same, known to expire. */
    Collection thatExpires() {
      return new Collection(info, true, layout);
    }
  }

  private final int[] ids;
  private final Collection[] collections;

  private Catalogue(int[] ids, Collection[] collections) {
    this.ids = ids;
    this.collections = collections;
  }

  /** Version of the map in which one of these collections was last changed. */
  long version() {
    long newest = 0;
    for (Collection collection : collections) {
      newest = Math.max(newest, collection.info().changedIn());
    }
    return newest;
  }

  @Nullable Collection find(int id) {
    int at = Arrays.binarySearch(ids, id);
    return at < 0 ? null : collections[at];
  }

  Catalogue with(Collection collection) {
    int id = collection.info().id();
    int at = Arrays.binarySearch(ids, id);
    if (at >= 0) {
      Collection[] changed = collections.clone();
      changed[at] = collection;
      return new Catalogue(ids, changed);
    }
    int place = -at - 1;
    int[] moreIds = new int[ids.length + 1];
    Collection[] more = new Collection[ids.length + 1];
    System.arraycopy(ids, 0, moreIds, 0, place);
    System.arraycopy(collections, 0, more, 0, place);
    moreIds[place] = id;
    more[place] = collection;
    System.arraycopy(ids, place, moreIds, place + 1, ids.length - place);
    System.arraycopy(collections, place, more, place + 1, ids.length - place);
    return new Catalogue(moreIds, more);
  }

  List<CollectionInfo> infos() {
    List<CollectionInfo> infos = new ArrayList<>(ids.length);
    for (Collection collection : collections) {
      infos.add(collection.info());
    }
    return infos;
  }
}
