package io.henge.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.henge.cli.output.Answer;
import io.henge.cli.output.Json;
import io.henge.cli.output.Table;
import io.henge.router.plan.Model;
import io.henge.router.simulate.ClusterShape;
import io.henge.router.simulate.Event;
import io.henge.router.simulate.Outcome;
import io.henge.router.simulate.Simulation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

@Command(
    name = "simulate",
    description = {
      "See what the planner would do to a large cluster: nothing is started, nothing is sent.",
      "The planner of a real cluster works on one that is generated or read from a file, until it",
      "has nothing more to do. Progress goes to standard error, figures to standard output."
    },
    footer = {
      "",
      "Events: node-joins, nodes-die:10, zone-dies:2 (the second zone), nodes-drain:3, nothing.",
      "",
      "A file has nodes and shards, the shards in the order of the ring:",
      "  {\"nodes\":  [{\"name\": \"n1\", \"zone\": \"a\", \"weight\": 100}],",
      "   \"shards\": [{\"id\": 1, \"bytes\": 67108864, \"members\": [\"n1\"], \"leader\": \"n1\"}]}",
      "",
      "Examples:",
      "  henge simulate --nodes 1000 --shards 1000000 --event nodes-die:10",
      "  henge simulate --cluster cluster.json --event node-joins --output json"
    })
final class SimulateCommand implements Callable<Integer> {
  private static final long PROGRESS_NANOS = 2_000_000_000L;

  private final Console console;

  @Spec private @Nullable CommandSpec spec;
  @Mixin private final OptionBounds bounds = new OptionBounds();
  @Mixin private final OutputOption output = new OutputOption();

