import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Reads a whole topic with Kafka's own client and Apache Avro; needs no class of Confluent's.
 *
 * <pre>java -cp 'libs/*' ReadTopic.java BROKERS REGISTRY TOPIC [READER.avsc]</pre>
 *
 * libs: kafka-clients, avro, jackson-core, jackson-databind, jackson-annotations, slf4j-api. Prints partition, offset,
 * key and the value as JSON, tab-separated. With READER.avsc it decodes into that schema, else into the writer's.
 */
public class ReadTopic {
  private static final int FRAME_BYTES = 5;

  private final HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
  private final ObjectMapper json = new ObjectMapper();
  private final Map<Integer, GenericDatumReader<GenericRecord>> readers = new HashMap<>();
  private final String registry;
  private final Schema readerSchema;

  ReadTopic(String registry, Schema readerSchema) {
    this.registry = registry;
    this.readerSchema = readerSchema;
  }

  public static void main(String[] args) throws Exception {
    Schema readerSchema = args.length > 3 ? new Schema.Parser().parse(Files.readString(Path.of(args[3]))) : null;
    new ReadTopic(args[1], readerSchema).read(args[0], args[2]);
  }

  private void read(String brokers, String topic) throws IOException, InterruptedException {
    Map<String, Object> config = Map.of("bootstrap.servers", brokers, "enable.auto.commit", false);
    try (var consumer = new KafkaConsumer<>(config, new StringDeserializer(), new ByteArrayDeserializer())) {
      var partitions =
          consumer.partitionsFor(topic).stream().map(info -> new TopicPartition(topic, info.partition())).toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      var ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
        for (var record : consumer.poll(Duration.ofSeconds(1))) {
          System.out.printf(
              "%d\t%d\t%s\t%s%n", record.partition(), record.offset(), record.key(), decode(record.value()));
        }
      }
    }
  }

  /** Confluent's wire format: a zero, the schema's id in four bytes, then Avro. */
  private GenericRecord decode(byte[] value) throws IOException, InterruptedException {
    ByteBuffer frame = ByteBuffer.wrap(value);
    if (frame.get() != 0) throw new IOException("not in Confluent's wire format");
    var reader = readerFor(frame.getInt());
    return reader.read(
        null, DecoderFactory.get().binaryDecoder(value, FRAME_BYTES, value.length - FRAME_BYTES, null));
  }

  /** Asked once per id: what an id means never changes. */
  private GenericDatumReader<GenericRecord> readerFor(int id) throws IOException, InterruptedException {
    var known = readers.get(id);
    if (known != null) return known;
    var request = HttpRequest.newBuilder(URI.create(registry + "/schemas/ids/" + id)).timeout(Duration.ofSeconds(5));
    var answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) throw new IOException("the registry answers " + answer.statusCode());
    Schema writer = new Schema.Parser().parse(json.readTree(answer.body()).get("schema").asText());
    var reader = new GenericDatumReader<GenericRecord>(writer, readerSchema == null ? writer : readerSchema);
    readers.put(id, reader);
    return reader;
  }
}
