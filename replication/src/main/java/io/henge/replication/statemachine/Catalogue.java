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
   * @param derived what follows from its documents, as far as the catalogue it is in knows; null if
   *     nothing does
   */
  record Collection(
      CollectionInfo info,
      boolean expiring,
      @Nullable DocumentLayout layout,
      @Nullable Derived derived) {
    Collection(CollectionInfo info, boolean expiring) {
      this(info, expiring, layout(info.documents()), null);
    }

    private static @Nullable DocumentLayout layout(CollectionInfo.@Nullable Documents documents) {
      return documents == null
          ? null
          : DocumentLayout.of(documents.shardPaths(), documents.idPaths(), documents.ttlPath());
    }

    /** The same, known to expire. */
    Collection thatExpires() {
      return new Collection(info, true, layout, derived);
    }

    private Collection with(@Nullable Derived changed) {
      return new Collection(info, expiring, layout, changed);
    }
  }

  private final int[] ids;
  private final Collection[] collections;
  private final boolean derived;

  /** Made when first needed; whoever makes it makes the same. */
  private volatile @Nullable FollowPlan follow;

  private volatile @Nullable FamilyPlan families;

  private Catalogue(int[] ids, Collection[] collections) {
    this.ids = ids;
    this.collections = collections;
    this.derived = Arrays.stream(collections).anyMatch(one -> one.derived() != null);
  }

  /** Whether anything is derived from any collection. */
  boolean isDerived() {
    return derived;
  }

  /** Version of the map in which one of these collections was last changed. */
  long version() {
    long newest = 0;
    for (Collection collection : collections) {
      newest = Math.max(newest, collection.info().changedIn());
    }
    return newest;
  }

  /** The SNAPSHOT and FOLLOW rules. */
  FollowPlan follow() {
    FollowPlan made = follow;
    if (made == null) {
      // Those that were dropped, too: what they have left is to be taken away.
      made = FollowPlan.of(this);
      follow = made;
    }
    return made;
  }

  /** The LIST, COUNT and SUM rules. */
  FamilyPlan families() {
    FamilyPlan made = families;
    if (made == null) {
      // Rules that were dropped are still to be taken out of their holders.
      made = FamilyPlan.of(this);
      families = made;
    }
    return made;
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
      return linked(ids, changed, collection.info().equals(collections[at].info()));
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
    return linked(moreIds, more, false);
  }

  /** A description changes what follows from other collections' documents, too. */
  private static Catalogue linked(int[] ids, Collection[] collections, boolean unchanged) {
    if (!unchanged) {
      List<Collection> all = List.of(collections);
      for (int i = 0; i < collections.length; i++) {
        collections[i] = collections[i].with(Derived.of(collections[i].info(), all));
      }
    }
    return new Catalogue(ids, collections);
  }

  /** An index of a collection; null if it has none of this id. */
  @Nullable Indexed index(int collectionId, int id) {
    Collection collection = find(collectionId);
    Derived its = collection == null ? null : collection.derived();
    if (its != null) {
      for (Indexed index : its.indexes()) {
        if (index.id() == id) {
          return index;
        }
      }
    }
    return null;
  }

  List<CollectionInfo> infos() {
    List<CollectionInfo> infos = new ArrayList<>(ids.length);
    for (Collection collection : collections) {
      infos.add(collection.info());
    }
    return infos;
  }
}
