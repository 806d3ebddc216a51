import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * Timers as entries (due, key) of an in-memory store with a changelog, in the order of their due times; a wall-clock punctuator every
 * BENCH_PUNCTUATE milliseconds takes what is due. The stream threads poll no longer than that, or punctuation would wait for them.
 */
public final class Punctuator implements Processor<byte[], byte[], Void, Void> {
    private static final String STORE = "timers";
    private static final AtomicInteger SET = new AtomicInteger();
    private static final int EVERY_MS = Integer.parseInt(System.getenv("BENCH_PUNCTUATE"));

    private KeyValueStore<Bytes, byte[]> timers;

    @Override
    public void init(ProcessorContext<Void, Void> context) {
        timers = context.getStateStore(STORE);
        context.schedule(Duration.ofMillis(EVERY_MS), PunctuationType.WALL_CLOCK_TIME, this::fire);
    }

    private static Bytes place(long dueAt, int timer) {
        return Bytes.wrap(ByteBuffer.allocate(12).putLong(dueAt).putInt(timer).array());
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        int timer = ByteBuffer.wrap(record.key()).getInt();
        timers.put(place(Timers.dueAt(timer), timer), new byte[0]);
        if (SET.incrementAndGet() == Timers.COUNT) {
            Timers.allSet();
        }
    }

    private void fire(long now) {
        List<Bytes> due = new ArrayList<>();
        try (KeyValueIterator<Bytes, byte[]> range = timers.range(place(0, 0), place(now + 1, 0))) {
            range.forEachRemaining(entry -> due.add(entry.key));
        }
        for (Bytes key : due) {
            Timers.fired(ByteBuffer.wrap(key.get(), 8, 4).getInt());
            timers.delete(key);
        }
    }

    private static void produce(String brokers, String topic) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers))) {
            admin.createTopics(List.of(new NewTopic(topic, 2, (short) 1))).all().get();
        }
        Map<String, Object> settings = Map.of("bootstrap.servers", brokers, "linger.ms", 20, "batch.size", 262144);
        try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int i = 0; i < Timers.COUNT; i++) {
                producer.send(new ProducerRecord<>(topic, ByteBuffer.allocate(4).putInt(i).array(), new byte[0]));
            }
        }
    }

    public static void main(String[] args) throws Exception {
        String name = "bench-punctuator-" + ProcessHandle.current().pid();
        String brokers = System.getenv("BENCH_BROKERS");
        produce(brokers, name);
        Properties p = new Properties();
        p.put(StreamsConfig.APPLICATION_ID_CONFIG, name);
        p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, brokers);
        p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
        p.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        p.put(StreamsConfig.POLL_MS_CONFIG, EVERY_MS);
        p.put(StreamsConfig.STATE_DIR_CONFIG, System.getProperty("user.dir") + "/punctuator-state");
        p.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        Topology topology = new Topology();
        topology.addSource("records", Serdes.ByteArray().deserializer(), Serdes.ByteArray().deserializer(), name);
        topology.addProcessor("timers", Punctuator::new, "records");
        topology.addStateStore(Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(STORE), Serdes.Bytes(),
                                                           Serdes.ByteArray()), "timers");
        new KafkaStreams(topology, p).start();
    }
}
