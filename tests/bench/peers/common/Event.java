import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;

import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;

/** What the common job needs of a dossier event, and its order. Schema: the file that BENCH_SCHEMA names. */
public record Event(String code, byte[] id, long ingestedAt, long occurredAt, String kind, int status, String source,
                    byte[] payload) {

    private static final int[] RANK = {0, 1, 2, 7, 3, 4, 5, 8, 6, 9, 10};
    private static final Set<String> NEEDED =
        Set.of("event_id", "kind", "source", "dossier_code", "occurred_at", "ingested_at", "status");

    public String office() {
        return officeOf(code);
    }

    public static String officeOf(String code) {
        int end = code.indexOf('-');
        return end < 0 ? code : code.substring(0, end);
    }

    public int rank() {
        return RANK[status];
    }

    public String idHex() {
        return HexFormat.of().formatHex(id);
    }

    /** Decodes framed records; one per thread. The reader's schema has only the needed fields: the others are skipped. */
    public static final class Decoder {
        private final GenericDatumReader<GenericRecord> reader;
        private BinaryDecoder binary;
        private GenericRecord reused;

        public Decoder() {
            try {
                Schema written = new Schema.Parser().parse(Files.readString(Path.of(System.getenv("BENCH_SCHEMA"))));
                Schema wanted = Schema.createRecord(written.getName(), null, written.getNamespace(), false);
                wanted.setFields(written.getFields().stream().filter(f -> NEEDED.contains(f.name()))
                                     .map(f -> new Schema.Field(f.name(), f.schema())).toList());
                reader = new GenericDatumReader<>(written, wanted);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }

        public Event decode(byte[] value) {
            try {
                if (ByteBuffer.wrap(value).get() != 0) {
                    throw new IllegalArgumentException("not framed");
                }
                binary = DecoderFactory.get().binaryDecoder(value, 5, value.length - 5, binary);
                GenericRecord r = reused = reader.read(reused, binary);
                byte[] id = ((GenericFixed) r.get("event_id")).bytes();
                return new Event(r.get("dossier_code").toString(), Arrays.copyOf(id, id.length),
                                 (Long) r.get("ingested_at"), (Long) r.get("occurred_at"), r.get("kind").toString(),
                                 (Integer) r.get("status"), r.get("source").toString(), value);
            } catch (IOException e) {
                throw new IllegalArgumentException(e);
            }
        }
    }
}
