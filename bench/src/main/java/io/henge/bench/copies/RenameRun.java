package io.henge.bench.copies;

import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.api.v1.CopyKind;
import io.henge.api.v1.CopyRule;
import io.henge.client.Admin;
import io.henge.client.ClientOptions;
import io.henge.client.ClusterStatus;
import io.henge.client.CollectionOptions;
import io.henge.client.DocumentCollection;
import io.henge.client.HengeClient;
import io.henge.client.Operations;
import io.henge.document.patch.Patches;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Renames a document that thousands of others follow, again and again, under load and with whatever
 * misfortune is asked for midway, and measures how long it takes until the last copy is right.
 */
public final class RenameRun {
  private static final int PATCHED_MAX = 20_000;
  private static final long ROUND_SECONDS_MAX = 120;

  /** Nodes tell of themselves a moment apart. */
  private static final long BEHIND_MAX = 300;

  private final HengeClient client;
  private final RenameOptions options;
  private final CopyRule rule;
  private final String field;
  private final String idPath;
  private final DocumentCollection<JsonObject> sources;
  private final DocumentCollection<JsonObject> holders;
  private final Consumer<String> progress;
  private final Looks looks;

  private RenameRun(HengeClient client, RenameOptions options, Consumer<String> progress) {
    this.client = client;
    this.options = options;
    this.progress = progress;
    this.rule = ruleOf(client, options);
    this.field = rule.getFields(0).getPath();
    CollectionOptions.Documents declared = documents(client, options.holders());
    this.idPath =
        declared.id().stream()
            .filter(path -> !declared.shardBy().contains(path))
            .findFirst()
            .orElseThrow(() -> HengeException.invalid("holders: expected an id of their own"));
    this.sources = client.documents(options.source());
    this.holders = client.documents(options.holders());
    this.looks =
        new Looks(
            holders,
            declared.shardBy().get(0),
            idPath,
            rule.getOn(0),
            value(options.key()),
            rule.getFields(0).getAs());
  }

