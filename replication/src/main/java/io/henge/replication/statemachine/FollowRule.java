package io.henge.replication.statemachine;

import io.henge.api.error.HengeException;
import io.henge.api.key.PhysicalKey;
import io.henge.document.DocumentLimits;
import io.henge.document.Steps;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.layout.DocumentLayout;
import io.henge.document.patch.Patch;
import io.henge.document.patch.PatchOperation;
import io.henge.document.path.Path;
import io.henge.document.path.PathReader;
import io.henge.document.path.PathStep;
import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonNull;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A SNAPSHOT or FOLLOW rule, ready for use: where a holder's elements are, which source each names,
 * and what of a source is copied. Pure; everything it says is part of the format of stored data.
 *
 * <p>The elements of a holder are the objects that the target leads to, one for each step of its
 * {@code []}; the holder itself, if the target is empty. An element names its source, and gets the
 * copies as members of its own.
 */
final class FollowRule {
  /** Largest copy of a source's fields, about: each field may have its part of it. */
  static final int FIELDS_BYTES_MAX = 2 << 10;

  /** Deepest field that is copied: so no holder gets deeper than its own limit by much. */
  static final int FIELD_DEPTH_MAX = 16;

  /** Most different sources in one holder, for one rule. */
  static final int KEYS_MAX = 256;

  /** Stands for a field that is too large. */
  private static final JsonObject TOO_LARGE = JsonObject.builder().put("_too_large", true).build();

  /** What is derived is never refused: the limits are those of what can be stored at all. */
  private static final DocumentLimits FIELDS_LIMITS =
      new DocumentLimits(4 << 20, 8 << 20, DocumentLimits.DEPTH_CEILING, 100_000, 2_000_000);

  private final CopyRule rule;
  private final int holderId;
  private final List<PathStep> target;
  private final @Nullable DocumentLayout named;
  private final List<Path> fields;

  /** From an element to the values that name its source. */
  private final List<List<PathStep>> on;

  /** From the holder to the values that name its sources. */
  private final List<List<PathStep>> naming;

  /** Names of the members that are copies. */
  private final List<String> names;

  private FollowRule(CopyRule rule, int holderId, @Nullable DocumentLayout named) {
    this.rule = rule;
    this.holderId = holderId;
    this.named = named;
    this.target = rule.target().isEmpty() ? List.of() : Path.parse(rule.target()).steps();
    this.fields = rule.fields().stream().map(field -> Path.parse(field.path())).toList();
    this.names = rule.fields().stream().map(field -> name(field.as())).toList();
    this.on = rule.on().stream().map(on -> Path.parse(on).steps()).toList();
    this.naming = rule.on().stream().map(on -> joined(target, Path.parse(on).steps())).toList();
  }

  private static List<PathStep> joined(List<PathStep> first, List<PathStep> then) {
    List<PathStep> steps = new ArrayList<>(first);
    steps.addAll(then);
    return steps;
  }

  private static String name(String as) {
    Path path = Path.parse(as);
    if (path.size() == 1 && path.steps().get(0) instanceof PathStep.Member member) {
      return member.name();
    }
    throw HengeException.invalid("as: the name of one member expected, found " + as);
  }

  /**
   * @param source null if the shard does not know the source's collection
   * @return null if the rule makes no sense: it copies nothing then. Meta lets none such through
   */
  static @Nullable FollowRule of(CopyRule rule, int holderId, @Nullable DocumentLayout source) {
    try {
      return new FollowRule(rule, holderId, named(rule, source));
    } catch (HengeException e) {
      return null;
    }
  }

  /** Where an element has the source's key: the source's own layout, with the rule's paths. */
  private static @Nullable DocumentLayout named(CopyRule rule, @Nullable DocumentLayout source) {
    if (source == null) {
      return null;
    }
    int shard = source.shardPaths().size();
    List<String> on = rule.on();
    if (on.size() != shard + source.sortPaths().size()) {
      return null;
    }
    List<String> sharding = on.subList(0, shard);
    List<String> sort = on.subList(shard, on.size());
    return DocumentLayout.of(sharding, sort.isEmpty() ? sharding : sort, "");
  }

  int id() {
    return rule.id();
  }

  CopyRule rule() {
    return rule;
  }

  int holderId() {
    return holderId;
  }

  int sourceId() {
    return rule.sourceId();
  }

  boolean follows() {
    return rule.kind() == CopyRule.Kind.FOLLOW;
  }

  boolean nullsDeleted() {
    return rule.whenDeleted() == CopyRule.WhenDeleted.NULL;
  }

  boolean isLive() {
    return rule.state() == CopyRule.State.LIVE;
  }

  // ---- Source ----

  /** What is copied of a source, as it is sent and kept. */
  byte[] fieldsOf(JsonObject source) {
    return fieldsOf(PathReader.of(source));
  }

  /** The same; no more of the source is decoded than is copied. */
  byte[] fieldsOf(PathReader reader) {
    // In apply nothing may be refused any more: documents are bounded, and so are rules.
    Steps steps = new Steps(Long.MAX_VALUE);
    int eachMax = FIELDS_BYTES_MAX / Math.max(1, fields.size());
    JsonObject.Builder copied = JsonObject.builder();
    for (int i = 0; i < fields.size(); i++) {
      JsonValue value = reader.get(fields.get(i), steps);
      if (value != null) {
        copied.put(names.get(i), fits(value, eachMax) ? value : TOO_LARGE);
      }
    }
    return DocumentCodec.encode(copied.build(), FIELDS_LIMITS);
  }

  private static boolean fits(JsonValue value, int bytesMax) {
    return value.depth() <= FIELD_DEPTH_MAX
        && DocumentCodec.size(JsonObject.builder().put("v", value).build()) <= bytesMax;
  }

