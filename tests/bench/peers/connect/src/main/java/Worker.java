import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.apache.kafka.connect.cli.ConnectStandalone;

/** A standalone Connect worker with one connector and two tasks, configured by files in the working folder. */
public final class Worker {
    public static void main(String[] args) throws IOException {
        String batch = System.getenv("BENCH_BATCH");
        Path folder = Files.createTempDirectory(Path.of("").toAbsolutePath(), "connect");
        Path worker = Files.write(folder.resolve("worker.properties"), List.of(
            "bootstrap.servers=" + System.getenv("BENCH_BROKERS"),
            "listeners=http://127.0.0.1:0",
            "key.converter=org.apache.kafka.connect.converters.ByteArrayConverter",
            "value.converter=org.apache.kafka.connect.converters.ByteArrayConverter",
            "offset.storage.file.filename=" + folder.resolve("offsets"),
            "offset.flush.interval.ms=5000",
            "plugin.discovery=service_load"));
        Path sink = Files.write(folder.resolve("sink.properties"), List.of(
            "name=bench-" + ProcessHandle.current().pid(),
            "connector.class=JdbcSink",
            "tasks.max=2",
            "topics=" + System.getenv("BENCH_TOPIC"),
            "consumer.override.auto.offset.reset=earliest",
            "consumer.override.max.poll.records=" + batch,
            "consumer.override.fetch.min.bytes=262144",
            "consumer.override.fetch.max.wait.ms=100"));
        ConnectStandalone.main(new String[] {worker.toString(), sink.toString()});
    }
}
