package io.henge.replication.statemachine;

import io.henge.api.item.Value;
import io.henge.api.key.PhysicalKey;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.value.JsonObject;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Compares copies of documents on other shards with what this shard's rows say, in one consistent
 * view, and says what the sources have to be asked for. It goes by documents, by rows of HOLDERS
 * and by rows of KNOWN: so it finds what is missing on either side. Of one view; not thread-safe.
 *
 * <p>A copy that is older than its source is no difference as long as something is on its way: an
 * OUTBOX row here, or a FANOUT row there. So {@link #judge} looks at a view that is
 * <em>younger</em> than the source's answer: what the source had sent by then has arrived in it.
 */
public final class CopyVerifier {
  private static final int PAGE_ROWS = 4_000;
  private static final long PAGE_BYTES = 4 << 20;
  private static final int DOUBTS_MAX = 100;
  private static final byte[] NONE = {};

  private final ReadView view;
  private final RingRange segment;
  private final Catalogue catalogue;
  private final DerivedStates states;
  private final int collectionId;

  private CopyVerifier(ReadView view, RingRange segment, int collectionId) {
    this.view = view;
    this.segment = segment;
    this.catalogue = SystemRows.catalogue(view);
    this.states = SystemRows.derived(view);
    this.collectionId = collectionId;
  }

  /**
   * Begins to look at a view.
   *
   * @param segment part of the ring whose holders are looked at, as far as the shard has it
   * @param collectionId only rules whose holder or source it is; 0 = all
   * @return null if the shard has none of it, or no copies
   */
  public static @Nullable CopyVerifier of(ReadView view, RingRange segment, int collectionId) {
    ShardDescription shard = SystemRows.shard(view);
    RingRange common = shard == null ? null : segment.common(RingRange.of(shard));
    if (common == null) {
      return null;
    }
    CopyVerifier verifier = new CopyVerifier(view, common, collectionId);
    return verifier.catalogue.follow().isEmpty() ? null : verifier;
  }

  /** What the shard has of what was asked for. */
  public RingRange segment() {
    return segment;
  }

  /** The rule, if it is looked at; null if not: it is not whole, or not asked for. */
  private @Nullable FollowRule rule(int id) {
    FollowRule rule = catalogue.follow().rule(id);
    return rule != null
            && rule.isLive()
            && states.isReady(id)
            && catalogue.find(rule.sourceId()) != null
            && (collectionId == 0
                || collectionId == rule.holderId()
                || collectionId == rule.sourceId())
        ? rule
        : null;
  }

  // ---- By rows of HOLDERS ----

  /**
   * Looks at rows of HOLDERS.
   *
   * @param after {@link CopyPage#next}; empty = from the first
   */
  public CopyPage holders(byte[] after, int rowsMax) {
    List<CopyDoubt> doubts = new ArrayList<>();
    int copies = 0;
    long bytes = 0;
    int rows = 0;
    byte[] last = after;
    try (RowCursor cursor = view.scan(KeySpace.HOLDERS, behind(after), NONE, false)) {
      while (cursor.next()) {
        if (rows++ == PAGE_ROWS
            || copies >= rowsMax
            || bytes >= PAGE_BYTES
            || doubts.size() >= DOUBTS_MAX) {
          return new CopyPage(0, doubts, List.of(), last);
        }
        last = cursor.key();
        SourceKey source = FollowRows.heldSource(last);
        byte[] holder = FollowRows.holderKey(last);
        FollowRule rule = rule(source.ruleId());
        if (rule == null || !segment.contains(holder)) {
          continue;
        }
        copies++;
        StoredItem item = ItemReader.get(view, holder);
        bytes += item == null ? 0 : item.value().size();
        if (!names(rule, source.key(), item)) {
          doubts.add(new CopyDoubt(Difference.Kind.HOLDER_STRAY, source, holder, 0));
        } else if (rule.follows() && known(source) == null && !isOutgoing(source)) {
          note(doubts, new CopyDoubt(Difference.Kind.SOURCE_WRONG, source, null, 0));
        }
      }
    }
    return new CopyPage(0, doubts, List.of(), null);
  }

  /** Rows of one source come one after the other. */
  private static void note(List<CopyDoubt> doubts, CopyDoubt doubt) {
    if (doubts.isEmpty() || !doubts.get(doubts.size() - 1).isAbout(doubt)) {
      doubts.add(doubt);
    }
  }

  private static boolean names(FollowRule rule, byte[] source, @Nullable StoredItem item) {
    if (item == null || !(item.value() instanceof Value.Document document)) {
      return false;
    }
    for (JsonObject element : rule.elements(DocumentCodec.decode(document.bytes()))) {
      byte[] named = rule.sourceKey(element);
      if (named != null && Arrays.equals(named, source)) {
        return true;
      }
    }
    return false;
  }

  // ---- By documents ----

  /**
   * Looks at documents.
   *
   * @param from physical key to begin at; the smaller ones of the segment are left out
   */
  public CopyPage documents(byte[] from, int documentsMax) {
    List<CopyDoubt> doubts = new ArrayList<>();
    RingRange rest = new RingRange(later(from), segment.end());
    if (rest.isEmpty()) {
      return new CopyPage(0, doubts, List.of(), null);
    }
    long copies = 0;
    long bytes = 0;
    int rows = 0;
    int documents = 0;
    try (RowCursor cursor = view.scan(KeySpace.DATA, rest.start(), rest.end(), false)) {
      while (cursor.next()) {
        if (rows++ == PAGE_ROWS
            || documents >= documentsMax
            || bytes >= PAGE_BYTES
            || doubts.size() >= DOUBTS_MAX) {
          return new CopyPage(copies, doubts, List.of(), cursor.key());
        }
        byte[] key = cursor.key();
        List<FollowRule> rules = catalogue.follow().ofHolder(PhysicalKey.collectionId(key));
        if (!rules.isEmpty() && ItemCodec.value(cursor.value()) instanceof Value.Document found) {
          documents++;
          bytes += found.size();
          JsonObject document = DocumentCodec.decode(found.bytes());
          for (FollowRule rule : rules) {
            copies += rule(rule.id()) == null ? 0 : compare(rule, key, document, doubts);
          }
        }
      }
    }
    return new CopyPage(copies, doubts, List.of(), null);
  }

  private byte[] later(byte[] from) {
    return Arrays.compareUnsigned(from, segment.start()) > 0 ? from : segment.start();
  }

  private int compare(FollowRule rule, byte[] holder, JsonObject document, List<CopyDoubt> doubts) {
    int copies = 0;
    Set<SourceKey> sources = new HashSet<>();
    Set<SourceKey> wrong = new HashSet<>();
    for (JsonObject element : rule.elements(document)) {
      byte[] named = rule.sourceKey(element);
      SourceKey source = new SourceKey(rule.id(), named == null ? NONE : named);
      if (named != null && sources.size() == FollowRule.KEYS_MAX && !sources.contains(source)) {
        // One more than a document may have copies of: there before the rule, and without a copy.
        continue;
      }
      if (named != null) {
        sources.add(source);
        copies++;
      }
      CopyDoubt doubt = compare(rule, source, holder, element);
      if (doubt != null && wrong.add(source)) {
        doubts.add(doubt);
      }
    }
    return copies;
  }

  private @Nullable CopyDoubt compare(
      FollowRule rule, SourceKey source, byte[] holder, JsonObject element) {
    JsonObject copy = rule.copyIn(element);
    if (source.key().length == 0) {
      // A snapshot's rule has never seen what was there before it.
      return rule.follows() && !copy.equals(JsonObject.EMPTY)
          ? new CopyDoubt(Difference.Kind.FIELD_WRONG, source, holder, 0)
          : null;
    }
    byte[] row = view.get(KeySpace.HOLDERS, HolderCopies.row(source, holder));
    if (!rule.follows()) {
      return row == null || rule.checksumIn(element) == FollowRows.Taken.decode(row).checksum()
          ? null
          : new CopyDoubt(Difference.Kind.FIELD_WRONG, source, holder, 0);
    }
    FollowRows.Known known = known(source);
    long seen = known == null ? 0 : known.version();
    if (row == null) {
      return new CopyDoubt(Difference.Kind.HOLDER_MISSING, source, holder, seen);
    }
    long held = FollowRows.number(row);
    if (known == null || HolderCopies.shown(rule, known.fields(), copy).equals(copy)) {
      boolean ahead = known != null && held > seen && !isOutgoing(source);
      return ahead ? new CopyDoubt(Difference.Kind.HOLDER_WRONG, source, holder, seen) : null;
    }
    if (held == seen) {
      return new CopyDoubt(Difference.Kind.FIELD_WRONG, source, holder, seen);
    }
    if (isOutgoing(source)) {
      return null;
    }
    return new CopyDoubt(
        held > seen ? Difference.Kind.HOLDER_WRONG : Difference.Kind.FIELD_STALE,
        source,
        holder,
        seen);
  }

  // ---- By rows of KNOWN ----

  /**
   * Says which sources there are holders of.
   *
   * @param after {@link CopyPage#next}; empty = from the first
   */
  public CopyPage sources(byte[] after, int sourcesMax) {
    List<CopyDoubt> sources = new ArrayList<>();
    int rows = 0;
    byte[] last = after;
    try (RowCursor cursor = view.scan(KeySpace.KNOWN, behind(after), NONE, false)) {
      while (cursor.next()) {
        if (rows++ == PAGE_ROWS || sources.size() >= sourcesMax) {
          return new CopyPage(0, List.of(), sources, last);
        }
        last = cursor.key();
        SourceKey source = FollowRows.source(last);
        FollowRule rule = rule(source.ruleId());
        if (rule != null && rule.follows() && hasHolder(source, null)) {
          long version = FollowRows.Known.decode(cursor.value()).version();
          sources.add(new CopyDoubt(Difference.Kind.SOURCE_WRONG, source, null, version));
        }
      }
    }
    return new CopyPage(0, List.of(), sources, null);
  }

  /**
   * Whether the segment has a holder of a source.
   *
   * @param unwatched only one that the source does not know of
   */
  private boolean hasHolder(SourceKey source, @Nullable SourceAudit unwatched) {
    if (unwatched != null && unwatched.watched().stream().anyMatch(w -> w.contains(segment))) {
      return false;
    }
    byte[] prefix = FollowRows.holdersOf(source.ruleId(), source.key());
    try (RowCursor cursor =
        view.scan(KeySpace.HOLDERS, prefix, PhysicalKey.endOfPrefix(prefix), false)) {
      while (cursor.next()) {
        byte[] holder = FollowRows.holderKey(cursor.key());
        if (segment.contains(holder) && (unwatched == null || !unwatched.watches(holder))) {
          return true;
        }
      }
    }
    return false;
  }

  // ---- With what the source says ----

  /**
   * Whether something is wrong, as far as can be told from this view.
   *
   * @param doubt found in a view that is older than the answer
   * @param answer older than this view
   * @return null if nothing is, or something is on its way
   */
  public @Nullable CopyDoubt judge(CopyDoubt doubt, SourceAudit answer) {
    SourceKey source = doubt.source();
    FollowRule rule = rule(source.ruleId());
    if (rule == null || !rule.follows() || isOutgoing(source)) {
      return null;
    }
    FollowRows.Known known = known(source);
    byte[] holder = doubt.holder();
    if (holder != null) {
      // The list of a page that one document fills goes on to be wrong in the same way.
      boolean explained = answer.waiting() || known == null || known.version() > answer.version();
      return explained ? null : again(rule, source, holder);
    }
    if (!hasHolder(source, null)) {
      return null;
    }
    long seen = known == null ? 0 : known.version();
    if (known == null
        // What it knew before the source was asked cannot be newer than the answer.
        || (doubt.seen() > answer.version() && doubt.seen() == seen)
        || isOther(known, answer)) {
      return new CopyDoubt(Difference.Kind.SOURCE_WRONG, source, null, seen);
    }
    return hasHolder(source, answer)
        ? new CopyDoubt(Difference.Kind.SOURCE_UNWATCHED, source, null, seen)
        : null;
  }

  /** Whether what is known is not what the source says, and should be. */
  private static boolean isOther(FollowRows.Known known, SourceAudit answer) {
    boolean due =
        known.version() == answer.version()
            || (known.version() < answer.version() && !answer.waiting());
    return due && !Arrays.equals(known.fields(), answer.fields());
  }

  private @Nullable CopyDoubt again(FollowRule rule, SourceKey source, byte[] holder) {
    StoredItem item = segment.contains(holder) ? ItemReader.get(view, holder) : null;
    if (item == null || !(item.value() instanceof Value.Document document)) {
      return null;
    }
    for (JsonObject element : rule.elements(DocumentCodec.decode(document.bytes()))) {
      byte[] named = rule.sourceKey(element);
      if (named != null && Arrays.equals(named, source.key())) {
        CopyDoubt doubt = compare(rule, source, holder, element);
        if (doubt != null) {
          return doubt;
        }
      }
    }
    return null;
  }

  // ---- Rows ----

  private FollowRows.@Nullable Known known(SourceKey source) {
    byte[] row = view.get(KeySpace.KNOWN, FollowRows.sourceRow(source.ruleId(), source.key()));
    return row == null ? null : FollowRows.Known.decode(row);
  }

  private boolean isOutgoing(SourceKey source) {
    return CopyAudit.isOutgoing(view, source);
  }

  private static byte[] behind(byte[] after) {
    return after.length == 0 ? after : Arrays.copyOf(after, after.length + 1);
  }
}
