import com.sun.management.OperatingSystemMXBean;
import io.confluent.parallelconsumer.ParallelConsumerOptions;
import io.confluent.parallelconsumer.ParallelConsumerOptions.CommitMode;
import io.confluent.parallelconsumer.ParallelConsumerOptions.ProcessingOrder;
import io.confluent.parallelconsumer.ParallelStreamProcessor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * The peer of `npm run bench:consumer`: Confluent's Parallel Consumer in KEY order.
 *
 * <p>Reads orders from standard input, one a line, `run topic groupId successes failingKey sinkUrl traceFile` with `-`
 * for none, and answers `done cpuSeconds`, or `failed why`. Ends with its input.
 */
public final class ParallelConsumerMain {
  private static final int CONCURRENCY = 100;
  private static final long WORK_NANOS = 2_500_000;

  private record Call(long offset, long startNanos, long endNanos, boolean ok) {}

  private record Order(String topic, String groupId, int successes, String failingKey, String sinkUrl, Path trace) {}

  private static final class WantedFailure extends RuntimeException {
    WantedFailure() {
      super("this key always fails", null, false, false);
    }
  }

  public static void main(String[] args) throws IOException {
    var brokers = args[0];
    // Of HttpURLConnection, which was faster here than HttpClient; it keeps 5 idle connections by default.
    System.setProperty("http.maxConnections", String.valueOf(CONCURRENCY));
    System.out.println("ready");
    var orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (var line = orders.readLine(); line != null; line = orders.readLine()) {
      var words = line.split(" ");
      try {
        var order = new Order(words[1], words[2], Integer.parseInt(words[3]), words[4], words[5], Path.of(words[6]));
        System.out.println("done " + run(brokers, order));
      } catch (Exception error) {
        error.printStackTrace();
        System.out.println("failed " + error);
      }
    }
    System.exit(0);
  }

  /** Reads the topic as a group of its own until enough handlers have succeeded; returns the CPU time, seconds. */
  private static double run(String brokers, Order order) throws Exception {
    var cpuBefore = cpuNanos();
    var calls = new ConcurrentLinkedQueue<Call>();
    var left = new CountDownLatch(order.successes());
    var consumer = new KafkaConsumer<String, byte[]>(
        Map.of(
            "bootstrap.servers", brokers,
            "group.id", order.groupId(),
            "enable.auto.commit", false,
            "auto.offset.reset", "earliest",
            "max.poll.records", 10_000),
        new StringDeserializer(),
        new ByteArrayDeserializer());
    var options = ParallelConsumerOptions.<String, byte[]>builder()
        .consumer(consumer)
        .ordering(ProcessingOrder.KEY)
        .maxConcurrency(CONCURRENCY)
        .commitMode(CommitMode.PERIODIC_CONSUMER_ASYNCHRONOUS)
        .build();
    var processor = ParallelStreamProcessor.createEosStreamProcessor(options);
    processor.subscribe(List.of(order.topic()));
    processor.poll(context -> {
      var record = context.getSingleConsumerRecord();
      var startNanos = System.nanoTime();
      var ok = work(order, record.key(), record.offset());
      calls.add(new Call(record.offset(), startNanos, System.nanoTime(), ok));
      if (!ok) throw new WantedFailure();
      left.countDown();
    });
    left.await();
    processor.closeDontDrainFirst(Duration.ofSeconds(10));
    var cpuSeconds = (cpuNanos() - cpuBefore) / 1e9;
    write(order.trace(), calls.toArray(Call[]::new));
    return cpuSeconds;
  }

  private static boolean work(Order order, String key, long offset) {
    if (!order.sinkUrl().equals("-")) return post(order.sinkUrl() + "/" + key + "/" + offset);
    // Thread.sleep rounds half milliseconds up until Java 21.
    var dueNanos = System.nanoTime() + WORK_NANOS;
    for (var rest = WORK_NANOS; rest > 0; rest = dueNanos - System.nanoTime()) LockSupport.parkNanos(rest);
    return !key.equals(order.failingKey());
  }

  private static boolean post(String url) {
    try {
      var connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
      // Without a body: an output stream, even an empty one, costs it 2 ms more.
      connection.setRequestMethod("POST");
      try (var body = connection.getInputStream()) {
        body.readAllBytes();
      }
      return connection.getResponseCode() == 200;
    } catch (IOException error) {
      error.printStackTrace();
      return false;
    }
  }

  /** Writes `offset startUs endUs ok` lines, counted from the first start. */
  private static void write(Path file, Call[] calls) throws IOException {
    var firstNanos = Arrays.stream(calls).mapToLong(Call::startNanos).min().orElse(0);
    var text = new StringBuilder();
    for (var call : calls) {
      text.append(call.offset()).append(' ')
          .append((call.startNanos() - firstNanos) / 1_000).append(' ')
          .append((call.endNanos() - firstNanos) / 1_000).append(' ')
          .append(call.ok() ? 1 : 0).append('\n');
    }
    Files.writeString(file, text);
  }

  private static long cpuNanos() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
  }
}