  @Option(
      names = "--cluster",
      paramLabel = "FILE",
      description = "The cluster, as JSON; else one is generated.")
  private @Nullable Path file;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      defaultValue = "100",
      description = "Nodes of a generated cluster (default: 100).")
  private int nodes;

  @Option(
      names = "--shards",
      paramLabel = "N",
      defaultValue = "10000",
      description = "Its shards (default: 10000).")
  private int shards;

  @Option(
      names = "--zones",
      paramLabel = "N",
      defaultValue = "3",
      description = "Its zones (default: 3).")
  private int zones;

  @Option(
      names = "--replicas",
      paramLabel = "N",
      defaultValue = "3",
      description = "Copies of each of its shards (default: 3).")
  private int replicas;

  @Option(
      names = "--shard-bytes",
      paramLabel = "SIZE",
      defaultValue = "64m",
      converter = ByteSize.Converter.class,
      description = "Mean size of its shards; they have half to one and a half (default: 64m).")
  private ByteSize shardBytes = new ByteSize(0);

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Another seed, another cluster (default: 1).")
  private long seed;

  @Option(
      names = "--event",
      paramLabel = "EVENT",
      defaultValue = "node-joins",
      converter = EventConverter.class,
      description = "What happens to it (default: node-joins).")
  private Event event = new Event(Event.Kind.NOTHING, 1);

  @Option(
      names = "--rate",
      paramLabel = "SIZE",
      defaultValue = "64m",
      converter = ByteSize.Converter.class,
      description = "What a node sends per second while replicas move (default: 64m).")
  private ByteSize rate = new ByteSize(0);

  @Option(
      names = "--moves-per-node",
      paramLabel = "N",
      defaultValue = "2",
      description = "Moves that a node takes part in at a time (default: 2).")
  private int perNode;

  @Option(
      names = "--moves",
      paramLabel = "N",
      defaultValue = "0",
      description = "Moves at a time in all; 0 = as many as there are nodes (default: 0).")
  private int moves;

  @Option(
      names = "--grace",
      paramLabel = "SECONDS",
      defaultValue = "300",
      description = "After which a silent node is taken for dead (default: 300).")
  private int grace;

  SimulateCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    bounds.atLeast("--moves-per-node", perNode, 1);
    bounds.atLeast("--moves", moves, 0);
    bounds.atLeast("--grace", grace, 0);
    bounds.atLeast("--rate", rate.bytes(), 1);
    Outcome outcome;
    long modelBytes;
    try {
      long before = usedMemory();
      Model model =
          file == null
              ? ClusterShape.generated(nodes, shards, zones, replicas, shardBytes.bytes(), seed)
              : read(file);
      modelBytes = Math.max(0, usedMemory() - before);
      outcome =
          new Simulation(
                  model,
                  new Simulation.Settings(rate.bytes(), perNode, moves, grace),
                  System::nanoTime)
              .run(event, progress());
    } catch (IllegalArgumentException e) {
      throw new ParameterException(Objects.requireNonNull(spec).commandLine(), e.getMessage());
    }
    console.out().println(answer(outcome, modelBytes).show(output.format));
    return ExitCode.OK.number();
  }

  private Consumer<Simulation.Progress> progress() {
    long[] said = {System.nanoTime()};
    return progress -> {
      long now = System.nanoTime();
      if (now - said[0] >= PROGRESS_NANOS) {
        said[0] = now;
        console
            .err()
            .printf(
                Locale.ROOT,
                "round %d, %.0f s simulated: %d of about %d replicas have moved%n",
                progress.rounds(),
                progress.seconds(),
                progress.moved(),
                progress.expected());
      }
    };
  }

  /** As good as a collection makes it. */
  private static long usedMemory() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  /** What a file holds. */
  private record Described(
      @Nullable List<DescribedNode> nodes, @Nullable List<DescribedShard> shards) {}

  private record DescribedNode(
      @Nullable String name, @Nullable String zone, @Nullable Double weight) {}

  private record DescribedShard(
      long id, long bytes, @Nullable List<String> members, @Nullable String leader) {}

  private static Model read(Path file) {
    try {
      Described described = new ObjectMapper().readValue(file.toFile(), Described.class);
      return ClusterShape.of(
          Objects.requireNonNullElse(described.nodes(), List.<DescribedNode>of()).stream()
              .map(
                  node ->
                      new ClusterShape.Node(
                          Objects.requireNonNullElse(node.name(), ""),
                          Objects.requireNonNullElse(node.zone(), "default"),
                          Objects.requireNonNullElse(node.weight(), 100.0)))
              .toList(),
          Objects.requireNonNullElse(described.shards(), List.<DescribedShard>of()).stream()
              .map(
                  shard ->
                      new ClusterShape.Shard(
                          shard.id(),
                          shard.bytes(),
                          Objects.requireNonNullElse(shard.members(), List.of()),
                          Objects.requireNonNullElse(shard.leader(), "")))
              .toList());
    } catch (IOException e) {
      throw new IllegalArgumentException("--cluster: " + file + " cannot be read: " + firstLine(e));
    }
  }

  private static String firstLine(IOException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("no reason is known");
  }

  private static Answer answer(Outcome outcome, long modelBytes) {
    Table table =
        Table.of("what", "figure")
            .row("event", outcome.event())
            .row("nodes", outcome.nodes())
            .row("shards", outcome.shards())
            .row("replicas moved", outcome.moves())
            .row("the least that could move", Math.round(outcome.idealMoves()))
            .row("moved / least", text("%.3f", outcome.movement()))
            .row("GiB moved", text("%.1f", outcome.bytesMoved() / (1L << 30)))
            .row("simulated seconds", text("%.0f", outcome.seconds()))
            .row("emptiest node, % of the mean", text("%.1f", outcome.emptiest() * 100))
            .row("fullest node, % of the mean", text("%.1f", outcome.fullest() * 100))
            .row("leaders per node", outcome.leadersLeast() + " to " + outcome.leadersMost())
            .row("leaders moved", outcome.handovers())
            .row("shards without a majority", outcome.withoutMajority())
            .row("shards misplaced", outcome.misplaced())
            .row("rounds of planning", outcome.rounds())
            .row("a round, median ms", text("%.1f", outcome.planMillisMedian()))
            .row("a round, longest ms", text("%.1f", outcome.planMillisMax()))
            .row("memory of the model, MiB", text("%.0f", modelBytes / 1048576.0));
    return new Answer(table.toString(), Json.object("outcome", outcome, "model_bytes", modelBytes));
  }

  private static String text(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }

  /** For picocli. */
  static final class EventConverter implements ITypeConverter<Event> {
    @Override
    public Event convert(String text) {
      try {
        return Event.parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