  /**
   * Runs it all; blocks until done.
   *
   * @throws HengeException INVALID_ARGUMENT if there is no such copy, or no such document
   */
  public static RenameReport run(RenameOptions options, Consumer<String> progress) {
    try (HengeClient client = HengeClient.connect(options.connect(), ClientOptions.DEFAULT)) {
      return new RenameRun(client, options, progress).run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private static CopyRule ruleOf(HengeClient client, RenameOptions options) {
    for (Admin.CopyStatus status : client.admin().copies()) {
      CopyRule rule = status.copy().declaration().rule();
      if (status.holder().equals(options.holders())
          && !status.dropped()
          && rule.getKind() == CopyKind.COPY_KIND_FOLLOW
          && rule.getSource().equals(options.source())
          && rule.getTarget().isEmpty()
          && rule.getOnCount() == 1) {
        return rule;
      }
    }
    throw HengeException.invalid(
        "holders: "
            + options.holders()
            + " do not follow "
            + options.source()
            + "; expected a copy such as: copy airlines(name as airline_name) into routes on"
            + " airline_id follow within 5s");
  }

  private static CollectionOptions.Documents documents(HengeClient client, String name) {
    CollectionOptions.@Nullable Documents documents =
        client.admin().collections().stream()
            .filter(collection -> collection.name().equals(name))
            .findFirst()
            .map(Admin.CollectionInfo::documents)
            .orElse(null);
    if (documents == null || documents.shardBy().size() != 1) {
      throw HengeException.invalid("holders: documents sharded by one path are expected");
    }
    return documents;
  }

  private static JsonValue value(Key key) {
    Object part = key.parts().get(0);
    return part instanceof Long number ? JsonNumber.of(number) : new JsonText((String) part);
  }

  private RenameReport run() throws InterruptedException {
    String before =
        sources
            .get(options.key())
            .map(stored -> stored.document().get(field))
            .filter(JsonText.class::isInstance)
            .map(name -> ((JsonText) name).value())
            .orElseThrow(
                () ->
                    HengeException.invalid(
                        "key: no " + options.source() + " with a text in " + field));
    List<RenameLoad.Target> some = looks.targets(null, PATCHED_MAX, copied());
    List<RenameLoad.Target> following = looks.targets(looks.followers(), 0, copied());
    if (following.isEmpty()) {
      throw HengeException.invalid("key: no document of " + options.holders() + " follows it");
    }
    Set<Key> families = new LinkedHashSet<>();
    following.forEach(target -> families.add(target.shardingKey()));
    progress.accept(
        following.size() + " copies of \"" + before + "\" in " + families.size() + " families");
    List<RenameReport.Round> rounds = new ArrayList<>();
    RenameReport.Load figures;
    try (RenameLoad load =
        new RenameLoad(
            holders,
            some,
            following,
            Map.of(rule.getOn(0), looks.source()),
            idPath,
            options.rate(),
            options.threads())) {
      load.begin();
      for (int i = 1; i <= options.rounds(); i++) {
        TimeUnit.MILLISECONDS.sleep(options.calm().toMillis());
        String name = i == options.rounds() ? before : before + " (" + i + ")";
        rounds.add(round(i, name, families));
        awaitWhole();
      }
      load.close();
      load.firstErrors().forEach(progress);
      figures = load.figures();
    }
    progress.accept("verifying");
    Admin.Verification verified = client.admin().verify("", false, done -> {});
    long worst = rounds.stream().mapToLong(RenameReport.Round::lagMillis).max().orElse(0);
    return new RenameReport(
        settings(following.size(), families.size()),
        rule.getBoundMillis(),
        rounds,
        worst,
        (int) rounds.stream().filter(one -> one.lagMillis() > rule.getBoundMillis()).count(),
        figures,
        new RenameReport.Verified(
            verified.documents(), verified.rows(), verified.skipped(), verified.differences()));
  }

  private Map<String, Object> settings(int copies, int families) {
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("source", options.source() + " " + options.key());
    settings.put("holders", options.holders());
    settings.put("copies", copies);
    settings.put("sharding keys with copies", families);
    settings.put("rounds", options.rounds());
    settings.put("writes per second asked for", options.rate());
    settings.put("writers", options.threads());
    settings.put("nodes that may be away", options.missing());
    client.operations().settings().stream()
        .filter(setting -> setting.name().equals("copy-rate-max"))
        .forEach(setting -> settings.put(setting.name(), setting.value()));
    settings.put("processors", Runtime.getRuntime().availableProcessors());
    settings.put("nodes", client.admin().status().nodes().size());
    return settings;
  }

  /** Members of holders that are not to be brought along with others. */
  private Set<String> copied() {
    Set<String> copied = new LinkedHashSet<>();
    rule.getFieldsList().forEach(copy -> copied.add(copy.getAs()));
    return copied;
  }

  private RenameReport.Round round(int number, String name, Set<Key> families)
      throws InterruptedException {
    Ring ring = new Ring(client.admin().status());
    String leader = ring.leaderOf(options.key());
    long cut = options.splits().contains(number) ? ring.mostOf(families, options.key()) : 0;
    long sent = System.nanoTime();
    sources.patch(options.key(), Key.EMPTY, Patches.set(field, name));
    long acknowledged = System.nanoTime();
    List<CompletableFuture<?>> misfortune = new ArrayList<>();
    Looks.Seen seen =
        looks.untilRight(
            families,
            name,
            acknowledged + TimeUnit.SECONDS.toNanos(ROUND_SECONDS_MAX),
            () -> misfortune.addAll(midway(number, leader, cut)));
    long lag = (seen.atNanos() - acknowledged) / 1_000_000;
    progress.accept(
        "round "
            + number
            + ": "
            + lag
            + " ms after the acknowledgement; "
            + seen.rightAtFirst()
            + " of "
            + seen.copies()
            + " were right midway");
    for (CompletableFuture<?> one : misfortune) {
      one.join();
    }
    Ring then = new Ring(client.admin().status());
    int wrong = looks.wrong(name);
    new Hook(options.after()).begin(environment(number, leader)).run();
    return new RenameReport.Round(
        number,
        seen.copies(),
        then.shardsOf(families),
        leader,
        then.leaderOf(options.key()),
        cut,
        (acknowledged - sent) / 1_000_000,
        seen.rightAtFirst(),
        lag,
        seen.lastLookNanos() / 1_000_000,
        wrong);
  }

  private List<CompletableFuture<?>> midway(int number, String leader, long cut) {
    List<CompletableFuture<?>> begun = new ArrayList<>();
    Runnable ended = new Hook(options.midway()).begin(environment(number, leader));
    begun.add(CompletableFuture.runAsync(ended));
    if (cut != 0) {
      begun.add(CompletableFuture.runAsync(() -> split(cut)));
    }
    return begun;
  }

  private static Map<String, String> environment(int number, String leader) {
    return Map.of("HENGE_ROUND", String.valueOf(number), "HENGE_LEADER", leader);
  }

  private void split(long shard) {
    // A leader of meta may have died with the source's.
    for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30); ; ) {
      try {
        Operations.Operation split = client.operations().split(shard);
        progress.accept("shard " + shard + " is being split, operation " + split.id());
        return;
      } catch (HengeException e) {
        if (System.nanoTime() - end > 0) {
          throw e;
        }
        progress.accept("shard " + shard + " is not split yet: " + e.getMessage());
        pause(100);
      }
    }
  }