  // ---- Holder ----

  /** The elements of a holder, in order. */
  List<JsonObject> elements(JsonObject holder) {
    List<JsonObject> elements = new ArrayList<>();
    edit(
        holder,
        element -> {
          elements.add(element);
          return element;
        });
    return elements;
  }

  /** A holder with each of its elements changed; the same one if none was. */
  JsonObject edit(JsonObject holder, UnaryOperator<JsonObject> change) {
    return (JsonObject) edit(holder, 0, change);
  }

  @SuppressWarnings("ReferenceEquality") // what is not changed stays the same object
  private JsonValue edit(JsonValue value, int index, UnaryOperator<JsonObject> change) {
    if (index == target.size()) {
      return value instanceof JsonObject element ? change.apply(element) : value;
    }
    PathStep step = target.get(index);
    if (step instanceof PathStep.Member member) {
      JsonValue part = value instanceof JsonObject object ? object.get(member.name()) : null;
      return part == null
          ? value
          : ((JsonObject) value).with(member.name(), edit(part, index + 1, change));
    }
    if (!(value instanceof JsonArray array)) {
      return value;
    }
    boolean changed = false;
    List<JsonValue> elements = new ArrayList<>(array.size());
    for (int i = 0; i < array.size(); i++) {
      JsonValue element = array.get(i);
      boolean meant = !(step instanceof PathStep.Index only) || only.index() == i;
      JsonValue edited = meant ? edit(element, index + 1, change) : element;
      changed |= edited != element;
      elements.add(edited);
    }
    return changed ? JsonArray.of(elements) : array;
  }

  private static @Nullable JsonValue at(JsonObject element, List<PathStep> steps) {
    JsonValue value = element;
    for (PathStep step : steps) {
      value =
          value instanceof JsonObject object ? object.get(((PathStep.Member) step).name()) : null;
    }
    return value;
  }

  /** The values that name an element's source: equal ones name the same; null if one is missing. */
  @Nullable List<JsonValue> naming(JsonObject element) {
    List<JsonValue> values = new ArrayList<>(on.size());
    for (List<PathStep> steps : on) {
      JsonValue value = at(element, steps);
      if (value == null) {
        return null;
      }
      values.add(value);
    }
    return values;
  }

  /** Physical key of the source that an element names; null if it names none. */
  byte @Nullable [] sourceKey(JsonObject element) {
    DocumentLayout layout = named;
    if (layout == null) {
      return null;
    }
    for (Path path : layout.shardPaths()) {
      JsonValue value = at(element, path.steps());
      if (value == null || value instanceof JsonNull) {
        return null;
      }
    }
    try {
      byte[] key = PhysicalKey.of(layout.shardingKey(element), sourceId(), layout.sortKey(element));
      return key.length <= ApplyLimits.KEY_BYTES_MAX ? key : null;
    } catch (HengeException e) {
      if (e.code() != io.henge.api.error.ErrorCode.INVALID_ARGUMENT) {
        throw e;
      }
      return null;
    }
  }

  /** Physical keys of the sources that a holder names, in order; some maybe more than once. */
  List<byte[]> sourcesOf(JsonObject holder) {
    List<byte[]> sources = new ArrayList<>();
    for (JsonObject element : elements(holder)) {
      byte[] source = sourceKey(element);
      if (source != null) {
        sources.add(source);
      }
    }
    return sources;
  }

  /** Whether a patch may make elements of a holder name other sources than before. */
  boolean mayRename(Patch patch) {
    for (PatchOperation operation : patch.operations()) {
      for (List<PathStep> way : naming) {
        if (touches(operation, way)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean touches(PatchOperation operation, List<PathStep> way) {
    if (operation instanceof PatchOperation.Replace) {
      return true;
    }
    if (operation instanceof PatchOperation.Merge merge) {
      return way.get(0) instanceof PathStep.Member member
          && merge.patch().get(member.name()) != null;
    }
    // One leads to, or through, the end of the other one.
    List<PathStep> place = operation.path().steps();
    for (int i = 0; i < Math.min(place.size(), way.size()); i++) {
      if (place.get(i) instanceof PathStep.Member && !place.get(i).equals(way.get(i))) {
        return false;
      }
    }
    return true;
  }

  /** The copy that an element has. */
  JsonObject copyIn(JsonObject element) {
    JsonObject.Builder copy = JsonObject.builder();
    for (String name : names) {
      JsonValue value = element.get(name);
      if (value != null) {
        copy.put(name, value);
      }
    }
    return copy.build();
  }

  /** An element with a copy in place of whatever was there; the same one if it has it. */
  JsonObject withCopy(JsonObject element, JsonObject copy) {
    JsonObject changed = element;
    for (String name : names) {
      JsonValue value = copy.get(name);
      if (value == null) {
        changed = changed.without(name);
      } else if (!value.equals(changed.get(name))) {
        changed = changed.with(name, value);
      }
    }
    return changed;
  }

  /** Tells the copy that an element has from others. */
  long checksumIn(JsonObject element) {
    CRC32C crc = new CRC32C();
    crc.update(DocumentCodec.encode(copyIn(element), FIELDS_LIMITS));
    return crc.getValue();
  }

  /** The same of a copy that no element has yet. */
  long checksum(JsonObject copy) {
    return checksumIn(withCopy(JsonObject.EMPTY, copy));
  }

  /** Each field null. */
  JsonObject nulls() {
    JsonObject.Builder copy = JsonObject.builder();
    for (String name : names) {
      copy.put(name, JsonNull.NULL);
    }
    return copy.build();
  }

  @Override
  public String toString() {
    return "rule " + id();
  }
}