  private static void pause(long millis) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /**
   * All nodes that are wanted are there, no operation is under way, and every shard has a leader
   * and copies that have caught up: else a node that dies is one too many.
   */
  private void awaitWhole() throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(ROUND_SECONDS_MAX);
    while (!isWhole()) {
      if (System.nanoTime() - end > 0) {
        throw new IllegalStateException(
            "the cluster is not whole again: " + client.admin().status());
      }
      TimeUnit.MILLISECONDS.sleep(200);
    }
  }

  private boolean isWhole() {
    try {
      ClusterStatus status = client.admin().status();
      Set<String> there = new HashSet<>();
      status.nodes().stream()
          .filter(ClusterStatus.Node::reachable)
          .forEach(node -> there.addAll(List.of(node.id(), node.name())));
      return status.nodes().stream().filter(node -> !node.reachable()).count() <= options.missing()
          && status.shards().stream()
              .allMatch(shard -> isWhole(shard, status.replicationFactor(), there))
          && client.operations().list(false).isEmpty();
    } catch (HengeException e) {
      return false;
    }
  }

  private boolean isWhole(ClusterStatus.Shard shard, int factor, Set<String> there) {
    List<ClusterStatus.Replica> replicas =
        shard.replicas().stream().filter(replica -> there.contains(replica.node())).toList();
    return there.contains(shard.leader())
        && replicas.size() >= factor - options.missing()
        && behind(replicas) <= BEHIND_MAX;
  }

  /** Entries of the log by which the last replica is behind the first, about. */
  private static long behind(List<ClusterStatus.Replica> replicas) {
    long first = Long.MAX_VALUE;
    long last = 0;
    for (ClusterStatus.Replica replica : replicas) {
      first = Math.min(first, replica.appliedIndex());
      last = Math.max(last, replica.appliedIndex());
    }
    return last - first;
  }

  /** Shards as a status shows them. */
  private record Ring(ClusterStatus status) {
    String leaderOf(Key shardingKey) {
      ClusterStatus.Shard shard = shardOf(shardingKey);
      return status.nodes().stream()
          .filter(node -> node.id().equals(shard.leader()) || node.name().equals(shard.leader()))
          .map(ClusterStatus.Node::name)
          .findFirst()
          .orElse("");
    }

    int shardsOf(Set<Key> families) {
      Set<Long> shards = new LinkedHashSet<>();
      families.forEach(family -> shards.add(shardOf(family).id()));
      return shards.size();
    }

    /** The shard with most families, of those that do not have the source. */
    long mostOf(Set<Key> families, Key source) {
      Map<Long, Integer> counts = new HashMap<>();
      families.forEach(family -> counts.merge(shardOf(family).id(), 1, Integer::sum));
      if (counts.size() > 1) {
        counts.remove(shardOf(source).id());
      }
      return counts.entrySet().stream()
          .max(Map.Entry.comparingByValue())
          .map(Map.Entry::getKey)
          .orElse(0L);
    }

    private ClusterStatus.Shard shardOf(Key shardingKey) {
      byte[] key = PhysicalKey.itemCollection(shardingKey);
      for (ClusterStatus.Shard shard : status.shards()) {
        if (Arrays.compareUnsigned(shard.start(), key) <= 0
            && (shard.end().length == 0 || Arrays.compareUnsigned(key, shard.end()) < 0)) {
          return shard;
        }
      }
      throw new IllegalStateException("no shard has " + shardingKey);
    }
  }
}
